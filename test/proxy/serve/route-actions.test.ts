/** What a route does besides choosing an endpoint: over real sockets. */
import type { RouteConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function setUp(
  route: Partial<RouteConfig>, response = OK, direction: 'inbound' | 'outbound' = 'outbound',
): Promise<{ test: TestProxy; backend: RawBackend }> {
  const backend = await RawBackend.answering(() => response);
  cleanups.push(() => backend.close());
  const answers = route.redirect || route.respond;
  const test = await startProxy([backend.port], { route: answers ? { ...route, split: undefined as never } : route, direction });
  cleanups.push(() => test.proxy.close());
  return { test, backend };
}

/** Sends one request and reads the response, up to the end of its head. */
async function exchange({ port }: TestProxy, request: string): Promise<string> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(request);
  return client.receives('\r\n\r\n');
}

const get = (target: string, fields = 'Host: shop:8080\r\n'): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;

describe('header fields', () => {
  test('of a request are removed, set and added, whatever their case; the others stay as they are', async () => {
    const { test, backend } = await setUp({
      requestHeaders: { remove: ['X-Gone'], set: [{ name: 'x-set', value: 'new' }], add: [{ name: 'x-more', value: '2' }, { name: 'x_under', value: 'a b' }] },
    });
    await exchange(test, get('/', 'Host: a\r\nx-gone: 1\r\nX-GONE: 2\r\nX-Set: old\r\nx-set: older\r\nx-more: 1\r\nX-Kept:  1 \r\n'));
    const seen = backend.received;
    expect(seen).not.toMatch(/x-gone|old/i);
    expect(seen.match(/^x-set: .*$/gmi)).toEqual([expect.stringMatching(/^x-set: new\r?$/)]);
    expect(seen.match(/^x-more: \d/gm)).toEqual(['x-more: 1', 'x-more: 2']);
    expect(seen).toContain('x_under: a b\r\n');
    expect(seen).toContain('X-Kept: 1\r\n');
  });

  test('with an underscore in their name are found', async () => {
    const { test, backend } = await setUp({ requestHeaders: { remove: ['x_gone'] } });
    await exchange(test, get('/', 'Host: a\r\nX_Gone: 1\r\nx-gone: 2\r\n'));
    expect(backend.received).not.toContain('X_Gone');
    expect(backend.received).toContain('x-gone: 2');
  });

  test('of a response are removed, set and added', async () => {
    const { test } = await setUp({
      responseHeaders: { remove: ['server'], set: [{ name: 'Cache-Control', value: 'no-store' }], add: [{ name: 'Set-Cookie', value: 'a=1' }] },
    }, 'HTTP/1.1 200 OK\r\nServer: x\r\ncache-control: public\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n');
    const response = await exchange(test, get('/'));
    expect(response).not.toMatch(/server:|public/i);
    expect(response).toContain('Cache-Control: no-store\r\n');
    expect(response).toContain('Set-Cookie: b=2\r\n');
    expect(response).toContain('Set-Cookie: a=1\r\n');
  });

  test('stay as they came for what the request is hashed by', async () => {
    const backends = await Promise.all([0, 1, 2, 3].map(() => RawBackend.answering(() => OK)));
    for (const backend of backends) cleanups.push(() => backend.close());
    const test = await startProxy(backends.map(({ port }) => port), {
      cluster: { loadBalancing: { type: 'ringHash' } },
      route: { hash: [{ type: 'header', name: 'x_user' }], requestHeaders: { remove: ['x_user'] } },
    });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 8; i += 1) await exchange(test, get('/', 'Host: a\r\nX_User: 7\r\n'));
    expect(backends.filter(({ received }) => received !== '')).toHaveLength(1);
  });
});

describe('a rewrite', () => {
  test.each<[string, NonNullable<RouteConfig['rewrite']>, string, string]>([
    ['replaces the whole path, and keeps the query', { path: { type: 'full', value: '/new' } }, '/a/b?x=/1', '/new?x=/1'],
    ['by the root, when empty', { path: { type: 'full', value: '' } }, '/a?x', '/?x'],
    ['puts a prefix before', { path: { type: 'prefix', value: '/v2/' } }, '/a/b?c', '/v2/a/b?c'],
    ['of a URL without a path', { path: { type: 'prefix', value: '/v2' } }, 'http://h?c', '/v2?c'],
    ['that changes nothing of the path', { path: { type: 'prefix', value: '/' } }, '/a', '/a'],
  ])('%s', async (_, rewrite, target, sent) => {
    const { test, backend } = await setUp({ rewrite });
    await exchange(test, get(target));
    expect(backend.received).toMatch(/^GET \S+ HTTP\/1\.1\r\n/);
    expect(backend.received.split(' ')[1]).toBe(sent);
  });

  test('replaces the host, of a URL too, and of a request without one', async () => {
    const { test, backend } = await setUp({ rewrite: { host: 'new.example:81' } });
    await exchange(test, get('/a'));
    await exchange(test, get('http://other/a'));
    await exchange(test, 'GET /a HTTP/1.0\r\n\r\n');
    expect(backend.received.match(/^host: .*$/gmi)).toEqual([1, 2, 3].map(() => expect.stringMatching(/^host: new\.example:81\r?$/)));
  });

  test('leaves OPTIONS * alone', async () => {
    const { test, backend } = await setUp({ rewrite: { path: { type: 'prefix', value: '/v2' } } });
    await exchange(test, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(backend.received).toMatch(/^OPTIONS \* /);
  });
});

describe('a redirect', () => {
  test.each<[string, NonNullable<RouteConfig['redirect']>, string, string]>([
    ['to another host keeps scheme, port, path and query', { host: 'example.org' }, '/a/b?c=d', 'http://example.org:8080/a/b?c=d'],
    ['to https leaves its port out', { scheme: 'https' }, '/a', 'https://shop/a'],
    ['to http leaves its port out', { scheme: 'http' }, '/a', 'http://shop/a'],
    ['to a port', { port: 8443 }, '/', 'http://shop:8443/'],
    ['to a port that the scheme implies', { scheme: 'https', port: 443 }, '/', 'https://shop/'],
    ['to the other scheme\'s port', { scheme: 'https', port: 80 }, '/', 'https://shop:80/'],
    ['to another path', { path: { type: 'full', value: '/new' } }, '/a?b', 'http://shop:8080/new?b'],
    ['to a prefix', { path: { type: 'prefix', value: '/new' } }, '/a?b', 'http://shop:8080/new/a?b'],
    ['of what is not ASCII encodes it', { host: 'x', port: 80 }, '/?\xe4', 'http://x/?%E4'],
  ])('%s', async (_, redirect, target, location) => {
    const { test, backend } = await setUp({ redirect });
    const response = await exchange(test, get(target));
    expect(response).toMatch(/^HTTP\/1\.1 302 Found\r\n/);
    expect(/^location: (.*)$/m.exec(response)![1]!.trim()).toBe(location);
    expect(backend.connections).toHaveLength(0);
  });

  test('has its status, its reason and the route\'s fields; the connection stays', async () => {
    const { test } = await setUp({ redirect: { scheme: 'https', status: 308 }, responseHeaders: { set: [{ name: 'x-by', value: 'mesh' }] } });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(get('/1') + get('/2', 'Host: [::1]:80\r\n'));
    const response = await client.receives(/308[^]*308[^]*\r\n\r\n$/);
    expect(response).toContain('location: https://shop/1\r\nx-by: mesh\r\n');
    expect(response).toContain('location: https://[::1]/2\r\n');
    expect(test.metrics()).toContain('code="308",reason="redirect"} 2');
  });
});

describe('a response of the route', () => {
  test('has its status, body and type', async () => {
    const { test, backend } = await setUp({ respond: { status: 503, body: '{"grüße":1}', contentType: 'application/json' } }, OK, 'inbound');
    const response = await exchange(test, get('/'));
    expect(response).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\ncontent-type: application\/json\r\ncontent-length: 13\r\n/);
    // It is what was asked for, so nobody is to send the request again.
    expect(response).not.toContain('x-mesh-unsent');
    expect(test.metrics()).toContain('code="503",reason="direct_response"} 1');
    expect(backend.connections).toHaveLength(0);
  });

  test('has no length when its status has no body', async () => {
    const { test } = await setUp({ respond: { status: 204 } });
    const response = await exchange(test, get('/'));
    expect(response).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(response).not.toMatch(/content-/);
  });

  test('goes to HEAD without its body', async () => {
    const { test } = await setUp({ respond: { status: 200, body: 'hello' } });
    const response = await exchange(test, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(response).toMatch(/content-length: 5\r\n[^]*\r\n\r\n$/);
  });
});
