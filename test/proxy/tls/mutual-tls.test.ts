/**
 * Mutual TLS between two sidecars, over real sockets: the way of a request from app to app, and everybody who must not be able to take
 * a part in it.
 */
import { connect as connectTls, createServer as createTlsServer, TlsOptions } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { Credentials, issue, LeafOverrides, makeIssuer } from '../../../src/authority';
import type { ListenerMutualTlsConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { DOMAIN, idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';
import { tlsClient, TlsConnection } from '../../support/raw-tls';

const GET = 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 2\r\n\r\nhi';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const authority = new TestAuthority();
const elsewhere = new TestAuthority();

const cleanups = cleanupsAfterEach();

function mounted(leaf: Credentials, bundle = authority.root.certificate): MountedIdentity {
  const identity = new MountedIdentity(leaf, bundle);
  cleanups.push(() => identity.remove());
  return identity;
}

async function app(answer: (head: string) => string = () => OK): Promise<RawBackend> {
  const backend = await RawBackend.answering(answer);
  cleanups.push(() => backend.close());
  return backend;
}

async function proxy(ports: readonly number[], options: TestProxyOptions): Promise<TestProxy> {
  const test = await startProxy(ports, options);
  cleanups.push(() => test.proxy.close());
  return test;
}

/** The sidecar of `catalog`, in front of an app. */
async function callee(backend: RawBackend, mutualTls: ListenerMutualTlsConfig = {}, leaf = authority.leaf('catalog')): Promise<TestProxy> {
  return proxy([backend.port], { direction: 'inbound', mutualTls, identity: mounted(leaf).config });
}

/** The sidecar of `web`, which calls it. */
async function caller(
  ports: readonly number[], leaf = authority.leaf('web'), options: TestProxyOptions = {}, serverIds = [idOf('catalog')],
): Promise<TestProxy> {
  return proxy(ports, { identity: mounted(leaf).config, ...options, cluster: { mutualTls: { serverIds }, ...options.cluster } });
}

async function ask(port: number, request = GET): Promise<RawConnection> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(request);
  await client.receives(/\r\n\r\n/);
  return client;
}

function counted(test: TestProxy, series: string): number {
  const line = test.metrics().split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** Requests of a caller that were answered by the app. */
function requestsOf(test: TestProxy, caller: string): number {
  return counted(test, `mesh_requests_total{listener="test",direction="inbound",cluster="backend",route="default",caller="${caller}",method="GET",code="200",reason="-"}`);
}

const failures = (test: TestProxy, kind: string): number => counted(test, `mesh_upstream_connection_failures_total{cluster="backend",kind="${kind}"}`);
const refused = (test: TestProxy, fault: string): number => counted(test, `mesh_mutual_tls_callers_refused_total{listener="test",fault="${fault}"}`);

/** A client of TLS of its own, with what a sidecar would show. */
function foreignClient(port: number, leaf: Credentials | undefined, options = {}): Promise<TlsConnection> {
  return tlsClient(port, { ALPNProtocols: ['mesh/h1'], ...(leaf && { cert: leaf.certificate, key: leaf.key }), ...options });
}

describe('a request from app to app', () => {
  test('is carried by TLS 1.3, and the app is told who calls, whatever the client says', async () => {
    const backend = await app();
    const inbound = await callee(backend);
    const outbound = await caller([inbound.port]);
    const forged = 'X-Mesh-Caller: spiffe://a/b\r\nx_mesh_caller: spiffe://a/b\r\nx-mesh_caller: spiffe://a/b\r\n';
    const client = await ask(outbound.port, GET.replace('\r\n\r\n', `\r\n${forged}\r\n`));
    await client.receives(/200 OK[^]*ok$/);
    expect(backend.received.match(/^x.mesh.caller.*$/gim)).toEqual([`x-mesh-caller: ${idOf('web')}`]);
    expect(requestsOf(inbound, idOf('web'))).toBe(1);
    expect(counted(inbound, 'mesh_tls_handshakes_total{listener="test"}')).toBe(1);
  });

  test('passes between sidecars whose bundle is the issuer alone, which is no root', async () => {
    const issuer = authority.issuer.certificate;
    const inbound = await proxy([(await app()).port], { direction: 'inbound', mutualTls: {}, identity: mounted(authority.leaf('catalog'), issuer).config });
    const outbound = await proxy([inbound.port], { identity: mounted(authority.leaf('web'), issuer).config, cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
    expect((await ask(outbound.port)).received).toMatch(/200 OK/);
    // What the root has signed besides is not trusted.
    const other = issue(makeIssuer(authority.root, { now: Date.now() }, 'other issuer'), idOf('web'), { now: Date.now() });
    const client = await foreignClient(inbound.port, { ...other, certificate: other.certificate.slice(0, other.certificate.indexOf('-----END') + 26) });
    await client.receives(/does not lead to a root/);
  });

  test('uses a connection again', async () => {
    const inbound = await callee(await app());
    const outbound = await caller([inbound.port]);
    const client = await ask(outbound.port, GET);
    for (let i = 2; i <= 5; i += 1) {
      client.send(GET);
      await until('it is answered', () => client.received.split('200 OK').length === i + 1 && client.received.endsWith('ok'));
    }
    expect(counted(inbound, 'mesh_tls_handshakes_total{listener="test"}')).toBe(1);
    expect(counted(outbound, 'mesh_upstream_connections_reused_total{cluster="backend"}')).toBe(4);
  });

  test('has a body of megabytes in both directions', async () => {
    const body = Buffer.from(Uint8Array.from({ length: 2 * 1024 * 1024 }, (_, i) => 97 + (i % 26))).toString();
    const backend = await RawBackend.start((connection) => {
      connection.socket.on('data', () => {
        if (connection.received.length > body.length && connection.received.endsWith('end')) {
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length + 3}\r\n\r\n${body}end`);
        }
      });
    });
    cleanups.push(() => backend.close());
    const outbound = await caller([(await callee(backend)).port]);
    const client = await ask(outbound.port, `POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: ${body.length + 3}\r\n\r\n${body}end`);
    await client.receives(/end$/, 20_000);
    expect(client.received.split('\r\n\r\n')[1]).toBe(`${body}end`);
  });

  test('works with a key and certificate in one file, as Kubernetes mounts them', async () => {
    const backend = await app();
    const inbound = await proxy([backend.port], { direction: 'inbound', mutualTls: {}, identity: mounted(authority.leaf('catalog')).bundled });
    const outbound = await proxy([inbound.port], { identity: mounted(authority.leaf('web')).bundled, cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
    await (await ask(outbound.port)).receives(/200 OK[^]*ok$/);
  });

  test('switches protocols through both', async () => {
    const backend = await RawBackend.start((connection) => {
      connection.socket.once('data', () => connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n'));
      connection.socket.on('data', (data) => { if (!connection.received.endsWith('\r\n\r\n')) connection.send(data); });
    });
    cleanups.push(() => backend.close());
    const outbound = await caller([(await callee(backend)).port]);
    const client = await ask(outbound.port, GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n'));
    await client.receives(/101 Switching/);
    client.send('hello');
    await client.receives(/hello$/);
  });

  test('goes to an endpoint with ids of its own', async () => {
    const inbound = await callee(await app());
    const outbound = await proxy([], {
      identity: mounted(authority.leaf('web')).config,
      cluster: { discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: inbound.port, mutualTls: { serverIds: [idOf('catalog')] } }] } },
    });
    await (await ask(outbound.port)).receives(/200 OK[^]*ok$/);
  });
});

describe('health checks', () => {
  test('go by mutual TLS as requests do, and fail for who is not the endpoint', async () => {
    const inbound = await callee(await app());
    const healthCheck = { type: 'http' as const, path: '/healthz', intervalMs: 100, timeoutMs: 100 };
    const right = await caller([inbound.port], undefined, { cluster: { healthCheck } });
    await until('checks have passed', () => counted(right, 'mesh_health_checks_total{cluster="backend",result="passed"}') > 0);
    const wrong = await caller([inbound.port], undefined, { cluster: { healthCheck } }, [idOf('cart')]);
    const complaint = (): string => wrong.proxy.clusters.get('backend').endpoints[0]!.complaint ?? '';
    await until('they fail for who is there', () => /it is spiffe:.*catalog, and must be spiffe:.*cart/.test(complaint()));
    expect(counted(wrong, 'mesh_health_checks_total{cluster="backend",result="failed"}')).toBeGreaterThan(0);
  });
});

describe('a server that is not the endpoint', () => {
  async function impostor(options: TlsOptions): Promise<{ readonly port: number; readonly received: () => string }> {
    let received = '';
    const server = createTlsServer({ ALPNProtocols: ['mesh/h1'], ...options }, (socket) => {
      socket.on('data', (data) => { received += data.toString(); });
      socket.on('error', () => {});
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    cleanups.push(() => server.close());
    return { port: (server.address() as AddressInfo).port, received: () => received };
  }

  test.each<[string, () => Credentials, RegExp]>([
    ['another service of the mesh', () => authority.leaf('cart'), /it is spiffe:.*sa\/cart, and must be spiffe:.*sa\/catalog/],
    ['one with a certificate of another authority', () => elsewhere.leaf('catalog'), /does not lead to a root/],
    ['one whose certificate has expired', () => authority.leaf('catalog', { notAfter: Date.now() - 1_000 }), /has expired: it was valid up to .*, and now is .*, \d+ s later/],
    ['one whose certificate is not valid yet', () => authority.leaf('catalog', { notBefore: Date.now() + 60_000 }), /is not valid yet: it is from .* on, and now is .*, \d+ s earlier/],
    ['one with a certificate of a client', () => authority.leaf('catalog', { purposes: ['clientAuth'] }), /INVALID_PURPOSE|both for servers and for clients/],
    ['one with two ids', () => authority.leaf('catalog', { uris: [idOf('catalog'), idOf('cart')] }), /names 2 URIs/],
    ['one whose id has a NUL byte', () => authority.leaf('catalog', { uris: [`${idOf('catalog')}\0x`] }), /character/],
  ])('%s is sent nothing', async (_, leaf, problem) => {
    const { certificate: cert, key } = leaf();
    const there = await impostor({ cert, key });
    const outbound = await caller([there.port]);
    const client = await ask(outbound.port, POST);
    expect(client.received).toMatch(/^HTTP\/1.1 503 [^]*error=tls_certificate_error; details="server_unverified"/);
    expect(client.received).toMatch(problem);
    expect(there.received()).toBe('');
    expect(failures(outbound, 'server_unverified')).toBeGreaterThan(0);
  });

  test('one whose chain lacks the issuer is sent nothing', async () => {
    const leaf = authority.leaf('catalog');
    const there = await impostor({ key: leaf.key, cert: leaf.certificate.slice(0, leaf.certificate.indexOf('-----END') + 26) });
    const client = await ask((await caller([there.port])).port);
    expect(client.received).toMatch(/server_unverified[^]*does not lead to a root of the trust bundle/);
    expect(there.received()).toBe('');
  });

  test.each([[undefined], ['http/1.1']])('one that speaks the protocol %s is sent nothing', async (alpn) => {
    const { certificate: cert, key } = authority.leaf('catalog');
    const there = await impostor({ cert, key, ALPNProtocols: alpn === undefined ? undefined : [alpn] } as TlsOptions);
    const client = await ask((await caller([there.port])).port);
    expect(client.received).toMatch(/details="(server_unverified|tls_failed)"/);
    expect(there.received()).toBe('');
  });

  test('one without TLS is sent nothing, and no older TLS is spoken', async () => {
    const plain = await RawBackend.start((connection) => connection.socket.once('data', () => connection.send('HTTP/1.1 400 Bad Request\r\n\r\n')));
    cleanups.push(() => plain.close());
    expect((await ask((await caller([plain.port])).port)).received).toMatch(/details="tls_failed"/);
    expect(plain.received).not.toContain('GET');
    const { certificate: cert, key } = authority.leaf('catalog');
    const old = await impostor({ cert, key, maxVersion: 'TLSv1.2' });
    expect((await ask((await caller([old.port])).port)).received).toMatch(/details="tls_failed"/);
  });

  test('counts as never reached: any request goes to another endpoint, and the server is blamed', async () => {
    const { certificate: cert, key } = authority.leaf('cart');
    const there = await impostor({ cert, key });
    const inbound = await callee(await app());
    const outbound = await caller([there.port, inbound.port]);
    for (let i = 0; i < 6; i += 1) expect((await ask(outbound.port, POST)).received).toMatch(/200 OK/);
    expect(there.received()).toBe('');
    expect(counted(outbound, 'mesh_retries_total{cluster="backend",reason="server_unverified"}')).toBeGreaterThan(0);
  });
});

describe('a caller that does not prove who it is', () => {
  test.each<[string, () => Credentials | undefined, string, RegExp]>([
    ['without a certificate', () => undefined, 'no_certificate', /showed no certificate/],
    ['with one of another authority', () => elsewhere.leaf('web'), 'untrusted', /does not lead to a root/],
    ['with one that has expired', () => authority.leaf('web', { notAfter: Date.now() - 1_000 }), 'expired', /has expired: it was valid up to .*, and now is .*, \d+ s later/],
    ['with one that is not valid yet', () => authority.leaf('web', { notBefore: Date.now() + 60_000 }), 'not_yet_valid', /not valid yet/],
    ['with one of another trust domain', () => authority.leaf('web', { uris: ['spiffe://other.local/ns/shop/sa/web'] }), 'spiffe', /not of the trust domain/],
    ['with one without an id', () => authority.leaf('web', { uris: [], dnsNames: ['web'] }), 'spiffe', /names no URI/],
    ['with that of an authority', () => ({ certificate: authority.issuer.certificate, key: authority.issuer.key }), 'untrusted', /can't be accepted \(INVALID_PURPOSE\)/],
    ['with one that may sign others', () => authority.leaf('web', { usages: ['digitalSignature', 'keyCertSign'] }), 'spiffe', /may sign certificates/],
  ])('is refused, given one %s', async (_, leaf, fault, problem) => {
    const backend = await app();
    const inbound = await callee(backend);
    const client = await foreignClient(inbound.port, leaf());
    client.send(GET);
    await client.receives(problem);
    expect(client.received).toMatch(/^HTTP\/1.1 503 [^]*details="caller_unverified"[^]*x-mesh-unsent: caller_unverified/);
    await client.closes();
    expect(backend.received).toBe('');
    expect(refused(inbound, fault)).toBe(1);
    await until('it is gone', () => inbound.proxy.context.connections === 0);
  });

  test('is refused, given one without our protocol', async () => {
    const inbound = await callee(await app());
    const client = await foreignClient(inbound.port, authority.leaf('web'), { ALPNProtocols: undefined });
    await client.receives(/caller_unverified/);
    expect(refused(inbound, 'alpn')).toBe(1);
    await expect(foreignClient(inbound.port, authority.leaf('web'), { ALPNProtocols: ['http/1.1'] })).rejects.toThrow();
  });

  test('is refused, given one that wants a costly exchange of keys', async () => {
    const inbound = await callee(await app());
    await expect(foreignClient(inbound.port, authority.leaf('web'), { ecdhCurve: 'ffdhe8192' })).rejects.toThrow();
    await foreignClient(inbound.port, authority.leaf('web'), { ecdhCurve: 'P-256' });
  });

  test('is refused, given one of TLS 1.2', async () => {
    const inbound = await callee(await app());
    await expect(foreignClient(inbound.port, authority.leaf('web'), { maxVersion: 'TLSv1.2' })).rejects.toThrow();
  });

  test('hears of it through its own sidecar, and another endpoint gets its request', async () => {
    const strict = await callee(await app());
    const trusting = await proxy([(await app()).port], {
      direction: 'inbound', mutualTls: {}, identity: mounted(authority.leaf('catalog'), authority.root.certificate + elsewhere.root.certificate).config,
    });
    const bundle = authority.root.certificate + elsewhere.root.certificate;
    const outbound = await proxy([strict.port, trusting.port], {
      identity: mounted(elsewhere.leaf('web'), bundle).config, cluster: { mutualTls: { serverIds: [idOf('catalog')] } },
    });
    for (let i = 0; i < 6; i += 1) expect((await ask(outbound.port, POST)).received).toMatch(/200 OK/);
    expect(refused(strict, 'untrusted')).toBeGreaterThan(0);
    expect(counted(outbound, 'mesh_retries_total{cluster="backend",reason="unsent"}')).toBeGreaterThan(0);
  });

  test('can\'t take up a session of another one', async () => {
    const inbound = await callee(await app());
    const sessions: Buffer[] = [];
    const { certificate: cert, key } = authority.leaf('web');
    const options = { port: inbound.port, host: '127.0.0.1', cert, key, ALPNProtocols: ['mesh/h1'], rejectUnauthorized: false };
    const first = connectTls(options);
    first.on('session', (session) => sessions.push(session));
    first.write(GET);
    await until('it is answered', () => first.bytesRead > 0);
    first.destroy();
    for (const session of sessions) {
      const again = connectTls({ ...options, session });
      await new Promise((resolve) => { again.once('secureConnect', resolve); });
      expect(again.isSessionReused()).toBe(false);
      again.destroy();
    }
  });
});

describe('a connection without TLS', () => {
  test('is refused by its first byte, given strict', async () => {
    const backend = await app();
    const inbound = await callee(backend);
    const client = await rawClient(inbound.port);
    client.send('G');
    await client.receives(/^HTTP\/1.1 403 [^]*details="mutual_tls_required"/);
    await client.closes();
    client.end();
    expect(backend.received).toBe('');
    expect(counted(inbound, 'mesh_plain_connections_refused_total{listener="test"}')).toBe(1);
    await until('it is gone', () => inbound.proxy.context.connections === 0);
  });

  test('is let in and counted, given permissive, and has no id', async () => {
    const backend = await app();
    const inbound = await callee(backend, { mode: 'permissive' });
    const client = await ask(inbound.port, GET.replace('\r\n\r\n', '\r\nx-mesh-caller: spiffe://a/b\r\n\r\n'));
    await client.receives(/ok$/);
    client.send(GET);
    await client.receives(/ok[^]*ok$/);
    expect(backend.received).not.toContain('x-mesh-caller');
    expect(requestsOf(inbound, 'unknown')).toBe(2);
    client.end();
    await until('it is gone', () => inbound.proxy.context.connections === 0);
    const outbound = await caller([inbound.port]);
    expect((await ask(outbound.port)).received).toMatch(/200 OK/);
    expect(requestsOf(inbound, idOf('web'))).toBe(1);
  });

  test('is let in from the networks that are named, given permissive', async () => {
    const backend = await app();
    expect((await ask((await callee(backend, { mode: 'permissive', plainFrom: ['10.0.0.0/8'] })).port)).received).toMatch(/mutual_tls_required/);
    expect((await ask((await callee(backend, { mode: 'permissive', plainFrom: ['127.0.0.0/8'] })).port)).received).toMatch(/200 OK/);
  });

  test('that says nothing is closed in time, and one that ends at once is forgotten', async () => {
    const inbound = await proxy([1], { direction: 'inbound', mutualTls: {}, identity: mounted(authority.leaf('catalog')).config, limits: { headTimeoutMs: 30 } });
    const silent = await rawClient(inbound.port);
    await silent.closes();
    const brief = await rawClient(inbound.port);
    brief.end();
    await brief.closes();
    await until('both are gone', () => inbound.proxy.context.connections === 0);
    expect(counted(inbound, 'mesh_limit_reached_total{limit="headTimeoutMs"}')).toBe(1);
  });

  test('that has said nothing yet is not let in any more, given that the listener has become strict', async () => {
    const backend = await app();
    const inbound = await callee(backend, { mode: 'permissive' });
    const silent = await rawClient(inbound.port);
    await until('the proxy has it', () => inbound.proxy.context.connections === 1);
    await inbound.proxy.apply(JSON.stringify({
      ...inbound.config, listeners: inbound.config.listeners.map((listener) => ({ ...listener, mutualTls: { mode: 'strict' } })),
    }));
    silent.send(GET);
    await silent.closes();
    expect([silent.received, backend.received]).toEqual(['', '']);
    await until('it is gone', () => inbound.proxy.context.connections === 0);
  });

  test('that was let in ends after its request, given that the listener has become strict', async () => {
    const backend = await app();
    const inbound = await callee(backend, { mode: 'permissive' });
    const idle = await ask(inbound.port);
    const applied = await inbound.proxy.apply(JSON.stringify({
      ...inbound.config, listeners: inbound.config.listeners.map((listener) => ({ ...listener, mutualTls: { mode: 'strict' } })),
    }));
    expect(applied).toMatchObject({ ok: true });
    await idle.closes();
    expect((await ask(inbound.port)).received).toMatch(/mutual_tls_required/);
  });
});

describe('a proxy that can\'t prove who it is', () => {
  test('is not ready, says why, and sends and accepts nothing until it can', async () => {
    const backend = await app();
    const identity = mounted(authority.leaf('catalog'));
    identity.write({ 'ca.crt': authority.root.certificate });
    const changes: (readonly string[])[] = [];
    const inbound = await proxy([backend.port], {
      direction: 'inbound', mutualTls: {}, identity: identity.config, onIdentity: (problems) => changes.push(problems),
    });
    expect(inbound.proxy.readiness()).toMatchObject({ ready: false, why: expect.stringMatching(/can't prove who it is: certificateFile .* is not there/) });
    expect(counted(inbound, 'mesh_identity_usable')).toBe(0);
    const outbound = await caller([inbound.port]);
    expect((await ask(outbound.port)).received).toMatch(/details="tls_failed"/);
    identity.swap(authority.leaf('catalog'), authority.root.certificate);
    await until('it is ready', () => inbound.proxy.readiness().ready);
    expect((await ask(outbound.port)).received).toMatch(/200 OK/);
    expect(counted(inbound, 'mesh_identity_usable')).toBe(1);
    expect(changes.at(-1)).toEqual([]);
  });

  test('answers requests for other services itself, and never sends them plain', async () => {
    const plain = await app();
    const outbound = await caller([plain.port], authority.leaf('web', { notAfter: Date.now() - 5_000 }));
    expect(outbound.proxy.readiness().why).toMatch(/certificate has expired: it was valid up to .*, and now is .*, \d+ s later/);
    expect((await ask(outbound.port)).received).toMatch(/^HTTP\/1.1 503 [^]*details="no_identity"[^]*has expired/);
    expect(plain.connections).toHaveLength(0);
    expect(failures(outbound, 'no_identity')).toBe(1);
  });

  test('keeps an identity that works, given a document with another that does not', async () => {
    const inbound = await callee(await app());
    const applied = await inbound.proxy.apply(JSON.stringify({ ...inbound.config, identity: { ...inbound.config.identity, keyFile: '/nowhere' } }));
    expect(applied).toMatchObject({ ok: false, mayPass: true, problems: [expect.stringMatching(/keyFile '\/nowhere' is not there/)] });
    expect((await ask((await caller([inbound.port])).port)).received).toMatch(/200 OK/);
  });

  test('goes on without an identity, given a document with one whose files its pod was made without', async () => {
    const outbound = await proxy([(await app()).port], {});
    const identity = { ...mounted(authority.leaf('web')).config, keyFile: '/nowhere' };
    const applied = await outbound.proxy.apply(JSON.stringify({ ...outbound.config, identity }));
    expect(applied).toMatchObject({ ok: false, mayPass: true, problems: [expect.stringMatching(/keyFile '\/nowhere' is not there/)] });
    expect(outbound.proxy.readiness().ready).toBe(true);
    expect((await ask(outbound.port)).received).toMatch(/200 OK/);
  });

  test.each<[string, Parameters<typeof authority.leaf>[1], RegExp]>([
    ['of another trust domain', { uris: ['spiffe://other.local/ns/shop/sa/web'] }, /proves no id, for it is of .* not of the trust domain/],
    ['without an id', { uris: [], dnsNames: ['web'] }, /proves no id, for it names no URI/],
  ] satisfies [string, LeafOverrides, RegExp][])('says so, given a certificate %s', async (_, overrides, why) => {
    const outbound = await caller([1], authority.leaf('web', overrides));
    expect(outbound.proxy.readiness().why).toMatch(why);
  });

  test('says so, given a certificate of another id than it must have', async () => {
    const outbound = await proxy([1], {
      identity: { ...mounted(authority.leaf('web')).config, id: idOf('cart') }, cluster: { mutualTls: { serverIds: [idOf('catalog')] } },
    });
    expect(outbound.proxy.readiness().why).toMatch(/is of .*sa\/web, and must be of .*sa\/cart/);
  });
});

test('the trust domain of tests is that of the usual cluster', () => {
  expect(DOMAIN).toBe('cluster.local');
});
