/** The PROXY protocol in front of HTTP and TLS, over real sockets. */
import { connect as connectTls } from 'node:tls';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { makeKeyPair, MountedSecret } from '../../../support/key-pairs';
import { rawClient, RawConnection, until } from '../../../support/raw-http';
import { exchanged, get, startEdge, EdgeTest } from './support';

const cleanups = cleanupsAfterEach();

const V1 = 'PROXY TCP4 192.0.2.7 10.0.0.1 54321 443\r\n';
const V2 = Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a2111000cc00002080a000001d43101bb', 'hex')]).toString('latin1');
const LOCAL = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex').toString('latin1');
const FROM_ALL = { forwarded: {}, proxyProtocol: { from: ['127.0.0.0/8'] } };

const count = (test: EdgeTest, result: string): number | undefined => test.value(`mesh_proxy_protocol_headers_total{listener="test",result="${result}"}`);

async function nothingIsLeft(test: EdgeTest): Promise<void> {
  await until('all connections are gone', () => test.proxy.context.connections === 0);
  expect(test.value('mesh_downstream_connections_open{listener="test"}')).toBe(0);
}

async function client(test: EdgeTest, from?: string): Promise<RawConnection> {
  const connection = await rawClient(test.port, '127.0.0.1', from);
  cleanups.push(() => connection.socket.destroy());
  return connection;
}

test.each([['1', V1, '192.0.2.7', 'v1'], ['2', V2, '192.0.2.8', 'v2'], ['2, local', LOCAL, '127.0.0.1', 'local']])(
  'GIVEN a header of version %s THEN the client is who it says, for all requests of the connection', async (_, header, expected, result) => {
    const test = await startEdge(cleanups, FROM_ALL);
    const connection = await client(test);
    expect(await exchanged(connection, header + get())).toMatch(/^HTTP\/1.1 200/);
    expect(test.got()).toContain(`x-forwarded-for: ${expected}`);
    await exchanged(connection, get('X-Forwarded-For: 6.6.6.6'));
    expect(test.got()).toContain(`x-forwarded-for: ${expected}`);
    expect(count(test, result)).toBe(1);
    connection.end();
    await nothingIsLeft(test);
  },
);

test('GIVEN a header that comes byte by byte THEN it is read, and so is the request behind it', async () => {
  const test = await startEdge(cleanups, FROM_ALL);
  for (const header of [V1, V2]) {
    const connection = await client(test);
    await connection.sendSlowly(header + get());
    await connection.receives(/ok$/);
  }
});

test('GIVEN a header that is split at each byte THEN the request behind it is answered', async () => {
  const test = await startEdge(cleanups, FROM_ALL);
  for (const header of [V1, V2]) {
    for (let at = 1; at < header.length; at += 1) {
      const connection = await client(test);
      connection.send(header.slice(0, at));
      await new Promise((resolve) => { setImmediate(resolve); });
      await exchanged(connection, header.slice(at) + get());
      connection.socket.destroy();
    }
  }
  expect(count(test, 'v1')! + count(test, 'v2')!).toBe(V1.length + V2.length - 2);
});

test('GIVEN a large body behind the header THEN it passes whole, with its backpressure', async () => {
  const test = await startEdge(cleanups, FROM_ALL, {}, () => '');
  const connection = await client(test);
  const body = 'x'.repeat(3_000_000);
  connection.send(`${V1}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await until('all of it is there', () => test.backend.received.length > body.length);
});

test.each([['none', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'], ['a malformed one', 'PROXY TCP4 1.2.3.4\r\n'], ['one of UDP', V2.replace('\x21\x11', '\x21\x12')]])(
  'GIVEN %s THEN the connection is broken off without an answer', async (_, bytes) => {
    const test = await startEdge(cleanups, FROM_ALL);
    const connection = await client(test);
    connection.send(bytes);
    expect(await connection.closes()).toBe('');
    expect(count(test, 'malformed')).toBe(1);
    await nothingIsLeft(test);
    expect(test.backend.received).toBe('');
  },
);

test('GIVEN a header that does not come THEN the connection is broken off in time', async () => {
  const test = await startEdge(cleanups, FROM_ALL, { limits: { headTimeoutMs: 50 } });
  const connection = await client(test);
  connection.send('PROXY ');
  await connection.closes();
  expect(count(test, 'timeout')).toBe(1);
  expect(test.value('mesh_limit_reached_total{limit="headTimeoutMs"}')).toBe(1);
  await nothingIsLeft(test);
});

test('GIVEN a client that goes away before the header THEN nothing is left', async () => {
  const test = await startEdge(cleanups, FROM_ALL);
  const [ended, reset] = [await client(test), await client(test)];
  ended.end();
  reset.send('PROXY');
  reset.reset();
  await until('both are counted', () => count(test, 'closed') === 2);
  await nothingIsLeft(test);
});

test('GIVEN a client that waits with its header WHEN the proxy closes THEN it is cut', async () => {
  const test = await startEdge(cleanups, FROM_ALL);
  const connection = await client(test);
  await until('it counts', () => test.proxy.context.connections === 1);
  test.proxy.close();
  await connection.closes();
});

test('GIVEN another network THEN a header is no request, and a request needs none', async () => {
  const test = await startEdge(cleanups, { forwarded: {}, proxyProtocol: { from: ['127.0.0.2/32'] } });
  expect(await test.ask(get())).toMatch(/^HTTP\/1.1 200/);
  expect(await test.ask(V1 + get())).toMatch(/^HTTP\/1.1 400/);
  expect(await test.ask(V2 + get())).toMatch(/^HTTP\/1.1 400/);
  await test.ask(V1 + get(), '127.0.0.2');
  expect(test.got()).toContain('x-forwarded-for: 192.0.2.7');
});

test.each(['together', 'apart'])('GIVEN TLS behind the header, that come %s THEN the client is who the header says', async (how) => {
  const pair = await makeKeyPair();
  const secret = new MountedSecret(pair.certificate, pair.key);
  cleanups.push(() => secret.remove());
  const test = await startEdge(cleanups, FROM_ALL, { tls: { certificates: [secret.config] } });
  const below = (await client(test)).socket;
  below.removeAllListeners('data');
  if (how === 'together') below.cork();
  below.write(V1);
  const socket = connectTls({ socket: below, rejectUnauthorized: false });
  if (how === 'together') setImmediate(() => below.uncork());
  const connection = new RawConnection(socket);
  await exchanged(connection, get());
  expect(test.got()).toContain('x-forwarded-for: 192.0.2.7');
  expect(test.got()).toContain('x-forwarded-proto: https');
  socket.destroy();
  await nothingIsLeft(test);
});

test('a document is refused that names no network', async () => {
  const test = await startEdge(cleanups, {});
  const listeners = [{ ...test.config.listeners[0], proxyProtocol: { from: ['10.0.0.0/8', '10.0.0.0/40'] } }];
  expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners }))).toMatchObject({
    problems: ["/listeners/0/proxyProtocol/from/1: '10.0.0.0/40' is no network; write an IP address and the number of bits that count, as in 10.0.0.0/8"],
  });
});
