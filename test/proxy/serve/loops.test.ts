/**
 * Requests that come round, over real sockets and apps that pass on what they get: how a loop is told, and what neither makes one
 * nor costs anything.
 */
import { createServer, request as ask, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { isSentBySidecar, MAX_ENTRIES } from '../../../src/proxy/http1/mesh-via';
import { RequestHead } from '../../../src/proxy/http1/request-head';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let seed = 0;
const cleanups = cleanupsAfterEach();

async function proxyTo(port: number, options: TestProxyOptions = {}): Promise<TestProxy> {
  seed += 1;
  const test = await startProxy([port], { seed, ...options, route: { retry: { maxRetries: 0 }, ...options.route } });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function backendOf(answer = OK): Promise<RawBackend> {
  const backend = await RawBackend.answering(() => answer);
  cleanups.push(() => backend.close());
  return backend;
}

/** What a client gets whose request has these field lines. */
async function get(port: number, fields = ''): Promise<string> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  return client.receives(/\r\n\r\n/);
}

interface App {
  readonly port: number;
  requests: number;
}

/** An app that is a proxy: sends each request, with all of its fields, to the port that `next` names. */
async function passingOn(next: () => number): Promise<App> {
  const server: Server = createServer((incoming, response) => {
    app.requests += 1;
    incoming.resume();
    const outgoing = ask({ port: next(), host: '127.0.0.1', path: incoming.url, headers: incoming.headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const app = { port: (server.address() as AddressInfo).port, requests: 0 };
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return app;
}

/** AddressByName to wherever is said later: what a loop needs. */
class Turn {
  port = 0;
  readonly next = (): number => this.port;
}

/** Makes the static cluster of a proxy lead to another port. */
async function lead(test: TestProxy, port: number): Promise<void> {
  const document = structuredClone(test.config) as { clusters: { discovery: unknown }[] };
  document.clusters[0]!.discovery = { type: 'static', endpoints: [{ address: '127.0.0.1', port }] };
  expect(await test.proxy.apply(JSON.stringify(document))).toMatchObject({ ok: true });
}

const LOOP = /^HTTP\/1\.1 502 [^]*details="loop_detected"/;

describe('a loop', () => {
  test('of a listener that leads to itself', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port);
    await lead(test, test.port);
    expect(await get(test.port)).toMatch(LOOP);
    expect(backend.received).toBe('');
    expect(test.metrics()).toMatch(/reason="loop_detected"\} 1\n/);
  });

  test('over two apps that pass on what they get, each beside a sidecar', async () => {
    const turns = [new Turn(), new Turn()];
    const apps = [await passingOn(turns[0]!.next), await passingOn(turns[1]!.next)];
    const inbound = await Promise.all(apps.map(({ port }) => proxyTo(port, { direction: 'inbound' })));
    const outbound = [await proxyTo(inbound[1]!.port), await proxyTo(inbound[0]!.port)];
    turns.forEach((turn, i) => { turn.port = outbound[i]!.port; });
    expect(await get(inbound[0]!.port)).toMatch(LOOP);
    expect(apps.map(({ requests }) => requests)).toEqual([4, 4]);
  });

  test('over a proxy outside of the mesh, when Via was asked for', async () => {
    const turn = new Turn();
    const outside = await passingOn(turn.next);
    const test = await proxyTo(outside.port, { route: { meshFields: false }, via: true });
    turn.port = test.port;
    expect(await get(test.port)).toMatch(LOOP);
    expect(outside.requests).toBe(4);
  });

  test('does not speak against the endpoint whose sidecar tells it', async () => {
    const backend = await backendOf('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nx-mesh-unsent: loop_detected\r\n'
      + 'proxy-status: shop; error=proxy_loop_detected; details="loop_detected"\r\n\r\n');
    const other = await backendOf();
    const test = await startProxy([backend.port, other.port], {
      route: { retry: { maxRetries: 0 } }, cluster: { outlierDetection: { consecutiveGatewayErrors: 1 } },
    });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 8; i += 1) await get(test.port);
    expect([...backend.received.matchAll(/GET/g)]).toHaveLength(4);
  });
});

describe('no loop', () => {
  test('is a request that passes one sidecar three times', async () => {
    const backend = await backendOf();
    const last = await proxyTo(backend.port, { direction: 'inbound' });
    const outbound = await proxyTo(last.port);
    const turn = new Turn();
    let turns = 0;
    const app = await passingOn(() => (turns++ < 2 ? turn.port : outbound.port));
    const inbound = await proxyTo(app.port, { direction: 'inbound' });
    turn.port = (await proxyTo(inbound.port)).port;
    expect(await get(inbound.port)).toMatch(/^HTTP\/1\.1 200 /);
    expect(app.requests).toBe(3);
    const name = '[0-9a-f]{8}';
    expect(backend.received).toMatch(new RegExp(`\\r\\nx-mesh-via: out-${name}\\.2, in-${name}\\.3, out-${name}, in-${name}\\r\\n`));
  });

  test('can a client make of its request, which does not know the names', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port);
    const names = Array.from({ length: 40 }, (_, i) => `out-${(i % 10).toString(16).padStart(8, '0')}.9`);
    expect(await get(test.port, `x-mesh-via: ${names.join(', ')}\r\nVia: ${'1.1 mesh-ffffffff, '.repeat(10)}1.1 b\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('what is passed on', () => {
  test('is one field with a name for the listener, and no Via', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port);
    await get(test.port);
    expect(backend.received).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: a\r\nx-mesh-via: out-[0-9a-f]{8}\r\nx-mesh-deadline-ms: \d+\r\n\r\n$/);
  });

  test('to who is not of the mesh, is neither the field that it got nor one of its own', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port, { route: { meshFields: false } });
    await get(test.port, 'x-mesh-via: in-0c1d2e3f\r\n');
    expect(backend.received).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });

  test('is of a client\'s field what could be a sidecar\'s, and no more than the limit', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port);
    const names = Array.from({ length: 100 }, (_, i) => `in-${i.toString(16).padStart(8, '0')}`);
    await get(test.port, `x-mesh-via: <script>, ${names.slice(0, 50).join(',')}, in-1\r\nX-Mesh-Via: ${names.slice(50).join(' ,')}, out-00000000.99\r\n`);
    const [, passed = ''] = /\r\nx-mesh-via: ([^\r]*)\r\n/.exec(backend.received) ?? [];
    expect(passed.split(', ').slice(0, -1)).toEqual(names.slice(1 - MAX_ENTRIES));
    expect(passed).toMatch(/, out-[0-9a-f]{8}$/);
  });

  test('is a Via behind those that are there, with the version, when it was asked for', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port, { via: true });
    await get(test.port, 'Via: 1.0 b\r\n');
    expect(backend.received).toMatch(/\r\nVia: 1\.0 b\r\nvia: 1\.1 mesh-[0-9a-f]{8}\r\n/);
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send('GET / HTTP/1.0\r\n\r\n');
    await client.closes();
    expect(backend.received).toMatch(/\r\nvia: 1\.0 mesh-[0-9a-f]{8}\r\n/);
  });

  test('is Via from a new configuration on', async () => {
    const backend = await backendOf();
    const test = await proxyTo(backend.port);
    await get(test.port);
    expect(backend.received).not.toMatch(/^via:/m);
    expect(await test.proxy.apply(JSON.stringify({ ...test.config, via: true }))).toMatchObject({ ok: true });
    await get(test.port);
    expect(backend.received).toMatch(/^via: 1\.1 mesh-/m);
  });
});

test.each([
  ['in-00000001, out-00000002', true],
  ['out-00000002.3', true],
  ['in-00000001', false],
  ['out-00000002, in-00000001.2', false],
  ['out-00000002, x', true],
  ['out-2', false],
])('whether %p is of a request that a sidecar sent last: %p', (value, sent) => {
  const head = new RequestHead(10);
  const buffer = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nx-mesh-via: ${value}\r\n\r\n`);
  expect(head.parse(buffer, 0, buffer.length, DEFAULT_LIMITS)).toBeUndefined();
  expect(isSentBySidecar(buffer, head.fields)).toBe(sent);
});
