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
   * Maximum number of connections that the proxy accepts, from other pods and from its app. Applies to each worker. At least 1.
   *
   * @default 10000
   */
  readonly maxConnections?: number;

  /**
   * Maximum length of a request or status line, which is part of the head. At least 16 bytes.
   *
   * @default Size.kibibytes(8)
   */
  readonly maxStartLineSize?: Size;

  /**
   * Maximum size of a message head: start line and all fields. It also limits chunk extensions and trailers. From 64 bytes to 1 MiB.
   *
   * @default Size.kibibytes(16)
   */
  readonly maxHeadSize?: Size;

  /**
   * Maximum number of header fields of a message. From 1 to 1000.
   *
   * @default 100
   */
  readonly maxHeaderFields?: number;

  /**
   * Maximum size of a request body; 0 means no limit.
   *
   * @default Size.kibibytes(0)
   */
  readonly maxBodySize?: Size;

  /**
   * Maximum number of requests on one client connection, which is closed after the last; 0 means no limit.
   *
   * @default 0
   */
  readonly maxRequestsPerConnection?: number;

  /**
   * Maximum number of requests at a time on one client connection of HTTP/2. Further ones are refused, and the client sends them again when
   * others are over. 100 is what RFC 9113 advises at least. From 1 to 65536.
   *
   * @default 100
   */
  readonly maxConcurrentStreams?: number;

  /**
   * How many streams of one connection of HTTP/2 may come to nothing in a burst: reset by the client, or by the proxy because of what the
   * client did. 33 more are allowed each second. Beyond, the connection is closed. This is what stops rapid resets (CVE-2023-44487,
   * CVE-2025-8671). From 10 to 1000000.
   *
   * @default 1000
   */
  readonly maxStreamResets?: number;

  /**
   * How many frames of HTTP/2 that carry nothing (settings, pings, priorities, empty data, credit that nothing was sent for) one connection
   * may send in a burst. 33 more are allowed each second. Beyond, the connection is closed. From 100 to 1000000.
   *
   * @default 1000
   */
  readonly maxIdleFrames?: number;

  /**
   * Maximum number of copies of requests (`mirror` of a route) under way at a time. Further ones are left out. Applies to each worker.
   *
   * @default 256
   */
  readonly maxMirroredRequests?: number;

  /**
   * Maximum size of the first message of TLS (ClientHello), with the headers of its records, on connections that pass through by their
   * server name. Those of today's clients have 250 to 2000 bytes; nginx and HAProxy take 16 KiB as well. From 512 bytes to 64 KiB.
   *
   * @default Size.kibibytes(16)
   */
  readonly maxClientHelloSize?: Size;

  /**
   * How much is buffered for a peer that reads slower than the other side sends, per connection and direction. At least 1 KiB.
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
   * Timeout of a message head, from its first byte to its last. A ClientHello that a route is chosen by has as long from the connection on.
   *
   * @default Duration.seconds(10)
   */
  readonly headTimeout?: Duration;

  /**
   * How long a body may make no progress, in either direction. A peer that reads less than `maxBufferedSize` in this time counts as
   * stalled.
   *
   * @default Duration.seconds(60)
   */
  readonly bodyTimeout?: Duration;

  /**
   * How long a tunnel may be idle, that is, a connection after a protocol switch (WebSocket), and how long a streaming response
   * (`text/event-stream`, `application/x-ndjson` and similar types) may be silent.
   *
   * @default Duration.minutes(5)
   */
  readonly tunnelIdleTimeout?: Duration;

  /**
   * How long nothing may come on a connection of HTTP/2 with requests under way, before the proxy asks by a ping whether its peer is there.
   * 0: it never asks. Servers of gRPC close connections of clients that ask more than once in five minutes, unless they are told otherwise.
   *
   * @default Duration.seconds(330)
   */
  readonly pingInterval?: Duration;

  /**
   * How long the peer has to answer a ping. Then the connection is closed, and its requests have failed.
   *
   * @default Duration.seconds(20)
   */
  readonly pingTimeout?: Duration;

  /**
   * Timeout of a TLS handshake, from the connection of the client to its end.
   *
   * @default Duration.seconds(10)
   */
  readonly tlsHandshakeTimeout?: Duration;
  // #endregion
}
