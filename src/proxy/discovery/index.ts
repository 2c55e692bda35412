/** Discovery: makes the source that a cluster's configuration asks for. */
import { Resolver } from 'node:dns/promises';
import { ClusterConfig, DEFAULT_DNS_FALLBACK, DnsDiscovery, EndpointSliceDiscovery } from '../../contract';
import { Clock } from '../runtime/clock';
import { DnsSource } from './dns';
import { EndpointSliceSource } from './endpoint-slice-source';
import { FallbackSource } from './fallback';
import { preferredFamily } from './families';
import { OnEvent } from './health';
import { ApiAccess } from './kubernetes-api';
import { DnsClient } from './name-resolver';
import { DiscoverySource } from './source';
import { StaticSource } from './static';

export type { DiscoveryEvent, OnEvent } from './health';
export { KubernetesApi } from './kubernetes-api';
export type { ApiAccess } from './kubernetes-api';
export type { DiscoveredEndpoint, DiscoveryHealth, DiscoverySource, EndpointSnapshot } from './source';

/** What sources share, and what they may touch of the outside world. */
export interface DiscoveryDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  /** Needed by clusters with EndpointSlices; one for all of them. */
  readonly kubernetes: ApiAccess | undefined;
  /** This pod's own addresses, the preferred family first; none: IPv4 is preferred. */
  readonly podIps: readonly string[];
  readonly onEvent: OnEvent;
  /** Makes a DNS client that asks these servers; none: those of the system. Absent: `node:dns`. */
  readonly dnsClient?: (servers: readonly string[]) => DnsClient;
}

/** A source that was not started yet. The configuration must have passed validation; throws when `servers` holds no addresses. */
export function createSource(discovery: ClusterConfig['discovery'], dependencies: DiscoveryDependencies): DiscoverySource {
  switch (discovery.type) {
    case 'static':
      return new StaticSource(discovery, dependencies.podIps, dependencies.clock);
    case 'dns':
      return byDns(discovery, dependencies);
    case 'endpointSlice':
      return byEndpointSlices(discovery, dependencies);
  }
}

function byDns(discovery: DnsDiscovery, { clock, random, podIps, onEvent, dnsClient = systemDns }: DiscoveryDependencies): DiscoverySource {
  return new DnsSource(discovery, dnsClient(discovery.servers ?? []), preferredFamily(podIps), clock, random, onEvent);
}

function byEndpointSlices(discovery: EndpointSliceDiscovery, dependencies: DiscoveryDependencies): DiscoverySource {
  const { clock, random, kubernetes, podIps, onEvent } = dependencies;
  if (!kubernetes) throw new Error(`service '${discovery.service}' is discovered from EndpointSlices, which needs the field /kubernetes`);
  const slices = (tell: OnEvent): DiscoverySource => new EndpointSliceSource(discovery, kubernetes, preferredFamily(podIps), clock, random, tell);
  if (!discovery.fallback) return slices(onEvent);
  const { afterMs = DEFAULT_DNS_FALLBACK.afterMs, ...lookup } = discovery.fallback;
  const failing = (onFailure: () => void): DiscoverySource => slices((name, fields) => {
    onEvent(name, fields);
    if (name === 'discovery_failing') onFailure();
  });
  return new FallbackSource(failing, byDns({ type: 'dns', record: 'address', ...lookup }, dependencies), afterMs, clock, onEvent);
}

/** Per try, and how often a server is tried before the next. */
const DNS_TIMEOUT_MS = 2_000;
const DNS_TRIES = 2;

function systemDns(servers: readonly string[]): DnsClient {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (servers.length === 0) return resolver;
  try {
    resolver.setServers(servers);
  } catch (error) {
    throw new Error(`DNS servers [${servers.join(', ')}] must be given as address, address:port or [IPv6 address]:port`, { cause: error });
  }
  return resolver;
}
