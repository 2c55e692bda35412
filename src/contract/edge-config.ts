/**
 * What a listener does at the edge of the mesh, where clients are not trusted. A listener that says nothing of it has none of it, as
 * between sidecars.
 */
import { Cidr, parseCidr } from './cidr';
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
}

/** {@link EdgeConfig} with nothing left open. */
export interface ResolvedEdge {
  readonly forwarded?: Required<ForwardedConfig>;
  readonly proxyProtocol?: ProxyProtocolConfig;
}

/** A listener in which these fields leave nothing open. */
export function withEdgeDefaults<T extends EdgeConfig>({ forwarded, proxyProtocol, ...listener }: T): Omit<T, keyof EdgeConfig> & ResolvedEdge {
  return {
    ...listener,
    ...(forwarded && { forwarded: { ...DEFAULT_FORWARDED, ...forwarded } }),
    ...(proxyProtocol && { proxyProtocol }),
  };
}

/** What is wrong with these fields of a listener, by the field. */
export function errorsOfEdge({ proxyProtocol }: EdgeConfig): { readonly field: string; readonly message: string }[] {
  return unfitNetworks('proxyProtocol/from', proxyProtocol?.from);
}

function unfitNetworks(field: string, cidrs: readonly Cidr[] = []): { readonly field: string; readonly message: string }[] {
  return cidrs.flatMap((cidr, i) => (parseCidr(cidr) ? [] : [{
    field: `${field}/${i}`, message: `'${cidr}' is no network; write an IP address and the number of bits that count, as in 10.0.0.0/8`,
  }]));
}
