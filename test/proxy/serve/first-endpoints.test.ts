/** Requests that come before discovery has told any endpoint: they wait for it, within limits. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig } from '../../../src/contract';
import { EXPECTED_MS } from '../../../src/proxy/cluster/first-endpoints';
import { FakeClock } from '../../support/fake-clock';
import { ready, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const PENDING_MS = 3_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

function cluster(name: string, more: Partial<ClusterConfig> = {}): ClusterConfig {
  return { name, discovery: { type: 'endpointSlice', namespace: 'shop', service: name }, ...more };
}

async function setUp(options: TestProxyOptions = {}) {
  const backend = await RawBackend.answering(() => OK);
  const clock = new FakeClock();
  const test = await startProxy([], { clusters: [cluster('catalog')], clock, ...options });
  cleanups.push(() => backend.close(), () => test.proxy.close());
  return { ...test, backend, clock };
}

async function send(test: TestProxy, text = GET): Promise<RawConnection> {
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send(text);
  return client;
}

const waiting = (test: TestProxy, name = 'catalog'): number => test.proxy.clusters.all().find((one) => one.name === name)!.pending;
const waits = (test: TestProxy, count: number, name?: string): Promise<void> => until(`${count} wait`, () => waiting(test, name) === count);

test('requests are answered as soon as there are endpoints', async () => {
  const test = await setUp();
  const clients = await Promise.all(Array.from({ length: 5 }, () => send(test)));
  await waits(test, 5);
  test.sources.push('catalog', [ready('127.0.0.1', test.backend.port)]);
  for (const client of clients) await client.receives('\r\n\r\nok');
  expect(waiting(test)).toBe(0);
});

test('a body that comes meanwhile is sent with its request', async () => {
  const test = await setUp();
  const client = await send(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
  await waits(test, 1);
  client.send('56789');
  test.sources.push('catalog', [ready('127.0.0.1', test.backend.port)]);
  await client.receives('\r\n\r\nok');
  expect(test.backend.received).toMatch(/\r\n\r\n0123456789$/);
});

test('the callee is told the time that is left', async () => {
  const test = await setUp({ route: { timeoutMs: 10_000 } });
  const client = await send(test);
  await waits(test, 1);
  test.clock.advance(1_000);
  test.sources.push('catalog', [ready('127.0.0.1', test.backend.port)]);
  await client.receives('\r\n\r\nok');
  expect(test.backend.received).toMatch(/x-mesh-deadline-ms: 9000\r\n/i);
});

test('the news that there are none is an answer, and the next request is answered at once', async () => {
  const test = await setUp();
  const client = await send(test);
  await waits(test, 1);
  test.sources.push('catalog', []);
  expect(await client.receives('\r\n\r\n')).toMatch(/^HTTP\/1\.1 503 [^]*no_endpoints/);
  const next = await send(test);
  await next.receives('no_endpoints');
});

test('nobody waits longer than a request waits for a connection', async () => {
  const test = await setUp();
  const client = await send(test);
  await waits(test, 1);
  test.clock.advance(PENDING_MS + PENDING_MS / 16);
  await client.receives('no_endpoints');
  expect(waiting(test)).toBe(0);
});

test('when discovery has had its time, requests are answered at once', async () => {
  const test = await setUp();
  test.clock.advance(EXPECTED_MS);
  const client = await send(test);
  await client.receives('no_endpoints');
});

test('no more wait than may wait for a connection', async () => {
  const test = await setUp({ clusters: [cluster('catalog', { maxPendingRequests: 2 })] });
  const clients = [await send(test), await send(test)];
  await waits(test, 2);
  const third = await send(test);
  await third.receives('no_endpoints');
  expect(test.metrics()).toContain('mesh_upstream_limit_reached_total{cluster="catalog",limit="maxPendingRequests"} 1');
  test.sources.push('catalog', [ready('127.0.0.1', test.backend.port)]);
  for (const client of clients) await client.receives('\r\n\r\nok');
});

test('a client that goes away leaves its place', async () => {
  const test = await setUp();
  const client = await send(test);
  await waits(test, 1);
  client.reset();
  await waits(test, 0);
  test.sources.push('catalog', [ready('127.0.0.1', test.backend.port)]);
  expect(test.backend.connections).toHaveLength(0);
});

test('the route\'s timeout holds', async () => {
  const test = await setUp({ route: { timeoutMs: 500 } });
  const client = await send(test);
  await waits(test, 1);
  test.clock.advance(600);
  await client.receives('request_timeout');
  expect(waiting(test)).toBe(0);
});

test('of several clusters, the first with endpoints takes the request', async () => {
  const test = await setUp({ clusters: [cluster('v1'), cluster('v2')] });
  const client = await send(test);
  await waits(test, 1, 'v1');
  test.sources.push('v2', [ready('127.0.0.1', test.backend.port)]);
  const second = await send(test);
  await second.receives('\r\n\r\nok');
  test.sources.push('v1', []);
  await client.receives('\r\n\r\nok');
});

test('a session waits for its own version, and stays there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-sessions-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const keyFile = join(folder, 'keys');
  writeFileSync(keyFile, `${randomBytes(32).toString('base64')}\n`);
  const options = { clusters: [cluster('v1'), cluster('v2')], route: { session: { cookie: 'session', keyFile } } };
  const before = await setUp(options);
  const own = await RawBackend.answering(() => OK.replace('ok', 'v2'));
  cleanups.push(() => own.close());
  before.sources.push('v1', []);
  before.sources.push('v2', [ready('127.0.0.1', own.port)]);
  const cookie = /set-cookie: (session=[^;]*)/i.exec(await (await send(before)).receives('\r\n\r\nv2'))![1]!;

  const after = await setUp(options);
  after.sources.push('v1', [ready('127.0.0.1', after.backend.port)]);
  const client = await send(after, `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\n\r\n`);
  await waits(after, 1, 'v2');
  after.sources.push('v2', [ready('127.0.0.1', own.port)]);
  expect(await client.receives('\r\n\r\nv2')).not.toMatch(/set-cookie/i);
});
