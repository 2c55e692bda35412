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
   * Time to establish a connection; then another endpoint is tried. It must be shorter than the timeout of the route. By default it is at
   * most a quarter of the shortest timeout of the routes that lead here, fallbacks included, but at least 25 ms.
   *
   * @default Duration.seconds(1)
   */
  readonly connectTimeout?: Duration;

  /**
   * How long an unused connection is kept for the next request. It must be shorter than the idle timeout of the other side, or requests are
   * sent on connections that are being closed. A timeout that the other side announces with `Keep-Alive` is respected in any case. By
   * default the constructs make it at most half of `limits.idleTimeout` of a service of the mesh.
   *
   * @default Duration.seconds(30)
   */
  readonly idleTimeout?: Duration;

  /**
   * Maximum number of connections to one endpoint. It is also the maximum number of active requests there, because HTTP/1.1 has one per
   * connection. Further connections of TCP go to another endpoint, or are refused when all have reached it. Applies to each worker. At
   * least 1.
   *
   * @default 1024
   */
  readonly maxConnectionsPerEndpoint?: number;

  /**
   * Maximum number of connections to all endpoints together; 0 means no limit. Further connections of TCP are refused. Applies to each
   * worker.
   *
   * @default 0
   */
  readonly maxConnections?: number;

  /**
   * Maximum number of requests that wait for a connection, over all endpoints, including requests whose connection is being established (so
   * 0 is refused) and requests that wait for the first endpoints. Further requests get 503. Applies to each worker.
   *
   * @default 1024
   */
  readonly maxPendingRequests?: number;

  /**
   * How long a request may wait for a free connection, and for the first endpoints in the ten seconds after discovery began. Then it gets
   * 503. A request whose connection is being established waits for `connectTimeout`. It must be shorter than the timeout of the route.
   *
   * @default Duration.seconds(3)
   */
  readonly pendingTimeout?: Duration;

  /**
   * Maximum number of active requests to all endpoints together; 0 means no limit. Further requests get 503. Applies to each worker.
   *
   * @default 0
   */
  readonly maxRequests?: number;

  /**
   * Maximum number of active requests to one endpoint; 0 means no limit. At most `maxRequests`, if that has a limit. Further requests go to
   * another endpoint, or get 503 when all have reached it. Applies to each worker.
   *
   * @default 0
   */
  readonly maxRequestsPerEndpoint?: number;
  // #endregion
}
