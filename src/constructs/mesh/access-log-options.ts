/** Form of the access log, and what is logged besides errors. */
import { Duration } from 'cdk8s';
import { AccessLogConfig, DEFAULT_ACCESS_LOG, ProxyConfig } from '../../contract';
import { checkValues, millisecondsOf, namesOf, Quantities } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Form of the access log, and which requests are logged besides errors.
 */
export interface AccessLogOptions {
  /**
   * Whether lines are text with fixed columns instead of JSON.
   *
   * @default false
   */
  readonly text?: boolean;

  // #region generated props of AccessLogConfig
  /**
   * With `errors`: a request that takes at least so long is logged, too. 0: none is.
   *
   * @default Duration.millis(0)
   */
  readonly slow?: Duration;

  /**
   * With `errors`: percentage of the other requests that are logged, too. From 0 to 100.
   *
   * @default 0
   */
  readonly samplePercent?: number;
  // #endregion
}

const QUANTITIES: Quantities<Omit<AccessLogOptions, 'text'>> = {
  // #region generated quantities of AccessLogConfig
  slow: { field: 'slowMs', unit: 'time', min: 0 },
  samplePercent: { field: 'samplePercent', unit: 'fraction', min: 0, max: 100 },
  // #endregion
};

export function checkAccessLog(errors: ValidationErrors, prop: string, options: AccessLogOptions): void {
  if (typeof options !== 'object' || options === null) {
    errors.add(prop, options, 'use an object with any of samplePercent, slow, text');
    return;
  }
  errors.unknownProps(options, { ...namesOf(QUANTITIES), text: true }, `${prop}.`);
  checkValues(errors, prop, options, QUANTITIES);
  if (options.text !== undefined && typeof options.text !== 'boolean') {
    errors.add(`${prop}.text`, options.text, 'use true or false');
  }
}

/** What the document says of it; nothing when it is off. */
export function accessLogConfig(mode: AccessLogConfig['mode'], { text, slow, samplePercent }: AccessLogOptions): Pick<ProxyConfig, 'accessLog'> {
  if (mode === DEFAULT_ACCESS_LOG.mode) {
    return {};
  }
  return {
    accessLog: {
      mode,
      ...(text === true && { format: 'text' as const }),
      ...(slow && { slowMs: millisecondsOf(slow) }),
      ...(samplePercent && { samplePercent }),
    },
  };
}
