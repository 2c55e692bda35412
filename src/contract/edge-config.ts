/**
 * What a listener does at the edge of the mesh, where clients are not trusted. A listener that says nothing of it has none of it, as
 * between sidecars.
 */
import { withRateLimitDefaults } from './admission-defaults';
import { unfitNetworks } from './cidr';
import { ClientsConfig, DEFAULT_CLIENTS, errorsOfClients, ResolvedClients } from './clients-config';
import { DEFAULT_FORWARDED, ForwardedConfig, ProxyProtocolConfig } from './forwarded-config';

/** Fields of a listener for clients from outside. */
export interface EdgeConfig {
  /**
   * How the fields X-Forwarded-For, -Proto and -Host of its requests are read and written. Absent: they are passed through as they are, as
   * between sidecars.
   */
  readonly forwarded?: ForwardedConfig;
  /** Whose connections begin with a header of the PROXY protocol, which has the client's address. Absent: none. */
  readonly proxyProtocol?: ProxyProtocolConfig;
  /** Which clients are let in, by address, and how much each may ask for. Absent: all, and anything. */
  readonly clients?: ClientsConfig;
}

/** {@link EdgeConfig} with nothing left open. */
export interface ResolvedEdge {
  readonly forwarded?: Required<ForwardedConfig>;
  readonly proxyProtocol?: ProxyProtocolConfig;
  readonly clients?: ResolvedClients;
}

/** A listener in which these fields leave nothing open. */
export function withEdgeDefaults<T extends EdgeConfig>(
  { forwarded, proxyProtocol, clients, ...listener }: T,
): Omit<T, keyof EdgeConfig> & ResolvedEdge {
  return {
    ...listener,
    ...(forwarded && { forwarded: { ...DEFAULT_FORWARDED, ...forwarded } }),
    ...(proxyProtocol && { proxyProtocol }),
    ...(clients && { clients: withClientsDefaults(clients) }),
  };
}

function withClientsDefaults({ rateLimit, ...clients }: ClientsConfig): ResolvedClients {
  return { ...DEFAULT_CLIENTS, ...clients, ...(rateLimit && { rateLimit: withRateLimitDefaults(rateLimit) }) };
}

/** What is wrong with these fields of a listener, by the field. */
export function errorsOfEdge(listener: EdgeConfig): { readonly field: string; readonly message: string }[] {
  return [...unfitNetworks('proxyProtocol/from', listener.proxyProtocol?.from), ...errorsOfClients(listener.clients, listener.forwarded?.trustedHops ?? 0)];
}
