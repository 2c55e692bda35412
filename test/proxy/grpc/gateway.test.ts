/** gRPC at the edge, without TLS: real clients at a listener that says that it is spoken there. */
import * as grpc from '@grpc/grpc-js';
import { cleanupsAfterEach } from '../../support/cleanups';
import { EchoClient, echoServer, ended } from '../../support/grpc';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { sampleOf } from '../../support/prometheus';
import { rawClient, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const { status } = grpc;

async function gateway(options: TestProxyOptions = {}): Promise<TestProxy> {
  const { port } = await echoServer(cleanups, { Once: (call, done) => { done(null, Buffer.from(String(call.metadata.get('x-forwarded-for')))); } });
  const proxy = await startProxy([port], {
    protocol: 'http2', loopback: true, route: { timeoutMs: 0, meshFields: false }, ...options, edge: { forwarded: {}, ...options.edge }, cluster: { protocol: 'http2' },
  });
  cleanups.push(() => proxy.proxy.close());
  return proxy;
}

it('calls of all kinds pass, and the app learns whom they are from', async () => {
  const client = new EchoClient(cleanups, (await gateway()).port);
  expect(await client.once('')).toMatchObject({ code: status.OK, messages: ['127.0.0.1'] });
  expect(await client.once('down', {}, 'Down')).toMatchObject({ code: status.OK, messages: ['down'] });
  const both = client.both();
  both.end(Buffer.from('a'));
  expect(await ended(both)).toMatchObject({ code: status.OK, messages: ['a'] });
});

it('what a client may not do, it is told by a status', async () => {
  const client = new EchoClient(cleanups, (await gateway({ edge: { clients: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } } } })).port);
  expect((await client.once('')).code).toBe(status.OK);
  expect(await client.once('')).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: expect.stringContaining('client_rate_limited') as string });
  const denied = new EchoClient(cleanups, (await gateway({ edge: { clients: { deny: ['127.0.0.0/8'] } } })).port);
  expect(await denied.once('')).toMatchObject({ code: status.PERMISSION_DENIED, details: expect.stringContaining('address_denied') as string });
});

it('a connection that is one too many is cut off, and counted', async () => {
  const proxy = await gateway({ edge: { clients: { maxConnections: 1 } } });
  const first = new EchoClient(cleanups, proxy.port);
  expect((await first.once('')).code).toBe(status.OK);
  const second = await rawClient(proxy.port);
  cleanups.push(() => second.socket.destroy());
  expect(await second.closes()).toBe('');
  expect(sampleOf(proxy.metrics(), 'mesh_downstream_connections_refused_total{listener="test",reason="client_connection_limit"}')).toBe(1);
});

it('a client of HTTP/1.1 is told that it is at the wrong port', async () => {
  const proxy = await gateway();
  const client = await rawClient(proxy.port);
  client.send('GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n');
  expect(await client.closes()).toMatch(/^HTTP\/1\.1 400 [^]*wrong_protocol/);
});

it('a load balancer may say before the first byte whom the connection is from', async () => {
  const proxy = await gateway({ edge: { proxyProtocol: { from: ['127.0.0.0/8'] } } });
  const client = await rawClient(proxy.port);
  cleanups.push(() => client.socket.destroy());
  client.send('PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n');
  const session = new EchoClient(cleanups, await relay(client.socket));
  expect(await session.once('')).toMatchObject({ code: status.OK, messages: ['192.0.2.7'] });
  await until('it is counted', () => sampleOf(proxy.metrics(), 'mesh_proxy_protocol_headers_total{listener="test",result="v1"}') === 1);
});

/** A port whose first connection is passed on to a socket that is open already. */
async function relay(to: import('node:net').Socket): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.pipe(to).pipe(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => server.close());
  return (server.address() as { port: number }).port;
}
