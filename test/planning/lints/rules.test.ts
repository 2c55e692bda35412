/** Each rule at its boundary: what breaks it, with the arithmetic, and what is just within it. */
import { lint, MeshFacts, RULES } from '../../../src/planning/lints';
import { broken, meshOf, pair, row, saidBy } from './mesh';

/** Nothing is looked for but latency. */
const NO_ERRORS = { consecutiveGatewayErrors: 0, consecutiveServerErrors: 0, successRateMarginPercent: 0 };

interface Case {
  readonly breaks: MeshFacts;
  readonly says: string;
  readonly keeps: readonly MeshFacts[];
}

/** For each rule: a mesh that breaks it, what is said, and a mesh that doesn't by a hair's breadth. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
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
    says: 'web -> catalog: timeout 300 ms < 15000 ms of catalog -> db: when the caller has given up, the app works on unless it heeds x-mesh-deadline-ms; '
      + 'give catalog -> db a timeout of 300 ms or less, or this call a longer one',
    keeps: [
      meshOf({ web: { calls: { catalog: { route: { timeoutMs: 300 } } } }, catalog: { calls: { db: { route: { timeoutMs: 300 } } } }, db: {} }),
      meshOf({ web: { calls: { catalog: { route: { timeoutMs: 0 } } } }, catalog: { calls: { db: {} } }, db: {} }),
    ],
  }, {
    breaks: meshOf({ web: { calls: { catalog: {} } }, catalog: { calls: { db: { route: { timeoutMs: 0 } } } }, db: {} }),
    says: 'timeout 15000 ms < no timeout of catalog -> db',
    keeps: [],
  }],
  'retry-amplification': [{
    breaks: row(5),
    says: 's0 -> s1 -> s2 -> s3 -> s4: (1 + 2) x (1 + 2) x (1 + 2) x (1 + 2) = 81 tries at the end for one request, more than 27',
    keeps: [row(4), row(8, { route: { retry: { maxRetries: 0 } } })],
  }, {
    breaks: row(3, { route: { retry: { maxRetries: 4 }, hedge: {} } }),
    says: 's0 -> s1 -> s2: (1 + 5) x (1 + 5) = 36 tries at the end',
    keeps: [row(3, { route: { retry: { maxRetries: 4 } } })],
  }],
  'retry-load': [{
    breaks: row(5),
    says: '(1 + 0.2) x (1 + 0.2) x (1 + 0.2) x (1 + 0.2) = 2.07 times the load at the end while everything fails, more than 2',
    keeps: [row(4), row(2, { cluster: { retryBudget: { percent: 100 } } })],
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
  'slow-start-autoscaler': [{
    breaks: pair({ cluster: { slowStart: { windowMs: 15_001 } } }, { pods: [2, 6], scaleUpCycleMs: 15_000 }),
    says: 'slow start 15001 ms > 15000 ms from one scale-up to the next',
    keeps: [
      pair({ cluster: { slowStart: { windowMs: 15_000 } } }, { pods: [2, 6], scaleUpCycleMs: 15_000 }),
      pair({ cluster: { slowStart: { windowMs: 15_001 } } }, { pods: [2, 2], scaleUpCycleMs: 15_000 }),
      pair({ cluster: { slowStart: { windowMs: 15_001 } } }),
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
};

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

describe('lint', () => {
  test('GIVEN defaults, finds nothing', () => {
    const mesh = meshOf({ web: { calls: { catalog: {}, cart: {} } }, catalog: { pods: 1 }, cart: { pods: [2, 20], scaleUpCycleMs: 15_000 } });
    expect(broken(mesh)).toEqual([]);
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
    const wide = meshOf({ a: { calls: { b: {} } }, b: { calls: { c: {} } }, c: { calls: { d: {} } }, d: { calls: { e: {}, a: {} } }, e: {} });
    expect(saidBy('retry-amplification', wide)).toEqual([expect.stringContaining('a -> b -> c -> d -> ')]);
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
