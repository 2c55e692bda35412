/**
 * Ports of a service beside its first one. Each has a listener of its own in the sidecars, since nothing else tells which port a request came
 * for, and leads to a port of the app.
 */
import { APP_CLUSTER, ClusterConfig, INBOUND_LISTENER, ListenerConfig, StaticEndpoint } from '../../contract';
import { AppProtocol, factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { ConnectionConfig } from '../policies/proxy-quantities';

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
  { name, proxyPort, protocol, called }: InboundPort, own: Pick<ListenerConfig, 'admission' | 'mutualTls' | 'authorization' | 'jwt'>,
): ListenerConfig {
  const { path } = called._info();
  return {
    name: `${INBOUND_LISTENER}:${name}`,
    direction: 'inbound',
    loopback: true,
    port: proxyPort,
    ...factsOf(protocol).wire,
    routes: [{ name: 'default', split: [{ cluster: clusterOfPort(name), weight: 1 }], timeoutMs: 0 }],
    ...(path && { path }),
    ...own,
  };
}

/** The app at a port. */
export function portCluster({ name, protocol }: InboundPort, app: StaticEndpoint, connections: Partial<ConnectionConfig>): ClusterConfig {
  return { name: clusterOfPort(name), discovery: { type: 'static', endpoints: [app] }, ...factsOf(protocol).wire, ...connections };
}

function clusterOfPort(name: string): string {
  return `${APP_CLUSTER}:${name}`;
}
