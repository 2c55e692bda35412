/** What a listener says to browsers, over real sockets: HTTPS only, CORS, pages for errors. */
import type { CorsConfig, EdgeConfig } from '../../../../src/contract';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { makeKeyPair, MountedSecret } from '../../../support/key-pairs';
import { rawClient } from '../../../support/raw-http';
import { tlsClient } from '../../../support/raw-tls';
import { exchanged, get, startEdge, OK } from './support';

const cleanups = cleanupsAfterEach();

async function tls(): Promise<{ certificates: MountedSecret['config'][] }> {
  const pair = await makeKeyPair();
  const secret = new MountedSecret(pair.certificate, pair.key);
  cleanups.push(() => secret.remove());
  return { certificates: [secret.config] };
}

/** The values of a response's field. */
function values(response: string, name: string): string[] {
  return response.slice(0, response.indexOf('\r\n\r\n')).split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
}

describe('a redirect to HTTPS', () => {
  test.each<[string, EdgeConfig['httpsRedirect'], string[], string, number]>([
    ['as it is', {}, [], 'https://shop.test/a?b', 308],
    ['with another port', { port: 8443, status: 301 }, [], 'https://shop.test:8443/a?b', 301],
    ['without the port of the request', {}, ['Host: Shop.test:8080'], 'https://Shop.test/a?b', 308],
  ])('%s', async (_, httpsRedirect, fields, location, status) => {
    const test = await startEdge(cleanups, { httpsRedirect: httpsRedirect! });
    const response = await test.ask(get(...fields));
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(values(response, 'location')).toEqual([location]);
    expect(test.backend.received).toBe('');
    expect(test.metrics()).toContain(`code="${status}",reason="redirect"} 1`);
  });

  test('by a route keeps the scheme that a trusted proxy got it by', async () => {
    const routes = [{ name: 'old', redirect: { path: { type: 'full' as const, value: '/new' } } }];
    const test = await startEdge(cleanups, { forwarded: { trustedHops: 1 } }, { routes });
    const to = async (...fields: string[]) => values(await test.ask(get(...fields)), 'location');
    expect(await to('X-Forwarded-For: 9.9.9.9', 'X-Forwarded-Proto: https')).toEqual(['https://shop.test/new?b']);
    expect(await to('X-Forwarded-For: 9.9.9.9', 'X-Forwarded-Proto: http')).toEqual(['http://shop.test/new?b']);
  });

  test('is not for what a trusted proxy got by HTTPS, but for what a client says of itself', async () => {
    const test = await startEdge(cleanups, { httpsRedirect: {}, hsts: { maxAgeSeconds: 60 }, forwarded: { trustedHops: 1 } });
    const served = await test.ask(get('X-Forwarded-For: 9.9.9.9', 'X-Forwarded-Proto: https'));
    expect(served).toMatch(/^HTTP\/1.1 200/);
    expect(values(served, 'strict-transport-security')).toEqual(['max-age=60']);
    const redirected = await test.ask(get('X-Forwarded-Proto: https'));
    expect(redirected).toMatch(/^HTTP\/1.1 308/);
    expect(values(redirected, 'strict-transport-security')).toEqual([]);
  });
});

test('GIVEN hsts THEN responses by HTTPS have it in place of the app\'s, and so have those of the proxy', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=0\r\nContent-Length: 2\r\n\r\nok';
  const test = await startEdge(cleanups, {
    hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: true }, clients: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } },
  }, { tls: await tls() }, () => answer);
  const client = await tlsClient(test.port);
  cleanups.push(() => client.socket.destroy());
  for (const status of [200, 429]) {
    const response = await exchanged(client, get());
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    expect(values(response, 'strict-transport-security')).toEqual(['max-age=31536000; includeSubDomains; preload']);
  }
});

const preflight = (origin: string, ...fields: string[]): string => (
  ['OPTIONS /a HTTP/1.1', 'Host: shop.test', `Origin: ${origin}`, 'Access-Control-Request-Method: PUT', ...fields, '', ''].join('\r\n'));

describe('CORS', () => {
  test.each<[string, CorsConfig, string, string | undefined]>([
    ['the origin', { allowOrigins: ['https://a.test'] }, 'https://a.test', 'https://a.test'],
    ['another scheme', { allowOrigins: ['https://a.test'] }, 'http://a.test', undefined],
    ['another port', { allowOrigins: ['https://a.test'] }, 'https://a.test:8443', undefined],
    ['a name below', { allowOrigins: ['https://*.a.test'] }, 'https://x.y.a.test', 'https://x.y.a.test'],
    ['the name itself', { allowOrigins: ['https://*.a.test'] }, 'https://a.test', undefined],
    ['a name that ends alike', { allowOrigins: ['https://*.a.test'] }, 'https://evila.test', undefined],
    ['a name behind a slash', { allowOrigins: ['https://*.a.test'] }, 'https://evil.test/x.a.test', undefined],
    ['a dot for any character', { allowOrigins: ['https://a.test'] }, 'https://axtest', undefined],
    ['any', { allowOrigins: ['*'] }, 'https://b.test', '*'],
    ['any, with credentials', { allowOrigins: ['*'], allowCredentials: true }, 'https://b.test', 'https://b.test'],
    ['none, as of a file', { allowOrigins: ['https://a.test'] }, 'null', undefined],
  ])('%s', async (_, cors, origin, expected) => {
    const test = await startEdge(cleanups, { cors }, {}, () => 'HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: app\r\nVary: Accept\r\nContent-Length: 2\r\n\r\nok');
    for (const [request, seen] of [[get(`Origin: ${origin}`), true], [preflight(origin), false]] as const) {
      const before = test.backend.received.length;
      const response = await test.ask(request);
      expect(response).toMatch(/^HTTP\/1.1 200/);
      expect(values(response, 'access-control-allow-origin')).toEqual(expected === undefined ? [] : [expected]);
      expect(values(response, 'access-control-allow-credentials')).toEqual(cors.allowCredentials && expected !== undefined ? ['true'] : []);
      expect(values(response, 'vary').includes('origin')).toBe(expected !== '*');
      expect(test.backend.received.length > before).toBe(seen);
    }
  });

  test.each<[string, Partial<CorsConfig>, string[], string[]]>([
    ['nothing said', {}, [], []],
    ['lists', { allowMethods: ['PUT', 'DELETE'], allowHeaders: ['X-A', 'X-B'], maxAgeSeconds: 60 }, ['PUT, DELETE'], ['X-A, X-B']],
    ['all', { allowMethods: ['*'], allowHeaders: ['*'] }, ['*'], ['*']],
    ['all, with credentials', { allowMethods: ['*'], allowHeaders: ['*'], allowCredentials: true }, ['PUT'], ['x-c, x-d']],
  ])('a preflight request gets methods and fields: %s', async (_, cors, methods, headers) => {
    const test = await startEdge(cleanups, { cors: { allowOrigins: ['https://a.test'], ...cors } });
    const response = await test.ask(preflight('https://a.test', 'Access-Control-Request-Headers: x-c, x-d'));
    expect(values(response, 'access-control-allow-methods')).toEqual(methods);
    expect(values(response, 'access-control-allow-headers')).toEqual(headers);
    expect(values(response, 'access-control-max-age')).toEqual([String(cors.maxAgeSeconds ?? 5)]);
    expect(response).toMatch(/content-length: 0\r\n/);
  });

  test('an OPTIONS request that is no preflight goes to the app, and responses of the proxy have the fields, too', async () => {
    const test = await startEdge(cleanups, { cors: { allowOrigins: ['https://a.test'], exposeHeaders: ['X-A'] } }, { cluster: { discovery: { type: 'static', endpoints: [] } } });
    const response = await test.ask('OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n');
    expect(response).toMatch(/^HTTP\/1.1 503/);
    expect(values(response, 'access-control-allow-origin')).toEqual(['https://a.test']);
    expect(values(response, 'access-control-expose-headers')).toEqual(['X-A']);
  });

  test('two origins are none', async () => {
    const test = await startEdge(cleanups, { cors: { allowOrigins: ['https://a.test'] } });
    expect(values(await test.ask(get('Origin: https://a.test', 'Origin: https://b.test')), 'access-control-allow-origin')).toEqual([]);
  });
});

describe('pages', () => {
  const errorPages = [{ statuses: [503, 400], body: '<h1>Später</h1>' }, { statuses: [429], contentType: 'application/json', body: '{}' }];

  test('stand in responses of the proxy, with its reason, and not in the app\'s', async () => {
    const down = await startEdge(cleanups, { errorPages }, { cluster: { discovery: { type: 'static', endpoints: [] } } });
    const response = await down.ask(get());
    expect(response).toMatch(/^HTTP\/1.1 503 /);
    expect(values(response, 'content-type')).toEqual(['text/html; charset=utf-8']);
    expect(Buffer.from(response.slice(response.indexOf('\r\n\r\n') + 4), 'latin1').toString()).toBe('<h1>Später</h1>');
    expect(response).toContain('details="no_endpoints"');
    const own = await startEdge(cleanups, { errorPages }, {}, () => 'HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nok');
    expect(await own.ask(get())).toMatch(/ok$/);
  });

  test('are given to bytes that are no request, and HEAD gets their length alone', async () => {
    const test = await startEdge(cleanups, { errorPages, clients: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } } });
    expect(await test.ask('GET / HTTP/1.1\r\nHost: a b\r\n\r\n')).toContain('<h1>');
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    await exchanged(client, get());
    client.received = '';
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.receives(/\r\n\r\n$/)).toMatch(/^HTTP\/1.1 429 [^]*content-type: application\/json\r\ncontent-length: 2\r\n/);
  });
});

test('GIVEN a request that is refused for its client WHEN it comes again by the wrong connection THEN its host is looked at', async () => {
  const certificates = (await Promise.all([tls(), tls()])).flatMap((each, i) => each.certificates.map((files) => ({ ...files, hosts: [`h${i}.test`] })));
  const test = await startEdge(cleanups, { clients: { deny: ['192.0.2.1'] }, forwarded: { trustedHops: 1 } }, { tls: { certificates } }, () => OK);
  const client = await tlsClient(test.port, { servername: 'h0.test' });
  cleanups.push(() => client.socket.destroy());
  for (const [host, address, status] of [['h0.test', '1.1.1.1', 200], ['h1.test', '192.0.2.1', 403], ['h1.test', '1.1.1.1', 421]] as const) {
    expect(await exchanged(client, get(`Host: ${host}`, `X-Forwarded-For: ${address}`))).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
  }
});

test.each<[EdgeConfig, object, string]>([
  [{ httpsRedirect: {} }, { tls: { certificates: [{ certificateFile: '/c', keyFile: '/k' }] } }, '/listeners/0/httpsRedirect: the listener has TLS'],
  [{ hsts: { maxAgeSeconds: 1 } }, {}, '/listeners/0/hsts: browsers take it by HTTPS only'],
  [{ hsts: { maxAgeSeconds: 1, preload: true }, forwarded: { trustedHops: 1 } }, {}, '/listeners/0/hsts/preload: lists of browsers'],
  [{ errorPages: [{ statuses: [500, 501], body: '' }, { statuses: [501], body: '' }] }, {}, '/listeners/0/errorPages/1/statuses/0: there is a page for status 501 already'],
  [{ cors: { allowOrigins: ['https://*.*.test'] } }, {}, '/listeners/0/cors/allowOrigins/0: must match pattern'],
  [{ cors: { allowOrigins: ['https://a.test/'] } }, {}, '/listeners/0/cors/allowOrigins/0: must match pattern'],
  [{ errorPages: [{ statuses: [302], body: '' }] }, {}, '/listeners/0/errorPages/0/statuses/0: must be >= 400'],
])('a document with %j is refused', async (edge, others, expected) => {
  const test = await startEdge(cleanups, {});
  const listeners = [{ ...test.config.listeners[0], ...edge, ...others }];
  expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners }))).toMatchObject({ problems: [expect.stringContaining(expected)] });
});

test.each<[string, EdgeConfig]>([
  ['CORS', { cors: { allowOrigins: ['https://shop.test'] } }], ['pages for errors', { errorPages: [{ statuses: [502], body: 'sorry' }] }],
])('a listener of which only %s are said is at the edge: clients learn no addresses of endpoints', async (_, edge) => {
  const test = await startEdge(cleanups, edge);
  expect(await test.ask(get('x-mesh-explain: 1'))).not.toContain('x-mesh-attempts');
});
