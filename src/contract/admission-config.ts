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
   * @default ['/healthz', '/livez', '/readyz']
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
   * Minimum of the limit. A pod always accepts this many requests.
   *
   * @minimum 1
   * @default 2
   */
  readonly min?: Integer;
  /**
   * Maximum of the limit. If that many requests hang, `min` others are still accepted.
   *
   * @minimum 1
   * @default 1000
   */
  readonly max?: Integer;
  /**
   * Limit of a pod that has just started, from `min` to `max`; by default the nearest value to the default in that range. This many
   * requests that hang do not count against the limit.
   *
   * @minimum 1
   * @default 50
   */
  readonly initial?: Integer;
  /**
   * How much longer than under low load requests may take, in percent, before the limit falls. Lower values give shorter latencies under
   * overload, and refuse more requests when requests are of many kinds.
   *
   * @minimum 10
   * @maximum 1000
   * @default 100
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
   * How many requests may come at once after a quiet time: the capacity of the token bucket. Requests never come evenly: with 1, a third of
   * them is refused at half of the allowed rate. Absent: the number of one second, at least 3.
   *
   * @minimum 1
   */
  readonly burst?: Integer;
}
