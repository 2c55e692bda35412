/** The clusters that a document has of what its calls and routes lead to. */
import { ClusterConfig } from '../../contract';
import { targetsOf } from '../calls/call-routes';
import { defaultPolicies } from '../calls/default-call';
import { Call } from '../calls/dependencies';
import { factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo, DestinationShare } from '../destinations/destination-info';
import { isTcp } from '../destinations/tcp-checks';
import { LoadBalancing } from '../policies/load-balancing';
import { tcpHeader } from '../policies/tcp-quantities';
import { Route } from '../routes/route';
import { fallbackInfo } from './outbound-routes';

/** What clusters depend on of who calls. */
interface ClusterCaller {
  readonly namespace: string;
  /** Whether it can prove who it is. */
  readonly hasIdentity: boolean;
}

/** Both ends must have an identity: there is nobody to be asked for one otherwise. Validation has told what doesn't fit together. */
function mutualTlsConfig(
  { identity: ofAll, mutualTls }: DestinationInfo, { identity = ofAll }: DestinationShare, { hasIdentity }: ClusterCaller,
): Pick<ClusterConfig, 'mutualTls'> {
  return hasIdentity && identity && mutualTls?._isUsed ? { mutualTls: { serverIds: [identity.id] } } : {};
}

/** The clusters of all calls, of their fallbacks and of what routes lead to. What is called, too, has its clusters once, as that call says. */
export function outboundClusters(calls: Call[], caller: ClusterCaller): ClusterConfig[] {
  const clusters = calls.flatMap((call) => clustersOf(call.info, call.loadBalancing, call.fallback !== undefined, caller, {
    ...call.connections,
    ...call.health,
    ...call.retry?.cluster,
  }));
  const fallbacks = calls.map(fallbackInfo)
    .flatMap((levels) => levels.flatMap((info, index) => defaultClusters(info, index < levels.length - 1, caller)));
  return unique([...clusters, ...fallbacks, ...routedClusters(calls.flatMap(({ routes }) => routes).map(({ route }) => route), caller)]);
}

/** The clusters that routes send requests and copies to, as their destinations say. */
export function routedClusters(routes: readonly Route[], caller: ClusterCaller): ClusterConfig[] {
  return unique(routes.flatMap(targetsOf).flatMap((target) => {
    const clusters = defaultClusters((target._destination() as Destination)._info(), false, caller);
    return clusters.filter(({ name }) => name === (target._cluster() ?? name));
  }));
}

function defaultClusters(info: DestinationInfo, fallsBack: boolean, caller: ClusterCaller): ClusterConfig[] {
  const { connections, health, retry } = defaultPolicies(info, caller.namespace);
  return clustersOf(info, info.loadBalancing, fallsBack, caller, { ...connections, ...health, ...retry?.cluster });
}

function clustersOf(
  info: DestinationInfo, loadBalancing: LoadBalancing, fallsBack: boolean, caller: ClusterCaller, more: Partial<ClusterConfig>,
): ClusterConfig[] {
  return info.shares().map((share) => ({
    name: share.cluster,
    discovery: share.discovery(loadBalancing),
    ...loadBalancing._toClusterConfig(fallsBack),
    ...factsOf(info.protocol).wire,
    ...(!info.meshed && !isTcp(info.protocol) && { meshFields: false }),
    ...(!info.meshed && tcpHeader(info.tcp)),
    ...(info.tls && { tls: info.tls.config }),
    ...mutualTlsConfig(info, share, caller),
    ...more,
  }));
}

function unique(clusters: readonly ClusterConfig[]): ClusterConfig[] {
  const names = new Set<string>();
  return clusters.filter(({ name }) => !names.has(name) && names.add(name));
}
