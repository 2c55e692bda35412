/** Computes what a mesh looks like from two scrapes of it: what is there from the later one, rates from what grew in between. */
import { isOfGateway, ResolvedCluster } from '../../contract';
import { balancingInWords } from '../words/balancing';
import { Callee, Directory, ServiceId, serviceIdOf } from './directory';
import { endpointsOf } from './endpoints';
import type { Measured } from './measured';
import { podOf } from './pods';
import { routesOf } from './routes';
import type { MeshScrape, ProxyScrape } from './scrape';
import type { EdgeVersionView, EdgeView, ServiceView, Snapshot, VersionView } from './snapshot';
import { calleesOf, keyOf, outboundClusters, Traffic } from './traffic';

export function takeSnapshot(before: MeshScrape, after: MeshScrape): Snapshot {
  const directory = new Directory([before, after]);
  const measured: Measured = { directory, traffic: new Traffic(before, after, directory), callers: byService(after) };
  const edges = edgesOf(measured);
  return {
    at: after.wallTime,
    seconds: (after.at - before.at) / 1_000,
    services: [...meshServices(measured), ...outsideServices(measured, edges)].sort((a, b) => compare(a.id, b.id)),
    edges,
    routes: routesOf(measured),
    endpoints: endpointsOf(measured),
    silent: [...after.silent].map(([proxy, why]) => ({ proxy, why })),
  };
}

function byService({ proxies }: MeshScrape): Map<ServiceId, ProxyScrape[]> {
  const services = new Map<ServiceId, ProxyScrape[]>();
  for (const proxy of [...proxies.values()].sort((a, b) => compare(a.proxy.id, b.proxy.id))) {
    const id = serviceIdOf(proxy.config.document.node);
    services.set(id, [...services.get(id) ?? [], proxy]);
  }
  return new Map([...services].sort(([a], [b]) => compare(a, b)));
}

function meshServices({ callers, traffic }: Measured): ServiceView[] {
  return [...callers].map(([id, proxies]) => {
    const { node, listeners } = proxies[0]!.config.document;
    const received = traffic.received.of(id);
    return {
      id, name: node.service, namespace: node.namespace,
      kind: listeners.some(isOfGateway) ? 'gateway' : 'service',
      figures: received.figures,
      distribution: received.distribution,
      failures: received.failures,
      versions: versionsOf(id, proxies, traffic),
      pods: proxies.map((proxy) => podOf(id, proxy, traffic)),
    };
  });
}

function versionsOf(id: ServiceId, proxies: readonly ProxyScrape[], traffic: Traffic): VersionView[] {
  const versions = [...new Set(proxies.map(({ config }) => config.document.node.version))].sort();
  return versions.map((version) => ({
    version,
    pods: proxies.filter(({ config }) => config.document.node.version === version).length,
    figures: traffic.received.figuresOf(keyOf(id, version)),
  }));
}

/** A cluster of a caller, and one of the caller's proxies. */
interface CalledCluster {
  readonly cluster: ResolvedCluster;
  readonly callee: Callee;
  readonly proxy: ProxyScrape;
}

function edgesOf({ callers, directory, traffic }: Measured): EdgeView[] {
  return [...callers].flatMap(([from, proxies]) => {
    const clusters = new Map<string, CalledCluster>();
    for (const proxy of proxies) {
      const callees = calleesOf(proxy, directory);
      for (const cluster of outboundClusters(proxy.config.document)) {
        clusters.set(cluster.name, { cluster, callee: callees.get(cluster.name)!, proxy });
      }
    }
    const callees = [...new Set([...clusters.values()].map(({ callee }) => callee.service))].sort();
    return callees.map((to): EdgeView => {
      const own = [...clusters.values()].filter(({ callee }) => callee.service === to);
      const sum = traffic.edges.of(keyOf(from, to));
      const tries = own.map(({ cluster }) => traffic.triesOf(from, cluster.name));
      const total = (of: (one: typeof tries[number]) => number): number => tries.reduce((all, one) => all + of(one), 0);
      return {
        from, to,
        figures: sum.figures,
        failures: sum.failures,
        versions: own.map((one) => edgeVersionOf(from, one, traffic)),
        retries: total(({ retries }) => retries),
        hedges: total(({ hedges }) => hedges),
        retriesDenied: total(({ denied }) => denied),
        secured: own.every(({ cluster }) => cluster.mutualTls !== undefined),
      };
    });
  });
}

function edgeVersionOf(from: ServiceId, { cluster, callee, proxy }: CalledCluster, traffic: Traffic): EdgeVersionView {
  const choice = proxy.clusters.find(({ name }) => name === cluster.name)?.choice;
  return {
    cluster: cluster.name,
    ...(callee.version !== undefined && { version: callee.version }),
    figures: traffic.clusters.figuresOf(keyOf(from, cluster.name)),
    policy: balancingInWords(cluster.loadBalancing),
    ...(choice && { choice: { policy: choice.policy, reason: choice.reason } }),
  };
}

/** What is called and has no proxy. */
function outsideServices({ callers, traffic }: Measured, edges: readonly EdgeView[]): ServiceView[] {
  const names = new Set(edges.map(({ to }) => to).filter((to) => !callers.has(to)));
  return [...names].map((id) => {
    const sum = traffic.edges.total(edges.filter(({ to }) => to === id).map(({ from }) => keyOf(from, id)));
    return { id, name: id, kind: 'outside', figures: sum.figures, distribution: sum.distribution, failures: sum.failures, versions: [], pods: [] };
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
