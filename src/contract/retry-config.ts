/**
 * When a request is sent again. Two kinds of failure are told apart: those where no application can have seen the request,
 * after which any request may be sent again, and all others, after which only one that may be executed twice (RFC 9110
 * section 9.2.2).
 */
import type { Integer } from './scalars';

/** What a route does when an attempt fails. */
export interface RetryConfig {
  /**
   * Maximum number of retries of a request. Each goes to another endpoint, if there is one. 0 turns all retries off, even those that are
   * always safe. A request that an endpoint of HTTP/2 says it has not looked at (GOAWAY, REFUSED_STREAM) is sent again three times more.
   *
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
   * Timeout of one attempt, from the end of the request to the head of its response. 0 means none: an attempt may take as long as the route
   * allows. It must be shorter than the timeout of the route.
   *
   * @default 0
   */
  readonly tryTimeoutMs?: Integer;
  /**
   * How long an idempotent request waits at an endpoint that has answered nobody since it came, before it is also sent to another endpoint.
   * Never more than half of the timeout of the route. An endpoint counts as silent when at least three requests wait there and this one has
   * waited five times as long as responses usually take. The first response wins, and the retry budget applies. 0 turns it off.
   *
   * @default 1000
   */
  readonly silenceMs?: Integer;
  /**
   * The wait before the n-th retry is random, from 0 to (2^n - 1) times this. The first retry of a request that no application has seen is
   * sent at once.
   *
   * @default 25
   */
  readonly backoffMs?: Integer;
  /**
   * Maximum of the waits by `backoffMs`.
   *
   * @default 250
   */
  readonly maxBackoffMs?: Integer;
  /**
   * Maximum `Retry-After` of an application that the proxy waits for. A response that asks for more goes to the client.
   *
   * @default 1000
   */
  readonly maxRetryAfterMs?: Integer;
  /**
   * Maximum size of a body that is kept to be sent again. A request with a larger body is sent once.
   *
   * @default 65536
   */
  readonly maxReplayBytes?: Integer;
}

/**
 * A failure after which an application may have seen the request. `closed`: the connection broke before the response head was complete, or
 * the response was not HTTP. `tryTimeout`: the attempt exceeded `tryTimeoutMs`. `gatewayError`: a response with status 502, 503 or 504.
 * `serverError`: a response with any status 5xx. `tooManyRequests`: a response with status 429.
 */
export type RetryCondition = 'closed' | 'tryTimeout' | 'gatewayError' | 'serverError' | 'tooManyRequests';

/** Sends a second request when the first takes unusually long, and takes the answer that comes first. Idempotent methods only. */
export interface HedgeConfig {
  /**
   * Percentile of the recent latency after which a request counts as unusually slow.
   *
   * @minimum 50
   * @maximum 99.9
   * @default 95
   */
  readonly percentile?: number;
  /**
   * Minimum time before a second request.
   *
   * @minimum 1
   * @default 5
   */
  readonly minimumDelayMs?: Integer;
}

/** How much retries and hedges may add to the load of a cluster, so that an outage is not made worse by them. */
export interface RetryBudgetConfig {
  /**
   * Retries as a percentage of the requests of the last ten seconds. The default is that of Envoy, Linkerd and the Gateway API.
   *
   * @maximum 100
   * @default 20
   */
  readonly percent?: Integer;
  /**
   * Retries per second that are always allowed, for clusters with little traffic. Applies to each calling pod.
   *
   * @default 3
   */
  readonly minimumPerSecond?: Integer;
  /**
   * Maximum number of retries at a time. Applies to each calling pod.
   *
   * @default 256
   */
  readonly maxInFlight?: Integer;
}
