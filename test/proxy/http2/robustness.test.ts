/** What clients of HTTP/2 must not be able to do, and what becomes of those that try. Frames are made by hand. */
import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ErrorCode, FrameType } from '../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../support/cleanups';
import { block, frame, FrameEnd, GET, PREFACE, settings, uint32 } from '../../support/http2-frames';
import { sampleOf } from '../../support/prometheus';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const END_STREAM = 1;
const END_HEADERS = 4;
const WHOLE = END_STREAM | END_HEADERS;

interface Set {
  readonly proxy: TestProxy;
  readonly seen: readonly IncomingMessage[];
  connect(...first: readonly Buffer[]): Promise<FrameEnd>;
}

/** A proxy in front of an app that answers at once. */
async function start(options: TestProxyOptions = {}, answers = true): Promise<Set> {
  const seen: IncomingMessage[] = [];
  const app = createServer((request, response) => {
    seen.push(request);
    if (answers) response.end('ok');
  });
  await new Promise<void>((resolve) => { app.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { app.closeAllConnections(); app.close(); });
  const proxy = await startProxy([(app.address() as AddressInfo).port], { protocol: 'http2', ...options });
  cleanups.push(() => proxy.proxy.close());
  return {
    proxy,
    seen,
    connect: async (...first) => {
      const client = await FrameEnd.to(proxy.port, ...first);
      cleanups.push(() => client.close());
      return client;
    },
  };
}

const request = (streamId: number, fields: Parameters<typeof block>[0] = GET, flags = WHOLE): Buffer => (
  frame(FrameType.HEADERS, flags, streamId, block(fields)));
const ids = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i * 2 + 1);
const status = (client: FrameEnd, streamId: number): string | undefined => client.of(FrameType.HEADERS, streamId)[0]?.payload.toString('hex', 0, 1);
const OK = '88';

describe('floods end the connection with ENHANCE_YOUR_CALM', () => {
  it.each<[string, string, (client: FrameEnd) => void]>([
    ['streams that are opened and reset (CVE-2023-44487)', 'maxStreamResets', (client) => {
      for (const id of ids(40)) client.send(request(id), frame(FrameType.RST_STREAM, 0, id, uint32(ErrorCode.CANCEL)));
    }],
    ['streams that the proxy is made to reset (CVE-2025-8671)', 'maxStreamResets', (client) => {
      for (const id of ids(40)) client.send(request(id, GET, END_HEADERS), frame(FrameType.WINDOW_UPDATE, 0, id, uint32(0)));
    }],
    ['malformed requests', 'maxStreamResets', (client) => {
      for (const id of ids(40)) client.send(request(id, [...GET, ['Upper', 'x']]));
    }],
    ['pings', 'maxIdleFrames', (client) => client.send(...Array.from({ length: 200 }, () => frame(FrameType.PING, 0, 0, Buffer.alloc(8))))],
    ['settings', 'maxIdleFrames', (client) => client.send(...Array.from({ length: 200 }, () => settings()))],
    ['priorities', 'maxIdleFrames', (client) => (
      client.send(...Array.from({ length: 200 }, () => frame(FrameType.PRIORITY, 0, 1, Buffer.alloc(5)))))],
    ['unknown frames', 'maxIdleFrames', (client) => client.send(...Array.from({ length: 200 }, () => frame(0x42, 0, 0)))],
    ['empty data', 'maxIdleFrames', (client) => (
      client.send(request(1, GET, END_HEADERS), ...Array.from({ length: 200 }, () => frame(FrameType.DATA, 0, 1))))],
    ['credit that nothing was sent for', 'maxIdleFrames', (client) => (
      client.send(...Array.from({ length: 300 }, () => frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1)))))],
    ['a header block without an end (CVE-2024-27316)', 'maxHeadBytes', (client) => (
      client.send(frame(FrameType.HEADERS, 0, 1, block(GET)), ...Array.from({ length: 40 }, () => frame(FrameType.CONTINUATION, 0, 1, block([['a', 'b']])))))],
  ])('%s', async (_, limit, attack) => {
    const { proxy, connect } = await start({ limits: { maxStreamResets: 20, maxIdleFrames: 100 } }, false);
    const client = await connect();
    attack(client);
    await until('it is closed', () => client.closed);
    expect(client.goAway).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    expect(sampleOf(proxy.metrics(), `mesh_limit_reached_total{limit="${limit}"}`)).toBeGreaterThan(0);
    expect(sampleOf(proxy.metrics(), 'mesh_http2_connections_failed_total{listener="test",code="ENHANCE_YOUR_CALM"}')).toBe(1);
  });

  it('and what was under way for it ends at the app, too', async () => {
    const { proxy, connect, seen } = await start({ limits: { maxStreamResets: 20 } }, false);
    const client = await connect();
    client.send(request(1));
    await until('it has arrived', () => seen.length === 1);
    for (const id of ids(60).slice(1)) client.send(request(id), frame(FrameType.RST_STREAM, 0, id, uint32(ErrorCode.CANCEL)));
    await until('the app hears of it', () => seen[0]!.destroyed);
    expect(sampleOf(proxy.metrics(), 'mesh_requests_in_flight{listener="test"}')).toBe(0);
  });
});

describe('a message that could mean something else in HTTP/1.1 is refused, and its connection goes on', () => {
  const [METHOD, SCHEME, PATH, AUTHORITY] = GET;
  it.each<[string, Parameters<typeof block>[0]]>([
    ['a line feed in a value', [...GET, ['x', 'a\nhost: other']]],
    ['a carriage return in a value', [...GET, ['x', 'a\r\n\r\nGET /admin HTTP/1.1']]],
    ['a NUL in a value', [...GET, ['x', 'a\0b']]],
    ['white space around a value', [...GET, ['x', ' a']]],
    ['a capital letter in a name', [...GET, ['X-Upper', 'a']]],
    ['a colon in a name', [...GET, ['a:b', 'c']]],
    ['a space in a name', [...GET, ['a b', 'c']]],
    ['an empty name', [...GET, ['', 'c']]],
    ['a line feed in :path', [METHOD, SCHEME, [':path', '/a\r\nx: y'], AUTHORITY]],
    ['a space in :path', [METHOD, SCHEME, [':path', '/a HTTP/1.1'], AUTHORITY]],
    ['an empty :path', [METHOD, SCHEME, [':path', ''], AUTHORITY]],
    ['a :path that is a URL', [METHOD, SCHEME, [':path', 'http://other/'], AUTHORITY]],
    ['a :path that begins without a slash', [METHOD, SCHEME, [':path', 'a'], AUTHORITY]],
    ['a space in :method', [[':method', 'GET /admin'], SCHEME, PATH, AUTHORITY]],
    ['an :authority with a user', [METHOD, SCHEME, PATH, [':authority', 'user@catalog']]],
    ['an :authority with a slash', [METHOD, SCHEME, PATH, [':authority', 'catalog/x']]],
    ['a Host that differs from :authority', [...GET, ['host', 'other']]],
    ['two :path fields', [...GET, PATH]],
    ['two :method fields', [...GET, METHOD]],
    ['two :authority fields', [...GET, AUTHORITY]],
    ['no :method', [SCHEME, PATH, AUTHORITY]],
    ['no :scheme', [METHOD, PATH, AUTHORITY]],
    ['no :path', [METHOD, SCHEME, AUTHORITY]],
    ['a pseudo-field behind a field', [METHOD, SCHEME, PATH, ['x', 'y'], AUTHORITY]],
    ['an unknown pseudo-field', [...GET, [':other', 'x']]],
    ['a pseudo-field of responses', [...GET, [':status', '200']]],
    ['Connection', [...GET, ['connection', 'x']]],
    ['Transfer-Encoding', [...GET, ['transfer-encoding', 'chunked']]],
    ['Keep-Alive', [...GET, ['keep-alive', 'timeout=5']]],
    ['Proxy-Connection', [...GET, ['proxy-connection', 'close']]],
    ['Upgrade', [...GET, ['upgrade', 'websocket']]],
    ['TE other than trailers', [...GET, ['te', 'gzip']]],
    ['a Content-Length without a body', [...GET, ['content-length', '5']]],
    ['CONNECT with a :path', [[':method', 'CONNECT'], SCHEME, PATH, AUTHORITY]],
  ])('%s', async (_, fields) => {
    const { connect, seen } = await start();
    const client = await connect();
    client.send(request(1, fields), request(3));
    await until('the next request is answered', () => status(client, 3) !== undefined);
    expect(client.resetOf(1)).toBe(ErrorCode.PROTOCOL_ERROR);
    expect(status(client, 3)).toBe(OK);
    expect(seen).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof block>[0], string]>([
    ['two lengths that differ', [...GET, ['content-length', '5'], ['content-length', '6']], '400'],
    ['a length that is no number', [...GET, ['content-length', '+5']], '400'],
    ['no :authority and no Host', [METHOD, SCHEME, PATH], '400'],
    ['CONNECT', [[':method', 'CONNECT'], AUTHORITY], '501'],
    ['more fields than may be', [...GET, ...Array.from({ length: 120 }, (_, i) => [`x-${i}`, ''] as const)], '431'],
    ['longer fields than may be', [...GET, ['x', 'y'.repeat(16_000)], ['x', 'y'.repeat(300)]], '431'],
  ])('%s is answered as in HTTP/1.1', async (_, fields, expected) => {
    const { proxy, connect, seen } = await start({ limits: { maxHeadBytes: 16_384 } });
    const client = await connect();
    client.send(request(1, fields.filter(([name]) => name !== ''), END_HEADERS));
    await until('there is an answer, or none is to come', () => client.of(FrameType.HEADERS, 1).length > 0 || client.closed);
    if (!client.closed) expect(client.of(FrameType.HEADERS, 1)[0]!.payload.toString('latin1')).toContain(expected === '400' ? '' : expected);
    expect(sampleOf(proxy.metrics(), 'mesh_requests_in_flight{listener="test"}')).toBe(0);
    expect(seen).toHaveLength(0);
  });

  it('a body of another length than was announced', async () => {
    const { connect, seen } = await start();
    const client = await connect();
    const length = [...GET, ['content-length', '5']] as const;
    client.send(
      request(1, length, END_HEADERS), frame(FrameType.DATA, END_STREAM, 1, Buffer.from('abc')),
      request(3, length, END_HEADERS), frame(FrameType.DATA, 0, 3, Buffer.from('abcdef')), request(5));
    await until('the next request is answered', () => status(client, 5) !== undefined);
    expect([client.resetOf(1), client.resetOf(3)]).toEqual([ErrorCode.PROTOCOL_ERROR, ErrorCode.PROTOCOL_ERROR]);
    expect(seen.filter(({ complete }) => complete).map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('limits', () => {
  it('a table of fields that unfolds to more than the limit is read, and answered with 431', async () => {
    const { connect, seen } = await start();
    const client = await connect();
    const field = Buffer.concat([Buffer.from('4001', 'hex'), Buffer.from('x'), Buffer.from('7f8117', 'hex'), Buffer.alloc(3_072, 0x79)]);
    client.send(frame(FrameType.HEADERS, WHOLE, 1, Buffer.concat([block(GET), field, Buffer.alloc(8_000, 0xbe)])), request(3));
    await until('the next request is answered', () => status(client, 3) !== undefined);
    expect(client.of(FrameType.HEADERS, 1)[0]!.payload.toString('latin1')).toContain('431');
    expect(seen).toHaveLength(1);
  });

  it('frames of streams that were answered and closed long ago are refused one by one, and the connection goes on', async () => {
    const { connect } = await start();
    const client = await connect();
    for (const id of ids(100)) client.send(request(id));
    await until('all are answered', () => client.of(FrameType.HEADERS).length === 100);
    client.send(frame(FrameType.DATA, 0, 1, Buffer.from('late')), request(201));
    await until('the next request is answered', () => status(client, 201) !== undefined);
    expect(client.resetOf(1)).toBe(ErrorCode.STREAM_CLOSED);
    expect(status(client, 201)).toBe(OK);
  });

  it('memory that a response holds whose client takes nothing of it is given back by a reset', async () => {
    const { proxy, connect } = await start();
    const client = await connect(PREFACE, settings([4, 0]));
    client.send(request(1));
    await until('the head is there', () => client.of(FrameType.HEADERS, 1).length === 1);
    for (const connection of proxy.proxy.listeners.all().flatMap(({ connections }) => [...connections])) connection.breakOff();
    await until('it is reset', () => client.resetOf(1) !== undefined);
    expect(sampleOf(proxy.metrics(), 'mesh_requests_in_flight{listener="test"}')).toBe(0);
  });

  it('streams above the most at a time are refused, and taken when others are over', async () => {
    const { proxy, connect, seen } = await start({ limits: { maxConcurrentStreams: 2 } }, false);
    const client = await connect();
    client.send(request(1), request(3), request(5));
    await until('it is refused', () => client.resetOf(5) !== undefined);
    expect(client.resetOf(5)).toBe(ErrorCode.REFUSED_STREAM);
    expect(sampleOf(proxy.metrics(), 'mesh_limit_reached_total{limit="maxConcurrentStreams"}')).toBe(1);
    await until('the others have arrived', () => seen.length === 2);
    client.send(frame(FrameType.RST_STREAM, 0, 1, uint32(ErrorCode.CANCEL)), request(7));
    await until('it is taken', () => seen.length === 3);
  });

  it('a client that gives no credit is sent nothing more, and its stream ends with the time of a body', async () => {
    const { proxy, connect } = await start({ limits: { bodyTimeoutMs: 50 } });
    const client = await connect(PREFACE, settings([4, 0]));
    client.send(request(1));
    await until('it is reset', () => client.resetOf(1) !== undefined);
    expect(client.of(FrameType.DATA, 1)).toEqual([]);
    expect(sampleOf(proxy.metrics(), 'mesh_limit_reached_total{limit="bodyTimeoutMs"}')).toBe(1);
  });
});

describe('a connection', () => {
  it('may be cut into single bytes', async () => {
    const { connect } = await start();
    const client = await connect(Buffer.alloc(0));
    for (const byte of Buffer.concat([PREFACE, settings(), request(1), request(3, GET, END_HEADERS), frame(FrameType.DATA, END_STREAM, 3, Buffer.from('x'))])) {
      client.send(Buffer.from([byte]));
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    await until('both are answered', () => status(client, 1) !== undefined && status(client, 3) !== undefined);
    expect([status(client, 1), status(client, 3)]).toEqual([OK, OK]);
  });

  it('of HTTP/1.1 is told what is spoken here', async () => {
    const { connect } = await start();
    const client = await connect(Buffer.from('GET / HTTP/1.1\r\nhost: catalog\r\n\r\n'));
    const received: Buffer[] = [];
    client.socket.on('data', (bytes: Buffer) => received.push(bytes));
    await until('it is closed', () => client.closed);
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 400 [^]*wrong_protocol/);
  });

  it('is told at once when the proxy begins to drain, and answered to the end', async () => {
    const { proxy, connect, seen } = await start({ drainMs: 2_000 }, false);
    const client = await connect();
    client.send(request(1));
    await until('it has arrived', () => seen.length === 1);
    const drained = proxy.proxy.drain();
    await until('it is told', () => client.of(FrameType.GOAWAY).length === 1);
    expect(client.of(FrameType.GOAWAY)[0]!.payload.readUInt32BE(0)).toBe(0x7fff_ffff);
    const ping = client.of(FrameType.PING)[0]!;
    // What it has sent before it heard so is answered, too.
    client.send(request(3), frame(FrameType.PING, 1, 0, ping.payload));
    await until('it is told which stream is the last', () => client.of(FrameType.GOAWAY).length === 2);
    expect(client.of(FrameType.GOAWAY)[1]!.payload.readUInt32BE(0)).toBe(3);
    client.send(request(5));
    await until('what is behind it is refused', () => client.resetOf(5) !== undefined);
    expect(client.resetOf(5)).toBe(ErrorCode.REFUSED_STREAM);
    client.close();
    await drained;
  });
});
