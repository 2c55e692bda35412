/** An authority that is asked about requests, over sockets: what passes, what clients get, and what happens when it gives no answer. */
import type { ExternalAuthorizationConfig, RouteConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { echoServer, EchoClient } from '../../support/grpc';
import { Http2Client } from '../../support/http2-client';
import { freePort, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const ALLOW = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const DENY = 'HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nX-Why: no\r\nX-Inner: 1\r\nContent-Length: 4\r\n\r\n<no>';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const cleanups = cleanupsAfterEach();

interface Peers {
  readonly test: TestProxy;
  readonly app: RawBackend;
  readonly authority: RawBackend;
  /** A client that has sent this. */
  sends(text: string): Promise<RawConnection>;
  /** The head of the answer to a GET. */
  get(path?: string, ...fields: string[]): Promise<string>;
  /** Values of the metric by its labels. */
  counted(): string[];
}

interface Options extends Pick<TestProxyOptions, 'protocol' | 'clock' | 'authorization' | 'admission' | 'direction' | 'ownAddress' | 'edge'> {
  readonly route?: Partial<RouteConfig>;
  readonly routes?: RouteConfig[];
  readonly authorityPort?: number;
  readonly appPort?: number;
  readonly http2?: boolean;
}

const static_ = (port: number) => ({ type: 'static' as const, endpoints: [{ address: '127.0.0.1', port }] });

async function start(
  answer: string | ((head: string, connection: RawConnection) => string) = ALLOW,
  config: Partial<ExternalAuthorizationConfig> = {}, options: Options = {},
): Promise<Peers> {
  const authority = await RawBackend.answering(typeof answer === 'string' ? () => answer : answer);
  const app = await RawBackend.answering(() => OK);
  const { http2, authorityPort = authority.port, appPort = app.port, ...rest } = options;
  const test = await startProxy([], {
    direction: 'inbound', ...rest,
    externalAuthorization: { split: [{ cluster: 'auth', weight: 1 }], ...config },
    routes: options.routes ?? [{ name: 'default', split: [{ cluster: 'app', weight: 1 }], ...options.route }],
    clusters: [
      { name: 'app', discovery: static_(appPort), ...(http2 && { protocol: 'http2' as const }) },
      { name: 'auth', discovery: static_(authorityPort) },
    ],
  });
  cleanups.push(() => authority.close(), () => app.close(), () => test.proxy.close());
  const sends = async (text: string): Promise<RawConnection> => {
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(text);
    return client;
  };
  return {
    test, app, authority, sends,
    get: async (path = '/', ...fields) => {
      const client = await sends(`GET ${path} HTTP/1.1\r\nHost: shop\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`);
      return client.receives('\r\n\r\n');
    },
    counted: () => [...test.metrics().matchAll(/^mesh_external_authorization_requests_total\{listener="test",result="(\w+)",cause="([^"]+)"\} (\d+)$/gm)]
      .map(([, result, cause, count]) => `${result} ${cause} ${count}`),
  };
}

/** Answers nothing. */
const silent = (): string => '';
const pending = (test: TestProxy): string | undefined => /^mesh_external_authorization_pending\{listener="test"\} (\S+)$/m.exec(test.metrics())?.[1];

describe('the question', () => {
  test('has the method, the path and the fields of the list, and no body', async () => {
    const { sends, authority, app } = await start();
    const client = await sends('POST /pay?x=1 HTTP/1.1\r\nHost: Shop\r\nCookie: a=1\r\nX-Other: 1\r\nAuthorization: Basic x\r\nAUTHORIZATION: Basic y\r\nContent-Length: 3\r\n\r\nabc');
    await client.receives('ok');
    expect(authority.received).toMatch(/^POST \/pay\?x=1 HTTP\/1\.1\r\nhost: Shop\r\nCookie: a=1\r\nAuthorization: Basic x\r\nAUTHORIZATION: Basic y\r\nx-forwarded-host: Shop\r\nx-forwarded-method: POST\r\nx-forwarded-uri: \/pay\?x=1\r\ncontent-length: 0\r\nx-mesh-via: in-\w+\r\nx-mesh-deadline-ms: \d+\r\n\r\n$/);
    expect(app.received).toMatch(/^POST \/pay\?x=1 [^]*\r\n\r\nabc$/);
    expect(app.received).not.toContain('x-forwarded-uri');
  });

  test.each([
    ['/a/../b', '/b', '/b'], ['/%61', '/a', '/a'], ['/./', '/', '/'], ['/x/%2e%2e/y?q=/../z', '/y?q=/../z', '/y?q=/../z'], ['http://other?q', '/?q', '/?q'],
  ])('has the path that routes go by: %s', async (path, asked, sent) => {
    const { get, authority, app } = await start();
    await get(path);
    expect(authority.received).toContain(`GET ${asked} HTTP/1.1\r\n`);
    expect(authority.received).toContain(`x-forwarded-uri: ${asked}\r\n`);
    expect(app.received).toContain(`GET ${sent} HTTP/1.1\r\n`);
  });

  test.each(['/a%2Fb', '/a%00', '/..;/x'])('is not asked about a path that is refused: %s', async (path) => {
    const { get, authority } = await start();
    expect(await get(path)).toMatch(/^HTTP\/1\.1 400 /);
    expect(authority.received).toBe('');
  });

  test('can have a prefix in front of the path, another host, and other fields', async () => {
    const { get, authority } = await start(ALLOW, { pathPrefix: '/check/', host: 'auth.example.com', allowedHeaders: ['X-Key'] });
    await get('/a?b', 'x-key: 7', 'Cookie: a=1');
    expect(authority.received).toMatch(/^GET \/check\/a\?b HTTP\/1\.1\r\nhost: auth\.example\.com\r\nx-key: 7\r\nx-forwarded-host: shop\r\n/);
    expect(authority.received).not.toMatch(/cookie/i);
  });

  test('can be for one path by GET, as nginx and Traefik ask', async () => {
    const { sends, authority } = await start(ALLOW, { path: '/oauth2/auth' });
    await (await sends('DELETE /a?b HTTP/1.1\r\nHost: shop\r\n\r\n')).receives('ok');
    expect(authority.received).toMatch(/^GET \/oauth2\/auth HTTP\/1\.1\r\n[^]*x-forwarded-method: DELETE\r\nx-forwarded-uri: \/a\?b\r\n/);
    expect(authority.received).not.toContain('content-length');
  });

  test('says at a gateway where the request comes from, whatever the client says', async () => {
    const { get, authority } = await start(ALLOW, { allowedHeaders: ['x-forwarded-for'] }, { direction: 'outbound', ownAddress: true, edge: { forwarded: {} } });
    await get('/', 'X-Forwarded-For: 192.0.2.6', 'X-Forwarded-Host: evil', 'X-Forwarded-Uri: /evil', 'X-Forwarded-Caller: evil');
    expect(authority.received).toMatch(/x-forwarded-for: 127\.0\.0\.1\r\nx-forwarded-proto: http\r\nx-forwarded-host: shop\r\nx-forwarded-method: GET\r\nx-forwarded-uri: \/\r\n/);
    expect(authority.received).not.toMatch(/evil|192\.0\.2\.6/);
  });

  test('does not take over what Connection names', async () => {
    const { get, authority } = await start(ALLOW, { allowedHeaders: ['x-key'] });
    await get('/', 'X-Key: 7', 'Connection: x-key');
    expect(authority.received).not.toMatch(/x-key/i);
  });

  test('is not asked about paths that are exempt, in any spelling, and about no other', async () => {
    const { get, authority } = await start(DENY, { exemptPaths: ['/healthz', '/public/*'] });
    expect(await get('/healthz?x')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get('/%70ublic/a')).toMatch(/^HTTP\/1\.1 200 /);
    expect(authority.received).toBe('');
    expect(await get('/public/../a')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await get('/healthz/')).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('is not asked about routes that say so', async () => {
    const split = [{ cluster: 'app', weight: 1 }];
    const { get, authority } = await start(DENY, {}, { routes: [
      { name: 'login', matches: [{ path: { type: 'prefix', value: '/login' } }], split, externalAuthorization: false }, { name: 'rest', split },
    ] });
    expect(await get('/login')).toMatch(/^HTTP\/1\.1 200 /);
    expect(authority.received).toBe('');
    expect(await get('/login/../x')).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('comes behind the rules, which deny first', async () => {
    const { get, authority } = await start(ALLOW, {}, { authorization: { rules: [{ name: 'a', plain: true, matches: [{ path: { type: 'exact', value: '/a' } }] }] } });
    expect(await get('/b')).toMatch(/^HTTP\/1\.1 403 [^]*not_authorized/);
    expect(authority.received).toBe('');
    expect(await get('/a')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a request that passes', () => {
  test('gets the fields of the list, and none that its client made up', async () => {
    const { get, app, counted, test: { metrics } } = await start('HTTP/1.1 204 No Content\r\nX-User: ada\r\nX-Secret: 1\r\n\r\n', { allowedResponseHeaders: ['x-user', 'x-role'] });
    expect(await get('/', 'X-User: eve', 'x_user: eve', 'X-Role: admin', 'X-Secret: 2')).toMatch(/^HTTP\/1\.1 200 /);
    expect(app.received).toMatch(/X-Secret: 2\r\n/);
    expect(app.received).toMatch(/X-User: ada\r\n/);
    expect(app.received).not.toMatch(/eve|role|X-Secret: 1/i);
    expect(counted()).toEqual(['allowed - 1']);
    expect(metrics()).toContain('mesh_external_authorization_duration_seconds_count{listener="test"} 1');
  });

  test('does not come from trailers of a client either', async () => {
    const { sends, app } = await start(ALLOW, { allowedResponseHeaders: ['X-Group'] });
    const head = 'POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n';
    const client = await sends(`${head}2\r\nhi\r\n0\r\nX-Group: admin\r\nx_group: admin\r\nX-Sum: 7\r\n\r\n`);
    await client.receives('ok');
    await until('all of it has come', () => app.received.endsWith('0\r\nX-Sum: 7\r\n\r\n'));
    expect(app.received).not.toContain('admin');
  });

  test('is cleaned where nobody is asked about it, too', async () => {
    const { get, app, authority } = await start(DENY, { allowedResponseHeaders: ['x-user'], exemptPaths: ['/healthz'] });
    await get('/healthz', 'X-User: eve');
    expect(app.received).not.toContain('eve');
    expect(authority.received).toBe('');
  });

  test('comes with a body that was held, in pieces of any kind', async () => {
    let answer = (): void => {};
    const { sends, app, authority } = await start((_, connection) => { answer = () => connection.send(ALLOW); return ''; });
    const client = await sends('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await until('it is asked', () => authority.received.includes('\r\n\r\n'));
    client.send('3\r\ndef\r\n0\r\n\r\n');
    answer();
    await client.receives('ok');
    await until('the body is there', () => app.received.endsWith('0\r\n\r\n'));
    expect(app.received.split('\r\n\r\n').slice(1).join('|')).toBe('3\r\nabc\r\n3\r\ndef\r\n0|');
    client.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the connection goes on', () => authority.received.includes('GET /next'));
  });

  test('does not wait for the end of the answer', async () => {
    const { get, counted } = await start('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    expect(await get()).toMatch(/^HTTP\/1\.1 200 /);
    expect(counted()).toEqual(['allowed - 1']);
  });

  test('may switch protocols, and what its client sends at once arrives', async () => {
    const switching = await RawBackend.start((connection) => connection.socket.once('data', () => connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')));
    cleanups.push(() => switching.close());
    const { sends } = await start(ALLOW, {}, { appPort: switching.port });
    const client = await sends('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    await client.receives('101 Switching');
    await until('it arrives', () => switching.received.endsWith('hello'));
  });
});

describe('a request that is denied', () => {
  test('gets status, content and the fields of the list, and the app sees nothing', async () => {
    const { sends, app, counted } = await start(DENY, { allowedClientHeaders: ['x-why'] });
    const client = await sends('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await client.receives(/<no>[^]*<no>/);
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\ncontent-type: text\/html\r\ncontent-length: 4\r\n/);
    expect(answer).toMatch(/proxy-status: [^\r]*details="ext_authz_denied"/);
    expect(answer).toContain('X-Why: no\r\n');
    expect(answer).not.toContain('X-Inner');
    expect(app.connections).toHaveLength(0);
    expect(counted()).toEqual(['denied - 2']);
  });

  test.each([
    ['401 Unauthorized', 'WWW-Authenticate: Bearer realm="x"'], ['302 Found', 'Location: https://login.example.com/?next=%2F'], ['429 Too Many Requests', 'Retry-After: 7'],
  ])('is told what to do: %s', async (status, field) => {
    const { get } = await start(`HTTP/1.1 ${status}\r\n${field}\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n`);
    const answer = await get();
    expect(answer.startsWith(`HTTP/1.1 ${status}\r\n`)).toBe(true);
    expect(answer).toContain(`${field}\r\n`);
    expect(answer).toMatch(/Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
  });

  test('gets the proxy\'s words in place of content that is too long, or does not come in time', async () => {
    const long = await start(`HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`, { maxResponseBytes: 64 });
    const answer = await long.get();
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).not.toMatch(/gzip|xxx/);
    expect(long.test.metrics()).toContain('mesh_limit_reached_total{limit="externalAuthorization.maxResponseBytes"} 1');
    const clock = new FakeClock();
    const slow = await start('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nabc', {}, { clock });
    const client = await slow.sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the answer has begun', () => slow.authority.received !== '');
    await until('time is over', () => { clock.advance(100); return client.received !== ''; });
    expect(client.received).toMatch(/^HTTP\/1\.1 401 [^]*ext_authz_denied/);
    expect(slow.counted()).toEqual(['denied - 1']);
  });
});

describe('no answer', () => {
  test('refuses when the time is over', async () => {
    const clock = new FakeClock();
    const { sends, authority, app, counted, test: { metrics } } = await start(silent, { timeoutMs: 500 }, { clock });
    const client = await sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('it is asked', () => authority.received !== '');
    await until('it is over', () => { clock.advance(50); return client.received !== ''; });
    expect(client.received).toMatch(/^HTTP\/1\.1 503 [^]*ext_authz_failed/);
    expect(app.connections).toHaveLength(0);
    expect(counted()).toEqual(['failed timeout 1']);
    expect(metrics()).toContain('mesh_external_authorization_pending{listener="test"} 0');
  });

  test.each<[string, string, string]>([
    ['5xx', 'HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno', 'failed status 1'],
    ['a refusal by the authority\'s own sidecar', 'HTTP/1.1 403 Forbidden\r\nProxy-Status: x; error=http_request_denied; details="not_authorized"\r\nContent-Length: 0\r\n\r\n', 'failed proxy 1'],
    ['no HTTP', 'SSH-2.0\r\n\r\n', 'failed upstream_protocol_error 1'],
  ])('refuses after %s', async (_, answer, counts) => {
    const { get, app, counted } = await start(answer);
    expect(await get()).toMatch(/^HTTP\/1\.1 503 /);
    expect(app.connections).toHaveLength(0);
    expect(counted()).toEqual([counts]);
  });

  test('refuses when nobody is there, with the status of the document', async () => {
    const { get, app, counted } = await start(ALLOW, { statusOnError: 403 }, { authorityPort: await freePort() });
    expect(await get()).toMatch(/^HTTP\/1\.1 403 [^]*ext_authz_failed/);
    expect(app.connections).toHaveLength(0);
    expect(counted()).toEqual(['failed connect_failed 1']);
  });

  test('lets pass only where that is said by name, without the fields that clients made up', async () => {
    const { get, app, counted } = await start('HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nX-User: ada\r\n\r\n', { failureModeAllow: true, allowedResponseHeaders: ['x-user'] });
    expect(await get('/', 'X-User: eve')).toMatch(/^HTTP\/1\.1 200 /);
    expect(app.received).not.toMatch(/ada|eve/);
    expect(counted()).toEqual(['failure_mode_allowed status 1']);
  });

  test('refuses a request when maxPendingRequests are waiting', async () => {
    const { sends, get, authority, counted, test: { metrics } } = await start(silent, { maxPendingRequests: 1 });
    const client = await sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('it is asked', () => authority.received !== '');
    expect(await get()).toMatch(/^HTTP\/1\.1 503 /);
    expect(counted()).toEqual(['failed limit 1']);
    expect(metrics()).toContain('mesh_limit_reached_total{limit="externalAuthorization.maxPendingRequests"} 1');
    client.reset();
    await until('its place is free', () => metrics().includes('mesh_external_authorization_pending{listener="test"} 0'));
  });
});

test('GIVEN an admission THEN a request takes a place when it passes, and none while it waits or when it is denied', async () => {
  let answer = (): void => {};
  const held = await start((_, connection) => { answer = () => connection.send(ALLOW); return ''; }, {}, { admission: { concurrency: { type: 'fixed', max: 1 } } });
  const client = await held.sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('it is asked', () => held.authority.received !== '');
  expect(held.test.metrics()).toContain('mesh_admission_in_flight{listener="test"} 0');
  answer();
  await client.receives('ok');
  const denied = await start(DENY, {}, { admission: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } } });
  for (let i = 0; i < 3; i += 1) expect(await denied.get()).toMatch(/^HTTP\/1\.1 403 /);
});

test('GIVEN a route with a mirror THEN nothing is copied of a request before it passes', async () => {
  const { get, app } = await start((head) => (head.startsWith('GET /a') ? ALLOW : DENY), { allowedResponseHeaders: ['x-user'] }, { route: { mirror: [{ cluster: 'app' }] } });
  expect(await get('/b')).toMatch(/^HTTP\/1\.1 403 /);
  expect(app.connections).toHaveLength(0);
  expect(await get('/a')).toMatch(/^HTTP\/1\.1 200 /);
  await until('both are there', () => app.received.split('GET /a ').length === 3);
  expect(app.received).not.toContain('/b');
});

test('GIVEN a client that goes away during the wait THEN the question is broken off, and nothing is sent', async () => {
  const { sends, authority, app, test: started } = await start(silent);
  const client = await sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('it is asked', () => authority.received !== '');
  client.end();
  await (await authority.connection()).closes();
  await until('nobody waits', () => pending(started) === '0');
  expect(app.connections).toHaveLength(0);
  expect(started.metrics()).toMatch(/mesh_requests_total\{[^}]*reason="client_abort"[^}]*\} 1/);
});

test('GIVEN a reload while a request waits THEN it goes on as it was decided, and the next one is not asked about', async () => {
  let answer = (): void => {};
  const { sends, get, authority, app, test: started } = await start((_, connection) => { answer = () => connection.send(ALLOW); return ''; });
  const client = await sends('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('it is asked', () => authority.received !== '');
  const listeners = started.config.listeners.map(({ externalAuthorization: _, ...listener }) => listener);
  expect(await started.proxy.apply(JSON.stringify({ ...started.config, listeners }))).toMatchObject({ ok: true });
  expect(await get('/next')).toMatch(/^HTTP\/1\.1 200 /);
  expect(app.received).not.toContain('/held');
  answer();
  await client.receives('ok');
  expect(app.received).toContain('/held');
});

test('GIVEN requests over HTTP/2 THEN they are asked about one by one, with their bodies held', async () => {
  const { test: { port }, app } = await start((head) => (head.startsWith('POST /a') ? ALLOW : DENY), {}, { protocol: 'http2' });
  const client = await Http2Client.to(port);
  cleanups.push(() => client.close());
  const [passed, denied] = await Promise.all([
    client.ask({ ':method': 'POST', ':path': '/a' }, [Buffer.from('one'), Buffer.from('two')]),
    client.ask({ ':method': 'POST', ':path': '/b' }, Buffer.from('x')),
  ]);
  expect([passed.status, denied.status, denied.body.toString()]).toEqual([200, 403, '<no>']);
  expect(denied.headers['content-type']).toBe('text/html');
  expect(app.received).toMatch(/^POST \/a /);
  expect(app.received).not.toContain('/b');
});

test('GIVEN streams of one connection that wait THEN each says where it comes from by its own fields', async () => {
  const held: (() => void)[] = [];
  const { test: { port }, app } = await start((_, connection) => { held.push(() => connection.send(ALLOW)); return ''; }, {}, {
    direction: 'outbound', ownAddress: true, edge: { forwarded: { trustedHops: 1 } }, protocol: 'http2',
  });
  const client = await Http2Client.to(port);
  cleanups.push(() => client.close());
  const asked = ['a', 'b'].map((name, index) => client.ask({ ':path': `/${name}`, ':authority': name, 'x-forwarded-for': `192.0.2.${index}` }));
  await until('both wait', () => held.length === 2);
  held.forEach((answer) => answer());
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  expect(app.received).toMatch(/GET \/a HTTP[^]*?x-forwarded-for: 192\.0\.2\.0, 127\.0\.0\.1\r\n[^]*?x-forwarded-host: a\r\n/);
  expect(app.received).toMatch(/GET \/b HTTP[^]*?x-forwarded-for: 192\.0\.2\.1, 127\.0\.0\.1\r\n[^]*?x-forwarded-host: b\r\n/);
});

test.each<[string, string, number]>([
  ['403', DENY, 7], ['401', 'HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n', 16], ['a redirect to log in', 'HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n', 16],
  ['500', 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', 14],
])('GIVEN a call of gRPC and the answer %s THEN it ends by its status', async (_, answer, code) => {
  const server = await echoServer(cleanups);
  const { test: { port } } = await start(answer, {}, { protocol: 'http2', http2: true, appPort: server.port });
  expect((await new EchoClient(cleanups, port).once('hello')).code).toBe(code);
});

test('GIVEN a call of gRPC that passes THEN it is as ever', async () => {
  const server = await echoServer(cleanups);
  const { test: { port }, authority } = await start(ALLOW, {}, { protocol: 'http2', http2: true, appPort: server.port });
  expect(await new EchoClient(cleanups, port).once('hello')).toMatchObject({ code: 0, messages: ['hello'] });
  expect(authority.received).toContain('POST /mesh.test.Echo/Once HTTP/1.1');
});
