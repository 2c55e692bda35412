/** The clusters that a document has of what its calls and routes lead to. */
import { ClusterConfig } from '../../contract';
import { targetsOf } from '../calls/call-routes';
import { defaultPolicies } from '../calls/default-call';
import { Call } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { LoadBalancing } from '../policies/load-balancing';
import { Route } from '../routes/route';
import { fallbackInfo } from './outbound-routes';

/** The clusters of all calls, of their fallbacks and of what routes lead to. What is called, too, has its clusters once, as that call says. */
export function outboundClusters(calls: Call[], callerNamespace: string): ClusterConfig[] {
  const clusters = calls.flatMap((call) => clustersOf(call.info, call.loadBalancing, call.fallback !== undefined, {
    ...call.connections,
    ...call.health,
    ...call.retry?.cluster,
  }));
  const fallbacks = calls.map(fallbackInfo)
    .flatMap((levels) => levels.flatMap((info, index) => defaultClusters(info, index < levels.length - 1, callerNamespace)));
  return unique([...clusters, ...fallbacks, ...routedClusters(calls.flatMap(({ routes }) => routes).map(({ route }) => route), callerNamespace)]);
}

/** The clusters that routes send requests and copies to, as their destinations say. */
export function routedClusters(routes: readonly Route[], callerNamespace: string): ClusterConfig[] {
  return unique(routes.flatMap(targetsOf).flatMap((target) => {
    const clusters = defaultClusters((target._destination() as Destination)._info(), false, callerNamespace);
    return clusters.filter(({ name }) => name === (target._cluster() ?? name));
  }));
}

function defaultClusters(info: DestinationInfo, fallsBack: boolean, callerNamespace: string): ClusterConfig[] {
  const { connections, health, retry } = defaultPolicies(info, callerNamespace);
  return clustersOf(info, info.loadBalancing, fallsBack, { ...connections, ...health, ...retry?.cluster });
}

function clustersOf(info: DestinationInfo, loadBalancing: LoadBalancing, fallsBack: boolean, more: Partial<ClusterConfig>): ClusterConfig[] {
  return info.shares().map((share) => ({
    name: share.cluster,
    discovery: share.discovery(loadBalancing),
    ...loadBalancing._toClusterConfig(fallsBack),
    ...(!info.meshed && { meshFields: false }),
    ...more,
  }));
}

function unique(clusters: readonly ClusterConfig[]): ClusterConfig[] {
  const names = new Set<string>();
  return clusters.filter(({ name }) => !names.has(name) && names.add(name));
}
