/**
 * What a listener of TCP does with its connections. It knows nothing of what is said on them: each goes to one endpoint, and bytes are passed
 * on as they come.
 */
import type { Integer } from './scalars';

/** Times of a listener's connections of TCP. */
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
}

/** Default of `tcp` of a listener. */
export const DEFAULT_TCP: Required<TcpConfig> = {
  // #region generated defaults of TcpConfig
  idleTimeoutMs: 3_600_000,
  maxDurationMs: 0,
  // #endregion
};
