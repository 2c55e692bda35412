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
   * Least that the limit can be. A pod always takes as many requests.
   * @minimum 1
   * @default 2
   */
  readonly min?: Integer;
  /**
   * Most that the limit can be. Only when so many requests hang, `min` others are let in beside them.
   * @minimum 1
   * @default 1000
   */
  readonly max?: Integer;
  /**
   * What the limit begins with when a pod starts, from `min` to `max`; unless somebody says it, what is next to the default there. So many
   * requests that hang don't count for it, either.
   * @minimum 1
   * @default 50
   */
  readonly initial?: Integer;
  /**
   * How much longer than under little load requests may take, in percent, before fewer are let in. Less means shorter latencies under
   * overload, and more refused when requests are of many kinds.
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
   * How many requests may come at once after a quiet time: most tokens that the bucket holds. Requests never come evenly: with 1, a third
   * of them is refused when half as many come as the limit lets in. Absent: as many as in one second, at least 3.
   * @minimum 1
   */
  readonly burst?: Integer;
}
