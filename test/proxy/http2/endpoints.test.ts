/** What endpoints of HTTP/2 see of the proxy, and what becomes of what they must not do. Frames are made by hand. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { ErrorCode, FrameType } from '../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { block, Frame, frame, FrameEnd, settings, uint32 } from '../../support/http2-frames';
import { sampleOf } from '../../support/prometheus';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { rawClient, RawConnection, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const END_STREAM = 1;
const END_HEADERS = 4;
const WHOLE = END_STREAM | END_HEADERS;
const GET = 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n';

interface Endpoint {
  readonly port: number;
  readonly connections: FrameEnd[];
}

/** Answers the head of each request with these frames. */
async function endpoint(answer: (streamId: number, head: Frame) => readonly Buffer[]): Promise<Endpoint> {
  const connections: FrameEnd[] = [];
  const server = createServer((socket) => {
    const end = FrameEnd.at(socket);
    connections.push(end);
    let answered = 0;
    socket.on('data', () => {
      const heads = end.of(FrameType.HEADERS);
      for (const head of heads.slice(answered)) end.send(...answer(head.streamId, head));
      answered = heads.length;
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { for (const connection of connections) connection.close(); server.close(); });
  return { port: (server.address() as AddressInfo).port, connections };
}

async function proxyTo(port: number, options: TestProxyOptions = {}): Promise<TestProxy> {
  const proxy = await startProxy([port], { cluster: { protocol: 'http2' }, route: { retry: { maxRetries: 0 } }, ...options });
  cleanups.push(() => proxy.proxy.close());
  return proxy;
}

async function clientOf({ port }: TestProxy): Promise<RawConnection> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  return client;
}

const head = (streamId: number, flags: number, ...fields: readonly (readonly [string, string])[]): Buffer => (
  frame(FrameType.HEADERS, flags, streamId, block([[':status', '200'], ...fields])));

it('an endpoint sees no resets of requests that it has answered, however they end', async () => {
  const app = await endpoint((id) => (id % 4 === 1 ? [head(id, WHOLE)] : [head(id, END_HEADERS), frame(FrameType.DATA, END_STREAM, id, Buffer.from('ok'))]));
  const client = await clientOf(await proxyTo(app.port));
  client.send(GET.repeat(20));
  await until('all are answered', () => client.received.split('HTTP/1.1 200').length === 21);
  expect(app.connections).toHaveLength(1);
  expect(app.connections[0]!.of(FrameType.RST_STREAM)).toEqual([]);
});

it('what is left of a request is given up once it is answered', async () => {
  const app = await endpoint((id) => [head(id, WHOLE)]);
  const client = await clientOf(await proxyTo(app.port));
  client.send('POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 5\r\n\r\nab');
  await client.receives(/200/);
  await until('it is told', () => app.connections[0]!.resetOf(1) !== undefined);
  expect(app.connections[0]!.resetOf(1)).toBe(ErrorCode.CANCEL);
});

it('an empty response that says no length has one in HTTP/1.1, and the answer to HEAD has none', async () => {
  const app = await endpoint((id) => [head(id, WHOLE)]);
  const client = await clientOf(await proxyTo(app.port));
  client.send(GET);
  await client.receives(/^HTTP\/1\.1 200 [^]*\r\ncontent-length: 0\r\n([^]*\r\n)?\r\n$/);
  client.send('HEAD / HTTP/1.1\r\nHost: catalog\r\n\r\n');
  await until('both are answered', () => client.received.split('HTTP/1.1 200').length === 3);
  expect(client.received.split('content-length')).toHaveLength(2);
});

it.each<[string, (id: number) => readonly Buffer[], ...options: TestProxyOptions[]]>([
  ['a capital letter in a name', (id) => [head(id, WHOLE, ['X-Upper', 'a'])]],
  ['no :status', (id) => [frame(FrameType.HEADERS, WHOLE, id, block([['a', 'b']]))]],
  ['a switch of protocols', (id) => [frame(FrameType.HEADERS, END_HEADERS, id, block([[':status', '101']]))]],
  ['an interim response that ends the stream', (id) => [frame(FrameType.HEADERS, WHOLE, id, block([[':status', '103']]))]],
  ['a length that is not kept', (id) => [head(id, WHOLE, ['content-length', '5'])]],
  ['two lengths', (id) => [head(id, WHOLE, ['content-length', '5'], ['content-length', '6'])]],
  ['a field of a connection', (id) => [head(id, WHOLE, ['transfer-encoding', 'chunked'])]],
  ['a head that is longer than the limit', (id) => [head(id, WHOLE, ['a', 'b'.repeat(900)])], { limits: { maxHeadBytes: 960 } }],
  ['a frame that breaks the connection', () => [frame(FrameType.PUSH_PROMISE, 0, 1)]],
])('%s is answered with 502 upstream_protocol_error', async (_, answer, ...[options]) => {
  const app = await endpoint(answer);
  const proxy = await proxyTo(app.port, options);
  const client = await clientOf(proxy);
  client.send(GET);
  await client.receives(/^HTTP\/1\.1 502 [^]*upstream_protocol_error/);
  if (options?.limits?.maxHeadBytes) expect(sampleOf(proxy.metrics(), 'mesh_limit_reached_total{limit="maxHeadBytes"}')).toBe(1);
});

it('a connection on which many requests were given up takes no new ones, and another is made', async () => {
  const app = await endpoint(() => []);
  // What a burst has used up comes back with time, of which none passes.
  const proxy = await proxyTo(app.port, { limits: { maxStreamResets: 10 }, clock: new FakeClock() });
  for (let request = 0; request < 8; request += 1) {
    const client = await clientOf(proxy);
    const arrived = (): number => app.connections.reduce((sum, connection) => sum + connection.of(FrameType.HEADERS).length, 0);
    const before = arrived();
    client.send(GET);
    await until('it has arrived', () => arrived() > before);
    client.socket.destroy();
    await until('it is given up', () => app.connections.reduce((sum, connection) => sum + connection.of(FrameType.RST_STREAM).length, 0) === request + 1);
  }
  expect(app.connections.length).toBeGreaterThan(1);
  expect(app.connections[0]!.of(FrameType.RST_STREAM).length).toBeLessThanOrEqual(6);
});

it('a request that the endpoint refuses before it looks at it is sent again, whatever its method', async () => {
  let requests = 0;
  const app = await endpoint((id) => {
    requests += 1;
    return requests === 1 ? [frame(FrameType.RST_STREAM, 0, id, uint32(ErrorCode.REFUSED_STREAM))] : [head(id, WHOLE)];
  });
  const client = await clientOf(await proxyTo(app.port, { route: {} }));
  client.send('POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 2\r\n\r\nhi');
  await client.receives(/^HTTP\/1\.1 200/);
  expect(requests).toBe(2);
});

it('a WebSocket that the endpoint has opened, and says it has not looked at, is broken off', async () => {
  const ENABLE_CONNECT_PROTOCOL = 8;
  const app = await endpoint((id) => [settings([ENABLE_CONNECT_PROTOCOL, 1]), head(id, END_HEADERS)]);
  const proxy = await proxyTo(app.port);
  const offer = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  // The first one only tells that WebSocket is taken.
  const first = await clientOf(proxy);
  first.send(GET);
  await first.receives(/^HTTP\/1\.1 200/);
  const client = await clientOf(proxy);
  client.send(offer);
  await client.receives(/^HTTP\/1\.1 101/);

  app.connections[0]!.send(frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(ErrorCode.NO_ERROR)])));

  await until('the client is told', () => client.closed);
  expect(sampleOf(proxy.metrics(), 'mesh_tunnels_open{listener="test"}')).toBe(0);
});

it('a cluster that speaks another version from now on is called by that', async () => {
  const app = await endpoint((id) => [head(id, WHOLE)]);
  const proxy = await startProxy([app.port], { route: { retry: { maxRetries: 0 } } });
  cleanups.push(() => proxy.proxy.close());
  const next = { ...proxy.config, clusters: proxy.config.clusters.map((cluster) => ({ ...cluster, protocol: 'http2' as const })) };
  expect(await proxy.proxy.apply(JSON.stringify(next))).toMatchObject({ ok: true });
  const client = await clientOf(proxy);
  client.send(GET);
  await client.receives(/^HTTP\/1\.1 200/);
});
