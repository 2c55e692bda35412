/**
 * TLS to what is outside of the mesh, over real sockets: an app sends plain HTTP to its sidecar, and the wire has TLS with a server that proves its
 * host name. Whoever can't gets nothing.
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, Server, TlsOptions, TLSSocket } from 'node:tls';
import { Credentials, issueForHost, LeafOverrides } from '../../../src/authority';
import { type ClusterConfig, parseAddress, type UpstreamTlsConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { MountedIdentity, TestAuthority } from '../../support/identities';
import { makeCertificateFor } from '../../support/key-pairs';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { rawClient, RawBackend, RawConnection, until } from '../../support/raw-http';
import { Load } from '../../support/request-load';

const GET = 'GET / HTTP/1.1\r\nHost: ledger\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 2\r\n\r\nhi';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const NAME = 'ledger.bank.example';
const DAY_MS = 86_400_000;

const now = (): { readonly now: number } => ({ now: Date.now() });
const bank = new TestAuthority('bank.example');
const clients = new TestAuthority('clients.example');

const cleanups = cleanupsAfterEach();

/** The certificate of a server. */
const server = (name = NAME, overrides: LeafOverrides = {}, by = bank): Credentials => (
  issueForHost(by.issuer, parseAddress(name) ?? name, now(), overrides));
const client = (overrides: LeafOverrides = {}): Credentials => issueForHost(clients.issuer, 'web.shop.example', now(), { purposes: ['clientAuth'], ...overrides });

/** A connection as the server sees it. */
interface Seen {
  readonly servername: string | undefined;
  readonly alpn: string | false | null;
  readonly version: string | null;
  readonly client: string | undefined;
  readonly resumed: boolean;
}

/** A server outside: answers each request with `ok`, and remembers who came and what they asked for. */
class External {
  readonly seen: Seen[] = [];
  received = '';
  /** What is sent when more has come. */
  answer = (_: string, fresh: string): string => OK.repeat(fresh.split(/(?:GET|POST) \//).length - 1);
  private readonly sockets = new Set<TLSSocket>();
  private constructor(readonly server: Server) {}

  static async start(leaf: Credentials, options: TlsOptions = {}): Promise<External> {
    const external = new External(createServer({ cert: leaf.certificate, key: leaf.key, ALPNProtocols: ['http/1.1'], ...options }));
    external.server.on('secureConnection', (socket) => external.serve(socket));
    external.server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => { external.server.listen(0, '127.0.0.1', resolve); });
    cleanups.push(() => external.close());
    return external;
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }

  private close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private serve(socket: TLSSocket): void {
    this.sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    this.seen.push({
      servername: (socket as { servername?: string | false }).servername || undefined, alpn: socket.alpnProtocol, version: socket.getProtocol(),
      client: socket.getPeerX509Certificate()?.subjectAltName, resumed: socket.isSessionReused(),
    });
    socket.on('data', (bytes) => {
      const fresh = bytes.toString('latin1');
      this.received += fresh;
      socket.write(this.answer(this.received, fresh));
    });
  }
}

/** Files as a Secret or ConfigMap is mounted. */
function mounted(files: Readonly<Record<string, string>>): { readonly mount: MountedIdentity; file(name: string): string } {
  const mount = new MountedIdentity({ certificate: '', key: '' }, '');
  mount.write(files);
  cleanups.push(() => mount.remove());
  return { mount, file: (name) => `${mount.folder}/${name}` };
}

const trusting = (bundle: string): string => mounted({ 'ca.crt': bundle }).file('ca.crt');

/** The sidecar of an app that calls it. */
async function caller(port: number, tls: Partial<UpstreamTlsConfig> = {}, options: TestProxyOptions = {}): Promise<TestProxy> {
  const test = await startProxy([port], {
    ...options,
    cluster: { tls: { serverName: NAME, trustBundleFile: trusting(bank.root.certificate), ...tls }, meshFields: false, ...options.cluster },
  });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function ask({ port }: TestProxy, request = GET): Promise<RawConnection> {
  const connection = await rawClient(port);
  cleanups.push(() => connection.socket.destroy());
  connection.send(request);
  await connection.receives(/\r\n\r\n/);
  return connection;
}

function counted(test: TestProxy, series: string): number {
  const line = test.metrics().split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? NaN : Number(line.slice(series.length + 1));
}

const failures = (test: TestProxy, kind: string): number => counted(test, `mesh_upstream_connection_failures_total{cluster="backend",kind="${kind}"}`);

const pinOf = ({ certificate }: Credentials): string => (
  createHash('sha256').update(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })).digest('base64'));

/** Nothing reached the server, and the client is told why. */
async function refuses(test: TestProxy, external: External, reason: string, kind: string, detail: RegExp, request = GET): Promise<void> {
  const { received } = await ask(test, request);
  expect(received).toMatch(/^HTTP\/1\.1 503 /);
  expect(received).toContain(reason);
  expect(received).toMatch(detail);
  expect(external.received).toBe('');
  expect(failures(test, kind)).toBeGreaterThan(0);
}

describe('an app that calls by plain HTTP', () => {
  test('is answered by a server that proves its name; SNI and ALPN are sent', async () => {
    const external = await External.start(server());
    await (await ask(await caller(external.port))).receives(/200 OK[^]*ok$/);
    expect(external.seen).toEqual([{ servername: NAME, alpn: 'http/1.1', version: 'TLSv1.3', client: undefined, resumed: false }]);
    expect(external.received).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: ledger\r\n/i);
  });

  test('uses a connection again, and another connection has a whole handshake', async () => {
    const external = await External.start(server());
    const test = await caller(external.port);
    const first = await ask(test);
    first.send(GET);
    await until('both are answered', () => first.received.split('200 OK').length === 3);
    expect(external.seen).toHaveLength(1);
    const [blocked, other] = await Promise.all([ask(test, POST), ask(test)]);
    await Promise.all([blocked, other].map((each) => each.receives(/ok$/)));
    expect(external.seen.every(({ resumed }) => !resumed)).toBe(true);
  });

  test('asks for another name than the certificate is checked for, when it is said', async () => {
    const external = await External.start(server());
    await (await ask(await caller(external.port, { sni: 'front.bank.example' }))).receives(/200 OK/);
    expect(external.seen[0]!.servername).toBe('front.bank.example');
  });

  test('reaches a server that knows no ALPN', async () => {
    const external = await External.start(server(), { ALPNProtocols: [] });
    await (await ask(await caller(external.port))).receives(/200 OK/);
  });

  test.each([['*.bank.example', true], ['*.example', false], ['led*.bank.example', false]])('a certificate for %s counts: %s', async (name, good) => {
    const external = await External.start(server(NAME, { dnsNames: [name] }));
    await (await ask(await caller(external.port))).receives(good ? /200 OK/ : /server_unverified/);
  });

  test('is answered by a server that signs itself, when that very certificate is trusted, and by an issuer below the root', async () => {
    const own = await makeCertificateFor([NAME]);
    await (await ask(await caller((await External.start(own)).port, { trustBundleFile: trusting(own.certificate) }))).receives(/200 OK/);
    const external = await External.start(server());
    await (await ask(await caller(external.port, { trustBundleFile: trusting(bank.issuer.certificate) }))).receives(/200 OK/);
  });

  test('reaches an address whose certificate has the address, and none is asked for', async () => {
    const external = await External.start(server('127.0.0.1'));
    await (await ask(await caller(external.port, { serverName: '127.0.0.1' }))).receives(/200 OK/);
    expect(external.seen[0]!.servername).toBeUndefined();
  });

  test('has a body of megabytes in both directions', async () => {
    const body = 'x'.repeat(2_000_000);
    const external = await External.start(server());
    external.answer = (received) => (received.endsWith(`${body}end`) ? `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}` : '');
    const request = `POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: ${body.length + 3}\r\n\r\n${body}end`;
    const connection = await ask(await caller(external.port), request);
    await until('all of it is back', () => connection.received.endsWith(body));
  });

  test('is answered by what stands in for a server that is not believed', async () => {
    const [impostor, real] = [await External.start(server(NAME, {}, clients)), await External.start(server())];
    const test = await caller(impostor.port, {}, {
      cluster: { discovery: { type: 'static', endpoints: [impostor, real].map(({ port }) => ({ address: '127.0.0.1', port })) } },
    });
    for (let i = 0; i < 4; i += 1) await (await ask(test, POST)).receives(/200 OK/);
    expect(impostor.received).toBe('');
  });
});

describe('a server is sent nothing', () => {
  const cases: readonly (readonly [string, () => Credentials | Promise<Credentials>, RegExp])[] = [
    ['of another authority', () => server(NAME, {}, clients), /does not lead to a root of the trust bundle/],
    ['that signs itself', () => makeCertificateFor([NAME]), /does not lead to a root of the trust bundle \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
    ['for another name', () => server('other.bank.example'), /its certificate is for DNS:other\.bank\.example, and must be for ledger\.bank\.example/],
    ['that has the name in its subject alone', () => server(NAME, { subject: NAME, dnsNames: ['other.example'] }), /must be for ledger\.bank\.example/],
    ['that has expired', () => server(NAME, { notAfter: Date.now() - 60_000 }), /its certificate has expired: it was valid up to/],
    ['that is not valid yet', () => server(NAME, { notBefore: Date.now() + DAY_MS, notAfter: Date.now() + 2 * DAY_MS }), /its certificate is not valid yet/],
    ['that is for clients only', () => server(NAME, { purposes: ['clientAuth'] }), /can't be accepted \(INVALID_PURPOSE\)/],
    ['that has an address where a name is asked for', () => server('127.0.0.1'), /its certificate is for IP Address:127\.0\.0\.1/],
  ];
  test.each(cases)('whose certificate is one %s', async (_, leaf, detail) => {
    const external = await External.start(await leaf());
    await refuses(await caller(external.port), external, 'server_unverified', 'server_unverified', detail, POST);
  });

  test('whose authority is not a public one, when those are trusted', async () => {
    const external = await External.start(server());
    const test = await startProxy([external.port], { cluster: { tls: { serverName: NAME } } });
    cleanups.push(() => test.proxy.close());
    await refuses(test, external, 'server_unverified', 'server_unverified', /does not lead to a public authority/);
  });

  test('whose certificate has a name, where an address is asked for', async () => {
    const external = await External.start(server());
    await refuses(await caller(external.port, { serverName: '127.0.0.1' }), external, 'server_unverified', 'server_unverified', /must be for 127\.0\.0\.1/);
  });

  test('that speaks TLS 1.2 at most, where 1.3 is the minimum; and is answered where it isn\'t', async () => {
    const external = await External.start(server(), { maxVersion: 'TLSv1.2' });
    await refuses(await caller(external.port, { minimumVersion: '1.3' }), external, 'tls_failed', 'tls', /TLSV1_ALERT_PROTOCOL_VERSION|SSL alert number 70/);
    await (await ask(await caller(external.port))).receives(/200 OK/);
    expect(external.seen[0]!.version).toBe('TLSv1.2');
  });

  test('that speaks no TLS', async () => {
    const plain = await RawBackend.start((connection) => { connection.socket.once('data', () => connection.send(OK)); });
    cleanups.push(() => plain.close());
    const { received } = await ask(await caller(plain.port));
    expect(received).toMatch(/^HTTP\/1\.1 503 [^]*tls_failed/);
  });

  test('whose key has none of the pins; one of several is enough', async () => {
    const [leaf, next] = [server(), server()];
    const external = await External.start(leaf);
    await refuses(await caller(external.port, { pins: [pinOf(next)] }), external, 'server_unverified', 'server_unverified', new RegExp(`has the pin ${pinOf(leaf).replace(/[+/]/g, '\\$&')}`));
    await (await ask(await caller(external.port, { pins: [pinOf(next), pinOf(leaf)] }))).receives(/200 OK/);
  });
});

describe('the certificate of the client', () => {
  const ASKS: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: clients.root.certificate };
  const shown = (leaf: Credentials): { readonly mount: MountedIdentity; readonly tls: Partial<UpstreamTlsConfig> } => {
    const { mount, file } = mounted({ 'tls.crt': leaf.certificate, 'tls.key': leaf.key });
    return { mount, tls: { certificateFile: file('tls.crt'), keyFile: file('tls.key') } };
  };

  test('is shown to who asks for it', async () => {
    const external = await External.start(server(), ASKS);
    const test = await caller(external.port, shown(client()).tls);
    await (await ask(test)).receives(/200 OK/);
    expect(external.seen[0]!.client).toBe('DNS:web.shop.example');
    expect(counted(test, 'mesh_upstream_tls_usable{cluster="backend"}')).toBe(1);
    expect(counted(test, 'mesh_upstream_tls_expiration_timestamp_seconds{cluster="backend",file="certificate"}') * 1_000 - Date.now()).toBeGreaterThan(DAY_MS / 2);
  });

  test.each(['TLSv1.3', 'TLSv1.2'] as const)('is missing by %s: no application has seen the request, which is said', async (maxVersion) => {
    const external = await External.start(server(), { ...ASKS, maxVersion });
    const [reason, kind] = maxVersion === 'TLSv1.3' ? ['identity_refused', 'certificate_refused'] : ['tls_failed', 'tls'];
    await refuses(await caller(external.port), external, reason!, kind!, /alert/i, POST);
  });

  test('has expired: nothing is sent, and the client is told which file', async () => {
    const external = await External.start(server(), ASKS);
    const test = await caller(external.port, shown(client({ notAfter: Date.now() - 60_000 })).tls);
    await refuses(test, external, 'tls_unusable', 'tls_unusable', /the certificate in '[^']*tls\.crt' has expired/);
    expect(counted(test, 'mesh_upstream_tls_usable{cluster="backend"}')).toBe(0);
  });

  test('is renewed while requests go on: none fails, and new connections show the new one', async () => {
    const external = await External.start(server(), ASKS);
    const { mount, tls } = shown(client());
    const told: (readonly string[])[] = [];
    const test = await caller(external.port, tls, { onUpstreamTls: (_, problems) => told.push(problems), cluster: { idleTimeoutMs: 5 } });
    const load = new Load(test.port, 4);
    cleanups.push(() => load.stop());
    for (let i = 0; i < 3; i += 1) {
      const next = client({ dnsNames: [`web-${i}.shop.example`] });
      mount.write({ 'tls.crt': next.certificate, 'tls.key': next.key });
      await until('it is in use', () => told.length > i);
      const { answered } = load;
      await until('requests were answered since', () => load.answered > answered + 15, 20_000);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    await (await ask(test)).receives(/200 OK/);
    await until('a connection shows the last one', () => external.seen.some((each) => each.client === 'DNS:web-2.shop.example'));
    expect(counted(test, 'mesh_upstream_tls_reloads_total{cluster="backend",result="applied"}')).toBe(3);
  });

  test('is replaced by one whose key is another\'s: the one before stays, and it is told', async () => {
    const external = await External.start(server(), ASKS);
    const { mount, tls } = shown(client());
    const told: (readonly string[])[] = [];
    const test = await caller(external.port, tls, { onUpstreamTls: (cluster, problems) => told.push([cluster, ...problems]) });
    mount.write({ 'tls.crt': client().certificate, 'tls.key': client().key });
    await until('it is told', () => told.length === 1);
    expect(told[0]![0]).toBe('backend');
    expect(told[0]![1]).toMatch(/holds another key than that of the certificate/);
    await (await ask(test)).receives(/200 OK/);
    expect(counted(test, 'mesh_upstream_tls_rejected{cluster="backend"}')).toBe(1);
  });
});

describe('the roots', () => {
  test('are replaced while requests go on; a root that goes takes its connections with it', async () => {
    const other = new TestAuthority('bank.example');
    let leaf = server();
    const external = await External.start(leaf);
    const { mount, file } = mounted({ 'ca.crt': bank.root.certificate });
    let changes = 0;
    const test = await caller(external.port, { trustBundleFile: file('ca.crt') }, { onUpstreamTls: () => { changes += 1; } });
    const load = new Load(test.port, 4);
    cleanups.push(() => load.stop());
    const progress = async (): Promise<void> => {
      const { answered } = load;
      await until('requests were answered since', () => load.answered > answered + 15, 20_000);
    };
    await progress();
    mount.write({ 'ca.crt': bank.root.certificate + other.root.certificate });
    await until('both are trusted', () => changes === 1);
    leaf = server(NAME, {}, other);
    external.server.setSecureContext({ cert: leaf.certificate, key: leaf.key });
    await progress();
    const before = external.seen.length;
    mount.write({ 'ca.crt': other.root.certificate });
    await until('the first is not', () => changes === 2);
    await progress();
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(external.seen.length).toBeGreaterThan(before);
  });
});

describe('files that can\'t be used', () => {
  test('at the start leave the other clusters alone, and count as soon as they can be used', async () => {
    const [external, other] = [await External.start(server()), await RawBackend.answering(() => OK)];
    cleanups.push(() => other.close());
    const { mount, file } = mounted({ 'ca.crt': 'nothing' });
    const changes: (readonly string[])[] = [];
    const clusters: ClusterConfig[] = [
      { name: 'ledger', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: external.port }] }, tls: { serverName: NAME, trustBundleFile: file('ca.crt') } },
      { name: 'other', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: other.port }] } },
    ];
    const test = await startProxy([], {
      clusters, onUpstreamTls: (_, problems) => changes.push(problems),
      routes: [
        { name: 'other', matches: [{ path: { type: 'exact', value: '/other' } }], split: [{ cluster: 'other', weight: 1 }] },
        { name: 'ledger', split: [{ cluster: 'ledger', weight: 1 }] },
      ],
    });
    cleanups.push(() => test.proxy.close());
    expect(changes).toEqual([[expect.stringMatching(/^trustBundleFile '[^']*' holds no certificate in PEM form$/)]]);
    expect(test.proxy.readiness().ready).toBe(true);
    expect((await ask(test)).received).toMatch(/503 [^]*tls_unusable[^]*holds no certificate in PEM form/);
    await (await ask(test, GET.replace('/ ', '/other '))).receives(/200 OK/);
    mount.write({ 'ca.crt': bank.root.certificate });
    await until('they are in use', () => changes.length === 2);
    await (await ask(test)).receives(/200 OK/);
  });

  test('in a later document refuse it: what works stays', async () => {
    const external = await External.start(server());
    const test = await caller(external.port);
    const [cluster] = test.config.clusters;
    const applied = await test.proxy.apply(JSON.stringify({ ...test.config, clusters: [{ ...cluster, tls: { ...cluster!.tls, trustBundleFile: '/nowhere/ca.crt' } }] }));
    expect(applied).toMatchObject({ ok: false, problems: ['cluster \'backend\' can\'t have TLS: trustBundleFile \'/nowhere/ca.crt\' is not there; mount it, or correct the path'] });
    await (await ask(test)).receives(/200 OK/);
  });
});

test('a document that asks for more carries no request on a connection from before', async () => {
  const external = await External.start(server());
  const test = await caller(external.port);
  const connection = await ask(test);
  const [cluster] = test.config.clusters;
  const pins = [pinOf(server())];
  const clusters = [{ ...cluster, tls: { ...cluster!.tls, pins } }];
  expect(await test.proxy.apply(JSON.stringify({ ...test.config, clusters }))).toMatchObject({ ok: true });
  connection.send(GET);
  await connection.receives(/503 [^]*server_unverified/);
});

test('health checks go by TLS, and fail where a request would', async () => {
  const [good, bad] = [await External.start(server()), await External.start(server('other.example'))];
  const healthCheck = { type: 'http', path: '/', intervalMs: 1_000, timeoutMs: 1_000 } as const;
  const one = await caller(good.port, {}, { cluster: { healthCheck } });
  const two = await caller(bad.port, {}, { cluster: { healthCheck } });
  await until('one passes', () => counted(one, 'mesh_health_checks_total{cluster="backend",result="passed"}') > 0, 20_000);
  await until('two fails', () => counted(two, 'mesh_health_checks_total{cluster="backend",result="failed"}') > 0, 20_000);
  expect(good.received).toContain('GET / HTTP/1.1');
});
