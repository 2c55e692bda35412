/**
 * When a request is sent again. Two kinds of failure are told apart: those where no application can have seen the request,
 * after which any request may be sent again, and all others, after which only one that may be executed twice (RFC 9110
 * section 9.2.2).
 */
import type { Integer } from './scalars';

/** What a route does when an attempt fails. */
export interface RetryConfig {
  /**
   * How often a request is sent again at most. Each time another endpoint is chosen, while there is one. 0 switches retries off, those
   * that can do no harm included.
   * @maximum 10
   * @default 2
   */
  readonly maxRetries?: Integer;
  /**
   * Which requests are sent again when an application may have seen them. `idempotent`: GET, HEAD, OPTIONS, TRACE, PUT and
   * DELETE. `all`: also the others, for services that recognise a repeated request.
   * @default idempotent
   */
  readonly methods?: 'idempotent' | 'all';
  /**
   * After which failures such a request is sent again. Where nobody can have seen the request, it is in any case.
   * @default ['closed', 'tryTimeout', 'gatewayError']
   */
  readonly on?: RetryCondition[];
  /**
   * Time for one attempt, from the end of the request to the head of its response; 0 is none: an attempt may take as long as the route
   * allows. Must be shorter than the route's timeout.
   * @default 0
   */
  readonly tryTimeoutMs?: Integer;
  /**
   * How long an idempotent request waits at an endpoint that has answered nobody since it came, before another endpoint is asked besides;
   * never more than half of the route's timeout. An endpoint has fallen silent when at least three requests wait there and this one
   * has waited for five times as long as answers usually take. What comes first counts, and the retry budget holds. 0 is never.
   * @default 1000
   */
  readonly silenceMs?: Integer;
  /**
   * The wait before the n-th retry is drawn from 0 to (2^n - 1) times this. The first retry of a request that nobody has seen
   * goes out at once.
   * @default 25
   */
  readonly backoffMs?: Integer;
  /**
   * Longest of the waits by `backoffMs`.
   * @default 250
   */
  readonly maxBackoffMs?: Integer;
  /**
   * Longest Retry-After of an application that is waited for; a response that asks for more is the client's.
   * @default 1000
   */
  readonly maxRetryAfterMs?: Integer;
  /**
   * Longest body that is kept to be sent again. A request with a longer one is sent once.
   * @default 65536
   */
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
   * @default 95
   */
  readonly percentile?: number;
  /**
   * Shortest time before a second request.
   * @minimum 1
   * @default 5
   */
  readonly minimumDelayMs?: Integer;
}

/** How much retries and hedges may add to the load of a cluster, so that an outage is not made worse by them. */
export interface RetryBudgetConfig {
  /**
   * Part of the requests of the last ten seconds, in percent. 20 are those of Envoy, Linkerd and the Gateway API.
   * @maximum 100
   * @default 20
   */
  readonly percent?: Integer;
  /**
   * Retries a second that are allowed besides, for clusters with little traffic. It holds for each calling pod.
   * @default 3
   */
  readonly minimumPerSecond?: Integer;
  /**
   * Most retries at a time, of each calling pod.
   * @default 256
   */
  readonly maxInFlight?: Integer;
}
