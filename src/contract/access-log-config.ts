/** Which requests are logged, and in which form. */
import type { Integer } from './scalars';

/** `off`; `errors`: responses of status 500 and above, and broken ones, and connections of TCP that did not end in order; `all`. */
export type AccessLogMode = 'off' | 'errors' | 'all';

/** The access log, one line a request, or a connection of TCP, on standard output. */
export interface AccessLogConfig {
  /** Which requests are logged: of routes that don't say it themselves, and of no route. */
  readonly mode: AccessLogMode;
  /**
   * Form of a line: `json`, an object; `text`, fields in a fixed order.
   * @default json
   */
  readonly format?: 'json' | 'text';
  /**
   * With `errors`: a request that takes at least so long is logged, too. 0: none is.
   * @default 0
   */
  readonly slowMs?: Integer;
  /**
   * With `errors`: percentage of the other requests that are logged, too.
   * @minimum 0
   * @maximum 100
   * @default 0
   */
  readonly samplePercent?: number;
}
