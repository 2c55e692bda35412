/**
 * Bounds of what a peer can make a proxy hold, in the units of people. They hold for both directions: for requests that
 * arrive at the pod, and for those that its app sends.
 */
import { Duration, Size } from 'cdk8s';

/**
 * What one connection or request may use up at most. A limit that is reached is counted in `mesh_limit_reached_total`.
 *
 * What is left open is as the nearest `Mesh` says that has an opinion on it, and else the default.
 */
export interface ProxyLimits {
  // #region generated props of LimitsConfig
  /**
   * Most connections that the proxy has accepted at a time, from other pods and from its app. With workers, of each. At least 1.
   *
   * @default 10000
   */
  readonly maxConnections?: number;

  /**
   * Longest request or status line. It is a part of the head. At least 16 bytes.
   *
   * @default Size.kibibytes(8)
   */
  readonly maxStartLineSize?: Size;

  /**
   * Longest head: start line and all fields. Also bounds a chunk's extension and the trailers. From 64 bytes to 1 MiB.
   *
   * @default Size.kibibytes(16)
   */
  readonly maxHeadSize?: Size;

  /**
   * Most header fields of a message. From 1 to 1000.
   *
   * @default 100
   */
  readonly maxHeaderFields?: number;

  /**
   * Longest request body; 0 is no limit.
   *
   * @default Size.kibibytes(0)
   */
  readonly maxBodySize?: Size;

  /**
   * Most requests on one client connection, which is closed after the last; 0 is no limit.
   *
   * @default 0
   */
  readonly maxRequestsPerConnection?: number;

  /**
   * What is held for a peer that reads slower than the other side sends, per connection and direction. At least 1 KiB.
   *
   * @default Size.kibibytes(256)
   */
  readonly maxBufferedSize?: Size;

  /**
   * How long a connection that the proxy has accepted may be idle between requests.
   *
   * @default Duration.seconds(60)
   */
  readonly idleTimeout?: Duration;

  /**
   * From the first byte of a head to its last.
   *
   * @default Duration.seconds(10)
   */
  readonly headTimeout?: Duration;

  /**
   * How long a body may make no progress, in either direction. A peer that takes less than `maxBufferedSize` in this time counts as
   * stalled.
   *
   * @default Duration.seconds(60)
   */
  readonly bodyTimeout?: Duration;

  /**
   * How long nothing may pass through a tunnel, which is what a connection becomes after a switch of protocols (WebSocket), and how long a
   * response that is a stream of events (`text/event-stream`, `application/x-ndjson` and their like) may be silent.
   *
   * @default Duration.minutes(5)
   */
  readonly tunnelIdleTimeout?: Duration;

  /**
   * From the connection of a client to the end of its TLS handshake.
   *
   * @default Duration.seconds(10)
   */
  readonly tlsHandshakeTimeout?: Duration;
  // #endregion
}
