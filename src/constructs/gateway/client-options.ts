/** Who the clients of a gateway are, which of them are let in, and how much each may ask for. */
import { RateLimit } from '../policies/rate-limit';

/**
 * What becomes of `X-Forwarded-For` of a request that is passed on.
 */
export enum XForwardedFor {
  /**
   * The entries of trusted proxies, and then the address of the connection.
   */
  APPEND = 'append',
  /**
   * The entries of trusted proxies.
   */
  KEEP = 'keep',
  /**
   * The client's address alone.
   */
  OVERWRITE = 'overwrite',
  /**
   * None.
   */
  DROP = 'drop',
}

/**
 * How a gateway reads and writes the fields that say where a request comes from. Nothing of what clients send in them is passed on.
 */
export interface ForwardedOptions {
  // #region generated props of ForwardedConfig: trustedHops
  /**
   * Proxies in front of the listener that are trusted: those that each append to X-Forwarded-For where a request has come from. The client
   * is the entry of that number from the right. With fewer entries than that, the request came another way, and the client is the
   * connection's address. When one of them is no address, such as `unknown`, a listener with `clients.allow` or `clients.deny` refuses the
   * request with 403. From 0 to 16.
   *
   * @default 0
   */
  readonly trustedHops?: number;
  // #endregion

  /**
   * `X-Forwarded-For` of the request that is passed on.
   *
   * @default XForwardedFor.APPEND
   */
  readonly xForwardedFor?: XForwardedFor;

  /**
   * Whether a `Forwarded` field (RFC 7239) says the same.
   *
   * @default false
   */
  readonly rfc7239?: boolean;
}

/**
 * The PROXY protocol (versions 1 and 2), by which load balancers that pass TCP on tell the client's address.
 */
export interface ProxyProtocolOptions {
  /**
   * Networks of the load balancers, as CIDRs, 1 to 64. Each connection from them must begin with a header of the protocol.
   */
  readonly from: string[];
}

/**
 * Which clients are let in, by address, and how much each may ask for. All IPv6 addresses of one /64 network are one client for limits. Limits
 * apply to each worker of each pod.
 */
export interface ClientOptions {
  /**
   * Networks of clients that are let in, as CIDRs, up to 256. Others get 403.
   *
   * @default - all
   */
  readonly allow?: string[];

  /**
   * Networks of clients that are not let in, though they are allowed, as CIDRs, up to 256.
   *
   * @default - none
   */
  readonly deny?: string[];

  /**
   * How many requests may come from one client in some time. Above it: 429.
   *
   * @default - any number
   */
  readonly rateLimit?: RateLimit;

  // #region generated props of ClientsConfig: maxConnections, maxAddresses
  /**
   * Most connections of one client at a time; one beyond it gets 429 and is closed, under TLS before the handshake. At least 1.
   *
   * @default - any number
   */
  readonly maxConnections?: number;

  /**
   * Most addresses whose requests are counted for `rateLimit`. Those not seen for longest are forgotten first, and begin with a full
   * bucket. From 2 to 1000000.
   *
   * @default 10000
   */
  readonly maxAddresses?: number;
  // #endregion
}
