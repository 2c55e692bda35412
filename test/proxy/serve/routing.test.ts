/** Which route takes a request: the table of the engine's tests, run through the proxy over real sockets. */
import type { RouteConfig } from '../../../src/contract';
import { CONFORMANCE_CASES } from '../../routing/conformance';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Faults that the codec finds, before there is a path. */
const OF_CODEC = ['target_form', 'connect_target', 'path_fragment', 'path_character'];

/** The codec refuses a standard method in another case, and a host with empty labels: no table is asked. */
function isRefusedByCodec(method: string, fields: readonly (readonly [string, string])[]): boolean {
  return method !== method.toUpperCase() || fields.some(([name, value]) => name.toLowerCase() === 'host' && /^\.|\.\./.test(value));
}

describe.each([...new Set(CONFORMANCE_CASES.map(({ group }) => group))])('GIVEN $name', (group) => {
  let test: TestProxy;
  beforeAll(async () => {
    // Each route says its own name: an answer shows which one was chosen.
    const routes = Object.entries(group.routes).map(([name, match]): RouteConfig => (
      { name, ...(match.length > 0 && { matches: [...match] }), respond: { status: 204 }, responseHeaders: { set: [{ name: 'x-route', value: name }] } }));
    test = await startProxy([], { routes, clusters: [{ name: 'none', discovery: { type: 'static', endpoints: [] } }] });
    cleanups.push(() => test.proxy.close());
  });

  it.each(CONFORMANCE_CASES.filter((each) => each.group === group))('WHEN $request THEN $route$fault', async ({ method, target, fields, route, fault }) => {
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(`${method} ${target} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    const response = await client.receives('\r\n\r\n');
    client.socket.destroy();
    if (fault !== undefined) {
      expect(response).toMatch(/^HTTP\/1\.1 (400|501) /);
      if (!OF_CODEC.includes(fault)) expect(response).toContain('details="path_refused"');
    } else if (route === undefined && isRefusedByCodec(method, fields)) {
      expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*details="bad_request"/);
    } else if (route === undefined) {
      expect(response).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*details="no_route"/);
    } else {
      expect(/^x-route: (.*)\r$/m.exec(response)?.[1]).toBe(route);
    }
  });
});

describe('paths', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  async function sent(target: string, options: TestProxyOptions = {}): Promise<{ client: RawConnection; backend: RawBackend; test: TestProxy }> {
    const backend = await RawBackend.answering(() => OK);
    const test = await startProxy([backend.port], options);
    cleanups.push(() => test.proxy.close(), () => backend.close());
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.receives(/\r\n\r\n[^]/);
    return { client, backend, test };
  }

  it.each([
    ['/a/./b/../%7Euser//c?x=/../%zz', '/a/~user//c?x=/../%zz', undefined],
    ['/a//b?\xe4', '/a//b?%E4', undefined],
    ['/a//b/./c', '/a/b/c', { mergeSlashes: true }],
    ['/a%2Fb%5cc', '/a%2Fb%5Cc', { encodedSlashes: 'keep' as const }],
    ['/a%2fb%5C..', '/a/', { encodedSlashes: 'decode' as const }],
    ['http://b/x/../y', '/y', undefined],
  ])('are sent on in the form that they are matched in: %s', async (target, path, options) => {
    const { backend } = await sent(target, options && { path: options });
    expect(backend.received.split(' ')[1]).toBe(path);
  });

  it('are logged in that form, without their queries', async () => {
    const seen: string[] = [];
    const backend = await RawBackend.answering(() => OK);
    const test = await startProxy([backend.port]);
    cleanups.push(() => test.proxy.close(), () => backend.close());
    test.proxy.context.onExchange = ({ record }) => { seen.push(`${record.route}: ${record.describedMethod} ${record.path.toString()}`); };
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    for (const request of ['GET /a/../b?c', 'OPTIONS *', 'GET http://a/x/../y?b', 'PURGE /?']) client.send(`${request} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until('all are over', () => seen.length === 4);
    expect(seen).toEqual(['default: GET /b', 'default: OPTIONS *', 'default: GET /y', 'default: PURGE /']);
  });

  it('of one request are not those of the next', async () => {
    const seen: string[] = [];
    const backend = await RawBackend.answering(() => OK);
    const test = await startProxy([backend.port]);
    cleanups.push(() => test.proxy.close(), () => backend.close());
    test.proxy.context.onExchange = ({ record }) => { seen.push(`${record.describedMethod} ${record.path.toString()}`); };
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(`${'M'.repeat(65)} /secret HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.receives('ok');
    client.send('G(T /other HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('both are over', () => seen.length === 2);
    expect(seen).toEqual([`${'M'.repeat(64)} /secret`, 'undefined ']);
  });

  it('that are refused say why, and the connection stays', async () => {
    const { client, backend, test } = await sent('/a%2Fb');
    expect(client.received).toContain('path_refused');
    expect(client.received).toContain('the path holds %2F');
    client.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.receives('ok');
    expect(backend.received).toMatch(/^GET \/next /);
    expect(test.metrics()).toContain('code="400",reason="path_refused"} 1');
  });

  it.each([
    ['/foo/bar', '/foo', '/xyz', '/xyz/bar'], ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'], ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'], ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
    ['/foo', '/foo', '/xyz', '/xyz'], ['/foo/', '/foo', '/xyz', '/xyz/'], ['/foo/bar', '/foo', '', '/bar'], ['/foo/', '/foo', '', '/'], ['/foo', '/foo', '', '/'],
    ['/foo/', '/foo', '/', '/'], ['/foo', '/foo', '/', '/'], ['/foo?a', '/foo', '', '/?a'], ['/%66oo//bar?a', '/foo', '/xyz', '/xyz//bar?a'], ['/x/../foo', '/foo', '', '/'],
    ['/foo/b', '/%66oo', '/xyz', '/xyz/b'],
  ])('%s with the prefix %s replaced by %j is %s', async (target, prefix, value, path) => {
    const { backend } = await sent(target, { route: { matches: [{ path: { type: 'prefix', value: prefix } }], rewrite: { path: { type: 'prefix', value } } } });
    expect(backend.received.split(' ')[1]).toBe(path);
  });

  it('that a rewritten prefix is not part of meet no route', async () => {
    const { client } = await sent('/food', { route: { matches: [{ path: { type: 'prefix', value: '/foo' } }], rewrite: { path: { type: 'prefix', value: '/x' } } } });
    expect(client.received).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('weights', () => {
  it('of 0 alone lead nowhere', async () => {
    const test = await startProxy([1], { route: { matches: [{}], split: [{ cluster: 'backend', weight: 0 }] } });
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.receives(/\r\n\r\n[^]/)).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n[^]*details="no_backend"/);
  });
});

test('each route keeps its own times, faults and fields', async () => {
  const backend = await RawBackend.answering((head) => (head.includes('/slow') ? '' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const split = [{ cluster: 'backend', weight: 1 }];
  const test = await startProxy([backend.port], {
    routes: [
      { name: 'slow', split, matches: [{ path: { type: 'prefix', value: '/slow' } }], timeoutMs: 20 },
      { name: 'faulty', split, matches: [{ path: { type: 'prefix', value: '/faulty' } }], faults: [{ percent: 100, abortStatus: 418 }] },
      { name: 'rest', split, responseHeaders: { set: [{ name: 'x-route', value: 'rest' }] } },
    ],
  });
  cleanups.push(() => test.proxy.close(), () => backend.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send(['/slow', '/faulty', '/'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  expect(await client.receives(/x-route: rest\r\n/)).toMatch(/^HTTP\/1\.1 504 [^]*HTTP\/1\.1 418 [^]*HTTP\/1\.1 200 /);
});
