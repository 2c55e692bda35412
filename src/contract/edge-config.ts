/**
 * What a listener does at the edge of the mesh, where clients are not trusted. A listener that says nothing of it has none of it, as
 * between sidecars.
 */
import { withRateLimitDefaults } from './admission-defaults';
import { BrowserConfig, errorsOfBrowser, ResolvedBrowser, withBrowserDefaults } from './browser-config';
import { unfitNetworks } from './cidr';
import { ClientsConfig, DEFAULT_CLIENTS, errorsOfClients, ResolvedClients } from './clients-config';
import { DEFAULT_FORWARDED, ForwardedConfig, ProxyProtocolConfig } from './forwarded-config';
import type { TlsConfig } from './tls-config';

/** Fields of a listener for clients from outside. */
export interface EdgeConfig extends BrowserConfig {
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
export interface ResolvedEdge extends ResolvedBrowser {
  readonly forwarded?: Required<ForwardedConfig>;
  readonly proxyProtocol?: ProxyProtocolConfig;
  readonly clients?: ResolvedClients;
}

/** A listener in which these fields leave nothing open. */
export function withEdgeDefaults<T extends EdgeConfig>(
  { forwarded, proxyProtocol, clients, httpsRedirect, hsts, cors, errorPages, ...listener }: T,
): Omit<T, keyof EdgeConfig> & ResolvedEdge {
  return {
    ...listener,
    ...(forwarded && { forwarded: { ...DEFAULT_FORWARDED, ...forwarded } }),
    ...(proxyProtocol && { proxyProtocol }),
    ...withBrowserDefaults({
      ...(httpsRedirect && { httpsRedirect }), ...(hsts && { hsts }), ...(cors && { cors }), ...(errorPages && { errorPages }),
    }),
    ...(clients && { clients: withClientsDefaults(clients) }),
  };
}

function withClientsDefaults({ rateLimit, ...clients }: ClientsConfig): ResolvedClients {
  return { ...DEFAULT_CLIENTS, ...clients, ...(rateLimit && { rateLimit: withRateLimitDefaults(rateLimit) }) };
}

/** What is wrong with these fields of a listener, by the field. */
export function errorsOfEdge(listener: EdgeConfig & { readonly tls?: TlsConfig }): { readonly field: string; readonly message: string }[] {
  const trustedHops = listener.forwarded?.trustedHops ?? 0;
  return [
    ...unfitNetworks('proxyProtocol/from', listener.proxyProtocol?.from),
    ...errorsOfClients(listener.clients, trustedHops),
    ...errorsOfBrowser(listener, listener.tls !== undefined, trustedHops > 0),
  ];
}
