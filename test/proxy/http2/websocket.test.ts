/** WebSocket by HTTP/2 (RFC 8441): extended CONNECT from clients and to apps, and what is HTTP/1.1 on one side only. Over real sockets. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, IncomingHttpHeaders, IncomingMessage, request } from 'node:http';
import { ClientHttp2Session, connect, createServer as createHttp2Server, ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { Duplex } from 'node:stream';
import { ErrorCode, FrameType } from '../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { block, frame, FrameEnd, settings, uint32 } from '../../support/http2-frames';
import { sampleOf } from '../../support/prometheus';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const END_HEADERS = 4;
const ENABLE_CONNECT_PROTOCOL = 8;
const CONNECT = [[':method', 'CONNECT'], [':protocol', 'websocket'], [':scheme', 'http'], [':path', '/chat'], [':authority', 'a']] as const;
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** What has opened, on either side. */
interface Opened {
  readonly headers: IncomingHttpHeaders;
  readonly stream: Duplex;
  /** The connection of HTTP/2 that it is on. */
  readonly session?: object | undefined;
}

/** An app, and what was opened at it. */
interface App {
  readonly port: number;
  readonly opened: Opened[];
  readonly requests: IncomingMessage[];
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** @param accepts what it answers to a key */
async function http1App(accepts: (key: string) => string = acceptOf): Promise<App> {
  const opened: Opened[] = [];
  const requests: IncomingMessage[] = [];
  const server = createServer({ allowHalfOpen: true } as object, (got, response) => {
    requests.push(got);
    response.writeHead(got.url === '/refused' ? 403 : 200).end('no WebSocket');
  });
  server.on('upgrade', (got: IncomingMessage, socket: Duplex) => {
    const { headers } = got;
    // What the proxy does not want any more, it resets.
    socket.on('error', () => {});
    if (got.url !== '/chat') {
      socket.end(`HTTP/1.1 ${got.url === '/refused' ? '403 Forbidden' : '200 OK'}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`);
      return;
    }
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\n'
      + `Sec-WebSocket-Accept: ${accepts(headers['sec-websocket-key']!)}\r\n\r\n`);
    opened.push({ headers, stream: socket });
    cleanups.push(() => { socket.destroy(); });
  });
  const port = await listen(server);
  cleanups.push(() => { server.closeAllConnections(); server.close(); });
  return { port, opened, requests };
}

async function http2App(takesConnect = true): Promise<App> {
  const opened: Opened[] = [];
  const sessions: ServerHttp2Session[] = [];
  const server = createHttp2Server({ settings: { enableConnectProtocol: takesConnect } });
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':method'] === 'CONNECT') {
      stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' });
      opened.push({ headers, stream, session: stream.session });
    } else {
      stream.respond({ ':status': 200 });
      stream.end('no WebSocket');
    }
  });
  const port = await listen(server);
  cleanups.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port, opened, requests: [] };
}

async function proxyTo(port: number, options: TestProxyOptions = {}): Promise<TestProxy> {
  const test = await startProxy([port], { protocol: 'http2', ...options });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function sessionOf(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  cleanups.push(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}

/** Opens one by HTTP/2. Its status is in the headers. */
async function openHttp2(port: number, path = '/chat', protocol = 'websocket'): Promise<Opened> {
  const session = await sessionOf(port);
  const stream = session.request({ ':method': 'CONNECT', ':protocol': protocol, ':path': path, ':authority': 'a', 'sec-websocket-version': '13', 'origin': 'http://a' }, { endStream: false });
  stream.on('error', () => {});
  const [headers] = await once(stream, 'response') as [IncomingHttpHeaders];
  return { headers, stream };
}

/** The same by HTTP/1.1. */
async function openHttp1(port: number, more: Record<string, string> = {}): Promise<Opened> {
  const asked = request({
    port, host: '127.0.0.1', path: '/chat', headers: { 'connection': 'upgrade', 'upgrade': 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13', ...more },
  }).end();
  const [response, socket] = await once(asked, 'upgrade') as [IncomingMessage, Duplex];
  socket.on('error', () => {});
  cleanups.push(() => { socket.destroy(); });
  return { headers: response.headers, stream: socket };
}

function collect(stream: Duplex): { bytes: Buffer; ended: boolean; closed: boolean } {
  const seen: ReturnType<typeof collect> = { bytes: Buffer.alloc(0), ended: false, closed: false };
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => { pieces.push(piece); seen.bytes = pieces.length === 1 ? piece : Buffer.concat(pieces); });
  stream.on('end', () => { seen.ended = true; });
  stream.on('close', () => { seen.closed = true; });
  return seen;
}

/** As far as an open WebSocket by HTTP/2 to an app of HTTP/1.1. */
async function opened(options: TestProxyOptions = {}): Promise<{ readonly client: Opened; readonly server: Opened; readonly test: TestProxy }> {
  const app = await http1App();
  const test = await proxyTo(app.port, options);
  const client = await openHttp2(test.port);
  await until('it is open', () => app.opened.length === 1);
  return { client, server: app.opened[0]!, test };
}

const open = (test: TestProxy): number => sampleOf(test.metrics(), 'mesh_tunnels_open{listener="test"}') ?? 0;

describe('it is opened, and bytes pass in both directions until each has ended', () => {
  const VERSIONS = ['http1', 'http2'] as const;
  test.each(VERSIONS.flatMap((client) => VERSIONS.map((app) => [client, app] as const)))('client of %s, app of %s', async (from, to) => {
    const app = await (to === 'http1' ? http1App() : http2App());
    const proxy = await proxyTo(app.port, { protocol: from, cluster: { protocol: to } });

    const client = await (from === 'http1' ? openHttp1(proxy.port) : openHttp2(proxy.port));
    await until('it is open', () => app.opened.length === 1);
    const server = app.opened[0]!;
    const [atClient, atServer] = [collect(client.stream), collect(server.stream)];
    const [up, down] = [randomBytes(700_000), randomBytes(900_000)];
    client.stream.write(up);
    server.stream.write(down);
    await until('all has passed', () => atServer.bytes.length === up.length && atClient.bytes.length === down.length);
    client.stream.end('last');
    await until('the app has the end', () => atServer.ended);
    server.stream.end('words');
    await until('the client has the end', () => atClient.ended);

    expect(atServer.bytes.equals(Buffer.concat([up, Buffer.from('last')]))).toBe(true);
    expect(atClient.bytes.equals(Buffer.concat([down, Buffer.from('words')]))).toBe(true);
    expect(client.headers['sec-websocket-protocol']).toBe('chat');
    expect(client.headers['sec-websocket-accept']).toBe(from === 'http1' ? acceptOf(KEY) : undefined);
    expect(server.headers['sec-websocket-version']).toBe('13');
    expect(server.headers['sec-websocket-key'] === undefined).toBe(to === 'http2');
    await until('it is over', () => sampleOf(proxy.metrics(), 'mesh_requests_in_flight{listener="test"}') === 0);
    expect(open(proxy)).toBe(0);
    expect(proxy.metrics()).toMatch(/mesh_requests_total\{[^}]*method="GET",code="101",reason="-"\} 1/);
  });

  test('between two sidecars that speak HTTP/2 to each other, client and app of HTTP/1.1', async () => {
    const app = await http1App();
    const callee = await proxyTo(app.port, { direction: 'inbound' });
    const caller = await proxyTo(callee.port, { protocol: 'http1', cluster: { protocol: 'http2' }, seed: 2 });

    const client = await openHttp1(caller.port);
    const atClient = collect(client.stream);
    await until('it is open', () => app.opened.length === 1);
    app.opened[0]!.stream.pipe(app.opened[0]!.stream);
    client.stream.end('hello');
    await until('the echo has come', () => atClient.ended);

    expect(atClient.bytes.toString()).toBe('hello');
    expect(client.headers['sec-websocket-accept']).toBe(acceptOf(KEY));
    expect(app.opened[0]!.headers['sec-websocket-key']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(app.opened[0]!.headers['sec-websocket-key']).not.toBe(KEY);
  });
});

test('a length of 0, which HTTP/1.1 allows, is no part of an extended CONNECT', async () => {
  const app = await http1App();
  const callee = await proxyTo(app.port, { direction: 'inbound' });
  const caller = await proxyTo(callee.port, { protocol: 'http1', cluster: { protocol: 'http2' }, seed: 2 });

  const client = await openHttp1(caller.port, { 'content-length': '0' });

  expect(client.headers['sec-websocket-accept']).toBe(acceptOf(KEY));
});

describe('it is not opened', () => {
  test.each([
    ['the app refuses', '/refused', 403, undefined],
    ['the app answers with success and does not switch', '/ignored', 400, 'upgrade_ignored'],
  ])('where %s', async (_, path, status, reason) => {
    const test = await proxyTo((await http1App()).port);
    const { headers } = await openHttp2(test.port, path);
    expect(headers[':status']).toBe(status);
    if (reason !== undefined) expect(headers['proxy-status']).toContain(reason);
    expect(open(test)).toBe(0);
  });

  test('where the proxy itself answers with success', async () => {
    const { headers } = await openHttp2((await proxyTo((await http1App()).port, { routes: [{ name: 'fixed', respond: { status: 200, body: 'hello' } }] })).port);
    expect(headers[':status']).toBe(400);
    expect(headers['proxy-status']).toContain('upgrade_ignored');
  });

  test('where the app does not know the key', async () => {
    const test = await proxyTo((await http1App(() => acceptOf(KEY))).port);
    const { headers } = await openHttp2(test.port);
    expect(headers[':status']).toBe(502);
    expect(headers['proxy-status']).toContain('upstream_protocol_error');
  });

  test('where an app of HTTP/2 does not take extended CONNECT', async () => {
    const app = await http2App(false);
    const test = await proxyTo(app.port, { cluster: { protocol: 'http2' } });
    const { headers } = await openHttp2(test.port);
    expect(headers[':status']).toBe(400);
    expect(headers['proxy-status']).toContain('upgrade_ignored');
    expect(app.opened).toEqual([]);
  });

  test('to another protocol', async () => {
    const app = await http1App();
    const { headers } = await openHttp2((await proxyTo(app.port)).port, '/chat', 'connect-udp');
    expect(headers[':status']).toBe(501);
    expect(headers['proxy-status']).toContain('connect_method_refused');
    expect(app.requests).toEqual([]);
  });

  const without = (name: string): (readonly [string, string])[] => CONNECT.filter(([other]) => other !== name);
  test.each<[string, readonly (readonly [string, string])[]]>([
    ['another method', [[':method', 'GET'], ...without(':method')]],
    ['no scheme', without(':scheme')],
    ['no path', without(':path')],
    ['an authority for a path', [...without(':path'), [':path', 'a:443']]],
    ['two protocols', [...CONNECT, [':protocol', 'websocket']]],
    ['an empty protocol', [...without(':protocol'), [':protocol', '']]],
    ['a line feed in it', [...without(':protocol'), [':protocol', 'websocket\r\nx: y']]],
    ['a list', [...without(':protocol'), [':protocol', 'websocket,h2c']]],
    ['a length', [...CONNECT, ['content-length', '5']]],
    ['fields of HTTP/1.1', [...CONNECT, ['upgrade', 'h2c']]],
    ['user information', [...without(':authority'), [':authority', 'b@a']]],
  ])('by a malformed request: %s', async (_, fields) => {
    const app = await http1App();
    const test = await proxyTo(app.port);
    const client = await FrameEnd.to(test.port);
    cleanups.push(() => client.close());
    client.send(frame(FrameType.HEADERS, END_HEADERS, 1, block(fields)));
    await until('it is reset', () => client.resetOf(1) !== undefined);
    expect(client.resetOf(1)).toBe(ErrorCode.PROTOCOL_ERROR);
    expect([...app.requests, ...app.opened]).toEqual([]);
  });
});

test('a client\'s own key goes no further, and what it sends early is not lost', async () => {
  const app = await http1App();
  const test = await proxyTo(app.port);
  const client = await FrameEnd.to(test.port);
  cleanups.push(() => client.close());
  client.send(frame(FrameType.HEADERS, END_HEADERS, 1, block([...CONNECT, ['sec-websocket-key', KEY]])), frame(FrameType.DATA, 0, 1, Buffer.from('early')), frame(FrameType.DATA, 1, 1, Buffer.from(' bird')));

  await until('it is open', () => app.opened.length === 1);
  const seen = collect(app.opened[0]!.stream);
  await until('the app has the end', () => seen.ended);

  expect(seen.bytes.toString()).toBe('early bird');
  expect(app.opened[0]!.headers['sec-websocket-key']).not.toContain(KEY);
});

test('what breaks on one side is broken on the other, and takes no connection along', async () => {
  const app = await http1App();
  const test = await proxyTo(app.port);
  const client = await FrameEnd.to(test.port);
  cleanups.push(() => client.close());
  for (const id of [1, 3, 5]) client.send(frame(FrameType.HEADERS, END_HEADERS, id, block(CONNECT)));
  await until('all are open', () => app.opened.length === 3);
  const [first, second, third] = app.opened.map(({ stream }) => ({ stream, seen: collect(stream) }));
  const broken = once(first!.stream, 'error');

  client.send(frame(FrameType.RST_STREAM, 0, 1, uint32(ErrorCode.CANCEL)));
  (second!.stream as Duplex & { resetAndDestroy(): void }).resetAndDestroy();
  expect(((await broken)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET');
  await until('the other stream is reset', () => client.resetOf(3) !== undefined);
  client.send(frame(FrameType.DATA, 1, 5, Buffer.from('still here')));
  await until('the third has its end', () => third!.seen.ended);

  expect(client.resetOf(3)).toBe(ErrorCode.CANCEL);
  expect(third!.seen.bytes.toString()).toBe('still here');
  expect(client.closed).toBe(false);
  third!.stream.end();
  await until('all are over', () => open(test) === 0);
});

test('an endpoint that had to see many of them broken off is called on another connection', async () => {
  const app = await http2App();
  // What a burst has used up comes back with time, of which none passes.
  const test = await proxyTo(app.port, { protocol: 'http1', cluster: { protocol: 'http2' }, limits: { maxStreamResets: 10 }, clock: new FakeClock() });
  for (let count = 1; count <= 8; count += 1) {
    const { stream } = await openHttp1(test.port);
    await until('it is open', () => app.opened.length === count);
    const broken = once(app.opened.at(-1)!.stream, 'close');
    (stream as Duplex & { resetAndDestroy(): void }).resetAndDestroy();
    await broken;
  }
  expect(new Set(app.opened.map(({ session }) => session)).size).toBe(2);
});

test('it is broken off when nothing passes for the time of a tunnel', async () => {
  const clock = new FakeClock();
  const { client, test } = await opened({ clock, limits: { tunnelIdleTimeoutMs: 10_000 } });
  const atClient = collect(client.stream);
  clock.advance(11_000);
  await until('the stream is reset', () => atClient.closed);
  expect(test.metrics()).toMatch(/mesh_requests_total\{[^}]*reason="tunnel_timeout"[^}]*\} 1/);
});

test('one whose receiver takes nothing holds no more than a window', async () => {
  const { client, server, test } = await opened({ limits: { maxBufferedBytes: 65_536 } });
  server.stream.pause();
  const before = process.memoryUsage.rss();
  let sent = 0;
  const piece = Buffer.alloc(65_536);
  while (client.stream.write(piece) && sent < 64 * 1_024 * 1_024) sent += piece.length;
  await until('the sender is held back', () => client.stream.writableNeedDrain);
  const seen = collect(server.stream);
  server.stream.resume();
  await until('all has come', () => seen.bytes.length === sent + piece.length);
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1_024 * 1_024);
  expect(open(test)).toBe(1);
});

test('when the proxy has no more time, both sides see an end', async () => {
  const { client, server, test } = await opened({ drainMs: 1_000 });
  const [atClient, atServer] = [collect(client.stream), collect(server.stream)];
  for (const { stream } of [client, server]) stream.once('end', () => stream.end());
  expect(await test.proxy.drain()).toEqual({ cut: 1 });
  await until('both have ended', () => atClient.ended && atServer.ended);
  expect(test.metrics()).toContain('code="101",reason="shutting_down"} 1');
});

test('an endpoint that takes back what it takes has broken the protocol', async () => {
  const app = await http1App();
  const client = await FrameEnd.to((await proxyTo(app.port)).port);
  cleanups.push(() => client.close());
  client.send(settings([ENABLE_CONNECT_PROTOCOL, 1]), settings([ENABLE_CONNECT_PROTOCOL, 0]));
  await until('it is told so', () => client.goAway !== undefined);
  expect(client.goAway).toBe(ErrorCode.PROTOCOL_ERROR);
});
