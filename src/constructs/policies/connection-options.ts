/**
 * Connections that a proxy opens: to the pods of a service that it calls, and to the app beside it. What the caller says
 * goes before what the service called says.
 */
import { Duration } from 'cdk8s';

/**
 * How a proxy connects to endpoints, and how much it puts on them.
 */
export interface ConnectionOptions {
  /**
   * Time to establish a connection; then another pod is asked. It must be shorter than the call's timeout, or the request is over
   * before that.
   *
   * @default Duration.seconds(1), but at most a quarter of the shortest timeout of the caller's calls that lead there, fallbacks included
   */
  readonly connectTimeout?: Duration;

  /**
   * How long an unused connection is kept for the next request. It must be shorter than the time after which the other side
   * closes it, or requests are sent on connections that are just being closed.
   *
   * @default Duration.seconds(30), but at most half of `limits.idleTimeout` of the service called
   */
  readonly idleTimeout?: Duration;

  /**
   * Most connections to one endpoint at a time, at least 1. It is also the most requests that are under way there, as
   * HTTP/1.1 has one on each connection. With workers, of each.
   *
   * @default 1024
   */
  readonly maxConnectionsPerEndpoint?: number;

  /**
   * Most connections to all endpoints together at a time. Zero is no limit. With workers, of each.
   *
   * @default 0
   */
  readonly maxConnections?: number;

  /**
   * Most requests that wait for a connection, over all endpoints, those included for which one is being made; at least 1. One more is
   * answered with 503. With workers, of each.
   *
   * @default 1024
   */
  readonly maxPendingRequests?: number;

  /**
   * How long a request may wait for a connection while as many are in use as may be. Then it is answered with 503. It must be shorter
   * than the call's timeout.
   *
   * @default Duration.seconds(3)
   */
  readonly pendingTimeout?: Duration;

  /**
   * Most requests under way to all endpoints together. Zero is no limit. One more is answered with 503. With workers, of each.
   *
   * @default 0
   */
  readonly maxRequests?: number;

  /**
   * Most requests under way to one endpoint, at most `maxRequests` when that has a limit. Zero is no limit. One more goes to
   * another endpoint, or is answered with 503 when all have as many. With workers, of each.
   *
   * @default 0
   */
  readonly maxRequestsPerEndpoint?: number;
}
