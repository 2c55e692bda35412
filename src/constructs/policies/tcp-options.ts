/** Connections to services that speak plain TCP: their times, and what their servers are told of clients. */
import { Duration } from 'cdk8s';

/**
 * Options of connections to a service that speaks plain TCP.
 */
export interface TcpOptions {
  // #region generated props of TcpConfig
  /**
   * How long no bytes may pass on a connection, in either direction. Then both sides are ended. 0 is no limit. The default is that of
   * Envoy. Clients that keep connections in a pool need a longer time here than their own, or keepalives of their protocol.
   *
   * @default Duration.minutes(60)
   */
  readonly idleTimeout?: Duration;

  /**
   * How long a connection may last. Then both sides are ended, whatever is under way, and the client connects anew, perhaps to another
   * endpoint. 0 is no limit.
   *
   * @default Duration.millis(0)
   */
  readonly maxDuration?: Duration;
  // #endregion

  /**
   * Each connection to the server begins with a header of the PROXY protocol, version 2, which has the address of the client's pod. The server
   * must expect it.
   *
   * @default false
   */
  readonly proxyProtocol?: boolean;
}
