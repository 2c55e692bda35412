/** Limits and waits that contradict each other within one part of the document, or let nothing pass. */
import { ClusterConfig, findBrokenReferences, ProxyConfig, RouteConfig } from '../../src/contract';

const errorsOf = (cluster: Partial<ClusterConfig>, route: Partial<RouteConfig> = {}): string[] => {
  const config: ProxyConfig = {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [{ name: 'out', direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'r', split: [{ cluster: 'a', weight: 1 }], ...route }] }],
    clusters: [{ name: 'a', discovery: { type: 'static', endpoints: [] }, ...cluster }],
  };
  return findBrokenReferences(config).map(({ path, message }) => `${path}: ${message}`);
};

test('GIVEN no request that may wait for a connection THEN it is said why none would be answered', () => {
  expect(errorsOf({ maxPendingRequests: 0 })).toEqual([
    '/clusters/0/maxPendingRequests: cluster \'a\' has \'maxPendingRequests\' 0: no request would ever be answered, as one waits while its connection is being made, '
      + 'too; use at least 1, or leave it out',
  ]);
  expect(errorsOf({ maxPendingRequests: 1 })).toEqual([]);
});

test('GIVEN a limit of an endpoint above that of all THEN it is said that it can\'t be reached', () => {
  expect(errorsOf({ maxRequests: 5, maxRequestsPerEndpoint: 6 })).toEqual([expect.stringContaining('/clusters/0/maxRequestsPerEndpoint: ')]);
  expect(errorsOf({ maxRequests: 5, maxRequestsPerEndpoint: 5 })).toEqual([]);
});

test('GIVEN an ejection that begins above the longest THEN it is refused', () => {
  expect(errorsOf({ outlierDetection: { baseEjectionMs: 60_000, maxEjectionMs: 1_000 } })).toEqual([
    '/clusters/0/outlierDetection/baseEjectionMs: cluster \'a\' has \'baseEjectionMs\' 60000 ms: it never lasts longer than \'maxEjectionMs\', 1000 ms; '
      + 'use that much at most, or raise \'maxEjectionMs\'',
  ]);
  expect(errorsOf({ outlierDetection: { baseEjectionMs: 300_001 } })).toHaveLength(1);
  // A longest one that is shorter than the first by default is obeyed.
  expect(errorsOf({ outlierDetection: { maxEjectionMs: 5_000 } })).toEqual([]);
});

test('GIVEN a wait before a retry above the longest THEN it is refused', () => {
  expect(errorsOf({}, { retry: { backoffMs: 1_000, maxBackoffMs: 10 } })).toEqual([
    '/listeners/0/routes/0/retry/backoffMs: route \'r\' has \'backoffMs\' 1000 ms: it never lasts longer than \'maxBackoffMs\', 10 ms; '
      + 'use that much at most, or raise \'maxBackoffMs\'',
  ]);
  expect(errorsOf({}, { retry: { backoffMs: 251 } })).toHaveLength(1);
  expect(errorsOf({}, { retry: { maxBackoffMs: 10 } })).toEqual([]);
});
