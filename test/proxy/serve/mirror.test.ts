/** Copies of requests: what is sent, what is not, and that the request itself never notices. */
import type { ProxyConfig, RouteConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface World {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  readonly shadow: RawBackend;
  client(): Promise<RawConnection>;
}

async function setUp(
  mirror: Partial<NonNullable<RouteConfig['mirror']>[number]> = {}, { shadow, original, ...options }: TestProxyOptions & { shadow?: RawBackend; original?: RawBackend } = {},
): Promise<World> {
  const backend = original ?? await RawBackend.answering(() => OK);
  const second = shadow ?? await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close(), () => second.close());
  const cluster = (name: string, port: number): ProxyConfig['clusters'][number] => (
    { name, discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port }] } });
  const test = await startProxy([], {
    ...options,
    clusters: [cluster('backend', backend.port), cluster('shadow', second.port)],
    route: { split: [{ cluster: 'backend', weight: 1 }], mirror: [{ cluster: 'shadow', ...mirror }], ...options.route },
  });
  cleanups.push(() => test.proxy.close());
  return {
    test, backend, shadow: second,
    client: async () => {
      const client = await rawClient(test.port);
      cleanups.push(() => client.socket.destroy());
      return client;
    },
  };
}

function results({ test }: World): Record<string, string> {
  return Object.fromEntries([...test.metrics().matchAll(/mesh_mirrored_requests_total\{cluster="shadow",result="(\w+)"\} (\d+)/g)].map(([, result, count]) => [result!, count!]));
}

test('a copy is the request as it is sent on, marked, with its host', async () => {
  const world = await setUp({}, { route: { requestHeaders: { set: [{ name: 'x-a', value: '1' }] }, rewrite: { path: { type: 'prefix', value: '/v2' } } } });
  const client = await world.client();
  client.send('POST /a?b HTTP/1.1\r\nHost: shop\r\nx-mesh-mirror: forged\r\nContent-Length: 4\r\n\r\nbody');
  await client.receives('ok');
  await until('the copy is answered', () => results(world).answered === '1');
  expect(world.shadow.received).toMatch(/^POST \/v2\/a\?b HTTP\/1\.1\r\nHost: shop\r\n[^]*x-a: 1\r\n[^]*x-mesh-mirror: true\r\n[^]*\r\n\r\nbody$/);
  expect(world.shadow.received).not.toContain('forged');
  expect(world.backend.received).not.toContain('x-mesh-mirror');
  expect(world.test.metrics()).toContain('mesh_mirrored_requests_in_flight 0');
});

test('an app is told that it got a copy', async () => {
  const backend = await RawBackend.answering(() => OK);
  const test = await startProxy([backend.port], { direction: 'inbound' });
  cleanups.push(() => test.proxy.close(), () => backend.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send('GET / HTTP/1.1\r\nHost: a\r\nx-mesh-mirror: true\r\n\r\n');
  await client.receives('ok');
  expect(backend.received).toContain('x-mesh-mirror: true\r\n');
});

test('a body that comes in pieces is copied whole, in chunks as the original', async () => {
  const world = await setUp({}, { original: await RawBackend.start() });
  const client = await world.client();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
  await until('the first piece is sent on', () => world.backend.received.includes('one'));
  expect(world.shadow.connections).toHaveLength(0);
  client.send('3\r\ntwo\r\n0\r\n\r\n');
  await until('the copy is answered', () => results(world).answered === '1');
  expect(world.shadow.received).toMatch(/\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
});

test.each([
  ['by its length', 'Content-Length: 9\r\n\r\n123456789'],
  ['as it comes', 'Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n'],
])('a body that is too long, %s, is not copied', async (_, rest) => {
  const world = await setUp({ maxBodyBytes: 8 });
  const client = await world.client();
  client.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
  await client.receives('ok');
  expect(results(world)).toEqual({ body_too_large: '1' });
  expect(world.shadow.connections).toHaveLength(0);
});

test('a request that ends early is not copied', async () => {
  const world = await setUp();
  const client = await world.client();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123');
  await until('the first piece is sent on', () => world.backend.received.includes('123'));
  client.reset();
  await until('the copy is given up', () => results(world).incomplete === '1');
  expect(world.test.metrics()).toContain('mesh_mirrored_requests_in_flight 0');
});

test('a mirror that is not there, is silent, or breaks off fails nobody', async () => {
  const gone = await RawBackend.start();
  await gone.close();
  const world = await setUp({}, { shadow: { port: 1, close: () => {}, connections: [], received: '' } as unknown as RawBackend });
  const client = await world.client();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('ok');
  await until('the copy has failed', () => results(world).failed === '1');

  const breaking = await setUp({}, { shadow: await RawBackend.answering((_, connection) => {
    setImmediate(() => connection.reset());
    return 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n';
  }) });
  const other = await breaking.client();
  other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await other.receives('ok');
  await until('the copy has failed', () => results(breaking).failed === '1');
});

test('a mirror that never answers holds no more copies than the limit, and no request', async () => {
  const world = await setUp({}, { shadow: await RawBackend.start(), limits: { maxMirroredRequests: 2 } });
  const client = await world.client();
  for (let i = 1; i <= 5; i += 1) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(`response ${i}`, () => client.received.split('ok').length - 1 === i);
  }
  expect(results(world)).toEqual({ limit: '3' });
  expect(world.test.metrics()).toContain('mesh_mirrored_requests_in_flight 2');
  expect(world.test.metrics()).toContain('mesh_limit_reached_total{limit="maxMirroredRequests"} 3');
});

test('a part of the requests is copied', async () => {
  const world = await setUp({ percent: 25 });
  const client = await world.client();
  for (let i = 1; i <= 200; i += 1) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(`response ${i}`, () => client.received.split('ok').length - 1 === i);
  }
  await until('copies are answered', () => world.test.metrics().includes('mesh_mirrored_requests_in_flight 0'));
  expect(Number(results(world).answered)).toBeGreaterThan(30);
  expect(Number(results(world).answered)).toBeLessThan(70);
});

test('a request that offers another protocol is not copied', async () => {
  const world = await setUp();
  const client = await world.client();
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.receives('ok');
  expect(results(world)).toEqual({ upgrade: '1' });
});
