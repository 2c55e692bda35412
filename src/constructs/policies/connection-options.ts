/**
 * Connections that a proxy opens: to the pods of a service that it calls, and to the app beside it. What the caller says
 * goes before what the service called says.
 */
import { Duration } from 'cdk8s';

/**
 * How a proxy connects to endpoints, and how many connections and requests it allows to them.
 */
export interface ConnectionOptions {
  // #region generated props of ClusterConfig
  /**
   * Time to establish a connection; then another endpoint is asked. It must be shorter than the route's timeout, or the request is over
   * before that. Unless somebody says it, it is at most a quarter of the shortest timeout of the routes that lead here, fallbacks included,
   * but at least 25 ms.
   *
   * @default Duration.seconds(1)
   */
  readonly connectTimeout?: Duration;

  /**
   * How long an unused connection is kept for the next request. It must be shorter than the time after which the other side closes it, or
   * requests are sent on connections that are just being closed; what the other side states by `Keep-Alive` is kept to anyway. Unless
   * somebody says it, the constructs make it at most half of `limits.idleTimeout` of a service of the mesh.
   *
   * @default Duration.seconds(30)
   */
  readonly idleTimeout?: Duration;

  /**
   * Most connections to one endpoint at a time. It is also the most requests that are under way there, as HTTP/1.1 has one on each
   * connection. With workers, of each. At least 1.
   *
   * @default 1024
   */
  readonly maxConnectionsPerEndpoint?: number;

  /**
   * Most connections to all endpoints together at a time; 0 is no limit. With workers, of each.
   *
   * @default 0
   */
  readonly maxConnections?: number;

  /**
   * Most requests that wait for a connection, over all endpoints, those included for which one is being made; so 0 is refused. One more is
   * answered with 503. Requests that wait for the first endpoints count, too. With workers, of each.
   *
   * @default 1024
   */
  readonly maxPendingRequests?: number;

  /**
   * How long a request may wait for a connection while as many are in use as may be, and for the first endpoints in the ten seconds after
   * discovery began. Then it is answered with 503. One for which a connection is being made waits by `connectTimeout`. It must be shorter
   * than the route's timeout.
   *
   * @default Duration.seconds(3)
   */
  readonly pendingTimeout?: Duration;

  /**
   * Most requests under way to all endpoints together; 0 is no limit. One more is answered with 503. With workers, of each.
   *
   * @default 0
   */
  readonly maxRequests?: number;

  /**
   * Most requests under way to one endpoint, at most `maxRequests` when that has a limit; 0 is no limit. One more goes to another endpoint,
   * or is answered with 503 when all have as many. With workers, of each.
   *
   * @default 0
   */
  readonly maxRequestsPerEndpoint?: number;
  // #endregion
}
