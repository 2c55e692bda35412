/** What a route's actions may say, and what not. */
import { findBrokenReferences, ListenerConfig, ProxyConfig, requirementsOf, RouteConfig } from '../../src/contract';

function document(route: Partial<RouteConfig>, listener: Partial<ListenerConfig> = {}): ProxyConfig {
  return {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [{ name: 'out', direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'r', ...route }], ...listener }],
    clusters: [{ name: 'a', discovery: { type: 'static', endpoints: [] } }],
  };
}

const split = [{ cluster: 'a', weight: 1 }];
const mistakesOf = (route: Partial<RouteConfig>, listener?: Partial<ListenerConfig>): string[] => findBrokenReferences(document(route, listener)).map(({ path, message }) => `${path.replace('/listeners/0/routes/0', '')}: ${message}`);

test.each<[string, Partial<RouteConfig>]>([
  ['all actions of a request that is sent on', {
    split, rewrite: { path: { type: 'full', value: '/a/b.c/...' }, host: 'b:1' }, mirror: [{ cluster: 'a' }],
    requestHeaders: { remove: ['a'], set: [{ name: 'b', value: '' }], add: [{ name: 'c', value: '' }, { name: 'c', value: '' }] },
  }],
  ['a redirect', { redirect: { path: { type: 'prefix', value: '' } }, responseHeaders: { remove: ['x'] } }],
  ...['b', 'b.', 'b-1.c_d:65535', '10.0.0.1', '[::1]:80'].map((host): [string, Partial<RouteConfig>] => [`the new host ${host}`, { split, rewrite: { host } }]),
  ['a response', { respond: { status: 204 }, timeoutMs: 0, meshFields: false }],
])('%s is sound', (_, route) => {
  expect(mistakesOf(route)).toEqual([]);
});

test.each<[string, Partial<RouteConfig>, string]>([
  ['no way', {}, ': route \'r\' does nothing with its requests; give it \'split\', \'redirect\' or \'respond\''],
  ['two ways', { split, respond: { status: 200 } }, '/respond: route \'r\' has \'split\' and \'respond\', but a request gets one answer only; use one of them'],
  ['a rewrite beside a redirect', { redirect: { port: 1 }, rewrite: { host: 'a' } }, '/rewrite: route \'r\' sends nothing on, as it has \'redirect\'; remove \'rewrite\''],
  ['a redirect to itself', { redirect: { status: 301 } }, '/redirect: route \'r\' redirects to where the request came from; give it \'scheme\', \'host\', \'port\' or \'path\''],
  ['a body that is not sent', { respond: { status: 304, body: 'x' } }, '/respond/body: a response of status 304 has no body; remove it from route \'r\''],
  ['a rewrite of nothing', { split, rewrite: {} }, '/rewrite: the rewrite of route \'r\' changes nothing; give it \'path\' or \'host\''],
  ...['..', 'a..b', '.a', ':80', '[]', '[1]', '[::1', 'a:b:c', 'a:65536'].map((host): [string, Partial<RouteConfig>, string] => [
    `the new host ${host}`, { split, rewrite: { host } },
    `/rewrite/host: route 'r' has the host '${host}', which is none; use a name without empty labels, or an address, with a port up to 65535 if need be`,
  ]),
  ['a redirect to no host', { redirect: { host: 'a..b' } }, '/redirect/host: route \'r\' redirects to the host \'a..b\', which is none; use a name without empty labels'],
  ['an unknown mirror', { split, mirror: [{ cluster: 'b' }] }, '/mirror/0/cluster: there is no cluster \'b\'; declare it under /clusters'],
  ['a field of the host', { split, requestHeaders: { set: [{ name: 'Host', value: 'x' }] } }, '/requestHeaders/set/0/name: route \'r\' changes the field \'Host\', which the proxy writes by itself; use \'rewrite\' with \'host\''],
  ['a field twice', { split, responseHeaders: { remove: ['A'], set: [{ name: 'a', value: '' }] } }, '/responseHeaders/set/0/name: route \'r\' has the field \'a\' in \'remove\' already; name it once'],
  ['a field that its CORS writes', { split, cors: { allowOrigins: ['*'] }, responseHeaders: { set: [{ name: 'Access-Control-Allow-Origin', value: '*' }] } }, '/responseHeaders/set/0/name: route \'r\' changes the field \'Access-Control-Allow-Origin\', which it writes by its \'cors\'; leave it out, and say in \'cors\' which origins may use responses'],
  ['a type twice', { respond: { status: 200 }, responseHeaders: { set: [{ name: 'Content-Type', value: 'x' }] } }, '/responseHeaders/set/0/name: route \'r\' answers by itself; give the type of its body in \'respond\' as \'contentType\''],
])('%s is a mistake', (_, route, mistake) => {
  expect(mistakesOf(route)).toEqual([mistake]);
});

test.each(['/a/../b', '/.', '/a//b', '/%2e', '/a%2Fb', '/a%5cb', '/%zz', '/%0', '/a/..'])('a path that readers take for another one is a mistake: %s', (value) => {
  expect(mistakesOf({ split, rewrite: { path: { type: 'full', value } } })).toHaveLength(1);
});

test.each([
  'content-length', 'Transfer-Encoding', 'transfer_encoding', 'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect', 'http2-settings',
  'via', 'date', 'max-forwards', 'proxy-status', 'X-Mesh-Anything', 'endpoint-load-metrics',
])('%s is left alone', (name) => {
  expect(mistakesOf({ split, requestHeaders: { remove: [name] } })).toHaveLength(1);
  expect(mistakesOf({ split, responseHeaders: { add: [{ name, value: '' }] } })).toHaveLength(1);
  expect(mistakesOf({ split, matches: [{}, { headers: [{ name: 'a' }, { name }] }] })).toEqual([
    `/matches/1/headers/1/name: route 'r' has a condition of the field '${name}', which the proxy reads or writes by itself; use another field`,
  ]);
});

test('a condition of the Host field is one of hosts', () => {
  expect(mistakesOf({ split, matches: [{ headers: [{ name: 'Host', value: 'a' }] }] })).toEqual([expect.stringContaining('; use \'hosts\'')]);
});

describe('fields that a listener with `forwarded` writes', () => {
  const names = ['X-Forwarded-For', 'x-forwarded-proto', 'x_forwarded_host', 'Forwarded'];

  test.each(names)('%s is no route\'s to change', (name) => {
    for (const requestHeaders of [{ remove: [name] }, { set: [{ name, value: 'a' }] }, { add: [{ name, value: 'a' }] }]) {
      expect(mistakesOf({ split, requestHeaders }, { forwarded: {} })).toEqual([expect.stringMatching(
        new RegExp(`^/requestHeaders/.*: route 'r' changes the field '${name}', which its listener writes, as it has 'forwarded'; leave it out`),
      )]);
      expect(mistakesOf({ split, requestHeaders })).toEqual([]);
    }
    expect(mistakesOf({ split, responseHeaders: { remove: [name] } }, { forwarded: {} })).toEqual([]);
  });

  test.each(['X-Forwarded-Prefix', 'X-Forwarded-Port', 'X-Forwarded'])('%s is not among them', (name) => {
    expect(mistakesOf({ split, requestHeaders: { set: [{ name, value: 'a' }] } }, { forwarded: {} })).toEqual([]);
  });
});

test('an action must be known to the proxy', () => {
  expect(requirementsOf(document({ split, rewrite: { host: 'a' } }))).toEqual(['routes']);
  expect(requirementsOf(document({ respond: { status: 200 } }))).toEqual(['routes']);
  expect(requirementsOf(document({ split, mirror: [{ cluster: 'a' }] }))).toEqual([]);
});
