/** Trailers of requests: what is behind a body reaches the app, between all versions, but for what belongs in a head. Over real sockets. */
import { createServer as createHttp2Server, IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';
import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cleanupsAfterEach } from '../../support/cleanups';
import { Http2Client } from '../../support/http2-client';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

type Version = 'http1' | 'http2';

interface Seen {
  body: string;
  /** By name. */
  trailers: Record<string, unknown>;
}

/** An app that collects what it gets. */
interface App {
  readonly port: number;
  readonly seen: Seen[];
}

async function collect(request: AsyncIterable<Buffer> & { readonly trailers: object }, seen: Seen[]): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  seen.push({ body: Buffer.concat(pieces).toString(), trailers: Object.fromEntries(Object.entries(request.trailers)) });
}

/** @param statuses of the answers, in order; 200 when there are no more */
async function appOf(version: Version, statuses: number[] = []): Promise<App> {
  const seen: Seen[] = [];
  const answer = (response: { writeHead(status: number): { end(text: string): unknown } }): void => { response.writeHead(statuses.shift() ?? 200).end('ok'); };
  if (version === 'http1') {
    const server = createServer((request: IncomingMessage, response) => void collect(request, seen).then(() => answer(response)));
    cleanups.push(() => { server.closeAllConnections(); server.close(); });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return { port: (server.address() as AddressInfo).port, seen };
  }
  const sessions: ServerHttp2Session[] = [];
  const server = createHttp2Server((request, response) => void collect(request, seen).then(() => answer(response)));
  server.on('session', (session) => sessions.push(session));
  cleanups.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { port: (server.address() as AddressInfo).port, seen };
}

async function proxyTo(ports: readonly number[], options: TestProxyOptions): Promise<TestProxy> {
  const test = await startProxy(ports, options);
  cleanups.push(() => test.proxy.close());
  return test;
}

/** Sends a request in one of the versions, and waits for the status of its answer. */
async function send(version: Version, port: number, body: string, trailers: Record<string, string>): Promise<number> {
  if (version === 'http1') {
    const client = await rawClient(port);
    cleanups.push(() => client.socket.destroy());
    const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n${lines}\r\n`);
    return Number((await client.receives('\r\n\r\n')).slice(9, 12));
  }
  const { session } = await Http2Client.to(port);
  cleanups.push(() => session.destroy());
  const stream = session.request({ ':path': '/', ':method': 'POST', ':authority': 'a', 'trailer': 'x-sum' }, { waitForTrailers: true });
  const sent = new Promise<number>((resolve, reject) => {
    stream.on('response', (head: IncomingHttpHeaders & { readonly ':status'?: number }) => resolve(head[':status']!));
    stream.on('error', reject);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
  return sent;
}

const PAIRS: readonly (readonly [client: Version, app: Version])[] = [['http1', 'http1'], ['http1', 'http2'], ['http2', 'http1'], ['http2', 'http2']];

function versions(client: Version, app: Version): TestProxyOptions {
  return { protocol: client, cluster: { protocol: app } };
}

test.each(PAIRS)('trailers follow the body: client of %s, app of %s', async (client, version) => {
  const app = await appOf(version);
  const { port } = await proxyTo([app.port], versions(client, version));

  const statuses = [await send(client, port, 'body', { 'x-sum': '17', 'x-other': 'a b' }), await send(client, port, '', { 'x-sum': '0' }), await send(client, port, 'plain', {})];

  expect(statuses).toEqual([200, 200, 200]);
  expect(app.seen).toEqual([
    { body: 'body', trailers: { 'x-sum': '17', 'x-other': 'a b' } }, { body: '', trailers: { 'x-sum': '0' } }, { body: 'plain', trailers: {} },
  ]);
});

test.each(PAIRS)('they are sent again with the body: client of %s, app of %s', async (client, version) => {
  const app = await appOf(version, [503]);
  const { port } = await proxyTo([app.port, app.port], {
    ...versions(client, version), route: { retry: { maxRetries: 1, methods: 'all' } },
  });

  expect(await send(client, port, 'body', { 'x-sum': '17' })).toBe(200);

  expect(app.seen).toEqual([{ body: 'body', trailers: { 'x-sum': '17' } }, { body: 'body', trailers: { 'x-sum': '17' } }]);
});

test.each<Version>(['http1', 'http2'])('what belongs in a head, or only the proxy may say, goes no further: client of %s', async (client) => {
  const app = await appOf('http1');
  const { port } = await proxyTo([app.port], { ...versions(client, 'http1'), route: { requestHeaders: { remove: ['x-secret'], set: [{ name: 'x-role', value: 'user' }] } } });

  await send(client, port, 'body', {
    'authorization': 'Basic x', 'content-length': '1', 'cookie': 'a=b', 'host': 'b', 'x-forwarded-for': '1.2.3.4', 'x-mesh-caller': 'me', 'x-mesh-deadline-ms': '1',
    'x_mesh_caller': 'me', 'x-secret': 'a', 'X-Role': 'admin', 'traceparent': '00-1', 'x-request-id': '1', 'x-auth-user': 'root', 'x-sum': '17',
  });

  expect(app.seen).toEqual([{ body: 'body', trailers: { 'x-sum': '17' } }]);
});

test('they are announced as the client does it', async () => {
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
  const { port } = await proxyTo([backend.port], {});

  await send('http1', port, 'body', { 'x-sum': '17' });

  await until('all has come', () => backend.received.endsWith('\r\n4\r\nbody\r\n0\r\nx-sum: 17\r\n\r\n'));
  expect(backend.received).toContain('Trailer: x-sum\r\n');
});

test('more of them than a head may have is refused', async () => {
  const app = await appOf('http1');
  const { port } = await proxyTo([app.port], { limits: { maxHeadBytes: 1_024 } });

  expect(await send('http1', port, 'body', { 'x-sum': 'a'.repeat(2_000) })).toBe(431);
  expect(app.seen).toEqual([]);
});
