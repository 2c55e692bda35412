/**
 * The names of a pod whose `hostAliases` lead its app to the sidecar. They are part of the pod's template, and the template of one
 * release may meet the document of another: after a roll back, and for a moment when a release comes. Then the app of the pod calls what
 * the document doesn't have, at an address where nobody would listen.
 *
 * Such a call is served as a pod without a mesh would do it: DNS tells the ports of the Service (its SRV records) and its address, which
 * Kubernetes balances by itself. What the document would have said of the call, its policies and limits, is not known; the defaults hold. As
 * soon as a document has the call, it is the document's.
 *
 * Services of the cluster only: an address outside of it has no records that tell its port.
 */
import { ResolvedListener, ResolvedProxyConfig, withDefaults } from '../../contract';
import { nameApart } from '../config/name-apart';
import type { AddressByName } from '../config/settle';
import type { PodNames } from '../config/succeed';
import type { DnsClient } from '../discovery/name-resolver';
import { HostsEntry, readHosts } from './hosts-text';

/** Limit `hostAliases`: most calls that are looked up. */
export const MAX_ALIASES = 64;

/** Addresses of callees: 127.64.0.0/10. */
const CALLEE = /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;

/** The full name of a Service, whatever the cluster's domain is. */
const SERVICE = /^([^.]+)\.([^.]+)\.svc\../;

export type OnAliasEvent = (event: 'call_not_in_document' | 'call_not_found', fields: Readonly<Record<string, string | readonly string[]>>) => void;

type Parts = Pick<ResolvedProxyConfig, 'listeners' | 'clusters'>;

/** The names of callees in a hosts file, by address. */
export function aliasesIn(hosts: string): HostsEntry[] {
  const byAddress = new Map<string, string[]>();
  for (const [name, address] of readHosts(hosts).taken) {
    if (CALLEE.test(address)) byAddress.set(address, [...byAddress.get(address) ?? [], name]);
  }
  return [...byAddress].map(([address, names]) => ({ address, names }));
}

/** The aliases that lead to no outbound listener of these documents. */
export function unclaimed(aliases: readonly HostsEntry[], documents: readonly Pick<ResolvedProxyConfig, 'listeners'>[]): HostsEntry[] {
  const listeners = documents.flatMap((document) => document.listeners).filter(({ direction }) => direction === 'outbound');
  const addresses = new Set(listeners.map(({ address }) => address));
  const names = new Set(listeners.flatMap(({ hostnames = [] }) => hostnames));
  return aliases.filter((alias) => !addresses.has(alias.address) && !alias.names.some((name) => names.has(name)));
}

export class AliasNames implements PodNames {
  readonly leads: AddressByName;

  private constructor(aliases: readonly HostsEntry[], private readonly standIns: Parts) {
    this.leads = new Map(aliases.flatMap(({ address, names }) => names.map((name) => [name, address] as const)));
  }

  /**
   * @param missing aliases that lead to no listener; their Services are looked up
   * @param client gives up by itself
   * @param onLimit an alias is not looked up, as there are too many
   */
  static async find(
    aliases: readonly HostsEntry[], missing: readonly HostsEntry[], client: Pick<DnsClient, 'resolveSrv'>, onEvent: OnAliasEvent, onLimit: () => void,
  ): Promise<AliasNames> {
    missing.slice(MAX_ALIASES).forEach(onLimit);
    const found = await Promise.all(missing.slice(0, MAX_ALIASES).map((alias) => standInFor(alias, client, onEvent)));
    return new AliasNames(aliases, {
      listeners: found.flatMap(({ listeners }) => listeners),
      clusters: found.flatMap(({ clusters }) => clusters),
    });
  }

  problemsWith(): readonly string[] {
    return [];
  }

  complete(config: ResolvedProxyConfig): ResolvedProxyConfig {
    const sockets = new Set(config.listeners.map(socketOf));
    const names = new Set(config.listeners.map(({ name }) => name));
    const taken = new Set(config.listeners.flatMap(({ hostnames = [] }) => hostnames));
    const listeners = this.standIns.listeners
      .filter((listener) => !sockets.has(socketOf(listener)) && !listener.hostnames!.some((name) => taken.has(name)))
      .map((listener) => nameApart(listener, names));
    if (listeners.length === 0) return config;
    const needed = new Set(listeners.map(({ routes }) => routes[0]!.split[0]!.cluster));
    const present = new Set(config.clusters.map(({ name }) => name));
    const clusters = this.standIns.clusters.filter(({ name }) => needed.has(name) && !present.has(name));
    return { ...config, listeners: [...config.listeners, ...listeners], clusters: [...config.clusters, ...clusters] };
  }
}

function socketOf({ address, port }: ResolvedListener): string {
  return `${address}|${port}`;
}

async function standInFor({ address, names }: HostsEntry, client: Pick<DnsClient, 'resolveSrv'>, onEvent: OnAliasEvent): Promise<Parts> {
  const hostname = names.find((name) => SERVICE.test(name));
  const nothing = { listeners: [], clusters: [] };
  if (hostname === undefined) {
    onEvent('call_not_found', { names, reason: 'none of them is the full name of a Service' });
    return nothing;
  }
  let ports: readonly number[];
  try {
    ports = [...new Set((await client.resolveSrv(hostname)).map(({ port }) => port))];
  } catch (error) {
    onEvent('call_not_found', { names, reason: `the SRV records of '${hostname}' can't be resolved: ${(error as NodeJS.ErrnoException).code ?? String(error)}` });
    return nothing;
  }
  const [, service, namespace] = SERVICE.exec(hostname)!;
  onEvent('call_not_in_document', { names, ports: ports.map(String), effect: 'it goes to the address of the Service, by DNS, without its policies' });
  return withDefaults({
    version: 'v1',
    node: { service: service!, namespace: namespace!, version: 'v1' },
    listeners: ports.map((port) => ({
      name: `outbound/${namespace!}/${service!}:${port}`, direction: 'outbound', address, port, hostnames: [...names],
      routes: [{ name: 'default', split: [{ cluster: `dns/${namespace!}/${service!}:${port}`, weight: 1 }], meshFields: false }],
    })),
    clusters: ports.map((port) => ({ name: `dns/${namespace!}/${service!}:${port}`, discovery: { type: 'dns', record: 'address', hostname, port } })),
  });
}
