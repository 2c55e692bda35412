/** Each rule at its boundary: what breaks it, with the arithmetic, and what is just within it. */
import { ClusterConfig, ListenerConfig, ProxyConfig, RouteConfig, withDefaults } from '../../../src/contract';
import { grouped, lint, MeshInfo, RULES, ServiceInfo, WorkloadInfo } from '../../../src/planning/lints';
import { broken, CallSketch, meshOf, pair, row, saidBy, ServiceSketch, under } from './mesh';

/** Nothing is looked for but latency. */
const NO_ERRORS = { consecutiveGatewayErrors: 0, consecutiveServerErrors: 0, successRateMarginPercent: 0 };

interface Case {
  readonly breaks: MeshInfo;
  readonly says: string;
  readonly keeps: readonly MeshInfo[];
}

/** Addresses outside of the mesh. */
const outside = (count: number, priority = 0): ClusterConfig['discovery'] => (
  { type: 'static', endpoints: Array.from({ length: count }, (_, index) => ({ address: `10.0.0.${index}`, port: 80, priority: index < count / 2 ? 0 : priority })) });
const dns: ClusterConfig['discovery'] = { type: 'dns', record: 'address', hostname: 'bank.example.com', port: 80 };
const session = { cookie: 'shop', keyFile: '/keys' };
const believed = { failover: { panicPercent: 0 } };
const web = { matchLabels: { app: 'web' } };
const catalog = { matchLabels: { app: 'catalog' } };
const api = { ports: [{ port: 6_443 }] };
const toApp = { from: [{ ipBlock: {} }], ports: [{ port: 8_080 }] };

const TLS = { tls: { certificates: [{ certificateFile: '/a', keyFile: '/b' }] } };

/** A gateway `edge`, with TLS unless said otherwise. */
function gatewayOf(sketch: ServiceSketch, listener: Partial<ListenerConfig> = TLS): MeshInfo {
  const { workloads: [workload] } = meshOf({ edge: sketch });
  const config: ProxyConfig = {
    version: 'v1', node: { service: 'edge', namespace: 'shop', version: 'v1' }, clusters: [],
    listeners: [{ name: 'http', direction: 'outbound', port: 15_006, routes: [{ name: '*', respond: { status: 200 } }], ...listener }],
  };
  return { workloads: [{ ...workload!, document: withDefaults(config), stated: config }] };
}

/** Weights of one cluster again and again. */
const splitOf = (...weights: number[]) => weights.map((weight) => ({ cluster: 'shop/catalog-v1', weight }));

const splitIn = (cluster: string) => [{ cluster, weight: 1 }];

const both = { matches: [{ method: 'GET' }], split: splitIn('shop/catalog-v1') };

/** A call with two routes of the same rank. */
const tied = (routes: RouteConfig[], ties: WorkloadInfo['ties'] = [{ listener: 'outbound/shop/catalog:80', first: 'one', second: 'two' }]): MeshInfo => (
  pair({ routes }, {}, { ties }));

/** A workload that takes no requests, with the name of a service. */
const beside = (service: string): ServiceSketch => (
  { service, version: 'job', clusters: [], pod: { namespace: 'shop', labels: { app: 'job' }, portNames: {}, serves: false } });

/** A call of a Service outside of the mesh with one port, by its name in DNS. */
function calledService(
  port: ServiceInfo['ports'][number],
  { headless = false, hostname = 'db.shop.svc.cluster.local', ...spoken }: { headless?: boolean; hostname?: string; protocol?: 'http2'; tls?: ClusterConfig['tls'] } = {},
): MeshInfo {
  const discovery: ClusterConfig['discovery'] = hostname.startsWith('_') ? { type: 'dns', record: 'srv', hostname } : { type: 'dns', record: 'address', hostname, port: 8_443 };
  return { ...meshOf({ web: { calls: { db: { cluster: { discovery, ...spoken } } } } }), services: [{ name: 'db', namespace: 'shop', headless, ports: [port] }] };
}

/** A service that promises so much to its callers. */
const promising = (availability: number, ...latencies: (readonly [ratio: number, seconds: number])[]): Pick<WorkloadInfo, 'objectives'> => (
  { objectives: { slo: { availability, latencies: latencies.map(([ratio, seconds]) => ({ ratio, seconds })) } } });

/** What `web` calls, how it calls `catalog`, and who else there is. */
type ShopSketch = { readonly [Service in 'catalog' | 'cart' | 'db' | 'spare']?: ServiceSketch } & { readonly call?: CallSketch };

/** `web` promises so much, and calls `catalog` and `cart`, both of which it says something of. */
function shopOf(
  web: Pick<WorkloadInfo, 'objectives' | 'declared'>, need: 'required' | 'optional' | undefined,
  { catalog = promising(0.999), cart = promising(0.999), call = {}, ...others }: ShopSketch = {},
): MeshInfo {
  const listeners = ['outbound/shop/catalog:80', 'outbound/shop/cart:80'];
  return meshOf({
    web: { ...web, objectives: { ...web.objectives, ...(need && { [need]: listeners }) }, calls: { catalog: call, cart: {} } },
    catalog, cart, ...others,
  });
}

/** What is declared of pods that are up so often, and answer in 20 ms on average. */
const planned = (target: number, variation = 1): Pick<WorkloadInfo, 'declared'> => ({
  declared: {
    capacity: {
      peakRps: 10, usualRps: 10, serviceMs: 20, concurrency: 8, variation, networkMs: 1, derating: 0.1, maxUtilization: 0.8,
      burst: 1.3, startUpSeconds: 30,
    },
    availability: { target, zones: 3, instanceUp: 0.999, zoneUp: 0.9995 },
  },
});

/** For each rule: a mesh that breaks it, what is said, and a mesh that doesn't by a hair's breadth. */
/** An app that listens on all addresses. */
const anywhere = { discovery: { type: 'static' as const, endpoints: [{ address: '127.0.0.1', listensAt: ['pod', '127.0.0.1'], port: 8_080 }] } };

/** The same mesh with mutual TLS, of all services or of one. */
function secured(mesh: MeshInfo, mode: 'strict' | 'permissive' = 'strict', only?: string): MeshInfo {
  return {
    ...mesh,
    workloads: mesh.workloads.map((workload) => (only !== undefined && workload.service !== only ? workload : {
      ...workload,
      document: {
        ...workload.document,
        identity: {},
        listeners: workload.document.listeners.map((each) => (each.direction === 'inbound' ? { ...each, mutualTls: { mode } } : each)),
        clusters: workload.document.clusters.map((each) => (each.name === 'app' ? each : { ...each, mutualTls: {} })),
      },
    })),
  };
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'route-weights': [{
    breaks: pair({ route: { name: 'beta', matches: [{ method: 'GET' }], split: splitOf(60, 35, 0) } }),
    says: 'web -> catalog by route \'beta\': weights 60 + 35 = 95, so the target with 60 gets 63.16 % of the requests; make them add up to 100',
    keeps: [[60, 40], [60, 19], [60, 61], [33, 33, 33], [95, 0]].map((weights) => pair({ route: { split: splitOf(...weights) } })),
  }],
  'route-order': [{
    breaks: tied([{ name: 'one', ...both }, { name: 'two', ...both, split: splitIn('app') }]),
    says: 'web -> shop/catalog:80 by route \'two\': some requests suit it and route \'one\', and neither is more specific, so \'one\' takes them as it is declared first',
    keeps: [
      tied([{ name: 'one', ...both }, { name: 'two', ...both }]),
      tied([{ name: 'one', ...both }, { name: 'two', ...both, split: splitIn('app') }], []),
      tied([{ name: 'one', ...both }, { name: 'two', ...both, split: splitIn('app') }], [{ listener: 'outbound/shop/cart:80', first: 'one', second: 'two' }]),
    ],
  }],
  'route-sessions': [{
    breaks: pair({ route: { session }, routes: [{ name: 'beta', matches: [{ method: 'PUT' }], split: splitIn('app'), session }] }),
    says: 'web -> shop/catalog:80 by route \'beta\': it keeps sessions by the cookie \'shop\', as route \'default\' does, which leads to other clusters',
    keeps: [{ ...session, cookie: 'own' }, undefined].map((its) => (
      pair({ route: { session }, routes: [{ name: 'beta', matches: [{ method: 'PUT' }], split: splitIn('app'), ...(its && { session: its }) }] })
    )).concat(pair({ route: { session }, routes: [{ name: 'beta', matches: [{ method: 'PUT' }], split: splitIn('shop/catalog-v1'), session }] })),
  }],
  'limits-of-both-ends': [{
    breaks: pair({}, { limits: { maxBodyBytes: 0, maxHeadBytes: 65_536 } }, { limits: { maxBodyBytes: 1_024 } }),
    says: 'web -> catalog v1: maxHeadSize of web is 16384 bytes, and of catalog 65536 bytes: longer heads get 431 from the caller\'s own sidecar, '
      + 'and those of responses 502; maxBodySize of web is 1024 bytes, and of catalog no limit',
    keeps: [
      pair({}, { limits: { maxBodyBytes: 1_024, maxHeadBytes: 65_536 } }, { limits: { maxBodyBytes: 1_024, maxHeadBytes: 65_536 } }),
      // Nobody has said anything of the callee.
      pair({}, {}, { limits: { maxBodyBytes: 1_024, bodyTimeoutMs: 1_000 } }),
    ],
  }, {
    breaks: pair({}, { limits: { bodyTimeoutMs: 90_000, tunnelIdleTimeoutMs: 600_000 } }),
    says: 'bodyTimeout of web is 60000 ms, and of catalog 90000 ms',
    keeps: [pair({}, { limits: { bodyTimeoutMs: 60_000 } })],
  }],
  'app-protocol': [
    ...(['https', 'HTTPS', 'kubernetes.io/h2c', 'kubernetes.io/wss', 'grpc', 'tcp', 'redis'].map((appProtocol): Case => ({
      breaks: calledService({ port: 8_443, targetPort: 8_443, appProtocol }),
      says: `web -> shop/db-v1: the Service 'db.shop' says 'appProtocol: ${appProtocol}' of its port 8443, which is `,
      keeps: [
        ...['http', 'kubernetes.io/ws', 'http/1.1', 'example.com/own', undefined].map((plain) => calledService({ port: 8_443, targetPort: 8_443, appProtocol: plain })),
        calledService({ port: 80, targetPort: 8_443, appProtocol }),
        calledService({ port: 8_443, targetPort: 8_443, appProtocol }, { hostname: 'db.other.svc.cluster.local' }),
      ],
    }))),
    {
      breaks: calledService({ port: 80, targetPort: 8_443, appProtocol: 'https' }, { headless: true }),
      says: "'appProtocol: https' of its port 80, which is TLS, and sidecars speak HTTP/1.1 without TLS with it; say 'protocol: AppProtocol.TLS' of what is called",
      keeps: [calledService({ port: 80, targetPort: 8_080, appProtocol: 'https' }, { headless: true })],
    },
    {
      breaks: calledService({ port: 8_443, targetPort: 8_443, appProtocol: 'grpc' }),
      says: "which is gRPC, and sidecars speak HTTP/1.1 without TLS with it; say 'protocol: AppProtocol.GRPC' of what is called",
      keeps: [
        ...['grpc', 'kubernetes.io/h2c', 'example.com/own'].map((appProtocol) => calledService({ port: 8_443, targetPort: 8_443, appProtocol }, { protocol: 'http2' })),
        calledService({ port: 8_443, targetPort: 8_443, appProtocol: 'https' }, { protocol: 'http2', tls: { serverName: 'db' } }),
      ],
    },
    ...['http', 'HTTP', 'kubernetes.io/ws'].map((appProtocol): Case => ({
      breaks: calledService({ port: 8_443, targetPort: 8_443, appProtocol }, { protocol: 'http2' }),
      says: "which is HTTP/1.1, and sidecars speak HTTP/2 without TLS with it; leave out the 'protocol' of what is called",
      keeps: [calledService({ port: 8_443, targetPort: 8_443, appProtocol })],
    })),
    {
      breaks: calledService({ name: 'api', port: 80, targetPort: 80, appProtocol: 'https' }, { hostname: '_api._tcp.db.shop.svc.cluster.local' }),
      says: "'appProtocol: https' of its port 80",
      keeps: [calledService({ name: 'other', port: 80, targetPort: 80, appProtocol: 'https' }, { hostname: '_api._tcp.db.shop.svc.cluster.local' })],
    },
  ],
  'app-tls': [{
    breaks: meshOf({ web: { httpsProbes: [8_080] } }),
    says: 'web v1: the kubelet asks the app by HTTPS at port 8080, and the sidecar hands it all requests there without TLS',
    keeps: [meshOf({ web: { httpsProbes: [8_443] } })],
  }],
  'ejection-alone': [{
    breaks: pair({ cluster: { outlierDetection: { consecutiveGatewayErrors: 3 } } }, { pods: 1 }),
    says: 'web -> catalog v1: outlier detection compares an endpoint with the others, and 1 endpoint - 1 = 0 others',
    keeps: [
      pair({ cluster: { outlierDetection: { consecutiveGatewayErrors: 3 } } }, { pods: [1, 2] }),
      // Nobody chose the default.
      pair({}, { pods: 1 }),
      pair({ cluster: { outlierDetection: { mode: 'off' } } }, { pods: 1 }),
    ],
  }],
  'ejection-nothing': [{
    breaks: pair({ cluster: { outlierDetection: { ...NO_ERRORS, latencyFactor: 0 } } }),
    says: '= 0: no endpoint is ever an outlier',
    keeps: [pair({ cluster: { outlierDetection: NO_ERRORS } })],
  }],
  'ejection-cap': [{
    breaks: pair({ cluster: { outlierDetection: { maxEjectedPercent: 10 } } }, { pods: 9 }),
    says: 'maxEjectedPercent 10 of 9 endpoints is 0.9, rounded down 0; one is ejected in any case, which is 11.11 %; set maxEjectedPercent to 12 or more, or have 10 replicas',
    keeps: [pair({ cluster: { outlierDetection: { maxEjectedPercent: 10 } } }, { pods: 10 }), pair({}, { pods: 2 })],
  }],
  'ejection-panic': [{
    breaks: pair({ cluster: { outlierDetection: { maxEjectedPercent: 60 } } }, { pods: 5 }),
    says: 'maxEjectedPercent 60 lets 3 of 5 endpoints be ejected, which leaves 40 %; below panicPercent 50 the ejected get requests again',
    keeps: [
      pair({ cluster: { outlierDetection: { maxEjectedPercent: 59 } } }, { pods: 5 }),
      pair({ cluster: { outlierDetection: { maxEjectedPercent: 60 }, failover: { panicPercent: 40 } } }, { pods: 5 }),
      pair({}, { pods: 2 }),
    ],
  }],
  'ejection-rate': [{
    // 3 proxies x 2 workers, 2 endpoints: 3.99 / 6 / 2 x 60 = 19.95.
    breaks: pair({}, { pods: 2, requestsPerSecond: 3.99 }, { workers: 2 }),
    says: '3.99 requests/s / 6 calling proxies / 2 endpoints x 60 s = 19.95 in the longest window, fewer than minimumRequests 20; set minimumRequests to 19 or less',
    keeps: [
      pair({}, { pods: 2, requestsPerSecond: 4 }, { workers: 2 }),
      pair({}, { pods: 2 }, { workers: 2 }),
      // Which part of the requests is whose, nobody knows.
      meshOf({ web: { calls: { catalog: {} } }, cart: { calls: { catalog: {} } }, catalog: { requestsPerSecond: 1 } }),
    ],
  }],
  'try-timeout': [{
    breaks: pair({ route: { timeoutMs: 300, retry: { tryTimeoutMs: 300 } } }),
    says: 'web -> catalog: tryTimeout 300 ms >= timeout 300 ms: the request is over before a try is; shorten tryTimeout to 100 ms or less, or lengthen the timeout',
    keeps: [pair({ route: { timeoutMs: 300, retry: { tryTimeoutMs: 299 } } }), pair({ route: { timeoutMs: 0, retry: { tryTimeoutMs: 300 } } })],
  }],
  'tries-against-timeout': [{
    breaks: pair({ route: { timeoutMs: 300, retry: { tryTimeoutMs: 101 } } }),
    says: 'tryTimeout 101 ms x (1 + maxRetries 2) = 303 ms > timeout 300 ms, which has room for 2 tries; shorten tryTimeout to 100 ms, or set maxRetries to 1',
    keeps: [pair({ route: { timeoutMs: 300, retry: { tryTimeoutMs: 100 } } }), pair({ route: { timeoutMs: 0, retry: { tryTimeoutMs: 101 } } })],
  }],
  'try-condition': [{
    breaks: pair({ route: { retry: { tryTimeoutMs: 100, on: ['closed'] } } }),
    says: 'tryTimeout 100 ms is none of the failures that are retried; retry on it too, or shorten the timeout instead',
    keeps: [pair({ route: { retry: { tryTimeoutMs: 100 } } }), pair({ route: { retry: { on: ['closed'] } } })],
  }, {
    breaks: pair({ route: { retry: { tryTimeoutMs: 100, maxRetries: 0 } } }),
    says: 'tryTimeout 100 ms x (1 + maxRetries 0): the first try is the last',
    keeps: [pair({ route: { retry: { tryTimeoutMs: 100, maxRetries: 1 } } })],
  }],
  'timeout-chain': [{
    breaks: meshOf({ web: { calls: { catalog: { route: { timeoutMs: 300 } } } }, catalog: { calls: { db: {} } }, db: {} }),
    says: 'web -> catalog: timeout 300 ms < 15000 ms of catalog -> db: when the caller has given up, the app works on unless it reads x-mesh-deadline-ms; '
      + 'give catalog -> db a timeout of 300 ms or less, or this call a longer one',
    keeps: [
      meshOf({ web: { calls: { catalog: { route: { timeoutMs: 300 } } } }, catalog: { calls: { db: { route: { timeoutMs: 300 } } } }, db: {} }),
      meshOf({ web: { calls: { catalog: { route: { timeoutMs: 0 } } } }, catalog: { calls: { db: {} } }, db: {} }),
      meshOf({ web: { calls: { catalog: { route: { timeoutMs: 300 } } } }, catalog: {}, job: { ...beside('catalog'), calls: { db: {} } }, db: {} }),
    ],
  }, {
    breaks: meshOf({ web: { calls: { catalog: {} } }, catalog: { calls: { db: { route: { timeoutMs: 0 } } } }, db: {} }),
    says: 'timeout 15000 ms < no timeout of catalog -> db',
    keeps: [],
  }],
  'connect-timeout': [{
    breaks: pair({ route: { timeoutMs: 300 }, cluster: { connectTimeoutMs: 300 } }),
    says: 'web -> catalog v1: connectTimeout 300 ms >= timeout 300 ms: a request whose endpoint drops packets is never tried elsewhere; '
      + 'shorten connectTimeout below 300 ms, or lengthen the timeout',
    keeps: [
      pair({ route: { timeoutMs: 300 }, cluster: { connectTimeoutMs: 299 } }),
      pair({ route: { timeoutMs: 0 }, cluster: { connectTimeoutMs: 60_000 } }),
      // Nobody chose the default, not even where it can't be shorter.
      pair({ route: { timeoutMs: 300 } }), pair({ route: { timeoutMs: 5 } }),
    ],
  }],
  'pending-timeout': [{
    breaks: pair({ route: { timeoutMs: 300 }, cluster: { pendingTimeoutMs: 10_000 } }),
    says: 'web -> catalog v1: pendingTimeout 10000 ms >= timeout 300 ms: the call is over before its request is shed',
    keeps: [pair({ route: { timeoutMs: 300 }, cluster: { pendingTimeoutMs: 299 } }), pair({ route: { timeoutMs: 300 } })],
  }],
  'backoff-timeout': [{
    breaks: pair({ route: { timeoutMs: 300, retry: { backoffMs: 300, maxBackoffMs: 60_000 } } }),
    says: 'web -> catalog: backoff 300 ms >= timeout 300 ms: there may be no time for the retry after it; shorten backoff below 300 ms',
    keeps: [
      pair({ route: { timeoutMs: 300, retry: { backoffMs: 299, maxBackoffMs: 299 } } }), pair({ route: { timeoutMs: 20 } }),
      pair({ route: { timeoutMs: 300, retry: { maxRetries: 0, backoffMs: 300, maxBackoffMs: 300 } } }),
    ],
  }, {
    breaks: pair({ route: { timeoutMs: 300, retry: { maxBackoffMs: 300 } } }),
    says: 'maxBackoff 300 ms >= timeout 300 ms: no retry could follow so long a wait',
    keeps: [],
  }],
  'retry-after-timeout': [{
    breaks: pair({ route: { timeoutMs: 300, retry: { maxRetryAfterMs: 60_000 } } }),
    says: 'web -> catalog: maxRetryAfter 60000 ms >= timeout 300 ms: no retry could follow so long a wait',
    keeps: [pair({ route: { timeoutMs: 300, retry: { maxRetryAfterMs: 299 } } }), pair({ route: { timeoutMs: 300 } })],
  }],
  'hedge-timeout': [{
    breaks: pair({ route: { timeoutMs: 300, hedge: { minimumDelayMs: 300 } } }),
    says: 'web -> catalog: minimumDelay 300 ms >= timeout 300 ms: there is never time for a second request',
    keeps: [pair({ route: { timeoutMs: 300, hedge: { minimumDelayMs: 299 } } }), pair({ route: { timeoutMs: 5, hedge: {} } })],
  }],
  'retry-budget-nothing': [{
    breaks: pair({ cluster: { retryBudget: { maxInFlight: 0 } } }),
    says: 'web -> catalog v1: maxInFlight 0: no request is ever sent again; set maxInFlight to 1 or more, or switch retries off',
    keeps: [pair({ cluster: { retryBudget: { maxInFlight: 0 } }, route: { retry: { maxRetries: 0 } } })],
  }, {
    breaks: pair({ cluster: { retryBudget: { percent: 0, minimumPerSecond: 0 } } }),
    says: 'percent 0 of the requests + minimumPerSecond 0 = 0 retries of what an application may have seen, and 0 hedges',
    keeps: [
      pair({ cluster: { retryBudget: { percent: 0 } } }),
      // What nobody has seen needs no budget.
      pair({ cluster: { retryBudget: { percent: 0, minimumPerSecond: 0 } }, route: { retry: { on: [] } } }),
    ],
  }, {
    breaks: pair({ cluster: { retryBudget: { percent: 0, minimumPerSecond: 0 } }, route: { retry: { maxRetries: 0 }, hedge: {} } }),
    says: '0 retries of what an application may have seen, and 0 hedges',
    keeps: [],
  }],
  'retry-load': [{
    breaks: row(8),
    says: '(1 + 0.2) x (1 + 0.2) x (1 + 0.2) x (1 + 0.2) x (1 + 0.2) x (1 + 0.2) x (1 + 0.2) = 3.58 times the load at the end while everything fails, more than 3',
    keeps: [row(5), row(7), row(2, { cluster: { retryBudget: { percent: 100 } } }), row(9, { route: { retry: { maxRetries: 0 } } })],
  }, {
    breaks: row(3, { route: { retry: { maxRetries: 1 } }, cluster: { retryBudget: { percent: 100 } } }),
    says: 's0 -> s1 -> s2: (1 + 1) x (1 + 1) = 4 times the load',
    keeps: [row(3, { route: { retry: { maxRetries: 9 }, hedge: {} } })],
  }],
  'hedge-alone': [{
    breaks: pair({ route: { hedge: {} } }, { pods: 1 }),
    says: 'a hedge goes to another endpoint, and 1 endpoint - 1 = 0 others',
    keeps: [pair({ route: { hedge: {} } }, { pods: 2 }), pair({ route: { hedge: {} } }, { pods: 'unknown' })],
  }],
  'affinity-endpoints': [{
    breaks: pair({ cluster: { loadBalancing: { type: 'maglev' } } }, { pods: 1 }),
    says: 'maglev chooses among 1 endpoint, which gets everything in any case',
    keeps: [pair({ cluster: { loadBalancing: { type: 'maglev' } } }, { pods: 2 }), pair({}, { pods: 1 })],
  }, {
    breaks: pair({ route: { session: { cookie: 'shop', keyFile: '/keys' } } }, { pods: 2, zones: 3 }),
    says: 'the session cookie keeps clients with 2 endpoints in 3 zones: a lost zone takes 50 % of them along, where 33.33 % would be its part; have 3 replicas or more',
    keeps: [pair({ route: { session: { cookie: 'shop', keyFile: '/keys' } } }, { pods: 3, zones: 3 })],
  }],
  'zone-minimum': [{
    breaks: pair({ cluster: { zoneAware: {} } }, { pods: [2, 3] }),
    says: '2 to 3 endpoints, at the least fewer than minimumEndpoints 3: the own zone is not preferred then',
    keeps: [pair({ cluster: { zoneAware: {} } }, { pods: 3 })],
  }, {
    breaks: pair({ cluster: { zoneAware: {} } }, { pods: 2 }),
    says: '2 endpoints fewer than minimumEndpoints 3: the own zone is never preferred; have 3 replicas or more, or set minimumEndpoints to 2',
    keeps: [pair({ cluster: { zoneAware: { minimumEndpoints: 2 } } }, { pods: 2 })],
  }],
  'zone-remainder': [{
    breaks: pair({ cluster: { zoneAware: {} } }, { pods: 11, zones: 3 }),
    says: '11 endpoints / 3 zones = 3, remainder 2: at best 2 zones have 4, and 1 3; have 9 or 12 replicas',
    keeps: [
      pair({ cluster: { zoneAware: {} } }, { pods: 12, zones: 3 }), pair({ cluster: { zoneAware: {} } }, { pods: 11 }),
      pair({ cluster: { zoneAware: {} } }, { pods: [11, 12], zones: 3 }),
    ],
  }],
  'subset-size': [{
    breaks: pair({ cluster: { subset: { size: 3 } } }),
    says: 'subset size 3 >= 3 endpoints: each proxy uses all',
    keeps: [pair({ cluster: { subset: { size: 2 } } }), pair({ cluster: { subset: { size: 3 } } }, { pods: [3, 4] })],
  }],
  'fallback-reach': [{
    breaks: meshOf({ web: { calls: { bank: { cluster: { discovery: outside(2), ...believed }, fallback: ['spare'] } } } }),
    says: 'web -> shop/bank-v1: without a health check and by static discovery, outlier detection alone says what is gone, and leaves 1 of 2 endpoints: '
      + 'min(100, 140 x 1 / 2) = 70 % of the requests, or more, stay when nothing works there; give shop/bank-v1 a healthCheck',
    keeps: [
      pair({ cluster: { discovery: outside(2), ...believed, healthCheck: { type: 'tcp' } }, fallback: ['spare'] }),
      pair({ cluster: { discovery: outside(2), ...believed } }),
      // Readiness tells what is gone.
      pair({ cluster: believed, fallback: ['spare'] }),
    ],
  }, {
    breaks: meshOf({ web: { calls: { bank: { cluster: { discovery: outside(1), ...believed }, fallback: ['spare'] } } } }),
    says: 'leaves 1 of 1 endpoint: min(100, 140 x 1 / 1) = 100 % of the requests, or more, stay when nothing works there; give shop/bank-v1 a healthCheck',
    keeps: [],
  }, {
    breaks: meshOf({ web: { calls: { bank: { cluster: { discovery: dns, ...believed, outlierDetection: { mode: 'dryRun' } }, fallback: ['spare'] } } } }),
    says: 'by dns discovery, and with outlier detection that ejects nothing, no endpoint ever counts as gone: min(100, 140 x 1 / 1) = 100 %',
    keeps: [],
  }, {
    breaks: meshOf({ web: { calls: { bank: { cluster: { discovery: dns, ...believed, outlierDetection: { maxEjectedPercent: 60 } }, fallback: ['spare'] } } } }),
    says: 'leaves at least 40 %: min(100, 140 x 40 / 100) = 56 % of the requests, or more, stay',
    keeps: [meshOf({ web: { calls: { bank: { cluster: { discovery: dns, ...believed, outlierDetection: { maxEjectedPercent: 100 } }, fallback: ['spare'] } } } })],
  }],
  'fallback-panic': [{
    breaks: pair({ fallback: ['spare'] }, { pods: 10 }),
    says: 'web -> catalog v1: with 4 of 10 endpoints available, which is less than panicPercent 50, all 10 are used: of the requests that stay, 6 / 10 = 60 % go to '
      + 'what doesn\'t work; set panicPercent to 0',
    keeps: [
      pair({ cluster: believed, fallback: ['spare'] }, { pods: 10 }),
      pair({}, { pods: 10 }),
      // One of two is not less than half.
      pair({ fallback: ['spare'] }, { pods: 2 }),
    ],
  }, {
    // 80 of 100 endpoints count for more than all of the requests, so nobody panics.
    breaks: pair({ cluster: { failover: { panicPercent: 90, overprovisioningPercent: 125 } }, fallback: ['spare'] }, { pods: 10 }),
    says: 'with 7 of 10 endpoints available',
    keeps: [],
  }, {
    breaks: pair({ fallback: ['spare'], cluster: { failover: { panicPercent: 30 } } }, { pods: 'unknown' }),
    says: 'with fewer than 30 % of the endpoints available all are used: of the requests that stay, more than 70 % go to what doesn\'t work',
    keeps: [],
  }, {
    breaks: meshOf({ web: { calls: { catalog: { cluster: believed, fallback: ['spare', 'last'] } } }, catalog: {}, spare: {}, last: {} }),
    says: 'web -> spare v1: with 1 of 3 endpoints available',
    keeps: [],
  }],
  'gateway-replicas': [{
    breaks: gatewayOf({ pods: [1, 3] }),
    says: 'edge v1: 1 replica at the least - 1 that is replaced = 0 for clients from outside; have 2 replicas or more',
    keeps: [gatewayOf({ pods: 2 }), gatewayOf({ pods: 'unknown' }), meshOf({ web: { pods: 1 } })],
  }],
  'gateway-zones': [{
    breaks: gatewayOf({ pods: 2, zones: 3, keepsTrafficLocal: true }),
    says: 'edge v1: externalTrafficPolicy Local and 2 replicas in 3 zones: 1 zone has no pod to send to, at the least; '
      + 'have 3 replicas or more, or use the externalTrafficPolicy Cluster',
    keeps: [gatewayOf({ pods: 3, zones: 3, keepsTrafficLocal: true }), gatewayOf({ pods: 2, zones: 3 }),
      gatewayOf({ pods: 2, keepsTrafficLocal: true }), meshOf({ web: { pods: 2, zones: 3, keepsTrafficLocal: true } })],
  }],
  'gateway-tls': [{
    breaks: gatewayOf({}, {}),
    says: 'edge v1: clients from outside come by HTTP alone; '
      + 'give it a certificate with \'tls\', or say with \'forwarded.trustedHops\' that a proxy in front has one',
    keeps: [gatewayOf({}), gatewayOf({}, { forwarded: { trustedHops: 1 } })],
  }],
  'fallback-sessions': [{
    breaks: pair({ route: { session }, cluster: believed, fallback: ['spare'] }, { pods: [2, 10] }),
    says: 'web -> catalog: while 1 of 10 endpoints of their version is left, sessions stay there, and the fallback gets 0 % of them; '
      + 'after that, each of their requests goes anywhere at the fallback',
    keeps: [pair({ route: { session } }), pair({ cluster: believed, fallback: ['spare'] })],
  }, {
    breaks: pair({ route: { session }, cluster: believed, fallback: ['spare'] }, { pods: 'unknown' }),
    says: 'while 1 endpoint of their version is left',
    keeps: [],
  }],
  'fallback-circle': [{
    breaks: meshOf({
      web: { calls: { catalog: { cluster: believed, fallback: ['spare'] } } }, catalog: {}, spare: { calls: { cart: {} } }, cart: { calls: { catalog: {} } },
    }),
    says: 'web -> catalog: \'spare\' takes over, and needs \'catalog\', which it stands in for (spare -> cart -> catalog, 2 calls away); '
      + 'name a fallback that does without \'catalog\'',
    keeps: [
      meshOf({ web: { calls: { catalog: { cluster: believed, fallback: ['spare'] } } }, catalog: {}, spare: { calls: { cart: {} } }, cart: {} }),
      meshOf({ web: { calls: { catalog: { cluster: believed, fallback: ['spare'] } } }, catalog: {}, spare: {}, job: { ...beside('spare'), calls: { web: {} } } }),
      // The service that is called may well need its fallback.
      meshOf({ web: { calls: { catalog: { cluster: believed, fallback: ['spare'] } } }, catalog: { calls: { spare: {} } }, spare: {} }),
    ],
  }, {
    breaks: meshOf({ web: { calls: { catalog: { cluster: believed, fallback: ['spare'] } } }, catalog: {}, spare: { calls: { web: {} } } }),
    says: '\'spare\' takes over, and calls \'web\' itself (spare -> web, 1 call away): then requests may go round; name a fallback that does without \'web\'',
    keeps: [],
  }, {
    breaks: meshOf({
      web: { calls: { catalog: { cluster: believed, fallback: ['spare', 'last'] } } }, catalog: {}, spare: {}, last: { calls: { spare: {} } },
    }),
    says: '\'last\' takes over, and needs \'spare\', which it stands in for (last -> spare, 1 call away)',
    keeps: [],
  }],
  'priority-alone': [{
    breaks: pair({ cluster: { discovery: outside(4), failover: { overprovisioningPercent: 200 } } }),
    says: 'web -> catalog v1: overprovisioningPercent 200 divides requests between priorities, and 1 priority - 1 = 0 others',
    keeps: [
      pair({ cluster: { discovery: outside(4, 1), failover: { overprovisioningPercent: 200 } } }),
      pair({ cluster: { discovery: outside(4), failover: { panicPercent: 40 } } }),
      // Without it, panic at 80 % could not be.
      pair({ cluster: { failover: { overprovisioningPercent: 120, panicPercent: 80 } } }),
    ],
  }],
  'rate-limit-capacity': [{
    breaks: pair({}, { admission: { rateLimit: { requestsPerSecond: 50 } }, workers: 2, pods: [2, 3], requestsPerSecond: 400 }),
    says: 'catalog: 50 requests/s x 2 workers x 3 replicas = 300 requests/s let in, fewer than the 400 that are expected: 25 % of them get 429; '
      + 'raise the rateLimit to 67, or have more replicas',
    keeps: [
      pair({}, { admission: { rateLimit: { requestsPerSecond: 50 } }, workers: 2, pods: [2, 3], requestsPerSecond: 300 }),
      pair({}, { admission: { rateLimit: { requestsPerSecond: 50 } } }),
      pair({}, { admission: { rateLimit: { requestsPerSecond: 50 } }, pods: 'unknown', requestsPerSecond: 400 }),
      pair({}, { admission: { concurrency: { type: 'fixed', max: 1 } }, requestsPerSecond: 400 }),
      pair({}, { requestsPerSecond: 400 }),
    ],
  }],
  'rate-limit-burst': [{
    // 120 / 3 pods = 40, and 40 / (40 + 50) = 44.44 %.
    breaks: pair({}, { admission: { rateLimit: { requestsPerSecond: 50, burst: 1 } }, requestsPerSecond: 120 }),
    says: 'catalog v1: burst 1 at 40 of 50 requests/s: of requests that come by chance and not evenly, 44.44 % find no token and get 429; '
      + 'set burst to 5 or more',
    keeps: [
      pair({}, { admission: { rateLimit: { requestsPerSecond: 50, burst: 5 } }, requestsPerSecond: 120 }),
      pair({}, { admission: { rateLimit: { requestsPerSecond: 50, burst: 1 } }, requestsPerSecond: 3 }),
      pair({}, { admission: { rateLimit: { requestsPerSecond: 50 } } }),
    ],
  }, {
    // Half of any rate: 0.5 / 1.5.
    breaks: pair({}, { admission: { rateLimit: { requestsPerSecond: 10, burst: 1 } } }),
    says: 'burst 1 at 5 of 10 requests/s: of requests that come by chance and not evenly, 33.33 % find no token and get 429; set burst to 3 or more',
    keeps: [
      pair({}, { admission: { rateLimit: { requestsPerSecond: 10, burst: 3 } } }),
      // Nobody chose the default, however few it lets in.
      ...[0.001, 0.5, 1, 2, 3].map((requestsPerSecond) => pair({}, { admission: { rateLimit: { requestsPerSecond } } })),
    ],
  }],
  'concurrency-capacity': [{
    breaks: pair({}, { admission: { concurrency: { type: 'fixed', max: 4 } }, requestsPerSecond: 600, latencyMs: 25 }),
    says: 'catalog: 4 requests x 3 replicas = 12 requests at a time, fewer than the 600 requests/s x 25 ms = 15 that are under way: 20 % of them get 503; '
      + 'raise the concurrency limit to 5, or have more replicas',
    keeps: [
      pair({}, { admission: { concurrency: { type: 'fixed', max: 5 } }, requestsPerSecond: 600, latencyMs: 25 }),
      pair({}, { admission: { concurrency: { type: 'fixed', max: 4 } }, requestsPerSecond: 600 }),
      pair({}, { admission: { concurrency: { type: 'adaptive' } }, requestsPerSecond: 600, latencyMs: 25 }),
    ],
  }, {
    breaks: pair({}, { admission: { concurrency: { type: 'adaptive', max: 4 } }, requestsPerSecond: 600, latencyMs: 25 }),
    says: '4 requests x 3 replicas = 12 requests at a time',
    keeps: [],
  }],
  'concurrency-connections': [{
    breaks: pair({}, { admission: { concurrency: { type: 'fixed', max: 100 } }, app: { maxConnectionsPerEndpoint: 20 } }),
    says: 'catalog v1: 100 requests at a time are let in, over 20 connections to the app: 80 wait for one; lower the limit to 20, or raise appConnections to 100',
    keeps: [
      pair({}, { admission: { concurrency: { type: 'fixed', max: 20 } }, app: { maxConnectionsPerEndpoint: 20 } }),
      // What an adaptive limit finds includes the wait.
      pair({}, { admission: { concurrency: { type: 'adaptive' } }, app: { maxConnectionsPerEndpoint: 20 } }),
    ],
  }, {
    breaks: pair({}, { admission: { concurrency: { type: 'fixed', max: 100 } }, app: { maxConnections: 50 } }),
    says: 'over 50 connections to the app: 50 wait for one',
    keeps: [],
  }],
  'fault-injected': [{
    breaks: pair({ route: { faults: [{ percent: 5, delayMs: 800, abortStatus: 500 }, { percent: 0.5, abortStatus: 503 }] } }),
    says: 'web -> catalog: 5 % of the requests are held for 800 ms and answered with 500 by the proxy, and of the others 0.5 % of the requests are answered with 503 '
      + 'by the proxy; take the faults out when the test is over, or limit them to a header field that only the test sends',
    keeps: [
      pair({ route: { faults: [{ percent: 100, header: { name: 'x-fault' }, abortStatus: 503 }] } }),
      pair({ route: { faults: [{ percent: 0, abortStatus: 503 }] } }),
    ],
  }],
  'fault-timeout': [{
    breaks: pair({ route: { timeoutMs: 300, faults: [{ percent: 5, header: { name: 'x-fault' }, delayMs: 300 }] } }),
    says: 'delay 300 ms >= timeout 300 ms: the request is over before it is sent; shorten the delay below 300 ms, or lengthen the timeout',
    keeps: [
      pair({ route: { timeoutMs: 300, faults: [{ percent: 5, header: { name: 'x-fault' }, delayMs: 299 }] } }),
      pair({ route: { timeoutMs: 0, faults: [{ percent: 5, header: { name: 'x-fault' }, delayMs: 300 }] } }),
    ],
  }],
  'slow-start-autoscaler': [{
    breaks: pair({ cluster: { slowStart: { windowMs: 15_001 } } }, { pods: [2, 6], scaleUpCycleMs: 15_000 }),
    says: 'slow start 15001 ms > 15000 ms from one scale-up to the next',
    keeps: [
      pair({ cluster: { slowStart: { windowMs: 15_000 } } }, { pods: [2, 6], scaleUpCycleMs: 15_000 }),
      pair({ cluster: { slowStart: { windowMs: 15_001 } } }, { pods: [2, 2], scaleUpCycleMs: 15_000 }),
      pair({ cluster: { slowStart: { windowMs: 15_001 } } }),
    ],
  }],
  'slo-availability': [{
    breaks: shopOf(promising(0.9995), 'required'),
    says: 'web: its objective is 99.95 %, and what each of its requests needs promises less: catalog 99.9 % x cart 99.9 % = 99.8001 %: 99.95 > 99.8001; '
      + 'promise at most \'99.8001%\'',
    keeps: [
      shopOf(promising(0.998001), 'required'),
      shopOf(promising(0.9995), 'optional'),
      // A callee without an objective promises nothing that could be held against it.
      shopOf(promising(0.9995), 'required', { catalog: {}, cart: {} }),
      shopOf({}, 'required'),
      // A fallback outside of the mesh, and routes that lead to several services or answer by themselves.
      shopOf(promising(0.999), 'required', { call: { fallback: ['elsewhere'] } }),
      shopOf(promising(0.999), 'required', { call: { routes: [{ name: 'carts', matches: [{ method: 'PUT' }], split: splitIn('shop/cart-v1') }] } }),
      shopOf(promising(0.999), 'required', { call: { routes: [{ name: 'gone', matches: [{ method: 'PUT' }], respond: { status: 410 } }] } }),
    ],
  }, {
    breaks: shopOf(promising(0.9995), 'required', { cart: promising(0.99999), catalog: promising(0.999) }),
    says: 'or have catalog promise at least \'99.951%\'',
    keeps: [shopOf(promising(0.9995), 'required', { cart: promising(0.99999), catalog: promising(0.99951) })],
  }, {
    breaks: shopOf(promising(0.9999), 'required', { call: { fallback: ['spare'] }, spare: promising(0.99), cart: promising(0.99999), catalog: promising(0.99) }),
    says: 'catalog 99 % (or spare), cart 99.999 %, together 99.989 %: 99.99 > 99.989; promise at most \'99.989%\'',
    keeps: [shopOf(promising(0.9998), 'required', { call: { fallback: ['spare'] }, spare: promising(0.99), cart: promising(0.99999), catalog: promising(0.99) })],
  }, {
    // What stands between promises nothing itself, and is no better than what it needs.
    breaks: shopOf(promising(0.999), 'required', {
      catalog: { calls: { db: {} }, objectives: { required: ['outbound/shop/db:80'] } }, cart: {}, db: promising(0.99),
    }),
    says: 'web: its objective is 99.9 %, and what each of its requests needs promises less: catalog with what it calls 99 %: 99.9 > 99; promise at most \'99%\'',
    keeps: [shopOf(promising(0.99), 'required', {
      catalog: { calls: { db: {} }, objectives: { required: ['outbound/shop/db:80'] } }, cart: {}, db: promising(0.99),
    })],
  }],
  'slo-availability-calls': [{
    breaks: shopOf(promising(0.999), undefined),
    says: 'web: its objective is 99.9 %, and what it has promises less: catalog 99.9 % x cart 99.9 % = 99.8001 %: 99.9 > 99.8001; '
      + 'promise at most \'99.8001%\', or say \'required: false\' in calls() of what it can answer without',
    keeps: [shopOf(promising(0.998), undefined), shopOf(promising(0.999), 'optional')],
  }, {
    breaks: meshOf({ web: { ...promising(0.9995), ...planned(0.999) } }),
    says: 'what it has promises less: its own pods 99.9 %: 99.95 > 99.9; promise at most \'99.9%\'',
    keeps: [meshOf({ web: { ...promising(0.999), ...planned(0.999) } })],
  }],
  'slo-latency': [{
    breaks: shopOf(promising(0.99, [0.99, 0.3]), 'required', { catalog: promising(0.999, [0.99, 0.5]) }),
    says: 'web: its objective is p99 within 300 ms, and catalog, whose answer each of its requests needs, promises p99 within 500 ms: 300 < 500; '
      + 'allow at least 500 ms, or have catalog promise p99 within 300 ms',
    keeps: [
      shopOf(promising(0.99, [0.99, 0.5]), 'required', { catalog: promising(0.999, [0.99, 0.5]) }),
      shopOf(promising(0.99, [0.9, 0.3]), 'required', { catalog: promising(0.999, [0.99, 0.5]) }),
      shopOf(promising(0.99, [0.95, 0.3]), 'required', { catalog: promising(0.999, [0.9, 0.5], [0.99, 0.2]) }),
      shopOf(promising(0.99, [0.99, 0.3]), 'required', { catalog: promising(0.999, [0.99, 0.5]), call: { fallback: ['cart'] } }),
      shopOf(promising(0.99, [0.99, 0.3]), 'optional', { catalog: promising(0.999, [0.99, 0.5]) }),
    ],
  }],
  'slo-latency-calls': [{
    breaks: shopOf(promising(0.99, [0.99, 0.3]), undefined, { catalog: promising(0.999, [0.95, 0.5]) }),
    says: 'web: its objective is p99 within 300 ms, and catalog, which it calls, promises p95 within 500 ms: 300 < 500; '
      + 'allow at least 500 ms, have catalog promise p99 within 300 ms, or say \'required: false\' in calls() if it answers without',
    keeps: [shopOf(promising(0.99, [0.99, 0.3]), undefined, { catalog: promising(0.999, [0.95, 0.3]) })],
  }, {
    breaks: meshOf({ web: { ...promising(0.99, [0.99, 0.1]), ...planned(0.999) } }),
    says: 'its objective is p99 within 100 ms, and by the declared service time as many take 103.34 ms without any load: 100 < 103.34; allow at least 104 ms',
    keeps: [
      meshOf({ web: { ...promising(0.99, [0.99, 0.104]), ...planned(0.999) } }),
      meshOf({ web: { ...promising(0.99, [0.99, 0.1]), ...planned(0.999, 0) } }),
    ],
  }],
  'slo-timeout': [{
    breaks: pair({ route: { timeoutMs: 300 } }, promising(0.99, [0.99, 0.3])),
    says: 'catalog: its objective is p99 within 300 ms, and no caller waits for more than 300 ms: 300 >= 300; promise less than 300 ms',
    keeps: [
      pair({ route: { timeoutMs: 301 } }, promising(0.99, [0.99, 0.3])), pair({ route: { timeoutMs: 0 } }, promising(0.99, [0.99, 0.3])),
      meshOf({ catalog: promising(0.99, [0.99, 50]) }),
    ],
  }],
  'adapter-rules': [{
    breaks: { ...meshOf({ web: { podMetrics: ['mesh_requests_per_second', 'queue_length'] } }), servedMetrics: ['mesh_inbound_requests_in_flight'] },
    says: 'web v1: its autoscaler asks for mesh_requests_per_second, which no rules of prometheus-adapter here serve: without them it adds no pod; '
      + "add AdapterRules to the chart of the adapter, or leave this rule out (lints: { off: ['adapter-rules'] }) where another app has them",
    keeps: [
      { ...meshOf({ web: { podMetrics: ['mesh_requests_per_second'] } }), servedMetrics: ['mesh_requests_per_second'] },
      // Metrics of others are none of the mesh's business.
      meshOf({ web: { podMetrics: ['queue_length'] } }),
      meshOf({ web: {} }),
    ],
  }],
  'slow-start-health-check': [{
    breaks: pair({ cluster: { slowStart: { windowMs: 5_000 }, healthCheck: { type: 'tcp', intervalMs: 5_000 } } }),
    says: 'health checks every 5000 ms >= slow start 5000 ms: no second check before the full share; check at least every 2500 ms',
    keeps: [pair({ cluster: { slowStart: { windowMs: 5_000 }, healthCheck: { type: 'tcp', intervalMs: 4_999 } } })],
  }],
  'disruption-budget': [{
    breaks: meshOf({ web: { pods: 2, disruption: { rule: 'minAvailable', count: { unit: 'pods', value: 2 } } } }),
    says: 'web v1: 2 replicas - minAvailable 2 leaves no eviction; use maxUnavailable 1, or more replicas',
    keeps: [
      meshOf({ web: { pods: 3, disruption: { rule: 'minAvailable', count: { unit: 'pods', value: 2 } } } }),
      meshOf({ web: { pods: 0, disruption: { rule: 'minAvailable', count: { unit: 'pods', value: 2 } } } }),
    ],
  }, {
    breaks: meshOf({ web: { pods: 3, disruption: { rule: 'minAvailable', count: { unit: 'percent', value: 90 } } } }),
    says: '3 replicas - minAvailable 90 % (3) leaves no eviction',
    keeps: [],
  }, {
    breaks: meshOf({ web: { disruption: { rule: 'maxUnavailable', count: { unit: 'pods', value: 0 } } } }),
    says: 'maxUnavailable 0 of 3 replicas is no eviction',
    keeps: [],
  }],
  'grace-period': [{
    breaks: meshOf({ web: { preStopMs: 5_000, graceMs: 15_000, shutdown: { drainMs: 10_001 } } }),
    says: 'preStop 5000 ms + drain of the proxy 10001 ms = 15001 ms > grace period 15000 ms; set terminationGracePeriodSeconds to 16 plus what the app needs',
    keeps: [meshOf({ web: { preStopMs: 5_000, graceMs: 15_000, shutdown: { drainMs: 10_000 } } })],
  }],
  'drain-against-timeout': [{
    breaks: pair({ route: { timeoutMs: 25_001 } }),
    says: 'timeout 25001 ms > grace period 30000 ms - preStop 5000 ms = 25000 ms that a pod has for requests when it ends; '
      + 'shorten the timeout to 25000 ms, or lengthen appDrain of \'catalog\' by 1 ms',
    keeps: [pair({ route: { timeoutMs: 25_000 } }), pair({ route: { timeoutMs: 0 } })],
  }],
  'apply-size': [{
    breaks: meshOf({ web: { objects: [{ kind: 'ConfigMap', name: 'web-v1-mesh', jsonBytes: 209_716, dataBytes: 200_000 }] } }),
    says: 'web v1: ConfigMap \'web-v1-mesh\' has 209716 bytes of JSON, 80 % of the 262144 that client-side kubectl apply takes; '
      + 'apply it with --server-side, or have web call fewer services',
    keeps: [
      meshOf({ web: { objects: [{ kind: 'ConfigMap', name: 'web-v1-mesh', jsonBytes: 209_715, dataBytes: 200_000 }] } }),
      // Told by the next rule.
      meshOf({ web: { objects: [{ kind: 'ConfigMap', name: 'web-v1-mesh', jsonBytes: 1_300_000, dataBytes: 1_048_577 }] } }),
    ],
  }, {
    breaks: meshOf({ web: { objects: [{ kind: 'Deployment', name: 'web-v1', jsonBytes: 300_000 }] } }),
    says: 'web v1: Deployment \'web-v1\' has 300000 bytes of JSON, 114 % of the 262144',
    keeps: [],
  }],
  'store-size': [{
    breaks: meshOf({ web: { objects: [{ kind: 'ConfigMap', name: 'web-v1-mesh', jsonBytes: 1_300_000, dataBytes: 1_048_577 }] } }),
    says: 'web v1: ConfigMap \'web-v1-mesh\' has 1048577 bytes of data, more than the 1048576 that Kubernetes stores',
    keeps: [meshOf({ web: { objects: [{ kind: 'ConfigMap', name: 'web-v1-mesh', jsonBytes: 1_300_000, dataBytes: 1_048_576 }] } })],
  }],
  'network-policy': [{
    breaks: under({ in: { podSelector: catalog, ingress: [{ from: [{ podSelector: web }], ports: [{ port: 8_080 }] }] } }, pair({})),
    says: 'web -> catalog v1: requests go to the sidecar at TCP port 15006; they may not enter the pods of catalog v1, by NetworkPolicy \'in\'; '
      + 'allow TCP port 15006, beside the app\'s port or instead of it',
    keeps: [
      under({ in: { podSelector: catalog, ingress: [{ from: [{ podSelector: web }], ports: [{ port: 15_006 }] }] } }, pair({})),
      under({ deny: { podSelector: {} }, in: { podSelector: catalog, ingress: [{}] } }, pair({})),
      under({ in: { podSelector: web } }, pair({})),
      // Nobody calls it.
      under({ in: { podSelector: catalog } }, meshOf({ web: {}, catalog: {} })),
    ],
  }, {
    breaks: under({ a: { podSelector: web, egress: [api] }, b: { podSelector: {}, policyTypes: ['Egress'] } }, pair({})),
    says: 'they may not leave the caller\'s pods, by NetworkPolicy \'a\', \'b\'',
    keeps: [under({ a: { podSelector: web, egress: [api, { to: [{ podSelector: catalog }] }] } }, pair({}))],
  }],
  'network-policy-discovery': [{
    breaks: under({ out: { podSelector: web, egress: [{ ports: [{ port: 15_006 }, { port: 53, protocol: 'UDP' }] }] } }, pair({})),
    says: 'web v1: by NetworkPolicy \'out\', the sidecar may not send to TCP port 443 or 6443, where it reads EndpointSlices; '
      + 'allow the API server, and UDP and TCP port 53 for DNS',
    keeps: [
      under({ out: { podSelector: web, egress: [{ ports: [{ port: 15_006 }] }, api] } }, pair({})),
      // It calls nobody.
      under({ out: { podSelector: catalog, policyTypes: ['Egress'] } }, pair({})),
    ],
  }, {
    breaks: under({ out: { podSelector: {}, egress: [{ to: [{ podSelector: {} }] }] } }, pair({})),
    says: 'web v1: by NetworkPolicy \'out\', the sidecar may not send to TCP port 443 or 6443, where it reads EndpointSlices; '
      + 'allow the API server, and UDP and TCP port 53 for DNS',
    keeps: [
      under({ out: { podSelector: {}, egress: [{ to: [{ podSelector: {} }] }, { to: [{ ipBlock: {} }] }] } }, pair({})),
      under({ out: { podSelector: {}, egress: [{ to: [{ podSelector: {} }, { namespaceSelector: {} }] }] } }, pair({})),
    ],
  }, {
    breaks: under({ out: { podSelector: web, egress: [{ ports: [{ port: 80 }, { port: 53 }] }, api] } }, pair({ cluster: { discovery: dns } })),
    says: 'the sidecar may not send to UDP port 53, where it finds the endpoints of \'shop/catalog-v1\'',
    keeps: [under({ out: { podSelector: web, egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }, api] } }, pair({ cluster: { discovery: dns } }))],
  }],
  'network-policy-names': [{
    breaks: under({ out: { podSelector: web, egress: [{ ports: [{ port: 15_006 }] }, api] } }, pair({})),
    says: 'web v1: by NetworkPolicy \'out\', the pods may not send to UDP port 53: names that are not called through the mesh don\'t resolve',
    keeps: [
      under({ out: { podSelector: web, egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }, api] } }, pair({})),
      under({ out: { podSelector: web, egress: [{ ports: [{ port: 5_353, protocol: 'UDP' }] }, api] } }, pair({})),
    ],
  }],
  'imported-service': [{
    breaks: imported([]),
    says: 'web -> shop/db-v1: there is no Service \'db-v1\' in namespace \'shop\'; say the name, namespace and versions that its own app says, or check the YAML of that app, too',
    keeps: [imported([{ name: 'db-v1' }]), { ...imported([]), complete: false }],
  }, {
    breaks: imported([{ name: 'db' }, { name: 'db-v2' }]),
    says: 'there is db-v2; say the name, namespace and versions',
    keeps: [imported([{ name: 'db-v1' }, { name: 'db' }])],
  }, {
    breaks: imported([{ name: 'db-v1' }], { portName: 'sql' }),
    says: 'the Service \'db-v1\' in namespace \'shop\' has no port \'sql\'; it has \'http\'; say that as \'portName\'',
    keeps: [imported([{ name: 'db-v1' }], { portName: 'http' })],
  }],
  'imported-weights': [{
    breaks: imported([{ name: 'db-v1', weight: 3 }, { name: 'db-v2', weight: 1 }], {}, [50, 50]),
    says: 'web -> shop/db:80: db-v1 gets 50 %, and its app says 75 %; db-v2 gets 50 %, and its app says 25 %; say the weights of its app in \'versions\'',
    keeps: [
      imported([{ name: 'db-v1', weight: 75 }, { name: 'db-v2', weight: 25 }], {}, [3, 1]),
      imported([{ name: 'db-v1' }, { name: 'db-v2' }], {}, [1, 1]),
      { ...imported([{ name: 'db-v1', weight: 3 }, { name: 'db-v2', weight: 1 }], {}, [50, 50]), complete: false },
    ],
  }],
  'pod-security': [{
    breaks: meshOf({ web: { refusals: [{ field: 'hostNetwork', value: true, level: 'baseline', remedy: 'leave it out' }] } }),
    says: 'web v1: namespace \'shop\' refuses these pods: \'hostNetwork\' is true, against the baseline Pod Security Standard; leave it out',
    keeps: [meshOf({ web: { refusals: [] }, catalog: {} })],
  }],
  'app-port': [{
    breaks: secured(under({}, meshOf({ web: { app: anywhere } }))),
    says: 'web v1: callers prove who they are at TCP port 15006, and any pod can connect at 8080 (the app), where nobody asks them; shut the port',
    keeps: [
      secured(under({}, meshOf({ web: {} }))), under({}, meshOf({ web: { app: anywhere } })),
      secured(under({ shut: { podSelector: {} } }, meshOf({ web: { app: anywhere } }))),
    ],
  }],
  'external-authorization-open': [{
    breaks: gatewayOf({ pods: 2 }, { ...TLS, externalAuthorization: { split: splitIn('auth'), failureModeAllow: true } }),
    says: "listener 'http' lets requests pass when 'auth' gives no answer, so an attacker who stops that service is not checked",
    keeps: [gatewayOf({ pods: 2 }, { ...TLS, externalAuthorization: { split: splitIn('auth') } })],
  }],
  'mutual-tls-permissive': [{
    breaks: secured(meshOf({ web: { calls: { catalog: {} } }, catalog: {} }), 'permissive'),
    says: 'catalog v1: it lets everybody in without mutual TLS, which all of its callers use; make it strict',
    keeps: [secured(meshOf({ web: { calls: { catalog: {} } }, catalog: {} })), secured(meshOf({ catalog: {} }), 'permissive')],
  }],
  'plain-callee': [{
    breaks: secured(meshOf({ web: { calls: { catalog: {} } }, catalog: {} }), 'strict', 'web'),
    says: 'web -> catalog v1: catalog v1 has no identity, so its caller can\'t know who answers, and the call is not encrypted; give it the identity of its caller',
    keeps: [secured(meshOf({ web: { calls: { catalog: {} } }, catalog: {} })), meshOf({ web: { calls: { catalog: {} } }, catalog: {} })],
  }],
  'network-policy-bypass': [{
    breaks: under({ scrape: { podSelector: catalog, ingress: [toApp] } }, meshOf({ catalog: {} })),
    says: 'catalog v1: NetworkPolicy \'scrape\' lets clients in at TCP port 8080 (the app) that are not let in at 15006 (the sidecar)',
    keeps: [
      under({ scrape: { podSelector: catalog, ingress: [{ ...toApp, ports: [...toApp.ports, { port: 15_006 }] }] } }, meshOf({ catalog: {} })),
      under({ scrape: { podSelector: catalog, ingress: [toApp, { ports: [{ port: 15_006 }] }] } }, meshOf({ catalog: {} })),
    ],
  }],
};

/** A mesh that calls `db` of another app, and the Services in the YAML of all apps. */
function imported(
  services: readonly { readonly name: string; readonly weight?: number }[], discovery: { readonly portName?: string } = {},
  weights: readonly number[] = [1],
): MeshInfo {
  const split = weights.map((weight, index) => ({ cluster: `shop/db-v${index + 1}`, weight }));
  const mesh = meshOf({ web: { calls: { db: {
    route: { split }, cluster: { discovery: { type: 'endpointSlice', namespace: 'shop', service: 'db-v1', ...discovery } },
  } } } });
  const [web] = mesh.workloads;
  const more = split.slice(1).map(({ cluster }) => ({
    ...web!.document.clusters[1]!, name: cluster, discovery: { type: 'endpointSlice' as const, namespace: 'shop', service: cluster.slice('shop/'.length) },
  }));
  return {
    workloads: [{
      ...web!,
      document: { ...web!.document, clusters: [...web!.document.clusters, ...more] },
      stated: { ...web!.stated, clusters: [...web!.stated.clusters, ...more] },
    }],
    services: services.map((each) => ({ ...each, namespace: 'shop', headless: true, ports: [{ port: 80, name: 'http', targetPort: 15_006 }] })),
    complete: true,
  };
}

test('every rule has a case, and a name of its own', () => {
  expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ name }) => name).sort());
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
});

describe.each(Object.entries(CASES))('%s', (rule, cases) => {
  test.each(cases)('GIVEN a mesh that breaks it, shows: $says', ({ breaks, says }) => {
    expect(saidBy(rule, breaks)).toEqual([expect.stringContaining(says)]);
  });

  test('GIVEN a mesh just within it, says nothing', () => {
    expect(cases.flatMap(({ keeps }) => keeps.flatMap((mesh) => saidBy(rule, mesh)))).toEqual([]);
  });
});

/** A call whose retries may add so much that four in a row are too much. */
const heavy = { cluster: { retryBudget: { percent: 40 } } };

describe('lint', () => {
  test('GIVEN defaults, finds nothing', () => {
    const mesh = meshOf({ web: { calls: { catalog: {}, cart: {} } }, catalog: { pods: 1 }, cart: { pods: [2, 20], scaleUpCycleMs: 15_000 } });
    expect(broken(mesh)).toEqual([]);
  });

  test('GIVEN defaults in calls that have hardly any time, finds nothing', () => {
    for (const timeoutMs of [1, 20, 300, 1_000]) expect(broken(pair({ route: { timeoutMs, hedge: {} } }))).toEqual([]);
  });

  test('GIVEN errors and warnings, tells errors first', () => {
    const findings = lint(pair({ route: { timeoutMs: 300, retry: { tryTimeoutMs: 300 } }, cluster: { subset: { size: 9 } } }));
    expect(findings.map(({ severity }) => severity)).toEqual(['error', 'warning']);
  });

  test('GIVEN two versions of a caller with one mistake, tells it once', () => {
    const [web, catalog] = pair({ cluster: { subset: { size: 9 } } }).workloads;
    expect(broken({ workloads: [web!, { ...web!, version: 'v2', clusters: ['shop/web-v2'] }, catalog!] })).toEqual(['subset-size']);
  });

  test('GIVEN services in a circle, goes round once', () => {
    const circle = meshOf({ a: { calls: { b: {} } }, b: { calls: { c: {} } }, c: { calls: { a: {} } } });
    expect(broken(circle)).toEqual([]);
    const wide = meshOf({
      a: { calls: { b: heavy } }, b: { calls: { c: heavy } }, c: { calls: { d: heavy } }, d: { calls: { e: heavy, a: heavy } }, e: {},
    });
    expect(saidBy('retry-load', wide)).toEqual([expect.stringContaining('a -> b -> c -> d -> ')]);
  });

  test('GIVEN a circle on the way, follows the chain past it', () => {
    const next = (...callees: string[]) => ({ calls: Object.fromEntries(callees.map((callee) => [callee, heavy])) });
    // Whoever is looked at first: what is known of a service must not depend on who asked for it.
    const services = { a: next('b'), b: next('c', 'd'), c: next('b'), d: next('e'), e: {}, r: next('c') };
    const says = 'r -> c -> b -> d -> e: (1 + 0.4) x (1 + 0.4) x (1 + 0.4) x (1 + 0.4) = 3.84 times the load at the end while everything fails, more than 3';
    expect(saidBy('retry-load', meshOf(services))).toEqual([expect.stringContaining(says)]);
    expect(saidBy('retry-load', meshOf(Object.fromEntries(Object.entries(services).reverse())))).toEqual([expect.stringContaining(says)]);
  });

  test.each<[string, readonly number[]]>([
    ['in a circle', [1]],
    ['in a circle each way', [1, 199]],
    ['of which each calls twenty others', Array.from({ length: 20 }, (_, index) => index + 1)],
  ])('GIVEN 200 services %s, goes round once, and ends', (_, distances) => {
    const calls = (index: number) => Object.fromEntries(distances.map((distance) => [`s${(index + distance) % 200}`, {}]));
    const mesh = meshOf(Object.fromEntries(Array.from({ length: 200 }, (_each, index) => [`s${index}`, { calls: calls(index) }])));
    expect(saidBy('retry-load', mesh)).toEqual([expect.stringContaining('(1 + 0.2)^200 = ')]);
  });

  test('GIVEN a fallback, follows chains and timeouts behind it', () => {
    const call = { cluster: { ...believed, ...heavy.cluster }, fallback: ['spare'] };
    const next = (callee: string) => ({ calls: { [callee]: heavy } });
    const mesh = meshOf({ web: { calls: { catalog: call } }, catalog: {}, spare: next('b'), b: next('c'), c: next('d'), d: {} });
    expect(saidBy('retry-load', mesh)).toEqual([expect.stringContaining('web -> catalog or spare -> b -> c -> d: (1 + 0.4) x')]);
    const hasty = meshOf({ web: { calls: { catalog: { ...call, route: { timeoutMs: 300 } } } }, catalog: {}, spare: next('b'), b: {} });
    expect(saidBy('timeout-chain', hasty)).toEqual([expect.stringContaining('web -> catalog: timeout 300 ms < 15000 ms of spare -> b')]);
  });

  test('GIVEN a fallback, looks at its endpoints too, but for what holds only where requests go first', () => {
    const call: CallSketch = { cluster: believed, fallback: ['spare'], route: { hedge: {} } };
    expect(broken(meshOf({ web: { calls: { catalog: call } }, catalog: { pods: 1 }, spare: { pods: 9 } }))).toEqual(['hedge-alone']);
    const calls = { catalog: call, spare: { cluster: { subset: { size: 9 } } } };
    expect(broken(meshOf({ web: { calls }, catalog: {}, spare: { requestsPerSecond: 0.1 } }))).toEqual(['ejection-rate', 'subset-size']);
  });

  test('GIVEN a long chain, or a circle of that many, tells of it once, and of its ends', () => {
    const says = 's0 -> s1 -> s2 -> s3 -> ... -> s17 -> s18 -> s19: (1 + 0.2)^19 = 31.95 times the load at the end while everything fails, more than 3';
    expect(saidBy('retry-load', row(20))).toEqual([expect.stringContaining(says)]);
    const names = Array.from({ length: 100 }, (_, index) => `s${index}`);
    const circle = meshOf(Object.fromEntries(names.map((name, index) => [name, { calls: { [`s${(index + 1) % 100}`]: {} } }])));
    expect(broken(circle)).toEqual(['retry-load']);
  });

  test('GIVEN chains that end alike, tells the worst of them', () => {
    const chain = { a: { calls: { b: heavy } }, b: { calls: { c: heavy } }, c: { calls: { d: heavy } }, d: {} };
    const entries = Object.fromEntries(['x', 'y', 'z'].map((name) => [name, { calls: { a: {} } }]));
    expect(saidBy('retry-load', meshOf({ ...entries, ...chain }))).toHaveLength(1);
  });

  test('GIVEN a caller that gives up before several calls behind it, tells it once', () => {
    const mesh = meshOf({
      web: { calls: { a: { route: { timeoutMs: 300 } } } }, a: { calls: { b: {}, c: {}, d: { route: { timeoutMs: 20_000 } } } }, b: {}, c: {}, d: {},
    });
    expect(saidBy('timeout-chain', mesh)).toEqual([expect.stringContaining('timeout 300 ms < 20000 ms of a -> d and 2 other calls: ')]);
  });

  test('GIVEN a policy of a service that many call, grouped names some callers and counts the others', () => {
    const call = { cluster: { subset: { size: 9 } } };
    const callers = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, { calls: { catalog: call } }]));
    const found = lint(meshOf({ ...callers, catalog: {} }));
    expect(found).toHaveLength(5);
    expect(grouped(found).map(({ where }) => where)).toEqual(['a -> catalog v1, b -> catalog v1, c -> catalog v1 and 2 more']);
  });

  test('GIVEN a destination outside of the mesh, counts the endpoints that its cluster lists', () => {
    const outside = meshOf({
      web: {
        calls: { db: { cluster: { discovery: { type: 'static', endpoints: [{ address: '10.0.0.1', port: 1 }] }, loadBalancing: { type: 'ringHash' } } } },
      },
    });
    expect(saidBy('affinity-endpoints', outside)).toEqual([expect.stringContaining('web -> shop/db-v1: ringHash chooses among 1 endpoint')]);
  });
});
