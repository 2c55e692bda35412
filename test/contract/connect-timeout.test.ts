/** How long a connection may take when the document says nothing of it. */
import { ClusterConfig, ProxyConfig, RouteConfig, withDefaults } from '../../src/contract';

const to = (cluster: string): NonNullable<RouteConfig['split']> => [{ cluster, weight: 1 }];
const route = (route: Omit<RouteConfig, 'name'>, index: number): RouteConfig => ({ name: `r${index}`, ...route });

function connectTimeouts(routes: readonly Omit<RouteConfig, 'name'>[], more: Partial<ClusterConfig> = {}): Record<string, number> {
  const config: ProxyConfig = {
    version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [{ name: 'out', direction: 'outbound', address: '127.64.0.1', port: 80, routes: routes.map(route) }],
    clusters: ['a', 'b'].map((name) => ({ name, discovery: { type: 'static', endpoints: [] }, ...more })),
  };
  return Object.fromEntries(withDefaults(config).clusters.map(({ name, connectTimeoutMs }) => [name, connectTimeoutMs]));
}

test('GIVEN routes with time enough, or with no timeout, is a second', () => {
  expect(connectTimeouts([{ split: to('a') }, { split: to('b'), timeoutMs: 0 }])).toEqual({ a: 1_000, b: 1_000 });
  expect(connectTimeouts([{ split: to('a'), timeoutMs: 4_000 }])).toEqual({ a: 1_000, b: 1_000 });
});

test('GIVEN routes with less, is a quarter of the shortest that leads to the cluster', () => {
  expect(connectTimeouts([{ split: to('a'), timeoutMs: 300 }, { split: to('a') }, { split: to('b'), timeoutMs: 2_000 }])).toEqual({ a: 75, b: 500 });
});

test('GIVEN a fallback, counts the time of the route that falls back', () => {
  expect(connectTimeouts([{ split: to('a'), timeoutMs: 400, fallback: [{ split: to('b') }] }, { split: to('b') }])).toEqual({ a: 100, b: 100 });
});

test('GIVEN hardly any time, is as long as a busy proxy may be late', () => {
  expect(connectTimeouts([{ split: to('a'), timeoutMs: 40 }])).toMatchObject({ a: 25 });
});

test('GIVEN a value, is that', () => {
  expect(connectTimeouts([{ split: to('a'), timeoutMs: 300 }], { connectTimeoutMs: 800 })).toEqual({ a: 800, b: 800 });
});
