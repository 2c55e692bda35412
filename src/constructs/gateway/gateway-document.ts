/** Puts a gateway's document together. Pure, as that of a sidecar is. */
import {
  CA_FILE, DEFAULT_SHUTDOWN, DEFAULT_VIA, DEFAULT_WORKERS, EndpointSliceDiscovery, GATEWAY_LISTENER, GATEWAY_PASSING_LISTENER,
  GATEWAY_TLS_LISTENER, IdentityConfig, LimitsConfig, ListenerConfig, NodeIdentity, PathConfig, ProxyConfig, RouteConfig, TOKEN_FILE,
} from '../../contract';
import { ShutdownBudget } from '../../planning/shutdown-budget';
import { factsOf } from '../destinations/app-protocol';
import { isTls } from '../destinations/tcp-checks';
import { accessLogConfig } from '../mesh/access-log-options';
import { MeshSettings } from '../mesh/mesh-settings';
import { adminConfig } from '../mesh/metrics-port';
import { tcpSettings } from '../policies/tcp-quantities';
import { Route } from '../routes/route';
import { completeDocument } from '../sidecar/document';
import { routedClusters } from '../sidecar/outbound-clusters';
import { accessConfig } from './gateway-access';
import { edgeConfig, plainConfig, tlsConfig } from './edge-config';
import { GatewayProps } from './gateway-props';

/** Everything that a gateway's document says. */
interface DocumentInfo {
  readonly node: NodeIdentity;
  readonly settings: MeshSettings;
  /** By what it proves who it is. */
  readonly identity?: IdentityConfig;
  readonly props: GatewayProps;
  readonly path?: PathConfig;
  readonly routes: readonly Route[];
  /** The same as the document has them. */
  readonly routeConfigs: RouteConfig[];
  /** Where its own pods are found; absent when no route needs to know its zone. */
  readonly ownPods?: EndpointSliceDiscovery;
  /** Whether it reads EndpointSlices. */
  readonly readsSlices: boolean;
  readonly limits?: LimitsConfig;
  readonly budget: ShutdownBudget;
}

export function gatewayDocument(info: DocumentInfo): ProxyConfig {
  const { node, settings, routes, ownPods, budget, props: { externalAuthorization } } = info;
  const asked = externalAuthorization ? [Route.always().to(externalAuthorization._service)] : [];
  return completeDocument({
    node,
    ...(info.identity && { identity: info.identity }),
    listeners: listenersOf(info),
    clusters: routedClusters([...routes, ...asked], { namespace: node.namespace, hasIdentity: info.identity !== undefined }),
    ...(ownPods && { localCluster: { discovery: ownPods } }),
    ...(info.readsSlices && { kubernetes: { tokenFile: TOKEN_FILE, caFile: CA_FILE } }),
    ...adminConfig(settings),
    ...(info.limits && { limits: info.limits }),
    shutdown: {
      endpointPropagationMs: budget.sleepSeconds * 1_000,
      appDrainMs: 0,
      ...(budget.proxyDrainMs !== DEFAULT_SHUTDOWN.drainMs && { drainMs: budget.proxyDrainMs }),
    },
    ...accessLogConfig(settings.accessLog, settings.accessLogOptions),
    ...(settings.tracing._toConfig() && { tracing: settings.tracing._toConfig() }),
    ...(settings.via !== DEFAULT_VIA && { via: settings.via }),
    ...(settings.workers !== DEFAULT_WORKERS && { workers: settings.workers }),
  });
}

/** One for HTTP and one for HTTPS, or one for TLS that passes through. Without an address they are on the pod's own, where clients are. */
function listenersOf({ node, settings: { proxyPorts }, props, path, routeConfigs }: DocumentInfo): ListenerConfig[] {
  if (isTls(props.protocol)) {
    const { forwarded: _, ...edge } = edgeConfig(props);
    const listener = { name: GATEWAY_PASSING_LISTENER, direction: 'outbound' as const, loopback: true, port: proxyPorts.inbound };
    return [{ ...listener, ...factsOf(props.protocol).wire, ...tcpSettings({}, true), ...edge, routes: routeConfigs }];
  }
  const common = {
    direction: 'outbound' as const,
    // `kubectl port-forward` connects to the pod's loopback.
    loopback: true,
    ...(path && { path }),
    ...edgeConfig(props),
    ...accessConfig(props, node.namespace),
  };
  return [
    { name: GATEWAY_LISTENER, port: proxyPorts.inbound, ...factsOf(props.protocol).wire, ...common, ...plainConfig(props), routes: routeConfigs },
    ...(props.tls ? [{ name: GATEWAY_TLS_LISTENER, port: proxyPorts.inboundTls, protocol: 'alpn' as const, ...common, ...tlsConfig(props), routes: routeConfigs }] : []),
  ];
}
