/** What a listener and a cluster of TCP may have, and what is told of the rest. */
import { ClusterConfig, findBrokenReferences, ListenerConfig, ProxyConfig, requirementsOf, RouteConfig, withDefaults } from '../../src/contract';

interface Parts {
  readonly listener?: Partial<ListenerConfig>;
  readonly route?: Partial<RouteConfig>;
  readonly cluster?: Partial<ClusterConfig>;
}

function document({ listener, route, cluster }: Parts): ProxyConfig {
  return {
    version: 'v1',
    node: { service: 'redis', namespace: 'shop', version: 'v1' },
    listeners: [{
      name: 'in', direction: 'inbound', protocol: 'tcp', port: 15_006, routes: [{ name: 'r', split: [{ cluster: 'a', weight: 1 }], ...route }], ...listener,
    }],
    clusters: [{ name: 'a', protocol: 'tcp', discovery: { type: 'static', endpoints: [] }, ...cluster }],
  };
}

const mistakesOf = (parts: Parts): string[] => findBrokenReferences(document(parts)).map(({ path, message }) => `${path}: ${message}`);

test.each<[string, Parts]>([
  ['nothing else', {}],
  ['its times', { listener: { tcp: { idleTimeoutMs: 0, maxDurationMs: 86_400_000 } } }],
  ['callers', { listener: { authorization: { rules: [{ name: 'all', plain: true }] } } }],
  ['addresses of clients', { listener: { clients: { allow: ['10.0.0.0/8'], maxConnections: 5 }, proxyProtocol: { from: ['10.0.0.0/8'] } } }],
  ['retries of connecting', { route: { retry: { maxRetries: 3, backoffMs: 1, maxBackoffMs: 2 } } }],
  ['a hash of the address', { route: { hash: [{ type: 'sourceAddress' }] }, cluster: { loadBalancing: { type: 'maglev' } } }],
  ...(['roundRobin', 'random', 'weightedRoundRobin', 'leastRequest', 'ringHash', 'maglev', 'rendezvous'] as const).map((type): [string, Parts] => [type, { cluster: { loadBalancing: { type } } }]),
  ['limits, checks and ejection', {
    cluster: {
      maxConnections: 10, maxConnectionsPerEndpoint: 5, connectTimeoutMs: 100, maxPendingRequests: 3, pendingTimeoutMs: 10, healthCheck: { type: 'tcp' },
      outlierDetection: { consecutiveGatewayErrors: 2, latencyFactor: 0 }, proxyProtocol: 'v2', slowStart: { windowMs: 1_000 }, subset: { size: 3 }, zoneAware: {},
    },
  }],
])('%s is sound', (_, parts) => {
  expect(mistakesOf(parts)).toEqual([]);
});

test.each<[string, Parts, string]>([
  ['paths', { listener: { path: {} } }, '/listeners/0/path: listener \'in\' has protocol \'tcp\' and \'path\', which is about requests; remove it'],
  ['admission', { listener: { admission: { rateLimit: { requestsPerSecond: 1 } } } }, '/listeners/0/admission: listener \'in\' has protocol \'tcp\' and \'admission\', which is about requests; remove it; \'maxConnectionsPerEndpoint\' of the cluster limits connections'],
  ['X-Forwarded-For', { listener: { forwarded: {} } }, '/listeners/0/forwarded: listener \'in\' has protocol \'tcp\' and \'forwarded\', which is about requests; remove it; \'proxyProtocol\' of the cluster tells endpoints the client\'s address'],
  ['a rate of requests', { listener: { clients: { rateLimit: { requestsPerSecond: 1 } } } }, '/listeners/0/clients/rateLimit: listener \'in\' has protocol \'tcp\', and \'rateLimit\' counts requests; use \'maxConnections\''],
  ['conditions of a rule', { listener: { authorization: { rules: [{ name: 'all', plain: true, matches: [{ method: 'GET' }] }] } } }, '/listeners/0/authorization/rules/0/matches: rule \'all\' of listener \'in\' has conditions of requests, and protocol \'tcp\' has none; remove them, or the rule'],
  ['several routes', { listener: { routes: ['r', 's'].map((name) => ({ name, split: [{ cluster: 'a', weight: 1 }] })) } }, '/listeners/0/routes: listener \'in\' has protocol \'tcp\' and 2 routes, among which only a request could choose; use one route, with a split by weight, or, where clients speak TLS, set \'tcp.readServerName\''],
  ...([['matches', [{ method: 'GET' }]], ['timeoutMs', 1_000], ['hedge', {}], ['faults', [{ percent: 1, delayMs: 1 }]], ['requestHeaders', { remove: ['a'] }], ['mirror', []]] as const).map(([field, value]): [string, Parts, string] => [
    `${field} of a route`, { route: { [field]: value } }, `/listeners/0/routes/0/${field}: route 'r' of listener 'in', which has protocol 'tcp', has '${field}', which is about requests; remove it`,
  ]),
  ['a hash of a header', { route: { hash: [{ type: 'header', name: 'a' }] } }, '/listeners/0/routes/0/hash/0/type: route \'r\' of listener \'in\', which has protocol \'tcp\', hashes by \'header\', which only requests have; use \'sourceAddress\''],
  ['retries by status', { route: { retry: { on: ['gatewayError'] } } }, '/listeners/0/routes/0/retry/on: route \'r\' of listener \'in\', which has protocol \'tcp\', has \'on\', but nothing is sent again once a connection is made; use \'maxRetries\' for how often connecting is'],
  ...(['leastResponseTime', 'adaptive', 'clientSideWeightedRoundRobin'] as const).map((type): [string, Parts, string] => [
    type, { cluster: { loadBalancing: { type } } },
    `/clusters/0/loadBalancing/type: cluster 'a' has protocol 'tcp', and '${type}' goes by responses, of which TCP has none; use one of 'roundRobin', 'random', 'weightedRoundRobin', 'leastRequest', 'ringHash', 'maglev', 'rendezvous'`,
  ]),
  ['weights by observation', { cluster: { dynamicWeights: { source: 'observed' } } }, '/clusters/0/dynamicWeights: cluster \'a\' has protocol \'tcp\' and \'dynamicWeights\', which is about requests; remove it, and give endpoints weights'],
  ['a limit on requests', { cluster: { maxRequests: 1 } }, '/clusters/0/maxRequests: cluster \'a\' has protocol \'tcp\' and \'maxRequests\', which is about requests; use \'maxConnections\''],
  ['an idle time of unused connections', { cluster: { idleTimeoutMs: 1 } }, '/clusters/0/idleTimeoutMs: cluster \'a\' has protocol \'tcp\' and \'idleTimeoutMs\', which is about requests; remove it; \'tcp.idleTimeoutMs\' of the listener ends connections on which nothing passes'],
  ['a check by HTTP', { cluster: { healthCheck: { type: 'http', path: '/' } } }, '/clusters/0/healthCheck/type: cluster \'a\' has protocol \'tcp\', and health checks of type \'http\' send requests; use a check of type \'tcp\''],
  ['ejection by latency', { cluster: { outlierDetection: { latencyFactor: 3 } } }, '/clusters/0/outlierDetection/latencyFactor: cluster \'a\' has protocol \'tcp\', and TCP has no response times; remove \'latencyFactor\'. Endpoints are ejected when connections to them fail'],
  ['a cluster of HTTP', { cluster: { protocol: 'http1' } }, '/listeners/0/routes/0/split/0/cluster: listener \'in\' has protocol \'tcp\', but cluster \'a\' has \'http1\'; give both \'tcp\', or neither'],
  ['a listener of HTTP', { listener: { protocol: 'http2' } }, '/listeners/0/routes/0/split/0/cluster: listener \'in\' has protocol \'http2\', but cluster \'a\' has \'tcp\'; give both \'tcp\', or neither'],
  ['times beside HTTP', { listener: { protocol: 'http1', tcp: {} }, cluster: { protocol: 'http1' } }, '/listeners/0/tcp: listener \'in\' has \'tcp\', but its protocol is \'http1\'; remove it, or set protocol to \'tcp\''],
  ['PROXY headers beside HTTP', { listener: { protocol: 'http1' }, cluster: { protocol: 'http1', proxyProtocol: 'v2' } }, '/clusters/0/proxyProtocol: cluster \'a\' has \'proxyProtocol\', but protocol \'http1\', whose connections carry requests of many clients; remove it, or set protocol to \'tcp\''],
])('%s is a mistake', (_, parts, mistake) => {
  expect(mistakesOf(parts)).toEqual([mistake]);
});

test('several mistakes are told together', () => {
  expect(mistakesOf({ listener: { path: {} }, route: { timeoutMs: 5 }, cluster: { maxRequests: 1 } })).toHaveLength(3);
});

test('what is left open: an hour without a byte, no end by age, no timeout, and no ejection by latency', () => {
  const { listeners: [listener], clusters: [cluster] } = withDefaults(document({}));
  expect(listener!.tcp).toEqual({ idleTimeoutMs: 3_600_000, maxDurationMs: 0, readServerName: false });
  expect(listener!.routes[0]).toMatchObject({ timeoutMs: 0, meshFields: false, retry: { maxRetries: 2, on: [], silenceMs: 0 } });
  expect(cluster).toMatchObject({ connectTimeoutMs: 1_000, outlierDetection: { latencyFactor: 0, consecutiveGatewayErrors: 5 } });
  expect(withDefaults(document({ listener: { protocol: 'http1' }, cluster: { protocol: 'http1' } })).listeners[0]).not.toHaveProperty('tcp');
});

test('a proxy must know TCP, and the PROXY protocol that it is to send, to run such a document', () => {
  expect(requirementsOf(document({}))).toEqual(['protocol']);
  expect(requirementsOf(document({ cluster: { proxyProtocol: 'v2' } }))).toEqual(['protocol', 'proxyProtocol']);
});

describe('TLS that passes through by its server name', () => {
  const outbound = { direction: 'outbound', address: '127.0.0.2', tcp: { readServerName: true } } as const;
  const routesOf = (...hosts: string[]): RouteConfig[] => hosts.map((host) => ({ name: host, split: [{ cluster: 'a', weight: 1 }], matches: [{ hosts: [host] }] }));

  test('is nothing for a proxy that would take connections of any kind', () => {
    expect(requirementsOf(document({ listener: outbound }))).toEqual(['protocol', 'readServerName']);
  });

  test.each<[string, Parts]>([
    ['no conditions', { listener: outbound }],
    ['hosts', { listener: { ...outbound, routes: [...routesOf('a.example', '*.example', 'example'), { name: 'rest', split: [{ cluster: 'a', weight: 1 }] }] } }],
    ['no address, as of a gateway', { listener: { ...outbound, address: undefined, clients: { maxConnections: 5 } } as Partial<ListenerConfig> }],
  ])('with %s is sound', (_, parts) => {
    expect(mistakesOf(parts)).toEqual([]);
  });

  test.each<[string, Parts, string]>([
    ['direction inbound', { listener: { tcp: { readServerName: true } } }, '/listeners/0/tcp/readServerName: listener \'in\' has \'tcp.readServerName\' and direction \'inbound\', where a connection leads to one app; remove it: the app gets the bytes of TLS as they are'],
    ['TLS that ends', { listener: { ...outbound, tls: { certificates: [{ certificateFile: '/a', keyFile: '/b' }] } } }, '/listeners/0/tls: listener \'in\' has \'tcp.readServerName\', by which the client\'s TLS passes through, and \'tls\', by which it would end here; remove one of the two'],
    ['a path', { listener: outbound, route: { matches: [{ hosts: ['a.example'], path: { type: 'prefix', value: '/' } }] } }, '/listeners/0/routes/0/matches/0/path: route \'r\' of listener \'in\', which has \'tcp.readServerName\', has a condition of \'path\', which the client\'s TLS hides; use \'hosts\' alone'],
    ['an address', { listener: outbound, route: { matches: [{ hosts: ['a.example'] }, { hosts: ['a.b', '10.0.0.1'] }] } }, '/listeners/0/routes/0/matches/1/hosts/1: route \'r\' of listener \'in\', which has \'tcp.readServerName\', has the host \'10.0.0.1\', and clients of TLS never ask for an address (RFC 6066); use a host name, or a route without conditions'],
    ['TLS in TLS', { listener: outbound, cluster: { tls: { serverName: 'a.example' } } }, '/listeners/0/routes/0/split/0/cluster: route \'r\' of listener \'in\', which has \'tcp.readServerName\', leads to cluster \'a\', which has \'tls\'; the client\'s own TLS would be within it; remove \'tls\' of the cluster'],
    ['header changes', { listener: outbound, route: { requestHeaders: { remove: ['a'] } } }, '/listeners/0/routes/0/requestHeaders: route \'r\' of listener \'in\', which has protocol \'tcp\', has \'requestHeaders\', which is about requests; remove it'],
    ['another protocol', { listener: { ...outbound, protocol: 'http1' }, cluster: { protocol: 'http1' } }, '/listeners/0/tcp: listener \'in\' has \'tcp\', but its protocol is \'http1\'; remove it, or set protocol to \'tcp\''],
  ])('can\'t have %s', (_, parts, message) => {
    expect(mistakesOf(parts)).toEqual([message]);
  });
});
