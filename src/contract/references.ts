/**
 * Rules of a {@link ProxyConfig} that its types can't state: names that must be unique or must exist. The constructs run
 * them at synth and the proxy at load, so that both refuse the same documents in the same words.
 */
import type { AdmissionConfig } from './admission-config';
import { errorsOfAuthorization } from './authorization-rules';
import type { ClusterConfig } from './cluster-config';
import {
  Contradiction, contradictionsOfConcurrency, contradictionsOfConnections, contradictionsOfHealthCheck, contradictionsOfMaglev,
  contradictionsOfOutlierDetection, contradictionsOfRetry, contradictionsOfSession, refusalOfCheckField, wordsOf,
} from './contradictions';
import { DEFAULT_ADMIN, DEFAULT_SESSION } from './defaults';
import { errorsOfEdge } from './edge-config';
import { errorsOfExternalAuthorization } from './external-authorization-config';
import { withMetricsDefaults } from './identity-config';
import { errorsOfIdentity } from './identity-rules';
import type { ListenerConfig, RouteConfig } from './listener-config';
import type { LoadBalancingConfig } from './load-balancing-config';
import { errorsOfProtocols } from './protocol-rules';
import type { ProxyConfig } from './proxy-config';
import { findUnfitParts } from './route-rules';
import { errorOfTls } from './tls-config';
import { errorsOfUpstreamTls } from './upstream-tls-rules';

/** One thing that is wrong with a document. */
export interface ValidationError {
  /** Where, as a JSON Pointer (RFC 6901): `/clusters/2/name`. Empty for the document itself. */
  readonly path: string;
  /** What is wrong, the value got, and what to do. */
  readonly message: string;
}

/** Every rule that the document breaks; none when it is sound. The document must have the form of its types. */
export function findBrokenReferences(config: ProxyConfig): ValidationError[] {
  const errors: ValidationError[] = [];
  const clusters = new Set<string>();
  config.clusters.forEach((cluster, c) => {
    const path = `/clusters/${c}`;
    if (clusters.has(cluster.name)) {
      errors.push({ path: `${path}/name`, message: `cluster '${cluster.name}' is declared twice; give each cluster its own name` });
    }
    clusters.add(cluster.name);
    if (cluster.discovery.type === 'endpointSlice' && !config.kubernetes) {
      errors.push({ path: `${path}/discovery`, message: `cluster '${cluster.name}' is discovered from EndpointSlices, which needs the field /kubernetes` });
    }
    if (cluster.discovery.type === 'dns' && cluster.discovery.record === 'address' && cluster.discovery.port === undefined) {
      errors.push({ path: `${path}/discovery/port`, message: `cluster '${cluster.name}' resolves address records, which carry no port; set one` });
    }
  });

  if (config.localCluster?.discovery.type === 'endpointSlice' && !config.kubernetes) {
    errors.push({ path: '/localCluster/discovery', message: 'the proxy\'s own pods are found by EndpointSlices, which needs the field /kubernetes' });
  }
  config.clusters.forEach((cluster, c) => errors.push(
    ...findUnfitBalancing(cluster, `/clusters/${c}`),
    ...findUnfitHealthCheck(cluster, `/clusters/${c}`),
    ...findUnfitLimits(cluster, `/clusters/${c}`),
    ...errorsOfUpstreamTls(cluster, `/clusters/${c}`),
  ));

  errors.push(...errorsOfProtocols(config), ...errorsOfIdentity(config), ...errorsOfAuthorization(config));

  const protocols = new Map(config.clusters.map(({ name, protocol = 'http1' }) => [name, protocol]));
  const names = new Set<string>();
  const sockets = new Map<string, string>();
  const leads = new Map<string, string>();
  config.listeners.forEach((listener, l) => {
    const path = `/listeners/${l}`;
    if (names.has(listener.name)) {
      errors.push({ path: `${path}/name`, message: `listener '${listener.name}' is declared twice; give each listener its own name` });
    }
    names.add(listener.name);

    for (const address of placesOf(listener)) {
      const socket = `${address}:${listener.port}`;
      const other = sockets.get(socket);
      if (other !== undefined) {
        errors.push({ path: `${path}/port`, message: `listener '${listener.name}' binds ${socket}, which listener '${other}' binds too` });
      }
      sockets.set(socket, listener.name);
    }

    errors.push(...findUnfitHostnames(listener, path, leads));
    const tlsError = listener.tls && errorOfTls(listener.tls);
    if (tlsError !== undefined) errors.push({ path: `${path}/tls`, message: `TLS of listener '${listener.name}': ${tlsError}` });
    errors.push(...errorsOfEdge(listener).map(({ field, message }) => ({ path: `${path}/${field}`, message })));
    errors.push(...errorsOfExternalAuthorization(listener, protocols).map(({ field, message }) => ({ path: `${path}/${field}`, message })));
    if (listener.admission) errors.push(...findUnfitAdmission(listener.name, listener.admission, `${path}/admission`));

    const routes = new Set<string>();
    listener.routes.forEach((route, r) => {
      if (routes.has(route.name)) {
        errors.push({ path: `${path}/routes/${r}/name`, message: `route '${route.name}' is declared twice in listener '${listener.name}'; give each route its own name` });
      }
      routes.add(route.name);
      route.faults?.forEach(({ delayMs, abortStatus }, f) => {
        if (delayMs === undefined && abortStatus === undefined) {
          errors.push({ path: `${path}/routes/${r}/faults/${f}`, message: `this fault of route '${route.name}' does nothing; give it delayMs or abortStatus` });
        }
      });
      errors.push(...findBrokenSplits(route, clusters, `${path}/routes/${r}`), ...findUnfitParts(route, listener, clusters, `${path}/routes/${r}`));
      errors.push(...findUnfitSession(route, `${path}/routes/${r}`), ...findUnfitRetry(route, `${path}/routes/${r}`));
    });
  });

  config.clusters.forEach((cluster, c) => errors.push(...findLoops(cluster, config, `/clusters/${c}`)));

  errors.push(...findTakenAdminPorts(config));
  return errors;
}

function findTakenAdminPorts({ admin: { port = DEFAULT_ADMIN.port, metricsMutualTls } = {}, listeners }: ProxyConfig): ValidationError[] {
  const own = [{ port, path: '/admin/port' }];
  if (metricsMutualTls) own.push({ port: withMetricsDefaults(metricsMutualTls).port, path: '/admin/metricsMutualTls/port' });
  const errors = own.flatMap(({ port: wanted, path }): ValidationError[] => {
    const clash = listeners.find((listener) => listener.address === undefined && listener.port === wanted);
    return clash ? [{ path, message: `port ${wanted} is taken by listener '${clash.name}'; choose another` }] : [];
  });
  if (own[1]?.port === port) errors.push({ path: own[1].path, message: `port ${port} is that of the admin pages; choose another` });
  return errors;
}

/** An address as it can stand in a hosts file: of IPv4, or what may be one of IPv6. A host name would have to be looked up first. */
const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i;

/**
 * Names that can't lead to their listener, or that lead to two addresses: an app would get to either by chance.
 *
 * @param leads the address of each name of earlier listeners; the names of this one are added
 */
function findUnfitHostnames(
  { name, direction, address, hostnames = [] }: ListenerConfig, path: string, leads: Map<string, string>,
): ValidationError[] {
  if (hostnames.length === 0) return [];
  if (direction !== 'outbound') {
    return [{ path: `${path}/hostnames`, message: `listener '${name}' is inbound, where the app beside the proxy calls nothing; remove its names` }];
  }
  if (address === undefined || !IP_ADDRESS.test(address)) {
    return [{ path: `${path}/address`, message: `names can lead to listener '${name}' only when it has an IP address, got ${address === undefined ? 'none' : `'${address}'`}; give it a loopback address` }];
  }
  const errors: ValidationError[] = [];
  hostnames.forEach((hostname, h) => {
    const other = leads.get(hostname) ?? address;
    leads.set(hostname, other);
    if (other !== address) {
      errors.push({ path: `${path}/hostnames/${h}`, message: `'${hostname}' leads to ${address} by listener '${name}', but to ${other} by another; a name can lead to one address only` });
    }
  });
  return errors;
}

/** Where a listener binds, and `pod` for the pod's own addresses. */
function placesOf({ address = 'pod', loopback = false }: ListenerConfig): string[] {
  return loopback ? [...new Set([address, '127.0.0.1', '::1'])] : [address];
}

/** Endpoints for what other pods send that are sockets of this proxy itself: requests would come back to it. */
function findLoops({ name, discovery }: ClusterConfig, { listeners }: ProxyConfig, path: string): ValidationError[] {
  const leadsHere = listeners.some(({ direction, routes }) => direction === 'inbound' && routes.some(({ split = [] }) => split.some(({ cluster }) => cluster === name)));
  if (discovery.type !== 'static' || !leadsHere) return [];
  return discovery.endpoints.flatMap(({ address, listensAt = [address], port }, e) => {
    const own = listeners.find((listener) => listener.port === port && placesOf(listener).some((place) => listensAt.includes(place)));
    return own ? [{
      path: `${path}/discovery/endpoints/${e}/port`,
      message: `cluster '${name}' leads to port ${port}, where listener '${own.name}' of this proxy accepts requests, so they would come back; name the app's own port`,
    }] : [];
  });
}

/** What a browser would not take of a cookie, and what makes no sense beside one. */
function findUnfitSession({ name, session, hash }: RouteConfig, path: string): ValidationError[] {
  if (!session) return [];
  const errors = toErrors(contradictionsOfSession({ ...DEFAULT_SESSION, ...session }), `route '${name}'`, `${path}/session`);
  if (hash && hash.length > 0) {
    errors.push({ path: `${path}/hash`, message: `route '${name}' keeps sessions by 'session', which goes before what it hashes by; remove one of the two` });
  }
  return errors;
}

/** Splits of a route and its fallbacks that name what isn't there, have nothing, or share a cluster. */
function findBrokenSplits({ name, matches, split, fallback = [] }: RouteConfig, clusters: ReadonlySet<string>, path: string): ValidationError[] {
  const errors: ValidationError[] = [];
  const levels = [...(split ? [{ split, at: `${path}/split` }] : []), ...fallback.map((level, f) => ({ split: level.split, at: `${path}/fallback/${f}/split` }))];
  const used = new Map<string, number>();
  levels.forEach((level, index) => {
    level.split.forEach(({ cluster }, s) => {
      const at = `${level.at}/${s}/cluster`;
      if (!clusters.has(cluster)) errors.push({ path: at, message: `there is no cluster '${cluster}'; declare it under /clusters` });
      if ((used.get(cluster) ?? index) !== index) {
        errors.push({ path: at, message: `route '${name}' uses cluster '${cluster}' before already, so it can't take over; name another cluster` });
      }
      used.set(cluster, index);
    });
    // As the Gateway API has it, requests that meet a condition may lead nowhere, by weights of 0.
    if (!(matches && fallback.length === 0) && !level.split.some(({ weight }) => weight > 0)) {
      errors.push({ path: level.at, message: `all weights of route '${name}' are 0; give at least one cluster a weight above 0` });
    }
  });
  return errors;
}

/** Policies that send equal keys to equal places, and so go without what would move them. */
export const BY_HASH: readonly LoadBalancingConfig['type'][] = [
  // #region generated types of each LoadBalancingConfig with boundedLoadPercent
  'ringHash',
  'maglev',
  'rendezvous',
  // #endregion
];

/** What can't be, or makes no sense together, in how a cluster is balanced. */
function findUnfitBalancing({ name, loadBalancing, zoneAware, dynamicWeights, slowStart }: ClusterConfig, path: string): ValidationError[] {
  const errors: ValidationError[] = [];
  if (loadBalancing?.type === 'maglev') {
    errors.push(...toErrors(contradictionsOfMaglev(loadBalancing), `cluster '${name}'`, `${path}/loadBalancing`));
  }
  if (loadBalancing && BY_HASH.includes(loadBalancing.type)) {
    const moving = { zoneAware, dynamicWeights, slowStart };
    for (const [field, value] of Object.entries(moving)) {
      if (value === undefined) continue;
      errors.push({
        path: `${path}/${field}`,
        message: `'${loadBalancing.type}' keeps equal keys at one endpoint, which '${field}' would move; remove one of the two from cluster '${name}'`,
      });
    }
  }
  return errors;
}

/** What makes no sense in how a cluster's endpoints are asked whether they work. */
function findUnfitHealthCheck({ name, healthCheck }: ClusterConfig, path: string): ValidationError[] {
  if (healthCheck === undefined) return [];
  const errors = toErrors(contradictionsOfHealthCheck(healthCheck), `the health check of cluster '${name}'`, `${path}/healthCheck`);
  const { headers = [], expectedStatuses: ranges = [] } = healthCheck.type === 'http' ? healthCheck : {};
  headers.forEach(({ name: header }, index) => {
    const refusal = refusalOfCheckField(header);
    if (refusal === undefined) return;
    errors.push({
      path: `${path}/healthCheck/headers/${index}/name`, message: `the health check of cluster '${name}' has the field '${header}': ${refusal}`,
    });
  });
  ranges.forEach(({ from, to }, index) => {
    if (from <= to) return;
    errors.push({
      path: `${path}/healthCheck/expectedStatuses/${index}`,
      message: `a health check of cluster '${name}' expects statuses from ${from} to ${to}, which are none; give the lower one first`,
    });
  });
  return errors;
}

/** Limits and waits of a cluster that contradict each other. */
function findUnfitLimits(cluster: ClusterConfig, path: string): ValidationError[] {
  const owner = `cluster '${cluster.name}'`;
  return [
    ...toErrors(contradictionsOfConnections(cluster), owner, path),
    ...toErrors(contradictionsOfOutlierDetection(cluster.outlierDetection ?? {}), owner, `${path}/outlierDetection`),
  ];
}

function findUnfitRetry({ name, retry }: RouteConfig, path: string): ValidationError[] {
  return toErrors(contradictionsOfRetry(retry ?? {}), `route '${name}'`, `${path}/retry`);
}

/** Limits of an admission that contradict each other, or that aren't there. */
function findUnfitAdmission(listener: string, { concurrency, rateLimit }: AdmissionConfig, path: string): ValidationError[] {
  if (!concurrency && !rateLimit) {
    return [{ path, message: `the admission of listener '${listener}' limits nothing; give it 'concurrency' or 'rateLimit', or remove it` }];
  }
  if (concurrency?.type !== 'adaptive') return [];
  return toErrors(contradictionsOfConcurrency(concurrency), `listener '${listener}'`, `${path}/concurrency`);
}

/** Contradictions within the part of the document at `path`, which belongs to `owner`. */
function toErrors(contradictions: readonly Contradiction[], owner: string, path: string): ValidationError[] {
  return contradictions.map((contradiction) => {
    const { field } = contradiction;
    const { value, remedy } = wordsOf(contradiction, (name) => name);
    const shown = typeof contradiction.value === 'string' ? `'${value}'` : value;
    return { path: `${path}/${field}`, message: `${owner} has '${field}' ${shown}: ${remedy}` };
  });
}
