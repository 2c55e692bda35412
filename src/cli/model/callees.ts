/**
 * Who an outbound listener leads to. A document names clusters and clusters name Kubernetes Services; the Services'
 * selectors say which workloads answer, and those carry the names and versions that people think in.
 */
import { ClusterConfig, isOfGateway, ListenerConfig, LoadBalancingConfig, ProxyConfig, RouteConfig } from '../../contract';
import { serviceOfName } from '../../planning/lints/objects';
import { MeshModel, selects, ServiceSpec, Workload } from './model';

/** One cluster of the route that takes what no other route of a listener does. */
export interface CalleeShare {
  readonly cluster: string;
  /** Declared weight, relative to the others of the route. */
  readonly weight: number;
  readonly loadBalancing: LoadBalancingConfig;
  readonly zoneWeights: Readonly<Record<string, number>>;
  /** Workloads on this machine that answer; none for what is outside of the files. */
  readonly workloads: readonly Workload[];
}

/** Where an outbound listener leads. */
export interface Callee {
  readonly listener: ListenerConfig;
  /** The route that takes what no other route to the service does. */
  readonly route: RouteConfig;
  /** Host field of its requests, where a gateway tells services apart by that. Absent: any. */
  readonly host?: string;
  /** The document that it is of. */
  readonly config: ProxyConfig;
  /** Name of the service that answers; the listener's own name when it is not one of the files'. */
  readonly service: string;
  readonly namespace: string | undefined;
  readonly shares: readonly CalleeShare[];
}

/** The callees of a document, in the order of its listeners. */
export function calleesOf(config: ProxyConfig, model: Pick<MeshModel, 'services' | 'workloads'>): Callee[] {
  const outbound = config.listeners.filter((listener) => listener.direction === 'outbound');
  // All listeners of a gateway have the same routes.
  const gateway = outbound.find(isOfGateway);
  const called = outbound.filter((listener) => !isOfGateway(listener)).map((listener) => calleeOf(config, model, listener, restOf(listener)));
  return [...called, ...(gateway ? gatewayCallees(config, model, gateway) : [])];
}

/** One for each service that routes lead to, by the route of a whole host if there is one. */
function gatewayCallees(config: ProxyConfig, model: Pick<MeshModel, 'services' | 'workloads'>, listener: ListenerConfig): Callee[] {
  const routes = listener.routes.filter(({ split }) => split !== undefined);
  const callees = new Map<string, Callee>();
  for (const route of [...routes.filter(isOfHost), ...routes.filter((each) => !isOfHost(each))]) {
    const callee = { ...calleeOf(config, model, listener, route), ...(hostOf(route) !== undefined && { host: hostOf(route)! }) };
    const key = `${callee.namespace}/${callee.service}`;
    if (callee.namespace !== undefined && !callees.has(key)) callees.set(key, callee);
  }
  return [...callees.values()];
}

function calleeOf(config: ProxyConfig, model: Pick<MeshModel, 'services' | 'workloads'>, listener: ListenerConfig, route: RouteConfig): Callee {
  const shares = (route.split ?? []).map(({ cluster: name, weight }): CalleeShare => {
    const cluster = config.clusters.find((candidate) => candidate.name === name);
    return {
      cluster: name,
      weight,
      loadBalancing: cluster?.loadBalancing ?? { type: 'roundRobin' },
      zoneWeights: cluster?.discovery.type === 'endpointSlice' ? cluster.discovery.zoneWeights ?? {} : {},
      workloads: cluster ? workloadsOf(cluster, model) : [],
    };
  });
  const first = calledBy(listener, model) ?? shares.flatMap((share) => share.workloads)[0];
  return { listener, route, config, service: first?.service ?? listener.name, namespace: first?.namespace, shares };
}

/** Whether a route takes all requests of its host. */
function isOfHost({ matches = [{}] }: RouteConfig): boolean {
  return matches.some((match) => Object.keys(match).every((part) => part === 'hosts'));
}

/** A host whose requests a route takes; undefined when it takes those of any. */
function hostOf({ matches = [] }: RouteConfig): string | undefined {
  return matches[0]?.hosts?.[0]?.replace(/^\*\./, 'any.');
}

/** The route of requests that meet no condition. */
export function restOf({ routes }: Pick<ListenerConfig, 'routes'>): RouteConfig {
  return routes.find(({ matches }) => matches === undefined) ?? routes[routes.length - 1]!;
}

/** The service that an app calls by a listener, wherever its routes lead. */
function calledBy({ name }: ListenerConfig, { workloads }: Pick<MeshModel, 'workloads'>): Pick<Workload, 'service' | 'namespace'> | undefined {
  const [, namespace, service] = /^outbound\/([^/]+)\/(.+):\d+$/.exec(name) ?? [];
  return workloads.find((workload) => workload.service === service && workload.namespace === namespace);
}

/** The workloads that answer what is sent to a cluster; none for what is outside of the files. */
export function workloadsOf(cluster: Pick<ClusterConfig, 'discovery'>, { services, workloads }: Pick<MeshModel, 'services' | 'workloads'>): Workload[] {
  const service = serviceOf(cluster, services);
  return service ? workloadsBehind(service, workloads) : [];
}

/** The workloads that a Service selects. */
export function workloadsBehind(service: ServiceSpec, workloads: readonly Workload[]): Workload[] {
  return workloads.filter((workload) => selects(service, workload.namespace, workload.labels));
}

/** The Service that a cluster names; undefined for what is outside of the files. */
export function serviceOf({ discovery }: Pick<ClusterConfig, 'discovery'>, services: readonly ServiceSpec[]): ServiceSpec | undefined {
  if (discovery.type === 'static') return undefined;
  if (discovery.type === 'dns') return serviceOfHostname(discovery.hostname, services);
  return services.find(({ name, namespace }) => name === discovery.service && namespace === discovery.namespace);
}

/** The Service with this fully qualified name, SRV or not. There is no cluster DNS here to resolve it. */
export function serviceOfHostname(hostname: string, services: readonly ServiceSpec[]): ServiceSpec | undefined {
  const called = serviceOfName(hostname);
  return called && services.find(({ name, namespace }) => name === called.name && namespace === called.namespace);
}
