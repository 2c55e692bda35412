/**
 * The calls between workloads, out of the documents: each route of an outbound listener is a call, each cluster of its split and of its
 * fallbacks a target.
 */
import type { ClusterInfo, MeshInfo, Range, RouteInfo, StatedCluster, StatedRoute, WorkloadInfo } from './info';

/** What one workload calls. */
export interface Call {
  readonly caller: WorkloadInfo;
  /** Name of the listener that the route is of. */
  readonly listener: string;
  readonly route: RouteInfo;
  /** What somebody said of the route. */
  readonly stated: StatedRoute;
  /** Those of the split first, then those of each fallback. */
  readonly targets: readonly Target[];
  /** `web -> catalog`, or `web -> search by route 'prefix-search'`. */
  readonly title: string;
}

/** A cluster that a call can lead to. */
export interface Target {
  readonly cluster: ClusterInfo;
  /** What somebody said of the cluster. */
  readonly stated: StatedCluster;
  /** 0 for the split, 1 for the first fallback, and so on. */
  readonly level: number;
  /** Part of the requests that come to its level. */
  readonly share: number;
  /** Workloads that answer; none for what is outside of the mesh. */
  readonly callees: readonly WorkloadInfo[];
  /** How many endpoints there are; absent when nobody knows, or when there are to be none. */
  readonly endpoints?: Range | undefined;
  /** `web -> catalog v2`. */
  readonly title: string;
}

/** Every call in a mesh. */
export function callsOf({ workloads }: MeshInfo): Call[] {
  const behind = new Map<string, WorkloadInfo[]>();
  for (const workload of workloads) {
    for (const cluster of workload.clusters) behind.set(cluster, [...behind.get(cluster) ?? [], workload]);
  }
  return workloads.flatMap((caller) => {
    const clusters = new Map(caller.document.clusters.map((cluster, index) => [cluster.name, { cluster, stated: caller.stated.clusters[index]! }]));
    const outbound = caller.document.listeners.map((listener, index) => ({ listener, stated: caller.stated.listeners[index]! }))
      .filter(({ listener: { direction } }) => direction === 'outbound');
    return outbound.flatMap(({ listener, stated }) => listener.routes.map((route, index): Call => {
      const targets = [route, ...route.fallback].flatMap(({ split }, level) => {
        const weights = split.reduce((sum, { weight }) => sum + weight, 0);
        return split.flatMap(({ cluster: name, weight }): Target[] => {
          const found = clusters.get(name);
          if (!found) return [];
          const callees = behind.get(name) ?? [];
          const [callee] = callees;
          const called = callee ? `${nameOf(callee, caller)} ${callee.version}` : name;
          const share = weights > 0 ? weight / weights : 0;
          return [{ ...found, level, callees, share, endpoints: endpointsOf(found.cluster, callees), title: `${caller.service} -> ${called}` }];
        });
      });
      const callee = targets.filter(({ level }) => level === 0).flatMap(({ callees }) => callees)[0];
      const title = `${caller.service} -> ${callee ? nameOf(callee, caller) : listener.name.replace(/^outbound\//, '')}`;
      return { caller, listener: listener.name, route, stated: stated.routes[index]!, targets, title: route.matches ? `${title} by route '${route.name}'` : title };
    }));
  });
}

/** Things by what they have in common, in the order in which they come. */
export function groupBy<T, K>(things: readonly T[], keyOf: (thing: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group) group.push(thing);
    else groups.set(key, [thing]);
  }
  return groups;
}

/**
 * A workload's service, which calls and is called as one whatever its version. A workload that takes no requests may bear the name of a
 * service, such as a job beside it: what it calls is no part of what that service needs.
 */
export function serviceKey({ namespace, service, version, pod }: WorkloadInfo): string {
  return pod?.serves === false ? `${namespace}/${service}/${version}` : `${namespace}/${service}`;
}

function nameOf(callee: WorkloadInfo, caller: WorkloadInfo): string {
  return callee.namespace === caller.namespace ? callee.service : `${callee.service}.${callee.namespace}`;
}

function endpointsOf({ discovery }: ClusterInfo, callees: readonly WorkloadInfo[]): Range | undefined {
  const ranges = callees.length === 0 && discovery.endpoints
    ? [{ min: discovery.endpoints.length, max: discovery.endpoints.length }]
    : callees.map(({ replicas }) => replicas);
  if (ranges.length === 0 || ranges.some((range) => range === undefined)) return undefined;
  const sum = (end: keyof Range): number => ranges.reduce((total, range) => total + range![end], 0);
  // A version that is scaled to nothing has no policy to speak of.
  return sum('max') === 0 ? undefined : { min: Math.max(1, sum('min')), max: sum('max') };
}
