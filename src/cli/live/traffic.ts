/**
 * Sums up what all proxies counted between two scrapes: for each service, version and pod what came in, and for each caller what it
 * sent where. A sidecar counts a request at both of its ends; what came in is taken from the callee's side, what was sent from the
 * caller's. A gateway has no callee's side: what it sends on is what came in.
 */
import { ResolvedProxyConfig, isOfGateway } from '../../contract';
import { NOT_APPLICABLE } from '../../proxy/telemetry/catalog';
import { Callee, Directory, serviceIdOf } from './directory';
import { Sum, Sums } from './figures';
import { Growth, Rate } from './growth';
import { MeshScrape, ProxyScrape, READ_METRICS } from './scrape';

/** Keys of sums. */
export const keyOf = (...parts: readonly string[]): string => parts.join('\n');

/** What a cluster of one caller did besides requests, per second. */
export interface Tries {
  retries: number;
  hedges: number;
  denied: number;
}

export class Traffic {
  /** By service; by service and version; by service and pod. */
  readonly received = new Sums();
  /** By caller and callee; by caller and cluster; by caller, listener and route; by all four of caller, listener, route and cluster. */
  readonly edges = new Sums();
  readonly clusters = new Sums();
  readonly routes = new Sums();
  readonly parts = new Sums();
  /** By caller and cluster. */
  private readonly tries = new Map<string, Tries>();
  /** By caller, cluster and address: requests per second. */
  private readonly endpoints = new Map<string, number>();

  constructor(before: MeshScrape, after: MeshScrape, private readonly directory: Directory) {
    for (const proxy of after.proxies.values()) this.add(proxy, before.proxies.get(proxy.proxy.id), Growth.of(proxy, before, after));
  }

  triesOf(caller: string, cluster: string): Tries {
    const key = keyOf(caller, cluster);
    let tries = this.tries.get(key);
    if (!tries) this.tries.set(key, tries = { retries: 0, hedges: 0, denied: 0 });
    return tries;
  }

  endpointRate(caller: string, cluster: string, address: string): number {
    return this.endpoints.get(keyOf(caller, cluster, address)) ?? 0;
  }

  private add(proxy: ProxyScrape, old: ProxyScrape | undefined, growth: Growth): void {
    const { document } = proxy.config;
    const gateways = new Set(document.listeners.filter(isOfGateway).map(({ name }) => name));
    const callees = calleesOf(proxy, this.directory);
    const caller = serviceIdOf(document.node);
    const each = (rates: readonly Rate[], put: (sum: Sum, rate: Rate) => void): void => {
      for (const rate of rates) for (const sum of this.sumsOf(proxy, rate, callees, gateways)) put(sum, rate);
    };
    each(growth.of(READ_METRICS.requests), (sum, { labels, rate }) => sum.addRequests(labels, rate));
    each(growth.of(READ_METRICS.durations), (sum, { labels, rate }) => sum.addDuration(labels, rate));
    for (const { labels, rate } of growth.of(READ_METRICS.retries)) this.triesOf(caller, labels['cluster']!).retries += rate;
    for (const { labels, rate } of growth.of(READ_METRICS.hedges)) this.triesOf(caller, labels['cluster']!).hedges += rate;
    for (const { labels, rate } of growth.of(READ_METRICS.retriesDenied)) this.triesOf(caller, labels['cluster']!).denied += rate;
    this.addEndpoints(proxy, old, growth);
  }

  private sumsOf(proxy: ProxyScrape, { labels }: Rate, callees: ReadonlyMap<string, Callee>, gateways: ReadonlySet<string>): Sum[] {
    const { node } = proxy.config.document;
    const service = serviceIdOf(node);
    const { listener = '', cluster = NOT_APPLICABLE, route = NOT_APPLICABLE, direction } = labels;
    const sums: Sum[] = [];
    if (direction === 'inbound' || gateways.has(listener)) {
      sums.push(this.received.of(service), this.received.of(keyOf(service, node.version)), this.received.of(keyOf(service, '', proxy.proxy.pod)));
    }
    if (direction !== 'outbound') return sums;
    sums.push(this.routes.of(keyOf(service, listener, route)));
    const callee = callees.get(cluster);
    if (callee) {
      sums.push(
        this.edges.of(keyOf(service, callee.service)), this.clusters.of(keyOf(service, cluster)),
        this.parts.of(keyOf(service, listener, route, cluster)),
      );
    }
    return sums;
  }

  private addEndpoints({ clusters, config }: ProxyScrape, old: ProxyScrape | undefined, growth: Growth): void {
    const caller = serviceIdOf(config.document.node);
    for (const { name, endpoints } of clusters) {
      const before = old?.clusters.find((cluster) => cluster.name === name)?.endpoints ?? [];
      for (const { address, requests } of endpoints) {
        const key = keyOf(caller, name, address);
        const grown = growth.between(before.find((endpoint) => endpoint.address === address)?.requests, requests);
        this.endpoints.set(key, (this.endpoints.get(key) ?? 0) + grown);
      }
    }
  }
}

/** Who is behind each cluster of a proxy that leads to another pod. */
export function calleesOf({ clusters, config: { document } }: ProxyScrape, directory: Directory): Map<string, Callee> {
  return new Map(outboundClusters(document).map((cluster) => {
    const endpoints = clusters.find(({ name }) => name === cluster.name)?.endpoints ?? [];
    return [cluster.name, directory.behind(cluster, endpoints.map(({ address }) => address))];
  }));
}

/** Clusters that outbound routes lead to, fallbacks and copies included. */
export function outboundClusters({ listeners, clusters }: ResolvedProxyConfig): ResolvedProxyConfig['clusters'] {
  const named = new Set(listeners.filter(({ direction }) => direction === 'outbound').flatMap(({ routes }) => routes).flatMap((route) => [
    ...(route.split ?? []), ...route.fallback.flatMap(({ split }) => split), ...route.mirror,
  ]).map(({ cluster }) => cluster));
  return clusters.filter(({ name }) => named.has(name));
}
