/** Fallbacks of a route, on real sockets with a clock that the test moves: every request is counted. */
import type { ClusterConfig, FallbackConfig, WeightedCluster } from '../../../src/contract';
import { systemClock } from '../../../src/proxy/runtime/clock';
import type { DiscoveredEndpoint } from '../../../src/proxy/discovery/source';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { draining, freePort, ready, startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const clusterOf = (service: string): ClusterConfig => ({ name: service, discovery: { type: 'endpointSlice', namespace: 'shop', service } });
const to = (cluster: string, weight = 1): WeightedCluster => ({ cluster, weight });

interface Peers {
  readonly test: TestProxy;
  readonly clock: FakeClock;
  /** Port of a backend that answers with its name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Sends requests one after the other on one connection and counts the answers; what fails counts as such. */
  send(count: number): Promise<Record<string, number>>;
}

/** @param real time passes by itself, for what waits between attempts */
async function setUp(names: readonly string[], fallback: FallbackConfig[], split = [to(names[0]!)], real = false): Promise<Peers> {
  const ports: Record<string, number> = {};
  for (const name of names) {
    const backend = await RawBackend.answering(() => `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
    cleanups.push(() => backend.close());
    ports[name] = backend.port;
  }
  const clock = new FakeClock();
  const test = await startProxy([], { clusters: names.map(clusterOf), route: { split, fallback }, clock: real ? systemClock : clock });
  cleanups.push(() => test.proxy.close());
  for (const name of names) test.sources.push(name, [ready('127.0.0.1', ports[name]!)]);
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  const send = async (count: number): Promise<Record<string, number>> => {
    const seen: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      client.received = '';
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const answer = await client.receives(/\r\n\r\n.+/);
      const [, status, body] = /^HTTP\/1\.1 (\d+)[^]*\r\n\r\n([^]*)$/.exec(answer)!;
      const key = status === '200' ? body! : `failed ${status}`;
      seen[key] = (seen[key] ?? 0) + 1;
    }
    return seen;
  };
  return { test, clock, ports, send };
}

/** So many endpoints at one port, by different loopback addresses; the last ones not ready. */
function several(port: number, up: number, down: number): DiscoveredEndpoint[] {
  return Array.from({ length: up + down }, (_, index) => ({ ...ready(`127.0.0.${index + 1}`, port), ready: index < up }));
}

test('GIVEN endpoints enough, no request goes to the fallback', async () => {
  const { send, test: { metrics } } = await setUp(['primary', 'spare'], [{ split: [to('spare')] }]);
  expect(await send(50)).toEqual({ primary: 50 });
  expect(metrics()).toContain('mesh_fallback_share{listener="test",route="default",level="1"} 0');
  expect(metrics()).toContain('mesh_failovers_total{listener="test",route="default"} 0');
});

test('GIVEN that the service loses all endpoints and has them back, no request fails, and requests return little by little', async () => {
  const { test: { sources, metrics }, clock, ports, send } = await setUp(['primary', 'spare'], [{ split: [to('spare')], recoveryMs: 10_000 }]);
  await send(10);
  sources.push('primary', []);
  expect(await send(50)).toEqual({ spare: 50 });
  expect(metrics()).toContain('mesh_fallback_share{listener="test",route="default",level="1"} 1');
  clock.advance(30_000);
  sources.push('primary', [ready('127.0.0.1', ports['primary']!)]);
  expect(await send(50)).toEqual({ spare: 50 });
  clock.advance(5_000);
  expect(metrics()).toContain('mesh_fallback_share{listener="test",route="default",level="1"} 0.5');
  const half = await send(300);
  expect(Object.keys(half).sort()).toEqual(['primary', 'spare']);
  expect(half['primary']).toBeGreaterThan(100);
  expect(half['primary']).toBeLessThan(200);
  clock.advance(5_000);
  expect(await send(50)).toEqual({ primary: 50 });
  expect(metrics()).toContain('mesh_failovers_total{listener="test",route="default"} 1');
});

test('GIVEN that half of the endpoints are no longer ready, the fallback takes what is missing', async () => {
  const { test: { sources, metrics }, ports, send } = await setUp(['primary', 'spare'], [{ split: [to('spare')] }]);
  sources.push('primary', several(ports['primary']!, 4, 0));
  sources.push('primary', several(ports['primary']!, 2, 2));
  await send(1);
  expect(metrics()).toContain('mesh_fallback_share{listener="test",route="default",level="1"} 0.3');
});

test('GIVEN pods that start, or that drain, nothing moves: they are not missing', async () => {
  const { test: { sources }, ports, send } = await setUp(['primary', 'spare'], [{ split: [to('spare')] }]);
  sources.push('primary', several(ports['primary']!, 1, 9));
  expect(await send(20)).toEqual({ primary: 20 });
  sources.push('primary', [ready('127.0.0.1', ports['primary']!), ...[2, 3, 4].map((n) => draining(`127.0.0.${n}`, ports['primary']!))]);
  expect(await send(20)).toEqual({ primary: 20 });
});

test('GIVEN nothing but an endpoint that drains, the fallback takes all; without one either, the draining one serves', async () => {
  const { test: { sources }, ports, send } = await setUp(['primary', 'spare'], [{ split: [to('spare')] }]);
  sources.push('primary', [draining('127.0.0.1', ports['primary']!)]);
  expect(await send(20)).toEqual({ spare: 20 });
  sources.push('spare', []);
  expect(await send(20)).toEqual({ primary: 20 });
});

test('GIVEN several levels of several versions, each takes over from those before', async () => {
  const { test: { sources }, send } = await setUp(['v1', 'v2', 'other', 'last'], [{ split: [to('other')] }, { split: [to('last')] }], [to('v1', 90), to('v2', 10)]);
  expect(Object.keys(await send(40)).sort()).toEqual(['v1', 'v2']);
  sources.push('v1', []);
  expect(await send(20)).toEqual({ v2: 20 });
  sources.push('v2', []);
  expect(await send(20)).toEqual({ other: 20 });
  sources.push('other', []);
  expect(await send(20)).toEqual({ last: 20 });
  sources.push('last', []);
  expect(await send(2)).toEqual({ 'failed 503': 2 });
});

test('GIVEN endpoints that all refuse connections, and nobody who says so, no request fails', async () => {
  const { test: { sources }, send } = await setUp(['primary', 'spare'], [{ split: [to('spare')] }], [to('primary')], true);
  const dead = await freePort();
  for (const count of [1, 5]) {
    sources.push('primary', Array.from({ length: count }, (_, index) => ready(`127.0.0.${index + 1}`, dead)));
    expect(await send(20)).toEqual({ spare: 20 });
  }
});

test('GIVEN endpoints of several priorities, those of a higher number get requests only when none of a lower one is left', async () => {
  const { test: { sources }, ports, send } = await setUp(['primary', 'second'], []);
  const endpoints = [{ ...ready('127.0.0.1', ports['primary']!), priority: 1 }, { ...ready('127.0.0.1', ports['second']!), priority: 4 }];
  sources.push('primary', endpoints);
  expect(await send(20)).toEqual({ primary: 20 });
  sources.push('primary', endpoints.slice(1));
  expect(await send(20)).toEqual({ second: 20 });
  sources.push('primary', endpoints.map((endpoint, index) => ({ ...endpoint, priority: 2 - index })));
  expect(await send(20)).toEqual({ second: 20 });
});

test('GIVEN a reload while requests return, they go on returning little by little', async () => {
  const { test: { proxy, config, sources, metrics }, clock, ports, send } = await setUp(['primary', 'spare'], [{ split: [to('spare')], recoveryMs: 10_000 }]);
  await send(1);
  sources.push('primary', []);
  await send(1);
  sources.push('primary', [ready('127.0.0.1', ports['primary']!)]);
  await send(1);
  clock.advance(4_000);
  const route = { ...config.listeners[0]!.routes[0]!, timeoutMs: 9_000 };
  expect(await proxy.apply(JSON.stringify({ ...config, listeners: [{ ...config.listeners[0]!, routes: [route] }] }))).toMatchObject({ ok: true });
  await send(1);
  expect(metrics()).toContain('mesh_fallback_share{listener="test",route="default",level="1"} 0.6');
});
