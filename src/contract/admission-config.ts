/**
 * What of the requests to a listener is let in, so that the app behind it is not asked for more than it can answer.
 */
import type { Integer } from './scalars';

/** Which requests are let in. What is not is answered at once, and no app has seen it. One whose body comes late asks again when that is there. */
export interface AdmissionConfig {
  /** How many may be worked on at a time. Above it: 503. Absent: any number. */
  readonly concurrency?: AdaptiveConcurrencyConfig | FixedConcurrencyConfig;
  /** How many may come in some time. Above it: 429. Absent: any number. */
  readonly rateLimit?: RateLimitConfig;
  /**
   * Paths that are always let in and don't count, as for health checks: without a query, exactly or, with `*` at the end, by how they begin.
   * A list takes the place of the default one.
   * @maxItems 32
   */
  readonly exemptPaths?: PathPattern[];
}

/**
 * A path, exactly or, with `*` at the end, by how it begins.
 * @pattern ^/[^?#*\s]*\*?$
 */
export type PathPattern = string;

/** A number that is found and followed by how long requests take. */
export interface AdaptiveConcurrencyConfig {
  readonly type: 'adaptive';
  /**
   * Least that the limit can be.
   * @minimum 1
   */
  readonly min?: Integer;
  /**
   * Most that the limit can be. Only when so many hang, `min` others are let in beside them.
   * @minimum 1
   */
  readonly max?: Integer;
  /**
   * What the limit begins with, and how many requests that hang don't count for it.
   * @minimum 1
   */
  readonly initial?: Integer;
  /**
   * How much longer than under little load requests may take, in percent, before fewer are let in.
   * @minimum 10
   * @maximum 1000
   */
  readonly latencyTolerancePercent?: Integer;
}

/** A number that is known. */
export interface FixedConcurrencyConfig {
  readonly type: 'fixed';
  /**
   * Most requests at a time.
   * @minimum 1
   */
  readonly max: Integer;
}

/** A bucket of tokens: each request takes one. */
export interface RateLimitConfig {
  /**
   * Tokens that come in each second. May have a fraction: 0.1 is one in ten seconds.
   * @minimum 0.001
   * @maximum 1000000
   */
  readonly requestsPerSecond: number;
  /**
   * Most tokens that the bucket holds: as many requests may come at once. Absent: those of one second, at least 3.
   * @minimum 1
   */
  readonly burst?: Integer;
}
