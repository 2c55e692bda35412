/**
 * Puts the proxy's document together. Pure: the same facts give the same document, and what a default says already is
 * left out, so that a change in the YAML is a change in behaviour.
 */
import {
  AdmissionConfig, APP_CLUSTER, CA_FILE, ClusterConfig, CONTRACT_MINOR, DEFAULT_SHUTDOWN,
  DEFAULT_VIA, DEFAULT_WORKERS, EndpointSliceDiscovery, findBrokenReferences, IdentityConfig, INBOUND_LISTENER, LimitsConfig, ListenerConfig,
  NodeIdentity, PathConfig, ProxyConfig, requirementsOf, ShutdownConfig, StaticEndpoint, TOKEN_FILE,
} from '../../contract';
import { ShutdownBudget } from '../../planning/shutdown-budget';
import { loopbackAddresses } from '../calls/addresses';
import { besides } from '../calls/call-routes';
import { distinctCalls } from '../calls/called-names';
import { Call } from '../calls/dependencies';
import { AppProtocol, factsOf } from '../destinations/app-protocol';
import { NamedCallee, outboundListener } from '../destinations/destination-info';
import { isTcp, isTls } from '../destinations/tcp-checks';
import { clusterOfApp, routeToApp } from '../inbound/inbound-ports';
import { tlsListener } from '../inbound/inbound-tls';
import { TlsOptions } from '../inbound/tls-options';
import { accessLogConfig, AccessLogOptions } from '../mesh/access-log-options';
import { ProxyPorts } from '../mesh/proxy-ports';
import { Tracing } from '../mesh/tracing';
import { AccessLog } from '../policies/access-log';
import { ConnectionConfig } from '../policies/proxy-quantities';
import { TcpOptions } from '../policies/tcp-options';
import { tcpSettings } from '../policies/tcp-quantities';
import { outboundClusters } from './outbound-clusters';
import { outboundRoutes } from './outbound-routes';

/** Everything that one workload's document says. */
export interface DocumentInfo {
  readonly node: NodeIdentity;
  readonly ports: Required<ProxyPorts>;
  /** Where health and metrics are, where that is not the default. */
  readonly pages: Pick<ProxyConfig, 'admin'>;
  /** The app beside the proxy; absent when it takes no requests. */
  readonly app?: StaticEndpoint;
  /** What the app speaks; absent for HTTP/1.1. */
  readonly protocol?: AppProtocol;
  /** What its service says of connections of TCP. */
  readonly tcp?: TcpOptions;
  /** How clients from outside come by TLS. */
  readonly tls?: TlsOptions;
  readonly appConnections: Partial<ConnectionConfig>;
  /** Ports at which the app is called besides. */
  readonly morePorts: readonly { readonly listener: ListenerConfig; readonly cluster: ClusterConfig }[];
  readonly admission?: AdmissionConfig;
  /** How paths of requests to the app are normalised, where that is not the default. */
  readonly path?: PathConfig;
  readonly calls: Call[];
  /** The same, and what only the sidecar calls. */
  readonly reached: Call[];
  /** By what the proxy proves who it is, and what callers in the mesh, and clients from outside who come by TLS, have to prove. */
  readonly security: {
    readonly identity?: IdentityConfig;
    readonly inbound: Pick<ListenerConfig, 'mutualTls' | 'authorization' | 'jwt' | 'externalAuthorization'>;
    readonly outside: Pick<ListenerConfig, 'authorization' | 'jwt' | 'externalAuthorization'>;
  };
  /** Where the workload's own pods are found; absent when nothing needs to know its zone, or it has no Service. */
  readonly ownPods?: EndpointSliceDiscovery;
  readonly limits?: LimitsConfig;
  readonly workers: number;
  readonly budget: ShutdownBudget;
  readonly accessLog: AccessLog;
  readonly accessLogOptions: AccessLogOptions;
  readonly tracing: Tracing;
  readonly via: boolean;
}

/** The loopback address of each host. */
function hostAddresses(calls: Call[]): Map<string, string> {
  return loopbackAddresses(calls.map(({ info }) => info.host));
}

/** What the calls' names lead to, in the order of the document. */
export function namedCallees(calls: Call[], callerNamespace: string): NamedCallee[] {
  const addresses = hostAddresses(calls);
  const callees = new Map<string, NamedCallee>();
  for (const { info: { name, host, ports, hostnames } } of distinctCalls(calls)) {
    const before = callees.get(host);
    callees.set(host, { name, address: addresses.get(host)!, ports: [...before?.ports ?? [], ...ports], hostnames: hostnames(callerNamespace) });
  }
  return [...callees.values()];
}

/** Whether a workload's sidecar reads EndpointSlices of what it calls. */
export function readsEndpointSlices(calls: Call[]): boolean {
  return calls.some((call) => call.info.endpointSlices || besides(call).some((destination) => destination._info().endpointSlices));
}

/** The document of one workload. */
export function buildDocument(info: DocumentInfo): ProxyConfig {
  const calls = distinctCalls(info.calls);
  const addresses = hostAddresses(calls);
  const names = namesOf(calls, info.node.namespace);
  const content: Omit<ProxyConfig, 'version' | 'minor' | 'requires'> = {
    node: info.node,
    ...(info.security.identity && { identity: info.security.identity }),
    listeners: [
      ...(info.app === undefined ? [] : inboundListeners(info)),
      ...info.morePorts.map(({ listener }) => listener),
      ...calls.flatMap((call) => outboundListeners(call, calls, addresses.get(call.info.host)!, names.get(call)!)),
    ],
    clusters: [
      ...(info.app === undefined ? [] : [clusterOfApp(APP_CLUSTER, info.app, info, info.appConnections)]),
      ...info.morePorts.map(({ cluster }) => cluster),
      ...outboundClusters(distinctCalls(info.reached), { namespace: info.node.namespace, hasIdentity: info.security.identity !== undefined }),
    ],
    ...(info.ownPods && { localCluster: { discovery: info.ownPods } }),
    ...((info.ownPods || readsEndpointSlices(info.reached)) && { kubernetes: { tokenFile: TOKEN_FILE, caFile: CA_FILE } }),
    ...info.pages,
    ...(info.limits && { limits: info.limits }),
    ...shutdownConfig(info),
    ...accessLogConfig(info.accessLog, info.accessLogOptions),
    ...(info.tracing._toConfig() && { tracing: info.tracing._toConfig() }),
    ...(info.via !== DEFAULT_VIA && { via: info.via }),
    ...(info.workers !== DEFAULT_WORKERS && { workers: info.workers }),
  };
  return completeDocument(content);
}

/** A document that says which release it is for and what it needs. Throws when no proxy would take it. */
export function completeDocument(content: Omit<ProxyConfig, 'version' | 'minor' | 'requires'>): ProxyConfig {
  const requires = requirementsOf({ version: 'v1', ...content });
  const document: ProxyConfig = { version: 'v1', minor: CONTRACT_MINOR, ...(requires.length > 0 && { requires }), ...content };
  const broken = findBrokenReferences(document);
  if (broken.length > 0) {
    throw new Error(`the document of ${content.node.namespace}/${content.node.service} would be refused by the proxy:\n`
      + broken.map(({ path, message }) => `  - ${path}: ${message}`).join('\n'));
  }
  return document;
}

/** Nobody tells a workload that takes no requests of its termination, so the first two parts mean nothing to it. */
function shutdownConfig({ app, budget: { sleepSeconds, appDrainSeconds, proxyDrainMs } }: DocumentInfo): Pick<ProxyConfig, 'shutdown'> {
  const shutdown: ShutdownConfig = {
    ...(app !== undefined && sleepSeconds * 1_000 !== DEFAULT_SHUTDOWN.endpointPropagationMs && { endpointPropagationMs: sleepSeconds * 1_000 }),
    ...(app !== undefined && appDrainSeconds * 1_000 !== DEFAULT_SHUTDOWN.appDrainMs && { appDrainMs: appDrainSeconds * 1_000 }),
    ...(proxyDrainMs !== DEFAULT_SHUTDOWN.drainMs && { drainMs: proxyDrainMs }),
  };
  return Object.keys(shutdown).length > 0 ? { shutdown } : {};
}

function inboundListeners({ ports, protocol, tcp, tls, admission, path, security }: DocumentInfo): ListenerConfig[] {
  const plain: ListenerConfig = {
    name: INBOUND_LISTENER,
    direction: 'inbound',
    // `kubectl port-forward` connects to the pod's loopback.
    loopback: true,
    port: ports.inbound,
    ...factsOf(protocol).wire,
    ...tcpSettings(tcp),
    routes: [routeToApp(APP_CLUSTER, protocol)],
    ...(path && { path }),
    // What a Mesh says for all of its services is for those that have requests.
    ...(admission && !isTcp(protocol) && { admission }),
  };
  // Clients from outside have no identity; who takes them by TLS has said so.
  return [{ ...plain, ...security.inbound }, ...(tls ? [tlsListener(tls, ports.inboundTls, { ...plain, ...security.outside })] : [])];
}

/** The names of each call. One that leads to another host already is left out: validation refuses it, in the words of the props. */
function namesOf(calls: Call[], callerNamespace: string): Map<Call, string[]> {
  const leads = new Map<string, string>();
  return new Map(calls.map((call) => [call, call.info.hostnames(callerNamespace).filter((name) => {
    leads.set(name, leads.get(name) ?? call.info.host);
    return leads.get(name) === call.info.host;
  })]));
}

function outboundListeners(call: Call, calls: readonly Call[], address: string, hostnames: string[]): ListenerConfig[] {
  const { info } = call;
  return info.ports.map((port) => ({
    name: outboundListener(info, port),
    direction: 'outbound',
    address,
    port,
    ...factsOf(info.protocol).wire,
    ...tcpSettings(info.tcp, isTls(info.protocol)),
    ...(hostnames.length > 0 && { hostnames }),
    ...(info.path && { path: info.path }),
    routes: outboundRoutes(call, calls),
  }));
}
