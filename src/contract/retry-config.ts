/**
 * When a request is sent again. Two kinds of failure are told apart: those where no application can have seen the request,
 * after which any request may be sent again, and all others, after which only one that may be executed twice (RFC 9110
 * section 9.2.2).
 */
import type { Integer } from './scalars';

/** What a route does when an attempt fails. */
export interface RetryConfig {
  /**
   * How often a request is sent again at most; 0 switches retries off, those that can do no harm included.
   * @maximum 10
   */
  readonly maxRetries?: Integer;
  /**
   * Which requests are sent again when an application may have seen them. `idempotent`: GET, HEAD, OPTIONS, TRACE, PUT and
   * DELETE. `all`: also the others, for services that recognise a repeated request.
   */
  readonly methods?: 'idempotent' | 'all';
  /** After which failures such a request is sent again. Where nobody can have seen the request, it is in any case. */
  readonly on?: RetryCondition[];
  /** Time for one attempt, from the end of the request to the head of its response; 0 is none. */
  readonly tryTimeoutMs?: Integer;
  /**
   * How long a request that may be executed twice waits at an endpoint that has answered nobody since it came, before another
   * endpoint is asked besides; never more than half of the route's timeout. It is waited longer where answers usually take
   * long. 0 is never.
   */
  readonly silenceMs?: Integer;
  /**
   * The wait before the n-th retry is drawn from 0 to (2^n - 1) times this. The first retry of a request that nobody has seen
   * goes out at once.
   */
  readonly backoffMs?: Integer;
  /** Longest wait by `backoffMs`. */
  readonly maxBackoffMs?: Integer;
  /** Longest Retry-After of an application that is waited for; a response that asks for more is the client's. */
  readonly maxRetryAfterMs?: Integer;
  /** Longest body that is kept to be sent again. A request with a longer one is sent once. */
  readonly maxReplayBytes?: Integer;
}

/**
 * `closed`: the connection broke before the head of a response, or what came was not HTTP. `tryTimeout`: the time for one attempt was over.
 * `gatewayError`: a response of status 502, 503 or 504. `serverError`: any of status 5xx. `tooManyRequests`: status 429.
 */
export type RetryCondition = 'closed' | 'tryTimeout' | 'gatewayError' | 'serverError' | 'tooManyRequests';

/** Sends a second request when the first takes unusually long, and takes the answer that comes first. Idempotent methods only. */
export interface HedgeConfig {
  /**
   * How long is unusual: longer than this part of the requests of the last seconds takes, in percent.
   * @minimum 50
   * @maximum 99.9
   */
  readonly percentile?: number;
  /**
   * Shortest time before a second request.
   * @minimum 1
   */
  readonly minimumDelayMs?: Integer;
}

/** How much retries and hedges may add to the load of a cluster, so that an outage is not made worse by them. */
export interface RetryBudgetConfig {
  /**
   * Part of the requests of the last ten seconds, in percent.
   * @maximum 100
   */
  readonly percent?: Integer;
  /** Retries a second that are allowed besides, for clusters with little traffic. */
  readonly minimumPerSecond?: Integer;
  /** Most retries at a time. */
  readonly maxInFlight?: Integer;
}
