/**
 * Who a request comes from when proxies stand in front of a listener, and what is said of that to the app.
 */
import type { Cidr } from './cidr';
import type { Integer } from './scalars';

/**
 * Fields that say where a request comes from. The client's address is that of the connection, or with `trustedHops` one of X-Forwarded-For;
 * it is what `sourceAddress` hashes, what `clients` goes by, and in the access log. Of what a client itself has sent, nothing is passed on.
 */
export interface ForwardedConfig {
  /**
   * Proxies in front of the listener that are trusted: those that each append to X-Forwarded-For where a request has come from. The client is
   * the entry of that number from the right. With fewer entries than that, the request came another way, and the client is the connection's address.
   * When one of them is no address, such as `unknown`, a listener with `clients.allow` or `clients.deny` refuses the request with 403.
   * @maximum 16
   * @default 0
   */
  readonly trustedHops?: Integer;
  /**
   * X-Forwarded-For of the request that is passed on. `append`: the trusted entries, and the connection's address; `keep`: the trusted entries;
   * `overwrite`: the client's address alone; `drop`: none.
   * @default 'append'
   */
  readonly xForwardedFor?: 'append' | 'keep' | 'overwrite' | 'drop';
  /**
   * Whether a `Forwarded` field (RFC 7239) says the same. One that came is dropped in any case.
   * @default false
   */
  readonly rfc7239?: boolean;
}

/** The PROXY protocol, by which load balancers without HTTP tell who the client is (versions 1 and 2). */
export interface ProxyProtocolConfig {
  /**
   * Networks whose connections begin with a PROXY header; one without is broken off, and so is one whose header is not complete within
   * `limits.headTimeoutMs`. From other networks a header is no request.
   * @minItems 1
   * @maxItems 64
   */
  readonly from: Cidr[];
}

/** Default of `forwarded`. */
export const DEFAULT_FORWARDED: Required<ForwardedConfig> = {
  // #region generated defaults of ForwardedConfig
  trustedHops: 0,
  xForwardedFor: 'append',
  rfc7239: false,
  // #endregion
};
