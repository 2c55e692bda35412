/** TLS that passes through: which route a server name takes, what passes, and who is refused, over real sockets of TLS. */
import { createServer, TLSSocket } from 'node:tls';
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig, RouteConfig } from '../../../../src/contract';
import type { FinishedConnection } from '../../../../src/proxy/telemetry/connection-record';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { helloFor, helloMessage, inRecords, serverNames } from '../../../support/client-hello';
import { FakeClock } from '../../../support/fake-clock';
import { idOf, MountedIdentity, TestAuthority } from '../../../support/identities';
import { makeCertificateFor } from '../../../support/key-pairs';
import { freePort } from '../../../support/ports';
import { sampleOf } from '../../../support/prometheus';
import type { TestProxy, TestProxyOptions } from '../../../support/proxy';
import { until } from '../../../support/raw-http';
import { tlsClient, TlsConnection } from '../../../support/raw-tls';
import { changed, closedFor, tcpClient, tcpProxy, tcpServer, tcpSeries } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const authority = new TestAuthority();
let certificate: { readonly cert: string; readonly key: string };

beforeAll(async () => {
  const made = await makeCertificateFor(['*.example.com', 'example.com']);
  certificate = { cert: made.certificate, key: made.key };
});

/** A server of TLS that says its name and the one that it is asked for, and sends back what comes. */
async function tlsServer(name: string): Promise<number> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...certificate, ALPNProtocols: ['echo'] }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(`${name} for ${String(socket.servername)} by ${String(socket.alpnProtocol)};`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => new Promise((resolve) => { server.close(resolve); }), () => sockets.forEach((socket) => socket.destroy()));
  return (server.address() as AddressInfo).port;
}

function clusterOf(name: string, port: number): ClusterConfig {
  return { name, protocol: 'tcp', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port }] } };
}

function routeOf(cluster: string, ...hosts: string[]): RouteConfig {
  return { name: `to-${cluster}`, split: [{ cluster, weight: 1 }], ...(hosts.length > 0 && { matches: [{ hosts }] }) };
}

/** A proxy with a cluster for each name, in front of a server of that name. */
async function routed(routes: RouteConfig[], options: TestProxyOptions = {}): Promise<TestProxy> {
  const names = [...new Set(routes.flatMap(({ split = [] }) => split.map(({ cluster }) => cluster)))];
  const clusters = await Promise.all(names.map(async (name) => clusterOf(name, await tlsServer(name))));
  return tcpProxy(cleanups, [], { tcp: { readServerName: true }, clusters, routes, ...options });
}

async function client({ port }: Pick<TestProxy, 'port'>, servername: string): Promise<TlsConnection> {
  const connection = await tlsClient(port, { servername, ALPNProtocols: ['echo'] });
  cleanups.push(() => connection.socket.destroy());
  return connection;
}

/** What a client is told that asks for a name. */
async function greeting(proxy: Pick<TestProxy, 'port'>, servername: string): Promise<string> {
  return (await client(proxy, servername)).receives(/;/);
}

function logOf(proxy: TestProxy): FinishedConnection[] {
  const told: FinishedConnection[] = [];
  proxy.proxy.context.onTcpClosed = (connection) => { told.push(connection); };
  return told;
}

const limitReached = (proxy: TestProxy, limit: string): number => sampleOf(proxy.metrics(), `mesh_limit_reached_total{limit="${limit}"}`) ?? 0;

describe('a connection', () => {
  test('takes the route of its server name, the exact one before a wildcard', async () => {
    const proxy = await routed([routeOf('wild', '*.example.com'), routeOf('db', 'db.example.com'), routeOf('two', 'example.com', '*.b.example.com')]);
    expect(await greeting(proxy, 'db.example.com')).toBe('db for db.example.com by echo;');
    expect(await greeting(proxy, 'DB.Example.COM')).toMatch(/^db for /);
    expect(await greeting(proxy, 'other.example.com')).toMatch(/^wild for /);
    expect(await greeting(proxy, 'a.c.example.com')).toMatch(/^wild for /);
    expect(await greeting(proxy, 'x.b.example.com')).toMatch(/^two for /);
    expect(await greeting(proxy, 'example.com')).toMatch(/^two for /);
  });

  test('without a name that a route asks for takes the route without conditions, and so does one without any name', async () => {
    const proxy = await routed([routeOf('db', 'db.example.com'), routeOf('rest')]);
    expect(await greeting(proxy, 'nobody.example')).toMatch(/^rest for nobody\.example /);
    expect(await greeting(proxy, '')).toMatch(/^rest for false /);
  });

  test('shakes hands with the server itself, and passes what is sent in both directions', async () => {
    const proxy = await routed([routeOf('db', 'db.example.com')]);
    const log = logOf(proxy);
    const connection = await client(proxy, 'db.example.com');
    expect(connection.tls.getPeerCertificate().subjectaltname).toContain('example.com');
    await connection.receives(/;/);
    const text = 'x'.repeat(300_000);
    connection.send(text);
    await until('all of it has come back', () => connection.received.length > text.length);
    expect(connection.received.slice(connection.received.indexOf(';') + 1)).toBe(text);
    connection.end();
    await until('it is over', () => log.length === 1);
    expect(log[0]).toMatchObject({ listener: 'test', route: 'to-db', serverName: 'db.example.com', cluster: 'db', attempts: 1, reason: undefined });
    expect(log[0]!.bytesIn).toBeGreaterThan(text.length);
    expect(tcpSeries(proxy, 'received_bytes_total', { cluster: 'db' })).toBe(log[0]!.bytesIn);
  });

  test('whose ClientHello comes byte by byte, in many records, arrives as it was sent', async () => {
    const server = await tcpServer(cleanups);
    const proxy = await tcpProxy(cleanups, [server.port], { tcp: { readServerName: true } });
    const bytes = Buffer.concat([inRecords(helloMessage({ extensions: [serverNames(['db.example.com'])] }), [1, 1, 3, 40, 2]), Buffer.from('early')]).toString('latin1');
    const sender = await tcpClient(cleanups, proxy);
    await sender.sendSlowly(bytes);
    const peer = await server.connection();
    await until('all has come', () => peer.received.length === bytes.length);
    expect(peer.received).toBe(bytes);
    sender.send('more');
    await peer.receives('earlymore');
  });

  test('holds no ClientHello any more when that is passed on, nor when it is refused', async () => {
    const server = await tcpServer(cleanups);
    const proxy = await tcpProxy(cleanups, [server.port], { tcp: { readServerName: true }, route: { matches: [{ hosts: ['db.example.com'] }] } });
    const [listener] = proxy.proxy.listeners.all();
    const held = (): number[] => [...listener!.connections].map(({ heldBytes }) => heldBytes);
    const taken = await tcpClient(cleanups, proxy);
    taken.send(Buffer.concat([helloFor('db.example.com'), Buffer.alloc(30_000)]));
    const peer = await server.connection();
    await until('all has come', () => peer.received.length > 30_000);
    expect(held()).toEqual([0]);
    const refused = await tcpClient(cleanups, proxy);
    refused.send(Buffer.concat([helloFor('other.example.com'), Buffer.alloc(30_000)]));
    await until('it is told', () => refused.ended);
    expect(held()).toEqual([0, 0]);
  });

  test('is tried at another endpoint, which gets the ClientHello, while none has taken it', async () => {
    const dead = await freePort();
    const live = await tlsServer('live');
    const proxy = await tcpProxy(cleanups, [dead, live], { tcp: { readServerName: true } });
    for (let i = 0; i < 3; i += 1) expect(await greeting(proxy, 'db.example.com')).toMatch(/^live/);
    expect(sampleOf(proxy.metrics(), 'mesh_retries_total{cluster="backend",reason="connect_failed"}')).toBeGreaterThan(0);
  });

  test('goes by the routes of now, and an open one stays where it is', async () => {
    const proxy = await routed([routeOf('one', '*.example.com'), routeOf('two', 'two.example')]);
    const before = await client(proxy, 'db.example.com');
    await before.receives(/^one/);
    const text = changed(proxy, {}, { routes: [routeOf('two', '*.example.com'), routeOf('one', 'one.example')] });
    expect(await proxy.proxy.apply(text)).toMatchObject({ ok: true });
    expect(await greeting(proxy, 'db.example.com')).toMatch(/^two/);
    before.send('still here');
    await before.receives('still here');
  });
});

describe('a client is refused', () => {
  test('by an alert when no route takes its name, and the log has the name', async () => {
    const proxy = await routed([routeOf('db', 'db.example.com')]);
    const log = logOf(proxy);
    await expect(client(proxy, 'other.example.com')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
    await expect(client(proxy, '')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
    await until('both are over', () => log.length === 2);
    expect(log.map(({ reason, serverName, route, detail }) => [reason, serverName, route, detail])).toEqual([
      ['no_route', 'other.example.com', undefined, 'no route takes the server name \'other.example.com\''],
      ['no_route', undefined, undefined, 'the client asks for no server name, and every route has a condition'],
    ]);
    expect(closedFor(proxy, 'no_route', { cluster: '-' })).toBe(2);
  });

  test.each([
    ['that speaks another protocol', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /but with 'GET \/ HTTP\/1\.1\\x0d/, ''],
    ['whose ClientHello is malformed', inRecords(helloMessage({ extensions: [serverNames(['a\0b'])] })).toString('latin1'), /'a\\x00b' is no host name/, '\x15\x03\x01\x00\x02\x02\x32'],
  ])('%s', async (_, bytes, detail, answer) => {
    const proxy = await routed([routeOf('rest')]);
    const log = logOf(proxy);
    const sender = await tcpClient(cleanups, proxy);
    sender.send(bytes);
    await until('it is told', () => sender.closed || sender.ended);
    sender.end();
    await until('it is over', () => log.length === 1);
    expect([log[0]!.reason, sender.received]).toEqual(['wrong_protocol', answer]);
    expect(log[0]!.detail).toMatch(detail);
    expect(closedFor(proxy, 'wrong_protocol', { cluster: '-' })).toBe(1);
  });

  test('whose ClientHello is larger than the limit', async () => {
    const proxy = await routed([routeOf('rest')], { limits: { maxClientHelloBytes: 512 } });
    const sender = await tcpClient(cleanups, proxy);
    sender.send(inRecords(helloMessage({ extensions: [{ type: 21, data: Buffer.alloc(600) }] })));
    await until('it is told', () => sender.ended);
    sender.end();
    await until('it is counted', () => closedFor(proxy, 'head_too_large', { cluster: '-' }) === 1);
    expect(limitReached(proxy, 'maxClientHelloBytes')).toBe(1);
  });

  test('whose ClientHello takes too long', async () => {
    const clock = new FakeClock();
    const proxy = await routed([routeOf('rest')], { clock, limits: { headTimeoutMs: 2_000 } });
    const sender = await tcpClient(cleanups, proxy);
    sender.send(helloFor('db.example.com').subarray(0, 30));
    await until('it is there', () => proxy.proxy.context.connections === 1);
    clock.advance(2_500);
    await until('it is closed', () => sender.closed);
    expect([closedFor(proxy, 'client_timeout', { cluster: '-' }), limitReached(proxy, 'headTimeoutMs')]).toEqual([1, 1]);
  });

  test('that ends its side within its ClientHello; one that ends it without a word is let go', async () => {
    const proxy = await routed([routeOf('rest')]);
    const [cutOff, silent] = [await tcpClient(cleanups, proxy), await tcpClient(cleanups, proxy)];
    cutOff.send(helloFor('db.example.com').subarray(0, 30));
    cutOff.end();
    silent.end();
    await until('both are closed', () => cutOff.closed && silent.closed);
    expect(silent.error).toBeUndefined();
    await until('both are counted', () => closedFor(proxy, 'wrong_protocol', { cluster: '-' }) === 1 && closedFor(proxy, '-', { cluster: '-' }) === 1);
  });

  test('that resets before it has said anything', async () => {
    const proxy = await routed([routeOf('rest')]);
    const sender = await tcpClient(cleanups, proxy);
    await until('it is there', () => proxy.proxy.context.connections === 1);
    sender.reset();
    await until('it is counted', () => closedFor(proxy, 'tcp_client_reset', { cluster: '-' }) === 1);
  });

  test('when no endpoint can be connected to', async () => {
    const proxy = await tcpProxy(cleanups, [await freePort()], { tcp: { readServerName: true } });
    await expect(client(proxy, 'db.example.com')).rejects.toThrow();
    await until('it is counted', () => closedFor(proxy, 'connect_failed') === 1);
  });

  test('that has said nothing when the proxy stops', async () => {
    const proxy = await routed([routeOf('rest')], { drainMs: 0 });
    const sender = await tcpClient(cleanups, proxy);
    await until('it is there', () => proxy.proxy.context.connections === 1);
    await proxy.proxy.close();
    await until('it is closed', () => sender.closed);
  });
});

describe('behind a load balancer', () => {
  test('the ClientHello may come with the PROXY header, in one packet', async () => {
    const server = await tcpServer(cleanups);
    const proxy = await tcpProxy(cleanups, [server.port], { tcp: { readServerName: true }, ownAddress: true, edge: { proxyProtocol: { from: ['127.0.0.0/8'] } } });
    const sender = await tcpClient(cleanups, proxy);
    const hello = helloFor('db.example.com').toString('latin1');
    sender.send(`PROXY TCP4 203.0.113.9 10.0.0.1 1234 443\r\n${hello}`);
    const peer = await server.connection();
    await until('it has come', () => peer.received.length === hello.length);
    expect(peer.received).toBe(hello);
  });
});

describe('through two sidecars by mutual TLS', () => {
  async function hops(port: number): Promise<{ readonly inbound: TestProxy; readonly outbound: TestProxy }> {
    const [callee, caller] = ['db', 'web'].map((service) => new MountedIdentity(authority.leaf(service), authority.root.certificate));
    cleanups.push(() => callee!.remove(), () => caller!.remove());
    const inbound = await tcpProxy(cleanups, [port], {
      direction: 'inbound', mutualTls: {}, identity: callee!.config, authorization: { rules: [{ name: 'callers', callers: [idOf('web')] }] },
    });
    const outbound = await tcpProxy(cleanups, [inbound.port], {
      identity: caller!.config, tcp: { readServerName: true }, cluster: { mutualTls: { serverIds: [idOf('db')] } }, route: { matches: [{ hosts: ['*.example.com'] }] },
    });
    return { inbound, outbound };
  }

  test('the app\'s TLS is within the mesh\'s, and the callee knows who calls', async () => {
    const { inbound, outbound } = await hops(await tlsServer('db'));
    const connection = await client(outbound, 'db.example.com');
    expect(await connection.receives(/;/)).toBe('db for db.example.com by echo;');
    const text = 'y'.repeat(1_000_000);
    connection.send(text);
    await until('all of it has come back', () => connection.received.length > text.length);
    expect(tcpSeries(inbound, 'connections_open', { direction: 'inbound', caller: idOf('web') })).toBe(1);
    await expect(client(outbound, 'db.elsewhere.example')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
  });

  test('and with the client of openssl', async () => {
    const { outbound } = await hops(await tlsServer('db'));
    const answer = await new Promise<string>((resolve, reject) => {
      const child = execFile('openssl', [
        's_client', '-connect', `127.0.0.1:${outbound.port}`, '-servername', 'one.example.com', '-alpn', 'echo', '-quiet', '-no_ign_eof',
      ], (error, stdout) => { if (stdout === '' && error) reject(error); else resolve(stdout); });
      child.stdout!.once('data', () => child.stdin!.end());
    });
    expect(answer).toMatch(/^db for one\.example\.com by echo;/);
  });
});
