/**
 * Who is behind a cluster. A caller's document names clusters, and its endpoints are addresses; people think in services and versions.
 * The proxies at those addresses say which service and version they are of. While none is there, the cluster's Kubernetes Service
 * goes by the name of its service and version, as the constructs name it. What is neither is outside of the mesh.
 */
import { comesFromOutside, ResolvedCluster, ResolvedProxyConfig } from '../../contract';
import type { MeshScrape, ProxyScrape } from './scrape';

/** A service, as one string: `shop/catalog`. */
export type ServiceId = string;

/** A version of a service, or something outside of the mesh, which has no version. */
export interface Callee {
  readonly service: ServiceId;
  readonly version?: string;
}

type Node = ResolvedProxyConfig['node'];

export function serviceIdOf({ namespace, service }: Pick<Node, 'namespace' | 'service'>): ServiceId {
  return `${namespace}/${service}`;
}

export class Directory {
  private readonly byAddress = new Map<string, ProxyScrape>();
  private readonly byServiceName = new Map<string, Node>();

  /** @param scrapes the newest last; pods that have just gone are still endpoints of somebody */
  constructor(scrapes: readonly MeshScrape[]) {
    for (const proxy of scrapes.flatMap(({ proxies }) => [...proxies.values()])) {
      const { node, listeners } = proxy.config.document;
      this.byServiceName.set(`${node.namespace}/${node.service}-${node.version}`, node);
      for (const { port } of listeners.filter(comesFromOutside)) this.byAddress.set(addressOf(proxy.proxy.address, port), proxy);
    }
  }

  /** The proxy at an endpoint. */
  proxyAt(endpoint: string): ProxyScrape | undefined {
    return this.byAddress.get(endpoint);
  }

  /** @param endpoints addresses with ports, as the caller's proxy has them */
  behind({ name, discovery }: Pick<ResolvedCluster, 'name' | 'discovery'>, endpoints: readonly string[]): Callee {
    const found = endpoints.map((endpoint) => this.proxyAt(endpoint)).find((proxy) => proxy !== undefined);
    const node = found?.config.document.node
      ?? (discovery.type === 'endpointSlice' ? this.byServiceName.get(`${discovery.namespace}/${discovery.service}`) : undefined);
    return node ? { service: serviceIdOf(node), version: node.version } : { service: name };
  }
}

/** `10.0.0.1:80`, `[fd00::1]:80`: as the proxies write endpoints. */
function addressOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
