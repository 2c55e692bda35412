/** A switch of protocols: the handshake, and the tunnel behind it, over real sockets. */
import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const ASK = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n';

const cleanups = cleanupsAfterEach();

interface Peers {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  readonly client: RawConnection;
}

type Options = Pick<TestProxyOptions, 'limits' | 'drainMs' | 'clock'>;

async function setUp(answer: string, options: Options = {}): Promise<Peers> {
  const backend = await RawBackend.start((connection) => connection.socket.once('data', () => connection.send(answer)));
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], options);
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return { test, backend, client };
}

/** As far as an open tunnel, with nothing of the handshake left in what either side records. */
async function tunnel(options?: Options): Promise<Peers & { readonly server: RawConnection }> {
  const peers = await setUp(SWITCH, options);
  peers.client.send(ASK);
  await peers.client.receives('\r\n\r\n');
  const server = await peers.backend.connection();
  server.received = '';
  peers.client.received = '';
  return { ...peers, server };
}

function gone(connection: RawConnection): Promise<void> {
  return until('the connection is closed', () => connection.closed);
}

describe('the handshake', () => {
  test('is said anew in both directions', async () => {
    const { client, backend } = await setUp(SWITCH);
    client.send(ASK);
    expect(await client.receives('\r\n\r\n')).toBe('HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: y\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    expect(backend.received).toMatch(/^GET \/chat HTTP\/1\.1\r\nHost: a\r\nSec-WebSocket-Key: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-mesh-via: out-\w{8}\r\nx-mesh-deadline-ms: \d+\r\n\r\n$/);
  });

  test.each([
    ['one of several', 'a, b/2', 'b/2'],
    ['in another case', 'websocket', 'WebSocket'],
    ['two that are both offered', 'a, b/2, c', 'c, a'],
  ])('switches, given a protocol that was offered: %s', async (_, offered, chosen) => {
    const { client } = await setUp(SWITCH.replace('Upgrade: websocket', `Upgrade: ${chosen}`));
    client.send(ASK.replace('Upgrade: websocket', `Upgrade: ${offered}`));
    expect(await client.receives('\r\n\r\n')).toContain(`\r\nupgrade: ${chosen}\r\n`);
  });

  test.each([
    ['a protocol that was not offered', ASK, SWITCH.replace('websocket', 'h2c')],
    ['another version of it', ASK, SWITCH.replace('websocket', 'websocket/2')],
    ['one that was offered and one that was not', ASK, SWITCH.replace('websocket', 'websocket, h2c')],
    ['no protocol', ASK, SWITCH.replace('Upgrade: websocket\r\n', '')],
    ['an empty protocol', ASK, SWITCH.replace('Upgrade: websocket', 'Upgrade: ')],
    ['no Connection', ASK, SWITCH.replace('Connection: Upgrade\r\n', '')],
    ['Connection without upgrade', ASK, SWITCH.replace('Connection: Upgrade', 'Connection: keep-alive')],
    ['HTTP/1.0', ASK, SWITCH.replace('HTTP/1.1', 'HTTP/1.0')],
    ['no offer', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', SWITCH],
    ['an offer that was not passed on', ASK.replace(/websocket/, 'h2c'), SWITCH.replace('websocket', 'h2c')],
    ['an offer of HTTP/1.0', ASK.replace('HTTP/1.1', 'HTTP/1.0'), SWITCH],
    ['an offer with a body', ASK.replace('\r\n\r\n', '\r\nContent-Length: 1\r\n\r\nx'), SWITCH],
  ])('is answered with 502, and the backend\'s connection closed, when a backend switches, given %s', async (_, ask, answer) => {
    const { client, backend, test } = await setUp(answer);
    client.send(ask);
    await client.receives(/^HTTP\/1\.1 502 [^]*details="upstream_protocol_error"/);
    await until('the backend\'s connection is closed', () => backend.connections[0]!.ended || backend.connections[0]!.closed);
    expect(test.metrics()).toContain('mesh_tunnels_total{listener="test"} 0');
  });

  test.each([
    ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1\.1 200 OK\r\n[^]*ok$/],
    ['426', 'HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n', /\r\nconnection: upgrade\r\nupgrade: websocket\r\n/],
  ])('that a backend refuses with %s is an ordinary request, and what follows is one, too', async (_, answer, expected) => {
    const backend = await RawBackend.answering((head) => (head.includes('/chat') ? answer : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext'));
    cleanups.push(() => backend.close());
    const test = await startProxy([backend.port]);
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    client.send(ASK);
    await client.receives(expected);
    client.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.receives(/next$/);
    expect(backend.connections).toHaveLength(1);
    client.end();
  });

  test('passes interim responses on before it', async () => {
    const { client } = await setUp(`HTTP/1.1 100 Continue\r\n\r\n${SWITCH}`);
    client.send(ASK);
    await client.receives(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 101 /);
  });
});

describe('the tunnel', () => {
  test('passes bytes on as they are, in both directions', async () => {
    const { client, server } = await tunnel();
    client.send('\x81\x00\xff not HTTP\r\n\r\n');
    await server.receives('\x81\x00\xff not HTTP\r\n\r\n');
    server.send('HTTP/1.1 500 no response\r\n\r\n');
    await client.receives('HTTP/1.1 500 no response\r\n\r\n');
    expect([client.received, server.received]).toEqual(['HTTP/1.1 500 no response\r\n\r\n', '\x81\x00\xff not HTTP\r\n\r\n']);
  });

  test('begins with what came right behind the handshake, from either side', async () => {
    const { client, backend } = await setUp(`${SWITCH}first`);
    client.send(`${ASK}early`);
    await client.receives(/\r\n\r\nfirst$/);
    await until('the early bytes arrive', () => /\r\n\r\nearly$/.test(backend.received));
  });

  test.each([1, 3, 7])('begins the same, given the switch in pieces of %d bytes', async (size) => {
    const backend = await RawBackend.start((connection) => connection.socket.once('data', () => {
      const answer = `${SWITCH}first`;
      void (async () => {
        for (let at = 0; at < answer.length; at += size) {
          connection.send(answer.slice(at, at + size));
          await new Promise((resolve) => { setImmediate(resolve); });
        }
      })();
    }));
    cleanups.push(() => backend.close());
    const test = await startProxy([backend.port]);
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    client.send(ASK);
    await client.receives(/^HTTP\/1\.1 101 [^]*\r\n\r\nfirst$/);
    client.socket.destroy();
  });

  test('ends one direction and leaves the other open, whichever ends first', async () => {
    const one = await tunnel();
    one.client.end();
    await until('the backend sees the end', () => one.server.ended);
    one.server.send('last words');
    await one.client.receives('last words');
    expect(one.client.ended).toBe(false);
    one.server.end();
    await gone(one.client);
    await gone(one.server);
    expect([one.client.error, one.server.error]).toEqual([undefined, undefined]);

    const other = await tunnel();
    other.server.end();
    await until('the client sees the end', () => other.client.ended);
    other.client.send('last words');
    await other.server.receives('last words');
    other.client.end();
    await gone(other.server);
    expect(other.server.error).toBeUndefined();
  });

  test('never begins, given a client that ends its side before the switch', async () => {
    const backend = await RawBackend.start();
    cleanups.push(() => backend.close());
    const test = await startProxy([backend.port]);
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    client.send(ASK);
    const server = await backend.connection();
    await server.receives('\r\n\r\n');
    client.end();
    await until('the backend sees the break', () => server.error?.code === 'ECONNRESET');
    await gone(client);
    expect(test.metrics()).toContain('mesh_tunnels_total{listener="test"} 0');
  });

  test('breaks when either side breaks', async () => {
    const one = await tunnel();
    one.client.reset();
    await gone(one.server);
    expect(one.server.error?.code).toBe('ECONNRESET');
    const other = await tunnel();
    other.server.reset();
    await gone(other.client);
    expect(other.client.error?.code).toBe('ECONNRESET');
    await until('the tunnel is over', () => other.test.metrics().includes('mesh_tunnels_open{listener="test"} 0'));
  });

  test('stops flowing when the other side takes nothing, in either direction, and loses nothing', async () => {
    for (const direction of ['up', 'down']) {
      const { client, server } = await tunnel();
      const [from, to] = direction === 'up' ? [client, server] : [server, client];
      to.socket.removeAllListeners('data');
      to.socket.pause();
      const piece = Buffer.alloc(65_536, 'x');
      let written = 0;
      for (;;) {
        written += piece.length;
        if (from.socket.write(piece)) continue;
        const moved = await Promise.race([
          new Promise<boolean>((resolve) => { from.socket.once('drain', () => resolve(true)); }),
          new Promise<boolean>((resolve) => { setTimeout(() => resolve(false), 200); }),
        ]);
        if (!moved) break;
        expect(written).toBeLessThan(64 * 1024 * 1024);
      }
      let received = 0;
      to.socket.on('data', (chunk: Buffer) => { received += chunk.length; });
      to.socket.resume();
      await until('everything arrives', () => received === written);
      client.reset();
      await gone(server);
    }
  });

  test('is broken off when nothing passes for its time, and not while something does', async () => {
    const clock = new FakeClock();
    const { client, server, test } = await tunnel({ limits: { tunnelIdleTimeoutMs: 800 }, clock });
    for (let i = 0; i < 6; i += 1) {
      clock.advance(600);
      const [from, to] = i % 2 === 0 ? [client, server] : [server, client];
      from.send(`ping ${i}`);
      await to.receives(`ping ${i}`);
    }
    expect([client.closed, server.closed]).toEqual([false, false]);
    clock.advance(1_600);
    await gone(client);
    await gone(server);
    expect(test.metrics()).toMatch(/mesh_requests_total\{[^}]*code="101",reason="tunnel_timeout"\} 1\n/);
    expect(test.metrics()).toContain('mesh_limit_reached_total{limit="tunnelIdleTimeoutMs"} 1');
  });

  test('outlives the route\'s timeout and the idle times of connections', async () => {
    const backend = await RawBackend.start((connection) => connection.socket.once('data', () => connection.send(SWITCH)));
    cleanups.push(() => backend.close());
    const clock = new FakeClock();
    const test = await startProxy([backend.port], {
      clock,
      limits: { idleTimeoutMs: 500, headTimeoutMs: 500, bodyTimeoutMs: 500 }, route: { timeoutMs: 500 }, cluster: { idleTimeoutMs: 500 },
    });
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(ASK);
    await client.receives('101');
    clock.advance(900);
    backend.connections[0]!.send('still here');
    await client.receives('still here');
  });

  test('is counted while it is open and when it is over, with what passed', async () => {
    const { client, server, test } = await tunnel();
    client.send('12345');
    await server.receives('12345');
    server.send('123');
    await client.receives('123');
    const open = test.metrics();
    for (const line of ['mesh_tunnels_total{listener="test"} 1', 'mesh_tunnels_open{listener="test"} 1', 'mesh_received_bytes_total{listener="test"} 5', 'mesh_sent_bytes_total{listener="test"} 3', 'mesh_requests_in_flight{listener="test"} 1']) {
      expect(open).toContain(line);
    }
    expect(test.proxy.clusters.get('backend').endpoints[0]!.inFlight).toBe(1);
    client.end();
    server.end();
    await until('it is over', () => test.metrics().includes('mesh_tunnels_open{listener="test"} 0'));
    const over = test.metrics();
    for (const line of ['code="101",reason="-"} 1', 'mesh_received_bytes_total{listener="test"} 5', 'mesh_sent_bytes_total{listener="test"} 3', 'mesh_requests_in_flight{listener="test"} 0', 'mesh_upstream_connections_open{cluster="backend"} 0']) {
      expect(over).toContain(line);
    }
    expect(test.proxy.clusters.get('backend').endpoints[0]!.inFlight).toBe(0);
    expect(test.proxy.context.connections).toBe(0);
  });

  test('lives on while the proxy drains, and ends in order at the end of that time', async () => {
    const { client, server, test } = await tunnel({ drainMs: 3_000 });
    const drained = test.proxy.drain();
    server.send('while draining');
    await client.receives('while draining');
    for (const side of [client, server]) side.socket.once('end', () => side.end());
    expect(await drained).toEqual({ cut: 1 });
    await gone(client);
    await gone(server);
    expect([client.error, server.error]).toEqual([undefined, undefined]);
    expect(test.metrics()).toContain('code="101",reason="shutting_down"} 1');
  });

  test('whose sides do not end when they are told to is broken off', async () => {
    const { client, server, test } = await tunnel({ drainMs: 500 });
    const drained = test.proxy.drain();
    await until('both sides are told', () => client.ended && server.ended);
    server.send('too late');
    expect(await drained).toEqual({ cut: 1 });
    await until('nothing is open', () => test.proxy.context.connections === 0);
    expect(client.received).toBe('');
  });

  test('that ends while the proxy drains lets it stop', async () => {
    const { client, server, test } = await tunnel({ drainMs: 10_000 });
    const drained = test.proxy.drain();
    client.end();
    server.end();
    expect(await drained).toEqual({ cut: 0 });
  });
});

test('node\'s own client switches to what node\'s own server speaks, by way of the proxy', async () => {
  const server = createServer();
  server.on('upgrade', (incoming, socket) => {
    const accept = createHash('sha1').update(`${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    // Node's server takes its own listener away at an upgrade; the proxy breaks this side when the client's is destroyed.
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => server.close());
  const test = await startProxy([(server.address() as AddressInfo).port]);
  cleanups.push(() => test.proxy.close());
  const socket = await new Promise<Socket>((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
    const outgoing = request({ port: test.port, headers });
    outgoing.on('upgrade', (response, upgraded) => {
      expect(response.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      resolve(upgraded as Socket);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
  cleanups.push(() => socket.destroy());
  let echoed = '';
  socket.on('data', (chunk) => { echoed += chunk; });
  socket.write('hello');
  await until('the echo', () => echoed === 'hello');
});
