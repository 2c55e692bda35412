/**
 * Ports of a service beside its first one. Each has a listener of its own in the sidecars, since nothing else tells which port a request came
 * for, and leads to a port of the app.
 */
import { APP_CLUSTER, ClusterConfig, INBOUND_LISTENER, ListenerConfig, RouteConfig, StaticEndpoint } from '../../contract';
import { AppProtocol, factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { isTcp } from '../destinations/tcp-checks';
import { ConnectionConfig } from '../policies/proxy-quantities';
import { tcpHeader, tcpSettings } from '../policies/tcp-quantities';

/** A port beside the first one. */
export interface InboundPort {
  readonly name: string;
  /** Port at which it is called. */
  readonly port: number;
  /** Where sidecars take its requests. */
  readonly proxyPort: number;
  /** Port of the app. */
  readonly targetPort: number;
  readonly protocol?: AppProtocol;
  /** What it is called as. */
  readonly called: Destination;
}

/** Where a sidecar takes the requests of a port. */
export function portListener(
  { name, proxyPort, protocol, called }: InboundPort, own: Pick<ListenerConfig, 'admission' | 'mutualTls' | 'authorization' | 'jwt' | 'externalAuthorization'>,
): ListenerConfig {
  const { path, tcp } = called._info();
  const { admission, ...ofConnections } = own;
  return {
    name: `${INBOUND_LISTENER}:${name}`,
    direction: 'inbound',
    loopback: true,
    port: proxyPort,
    ...factsOf(protocol).wire,
    ...tcpSettings(tcp),
    routes: [routeToApp(clusterOfPort(name), protocol)],
    ...(path && { path }),
    ...(admission && !isTcp(protocol) && { admission }),
    ...ofConnections,
  };
}

/** The app at a port. */
export function portCluster({ name, protocol, called }: InboundPort, app: StaticEndpoint, connections: Partial<ConnectionConfig>): ClusterConfig {
  return clusterOfApp(clusterOfPort(name), app, { protocol, tcp: called._info().tcp }, connections);
}

/** The way to the app. The caller owns the time a request may take: a timeout here would cut off callers that chose a longer one. */
export function routeToApp(cluster: string, protocol: AppProtocol | undefined): RouteConfig {
  return { name: 'default', split: [{ cluster, weight: 1 }], ...(!isTcp(protocol) && { timeoutMs: 0 }) };
}

/** Connections of TCP have none of what a Mesh says of requests for all of its services. */
const OF_REQUESTS: readonly string[] = ['idleTimeoutMs', 'maxRequests', 'maxRequestsPerEndpoint'] satisfies (keyof ConnectionConfig)[];

/** The app, as the sidecar beside it connects to it. */
export function clusterOfApp(
  name: string, app: StaticEndpoint, { protocol, tcp }: Pick<DestinationInfo, 'protocol' | 'tcp'>, connections: Partial<ConnectionConfig>,
): ClusterConfig {
  const fitting = Object.entries(connections).filter(([field]) => !isTcp(protocol) || !OF_REQUESTS.includes(field));
  return { name, discovery: { type: 'static', endpoints: [app] }, ...factsOf(protocol).wire, ...tcpHeader(tcp), ...Object.fromEntries(fitting) };
}

function clusterOfPort(name: string): string {
  return `${APP_CLUSTER}:${name}`;
}
