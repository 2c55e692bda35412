/**
 * What a listener or a cluster of TCP can't have: all that needs a request, which plain TCP has none of. What is told has the remedy: what TCP
 * has instead, or that it has nothing of the kind. What is only wrong of TLS that passes through is in server-name-rules.ts.
 */
import type { ClusterConfig } from './cluster-config';
import type { ListenerConfig, RouteConfig } from './listener-config';
import type { LoadBalancingConfig } from './load-balancing-config';
import type { ProxyConfig } from './proxy-config';
import { errorsOfServerNames, readsServerName } from './server-name-rules';

/** Something that is wrong, at a pointer below the document. */
interface Wrong {
  readonly path: string;
  readonly message: string;
}

/** Policies that choose endpoints for connections of TCP. The others go by the time or the load of responses. */
export const TCP_POLICIES: readonly LoadBalancingConfig['type'][] = [
  'roundRobin', 'random', 'weightedRoundRobin', 'leastRequest', 'ringHash', 'maglev', 'rendezvous',
];

/** Fields of a route that hold for connections of TCP. */
const OF_ROUTE: readonly (keyof RouteConfig)[] = ['name', 'split', 'fallback', 'hash', 'retry', 'accessLog'];
/** Fields of its retries. */
const OF_RETRY: readonly string[] = ['maxRetries', 'backoffMs', 'maxBackoffMs'];

/** Fields of a listener that need a request, and what is there instead. */
const WITHOUT_REQUESTS: Partial<Record<keyof ListenerConfig, string>> = {
  path: 'remove it',
  jwt: 'remove it; \'authorization\' can let in callers by their identity',
  externalAuthorization: 'remove it; \'authorization\' can let in callers by their identity',
  admission: 'remove it; \'maxConnectionsPerEndpoint\' of the cluster limits connections',
  forwarded: 'remove it; \'proxyProtocol\' of the cluster tells endpoints the client\'s address',
  httpsRedirect: 'remove it',
  hsts: 'remove it',
  cors: 'remove it',
  errorPages: 'remove it',
};

/** Fields of a cluster that need requests, and what is there instead. */
const OF_REQUESTS: Partial<Record<keyof ClusterConfig, string>> = {
  dynamicWeights: 'remove it, and give endpoints weights',
  loadReports: 'remove it',
  idleTimeoutMs: 'remove it; \'tcp.idleTimeoutMs\' of the listener ends connections on which nothing passes',
  maxRequests: 'use \'maxConnections\'',
  maxRequestsPerEndpoint: 'use \'maxConnectionsPerEndpoint\'',
  retryBudget: 'remove it; only connecting is tried again, at most \'retry.maxRetries\' times',
};

/** What is wrong with TCP in a document. */
export function errorsOfTcp({ listeners, clusters }: Pick<ProxyConfig, 'listeners' | 'clusters'>): Wrong[] {
  const protocols = new Map(clusters.map(({ name, protocol = 'http1' }) => [name, protocol]));
  return [
    ...listeners.flatMap((listener, l) => [
      ...(listener.protocol === 'tcp' ? errorsOfListener(listener, `/listeners/${l}`) : errorsOfOther(listener, `/listeners/${l}`)),
      ...errorsOfDestinations(listener, protocols, `/listeners/${l}`),
    ]),
    ...clusters.flatMap((cluster, c) => (cluster.protocol === 'tcp' ? errorsOfCluster(cluster, `/clusters/${c}`) : errorsOfHttp(cluster, `/clusters/${c}`))),
    ...errorsOfServerNames({ listeners, clusters }),
  ];
}

function errorsOfListener(listener: ListenerConfig, at: string): Wrong[] {
  const { name, routes, authorization, clients } = listener;
  const errors: Wrong[] = [];
  for (const [field, remedy] of Object.entries(WITHOUT_REQUESTS)) {
    if (listener[field as keyof ListenerConfig] === undefined) continue;
    errors.push({ path: `${at}/${field}`, message: `listener '${name}' has protocol 'tcp' and '${field}', which is about requests; ${remedy}` });
  }
  if (clients?.rateLimit) {
    errors.push({ path: `${at}/clients/rateLimit`, message: `listener '${name}' has protocol 'tcp', and 'rateLimit' counts requests; use 'maxConnections'` });
  }
  authorization?.rules.forEach((rule, r) => {
    if (!rule.matches) return;
    errors.push({
      path: `${at}/authorization/rules/${r}/matches`,
      message: `rule '${rule.name}' of listener '${name}' has conditions of requests, and protocol 'tcp' has none; remove them, or the rule`,
    });
  });
  const byName = readsServerName(listener);
  if (routes.length > 1 && !byName) {
    errors.push({
      path: `${at}/routes`,
      message: `listener '${name}' has protocol 'tcp' and ${routes.length} routes, among which only a request could choose; use one route, with a split by weight, `
        + 'or, where clients speak TLS, set \'tcp.readServerName\'',
    });
  }
  return [...errors, ...routes.flatMap((route, r) => errorsOfRoute(name, route, byName, `${at}/routes/${r}`))];
}

function errorsOfRoute(listener: string, route: RouteConfig, byName: boolean, at: string): Wrong[] {
  const { name, split, hash = [], retry = {} } = route;
  const owner = `route '${name}' of listener '${listener}', which has protocol 'tcp',`;
  const errors: Wrong[] = [];
  const wrong = (field: string, message: string): void => { errors.push({ path: `${at}/${field}`, message: `${owner} ${message}` }); };
  for (const field of Object.keys(route) as (keyof RouteConfig)[]) {
    if (byName && field === 'matches') continue;
    if (!OF_ROUTE.includes(field) && route[field] !== undefined) wrong(field, `has '${field}', which is about requests; remove it`);
  }
  if (!split) wrong('split', 'leads nowhere; give it \'split\'');
  hash.forEach(({ type }, h) => {
    if (type !== 'sourceAddress') wrong(`hash/${h}/type`, `hashes by '${type}', which only requests have; use 'sourceAddress'`);
  });
  for (const field of Object.keys(retry)) {
    if (!OF_RETRY.includes(field)) wrong(`retry/${field}`, `has '${field}', but nothing is sent again once a connection is made; use 'maxRetries' for how often connecting is`);
  }
  return errors;
}

function errorsOfOther({ name, tcp, protocol = 'http1' }: ListenerConfig, at: string): Wrong[] {
  return tcp ? [{ path: `${at}/tcp`, message: `listener '${name}' has 'tcp', but its protocol is '${protocol}'; remove it, or set protocol to 'tcp'` }] : [];
}

/** Connections can't be passed to what waits for requests, nor requests to what takes anything. */
function errorsOfDestinations({ name, protocol = 'http1', routes }: ListenerConfig, protocols: ReadonlyMap<string, string>, at: string): Wrong[] {
  return routes.flatMap(({ split = [], fallback = [], mirror = [] }, r) => {
    const parts = [
      ...split.map(({ cluster }, s) => ({ cluster, path: `split/${s}/cluster` })),
      ...fallback.flatMap((level, f) => level.split.map(({ cluster }, s) => ({ cluster, path: `fallback/${f}/split/${s}/cluster` }))),
      ...mirror.map(({ cluster }, m) => ({ cluster, path: `mirror/${m}/cluster` })),
    ];
    return parts.flatMap(({ cluster, path }) => {
      const other = protocols.get(cluster);
      if (other === undefined || (protocol === 'tcp') === (other === 'tcp')) return [];
      return [{
        path: `${at}/routes/${r}/${path}`,
        message: `listener '${name}' has protocol '${protocol}', but cluster '${cluster}' has '${other}'; give both 'tcp', or neither`,
      }];
    });
  });
}

function errorsOfCluster(cluster: ClusterConfig, at: string): Wrong[] {
  const { name, loadBalancing, healthCheck, outlierDetection } = cluster;
  const errors: Wrong[] = [];
  for (const [field, remedy] of Object.entries(OF_REQUESTS)) {
    if (cluster[field as keyof ClusterConfig] === undefined) continue;
    errors.push({ path: `${at}/${field}`, message: `cluster '${name}' has protocol 'tcp' and '${field}', which is about requests; ${remedy}` });
  }
  if (loadBalancing && !TCP_POLICIES.includes(loadBalancing.type)) {
    errors.push({
      path: `${at}/loadBalancing/type`,
      message: `cluster '${name}' has protocol 'tcp', and '${loadBalancing.type}' goes by responses, of which TCP has none; use one of ${TCP_POLICIES.map((type) => `'${type}'`).join(', ')}`,
    });
  }
  if (healthCheck && healthCheck.type !== 'tcp') {
    errors.push({ path: `${at}/healthCheck/type`, message: `cluster '${name}' has protocol 'tcp', and health checks of type '${healthCheck.type}' send requests; use a check of type 'tcp'` });
  }
  if (outlierDetection?.latencyFactor !== undefined && outlierDetection.latencyFactor > 0) {
    errors.push({
      path: `${at}/outlierDetection/latencyFactor`,
      message: `cluster '${name}' has protocol 'tcp', and TCP has no response times; remove 'latencyFactor'. Endpoints are ejected when connections to them fail`,
    });
  }
  return errors;
}

function errorsOfHttp({ name, protocol = 'http1', proxyProtocol }: ClusterConfig, at: string): Wrong[] {
  if (!proxyProtocol) return [];
  return [{
    path: `${at}/proxyProtocol`,
    message: `cluster '${name}' has 'proxyProtocol', but protocol '${protocol}', whose connections carry requests of many clients; remove it, or set protocol to 'tcp'`,
  }];
}
