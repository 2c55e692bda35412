/**
 * Faults that are injected on purpose, to see how callers bear them. Nothing is injected unless it is declared.
 */
import type { Integer } from './scalars';

/** Delays a part of the requests of a route, or answers them by the proxy itself, or both, in this order. */
export interface FaultConfig {
  /**
   * Part of the requests that match, in percent.
   * @minimum 0
   * @maximum 100
   */
  readonly percent: number;
  /** Which requests. Absent: all. */
  readonly header?: HeaderMatch;
  /**
   * How long a request is held before it is sent on. The route's timeout goes on meanwhile.
   * @minimum 1
   * @maximum 300000
   */
  readonly delayMs?: Integer;
  /**
   * Status of the answer, which no endpoint sees the request for.
   * @minimum 400
   * @maximum 599
   */
  readonly abortStatus?: Integer;
}

/** A header field by its value. */
export interface HeaderMatch {
  /**
   * Name of the field, in any case.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   * @maxLength 256
   */
  readonly name: string;
  /**
   * Its whole value, as it is; of several fields of that name, any. Absent: it is enough that the field is there.
   * @maxLength 1024
   */
  readonly value?: string;
}
