/**
 * What a listener of TCP does with its connections: each goes to one endpoint, and bytes are passed on as they come. It knows nothing of what is
 * said on them, but for the host name that a client of TLS asks for, where it is told to read that.
 */
import type { Integer } from './scalars';

/** Settings of a listener's connections of TCP. */
export interface TcpConfig {
  /**
   * How long no bytes may pass on a connection, in either direction. Then both sides are ended. 0 is no limit. The default is that of Envoy.
   * Clients that keep connections in a pool need a longer time here than their own, or keepalives of their protocol.
   *
   * @default 3600000
   */
  readonly idleTimeoutMs?: Integer;
  /**
   * How long a connection may last. Then both sides are ended, whatever is under way, and the client connects anew, perhaps to another
   * endpoint. 0 is no limit.
   *
   * @default 0
   */
  readonly maxDurationMs?: Integer;
  /**
   * Whether its connections are TLS that passes through. The proxy reads the ClientHello, which is the first message of TLS, for the host name
   * that the client asks for (SNI), and a connection takes a route by that name: conditions of its routes have `hosts` and nothing else. Then the
   * bytes are passed on as they came; the proxy can't read them. A client that doesn't begin with a ClientHello is refused (`wrong_protocol`), and
   * so is a name that no route takes (`no_route`). For listeners of outbound direction without `tls`.
   *
   * @default false
   */
  readonly readServerName?: boolean;
}

/** Default of `tcp` of a listener. */
export const DEFAULT_TCP: Required<TcpConfig> = {
  // #region generated defaults of TcpConfig
  idleTimeoutMs: 3_600_000,
  maxDurationMs: 0,
  readServerName: false,
  // #endregion
};
