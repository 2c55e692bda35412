/**
 * Which clients a listener lets in, by their addresses, and how much each may ask of it.
 */
import type { RateLimitConfig } from './admission-config';
import { Cidr, unfitNetworks } from './cidr';
import type { Integer } from './scalars';

/**
 * Clients by address: that of the connection, or what `proxyProtocol` and `forwarded` say. IPv6 clients of one /64 network count as one for
 * limits. Limits apply to each worker.
 */
export interface ClientsConfig {
  /**
   * Networks of the clients that are let in; others get 403, and under TLS no handshake where the connection alone tells who they are.
   * Absent: all.
   * @minItems 1
   * @maxItems 256
   */
  readonly allow?: Cidr[];
  /**
   * Networks of clients that are not let in, though they are allowed. Absent: none.
   * @minItems 1
   * @maxItems 256
   */
  readonly deny?: Cidr[];
  /** How many requests may come from one client in some time. Above it: 429. Absent: any number. */
  readonly rateLimit?: RateLimitConfig;
  /**
   * Most addresses whose requests are counted for `rateLimit`. Those not seen for longest are forgotten first, and begin with a full bucket.
   * @minimum 2
   * @maximum 1000000
   * @default 10000
   */
  readonly maxAddresses?: Integer;
  /**
   * Most connections of one client at a time; one beyond it gets 429 and is closed, under TLS before the handshake. Absent: any number.
   * @minimum 1
   */
  readonly maxConnections?: Integer;
}

/** {@link ClientsConfig} with nothing left open that has a default. */
export interface ResolvedClients extends Omit<ClientsConfig, 'rateLimit'> {
  readonly rateLimit?: Required<RateLimitConfig>;
  readonly maxAddresses: Integer;
}

/** Default of `clients`. An address takes some 200 bytes. */
export const DEFAULT_CLIENTS: Required<Pick<ClientsConfig, 'maxAddresses'>> = {
  // #region generated defaults of ClientsConfig
  maxAddresses: 10_000,
  // #endregion
};

/**
 * What is wrong with `clients`, by the field of the listener.
 *
 * @param trustedHops proxies that connections come from, in place of clients
 */
export function errorsOfClients(clients: ClientsConfig | undefined, trustedHops: number): { readonly field: string; readonly message: string }[] {
  if (!clients) return [];
  const { allow, deny, rateLimit, maxConnections } = clients;
  const errors = [...unfitNetworks('clients/allow', allow), ...unfitNetworks('clients/deny', deny)];
  if (!allow && !deny && !rateLimit && maxConnections === undefined) {
    errors.push({ field: 'clients', message: 'it limits nothing; give it allow, deny, rateLimit or maxConnections, or remove it' });
  }
  if (maxConnections !== undefined && trustedHops > 0) {
    errors.push({
      field: 'clients/maxConnections',
      message: `with trustedHops, connections are those of proxies and carry requests of many clients, got ${maxConnections}; remove it, or use rateLimit`,
    });
  }
  return errors;
}
