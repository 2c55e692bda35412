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
   * Time to establish a connection.
   *
   * @default Duration.seconds(1)
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
   * Most requests that wait for a connection, over all endpoints. One more is answered with 503. With workers, of each.
   *
   * @default 1024
   */
  readonly maxPendingRequests?: number;
}
