/** Conditions of routes in a document: what is sound, what is a mistake, and which proxies may run it. */
import { requirementsOf, type ProxyConfig, type RouteConfig } from '../../../src/contract';
import { decodeConfig } from '../../../src/proxy/config/decode';

function document(routes: Partial<RouteConfig>[], more: object = {}): ProxyConfig {
  return {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [{
      name: 'out', direction: 'outbound', address: '127.64.0.1', port: 80, ...more,
      routes: routes.map((route, i) => ({ name: `r${i}`, split: [{ cluster: 'a', weight: 1 }], ...route })),
    }],
    clusters: [{ name: 'a', discovery: { type: 'static', endpoints: [] } }],
  };
}

function mistakesOf(routes: Partial<RouteConfig>[], more: object = {}): string[] {
  const decoded = decodeConfig(JSON.stringify(document(routes, more)));
  return decoded.ok ? [] : decoded.errors.map(({ path, message }) => `${path.replace('/listeners/0/routes', '')}: ${message}`);
}

test('GIVEN the largest number of routes THEN they are taken, and one more is not', () => {
  const many = Array.from({ length: 5_000 }, (_, i): Partial<RouteConfig> => ({ matches: [{ path: { type: 'exact', value: `/${i}` } }] }));
  expect(mistakesOf(many)).toEqual([]);
  expect(mistakesOf([...many, {}])).toEqual([expect.stringContaining(': must NOT have more than 5000 items')]);
});

test('GIVEN conditions that no request can meet THEN each is told with its place', () => {
  expect(mistakesOf([
    {},
    { matches: [{ method: 'GET' }, { path: { type: 'regex', value: '(' }, headers: [{ name: 'a/b', value: 'x' }] }] },
    { matches: [{ path: { type: 'prefix', value: '/a%2Fb' } }] },
  ]).map((line) => line.split(':')[0])).toEqual(['/1/matches/1/path/value', '/1/matches/1/headers/0/name', '/2/matches/0/path/value']);
});

test('GIVEN conditions whose values no request has THEN each is told with its place', () => {
  expect(mistakesOf([
    {},
    { matches: [{ path: { type: 'regex', value: 'items/[0-9]+' } }, { path: { type: 'regex', value: '(a|b?)c' } }] },
    { matches: [{ headers: [{ name: 'x', value: ' true' }], cookies: [{ name: 'a', value: 'b;c' }] }] },
  ]).map((line) => line.split(':')[0])).toEqual(['/1/matches/0/path/value', '/1/matches/1/path/value', '/2/matches/0/headers/0/value', '/2/matches/0/cookies/0/value']);
  expect(mistakesOf([
    {}, { matches: [{ path: { type: 'regex', value: '(a?|b*)/c' } }, { path: { type: 'regex', value: '.+' } }, { query: [{ name: 'x', value: ' true ' }] }] },
  ])).toEqual([]);
});

test.each([['/{a}', "write '/%7Ba%7D'"], ['/%41', "write '/A'"], ['/a%c3', "write '/a%C3'"], ['/..;/a', 'beside'], ['/%C0%AF', 'overlong']])(
  'GIVEN the new path %s, which is not as paths are sent on THEN it is told', (value, said) => {
    expect(mistakesOf([{ rewrite: { path: { type: 'full', value } } }])).toEqual([expect.stringContaining(said)]);
    expect(mistakesOf([{ redirect: { path: { type: 'prefix', value } }, split: undefined as never }])).toEqual([expect.stringMatching(/^.0.redirect.path.value: /)]);
  },
);

test('GIVEN encoded slashes that are kept THEN a path may hold one', () => {
  expect(mistakesOf([{ matches: [{ path: { type: 'prefix', value: '/a%2Fb' } }] }], { path: { encodedSlashes: 'keep' } })).toEqual([]);
});

test.each<[string, RouteConfig['matches'], boolean]>([
  ['one prefix', [{ path: { type: 'prefix', value: '/a' } }], true],
  ['the same prefix twice', [{ path: { type: 'prefix', value: '/a' }, method: 'GET' }, { path: { type: 'prefix', value: '/a' }, method: 'PUT' }], true],
  ['two prefixes', [{ path: { type: 'prefix', value: '/a' } }, { path: { type: 'prefix', value: '/b' } }], false],
  ['an exact path', [{ path: { type: 'exact', value: '/a' } }], false],
  ['no path', [{ method: 'GET' }], true],
])('GIVEN %s THEN its replacement is sound: %s', (_, matches, sound) => {
  const rewrite: RouteConfig['rewrite'] = { path: { type: 'prefix', value: '/x' } };
  expect(mistakesOf([{ matches: matches!, rewrite }])).toEqual(sound ? [] : [
    '/0/rewrite/path/type: route \'r0\' replaces a prefix, so all its matches must have the same one; use the path \'prefix\' in each, or replace the \'full\' path',
  ]);
});

test('GIVEN weights of 0 alone THEN a route with conditions may have them, and one without not', () => {
  const split = [{ cluster: 'a', weight: 0 }];
  expect(mistakesOf([{ matches: [{ method: 'GET' }], split }])).toEqual([]);
  expect(mistakesOf([{ split }])).toHaveLength(1);
});

test('GIVEN conditions, or a path of another form, THEN the proxy must know of routes', () => {
  expect(requirementsOf(document([{ matches: [{ method: 'GET' }] }]))).toEqual(['routes']);
  expect(requirementsOf(document([{}], { path: { mergeSlashes: false } }))).toEqual(['routes']);
});
