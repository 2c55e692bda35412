/** The table against the rules written plainly, on routes and requests made by chance; what it costs; what it refuses. */
import * as fc from 'fast-check';
import type { RouteMatch } from '../../src/contract';
import { type ByteRange, Regex, type RequestView, RouteProblem, RouteTable, type RoutingRequest, testAnyCookie, testFirstParameter } from '../../src/routing';
import { RouteRow } from '../../src/routing/table/row';
import { bytesPerCall } from '../support/allocation';
import { naiveLookup, NaiveRequest } from './naive';
import { anyMatch, anyRequest, anyRoutes, asText, requestOf, tableOf } from './support';

/** The table says what the rules say, written plainly. */
function expectPlainRules(routes: readonly RouteMatch[][], requests: readonly NaiveRequest[]): void {
  const table = tableOf(...routes);
  for (const request of requests) {
    const row = table.lookup(asText(request));
    expect(row && { route: row.route, match: row.match }).toEqual(naiveLookup(routes, request));
  }
}

test('GIVEN any routes and any requests THEN the table says what the plain rules say', () => {
  fc.assert(fc.property(anyRoutes, fc.array(anyRequest, { minLength: 8, maxLength: 8 }), (routes, requests) => {
    expectPlainRules(routes, requests);
  }), { numRuns: 800 });
});

test('GIVEN many routes of few paths, told apart by other conditions, THEN the table says what the plain rules say', () => {
  const routes = fc.array(fc.array(anyMatch.map((match): RouteMatch => ({ ...match, path: { type: 'prefix', value: match.method === 'GET' ? '/a' : '/' } })), {
    minLength: 1, maxLength: 3,
  }), { minLength: 16, maxLength: 40 });
  fc.assert(fc.property(routes, fc.array(anyRequest, { minLength: 8, maxLength: 8 }), (declared, requests) => {
    expectPlainRules(declared, requests);
  }), { numRuns: 60 });
});

test('GIVEN many routes by expressions of paths that begin alike THEN the table says what the plain rules say', () => {
  const path = fc.constantFrom('/.*', '/a', '/a.*', '/[a-c]+', '/[a-c]/.*', '/a/[^/]+', '/(a|b)/?', '/.+/.+', '/[A-Z]', '/b[0-9]*');
  const routes = fc.array(fc.array(fc.tuple(anyMatch, path).map(([match, value]): RouteMatch => ({ ...match, path: { type: 'regex', value } })), {
    minLength: 1, maxLength: 3,
  }), { minLength: 6, maxLength: 20 });
  fc.assert(fc.property(routes, fc.array(anyRequest, { minLength: 8, maxLength: 8 }), (declared, requests) => {
    expectPlainRules(declared, requests);
  }), { numRuns: 60 });
});

test('GIVEN a thousand expressions whose states are too many to be kept THEN they are tried one after the other, and the first wins', () => {
  const table = tableOf(...Array.from({ length: 1_000 }, (_, index): RouteMatch[] => [{ path: { type: 'regex', value: `/(a|b)*a(a|b){${index % 50 + 3}}/t${index}` } }]));
  const ways = ['a', 'b'].flatMap((one) => ['aab', 'bab', 'bba'].map((other) => `/${one}${other.repeat(40)}`));
  for (const way of ways) expect(table.lookup(requestOf('GET', `${way}/t999`))?.route).toBe(/a.{52}$/.test(way) ? 999 : undefined);
});

test.each<[string, (index: number) => RouteMatch, (index: number) => RoutingRequest]>([
  ['an expression of a path', (index) => ({ path: { type: 'regex', value: `/[a-z]+-${index}/[0-9]+` } }), (index) => requestOf('GET', `/team-${index}/1`)],
  ['an expression of a header field', (index) => ({ headers: [{ name: 'x-tenant', regex: `[st]${index}` }] }), (index) => requestOf('GET', '/', { 'x-tenant': `t${index}` })],
  ['an expression of a query parameter', (index) => ({ query: [{ name: 'tenant', regex: `t.${index}` }] }), (index) => requestOf('GET', `/?tenant=t%20${index}`)],
  ['the value of a header field', (index) => ({ headers: [{ name: 'x-tenant', value: `t${index}` }] }), (index) => requestOf('GET', '/', { 'x-tenant': `t${index}` })],
  ['the value of a query parameter', (index) => ({ query: [{ name: 'tenant', value: `t ${index}` }] }), (index) => requestOf('GET', `/?tenant=t%20${index}`)],
  ['the value of a cookie', (index) => ({ cookies: [{ name: 'tenant', value: `t${index}` }] }), (index) => requestOf('GET', '/', { cookie: `a=1; tenant=t${index}` })],
  ['the value of a header field besides others', (index) => ({ method: 'GET', headers: [{ name: 'x-beta', value: 'true' }, { name: 'x-tenant', value: `t${index}` }] }),
    (index) => requestOf('GET', '/', { 'x-beta': 'true', 'x-tenant': `t${index}` })],
])('GIVEN a thousand routes of one path that differ in %s THEN one of them is tried', (_, matchOf, requestFor) => {
  const table = tableOf(...Array.from({ length: 1_000 }, (__, index): RouteMatch[] => [matchOf(index)]), [{}]);
  const tried = jest.spyOn(RouteRow.prototype, 'holds');
  expect([0, 499, 999].map((index) => table.lookup(requestFor(index))?.route)).toEqual([0, 499, 999]);
  // Besides the one that takes all others.
  expect(tried.mock.calls.length).toBeLessThanOrEqual(6);
  expect(table.lookup(requestFor(1_000))?.route).toBe(1_000);
  tried.mockRestore();
});

test('GIVEN a field that is there twice WHEN routes are found by its value THEN the first route that one of the values is for takes it', () => {
  const table = tableOf(...Array.from({ length: 20 }, (_, index): RouteMatch[] => [{ headers: [{ name: 'x', value: `${index}` }] }]));
  expect(table.lookup(requestOf('GET', '/', { x: ['17', '3', 'y'.repeat(5_000)] }))?.route).toBe(3);
});

test('GIVEN thousands of routes by path THEN each is found', () => {
  const routes = Array.from({ length: 3_000 }, (_, index): RouteMatch[] => [{ path: { type: index % 2 === 0 ? 'exact' : 'prefix', value: `/s${index % 7}/r${index}` } }]);
  const table = tableOf(...routes);
  routes.forEach((_, index) => expect(table.lookup(requestOf('GET', `/s${index % 7}/r${index}`))?.route).toBe(index));
  expect(table.lookup(requestOf('GET', '/s1/r3000'))).toBeUndefined();
});

test('GIVEN hundreds of regular expressions THEN only those are tried that begin as the path does', () => {
  const table = tableOf(...Array.from({ length: 300 }, (_, index): RouteMatch[] => [{ path: { type: 'regex', value: `/s${index}/[0-9]+` } }]));
  const test = jest.spyOn(Regex.prototype, 'test');
  expect(table.lookup(requestOf('GET', '/s299/17'))?.route).toBe(299);
  expect(test).toHaveBeenCalledTimes(1);
  test.mockRestore();
});

test('GIVEN regular expressions that begin with fewer and with more elements THEN the longest expression is first', () => {
  const table = tableOf(
    [{ path: { type: 'regex', value: '/a/b/.*' } }], [{ path: { type: 'regex', value: '/a/[a-z]+/[a-z]+' } }], [{ path: { type: 'regex', value: '/[a-z]+/[b]' } }],
    [{ path: { type: 'regex', value: '/a/c' } }], [{ path: { type: 'regex', value: 'x|/a' } }], [{ path: { type: 'regex', value: '/*z' } }],
  );
  const routes = ['/a/b/c', '/a/b/1', '/x/b', '/a/b', '/a/c', '/a', '/z'].map((path) => table.lookup(requestOf('GET', path))?.route);
  expect(routes).toEqual([1, 0, 2, 2, 3, 4, 5]);
});

test('GIVEN path parameters THEN they are part of their element, and an expression that refuses them wins over every prefix', () => {
  const prefix: RouteMatch[] = [{ path: { type: 'prefix', value: '/admin' } }];
  const refused: RouteMatch[] = [{ path: { type: 'regex', value: '/.*;.*' } }];
  const table = tableOf([{}], prefix, refused);
  const took = (target: string): number | undefined => table.lookup(requestOf('GET', target))?.route;
  expect(['/admin', '/admin/a', '/b'].map(took)).toEqual([1, 1, 0]);
  expect(['/admin;x', '/admin;x/a', '/admin/a;x', '/;x/admin', '/;', '/admin%3Bx'].map(took)).toEqual([2, 2, 2, 2, 2, 0]);
  expect(tableOf([{}], prefix).lookup(requestOf('GET', '/admin;x'))?.route).toBe(0);
});

test('GIVEN a path deeper and longer than every pattern THEN its prefix is found', () => {
  const table = tableOf([{ path: { type: 'prefix', value: '/a' } }]);
  expect(table.lookup(requestOf('GET', `/a${'/b'.repeat(2_000)}`))?.route).toBe(0);
  expect(table.lookup(requestOf('GET', `/ab${'/b'.repeat(2_000)}`))).toBeUndefined();
});

test('GIVEN a request in a buffer that others lie in THEN only its own bytes count', () => {
  const table = tableOf([{ path: { type: 'exact', value: '/a' }, method: 'GET', hosts: ['a.io'] }]);
  const bytes = Buffer.from('xGETx/ax a.io:80x');
  const range = (start: number, end: number) => ({ bytes, start, end });
  const no = (): boolean => false;
  const nothing = { anyHeader: no, anyHeaderAlike: no, firstQuery: no, anyQuery: no, anyCookie: no, anyClaim: no };
  expect(table.lookup({ method: range(1, 4), path: range(5, 7), host: range(9, 16), ...nothing })?.route).toBe(0);
  expect(table.lookup({ method: range(0, 4), path: range(5, 7), host: range(9, 16), ...nothing })).toBeUndefined();
  expect(table.lookup({ method: range(1, 4), path: range(5, 8), host: range(9, 16), ...nothing })).toBeUndefined();
});

test('GIVEN conditions of headers that no candidate has THEN they are not read', () => {
  const table = tableOf([{ path: { type: 'prefix', value: '/a' } }], [{ path: { type: 'prefix', value: '/b' }, headers: [{ name: 'x' }] }]);
  const request = requestOf('GET', '/a');
  const read = jest.spyOn(request, 'anyHeader');
  expect(table.lookup(request)?.route).toBe(0);
  expect(read).not.toHaveBeenCalled();
});

test('GIVEN the usual conditions WHEN a route is looked up THEN nothing is allocated', () => {
  const table = tableOf(
    [{ path: { type: 'exact', value: '/api/health' } }],
    [{ path: { type: 'prefix', value: '/api/users' }, method: 'GET' }],
    [{ path: { type: 'regex', value: '/api/[0-9]+' }, hosts: ['*.shop.io'] }],
    [{ path: { type: 'prefix', value: '/' } }],
  );
  for (const target of ['/api/health', '/api/users/7/orders', '/api/17', '/other']) {
    const request = requestOf('GET', target, { host: 'eu.shop.io:80' });
    expect(bytesPerCall(() => table.lookup(request))).toBe(0);
  }
});

test('GIVEN conditions of parameters and cookies, read in place WHEN a route is looked up THEN nothing is allocated', () => {
  const table = tableOf([{ query: [{ name: 'page', value: '2' }], cookies: [{ name: 'tenant', regex: '[a-z]+' }] }]);
  const bytes = Buffer.from('GET / q=1&page=%32 a=1; tenant=acme');
  const range = (start: number, end: number): ByteRange => ({ bytes, start, end });
  const request: RequestView = {
    method: range(0, 3),
    path: range(4, 5),
    host: range(0, 0),
    anyHeader: () => false,
    anyHeaderAlike: () => false,
    firstQuery: (name, test) => testFirstParameter(bytes, 6, 18, name, test),
    anyQuery: () => false,
    anyCookie: (name, test) => testAnyCookie(bytes, 19, bytes.length, name, test),
    anyClaim: () => false,
  };
  expect(table.lookup(request)?.route).toBe(0);
  expect(bytesPerCall(() => table.lookup(request))).toBe(0);
});

test.each<[string, RouteMatch, string, string]>([
  ['a URL', { path: { type: 'prefix', value: 'http://a/b' } }, 'path/value', "the path 'http://a/b' does not begin with `/`; use '/b'"],
  ['a path without a slash', { path: { type: 'exact', value: 'a' } }, 'path/value', "the path 'a' does not begin with `/`; use '/a'"],
  ['a path with a query', { path: { type: 'prefix', value: '/a?b' } }, 'path/value', "the path '/a?b' holds `?`; use 'query' for what is behind it, or write %3F"],
  ['a path that is refused in requests', { path: { type: 'exact', value: '/a%2Fb' } }, 'path/value',
    "the path '/a%2Fb' is in no request that is let through: the path holds %2F, which some servers take for `/`; write `/`"],
  ['a path with a fragment', { path: { type: 'exact', value: '/a#b' } }, 'path/value',
    "the path '/a#b' is in no request that is let through: the request target holds `#`; fragments are not sent: leave it out, or write %23"],
  ['a regular expression that needs backtracking', { path: { type: 'regex', value: '/(a)\\1' } }, 'path/value',
    "the regular expression '/(a)\\1' is not taken, at character 5: the backreference \\1 is not supported, as it can't be run in linear time; write out what may come there"],
  ['a header by two conditions', { headers: [{ name: 'x', value: 'a', regex: 'b' }] }, 'headers/0', "'x' has both 'value' and 'regex'; use one of them"],
  ['a header that can\'t be', { headers: [{ name: 'x y' }] }, 'headers/0/name', "'x y' can't be the name of a header field; use letters, digits and hyphens"],
  ['a cookie that can\'t be', { cookies: [{ name: 'a;b' }] }, 'cookies/0/name', "'a;b' can't be the name of a cookie; use letters, digits and hyphens"],
  ['a host in upper case', { hosts: ['A.io'] }, 'hosts/0', "'A.io' is no host name in lower case such as 'shop.example.com' or '*.example.com'; write it so, without a port"],
  ['a host with a port', { hosts: ['a.io:80'] }, 'hosts/0', "'a.io:80' is no host name in lower case such as 'shop.example.com' or '*.example.com'; write it so, without a port"],
  ['a star within a host', { hosts: ['a.*.io'] }, 'hosts/0', "'a.*.io' is no host name in lower case such as 'shop.example.com' or '*.example.com'; write it so, without a port"],
])('GIVEN %s THEN it is refused', (_, match, field, message) => {
  expect(RouteTable.of([{ matches: [] }, { matches: [{}, match] }])).toEqual([new RouteProblem(1, 1, field, message)]);
});

test('GIVEN several mistakes THEN all are told', () => {
  const problems = RouteTable.of([{ matches: [{ path: { type: 'exact', value: 'a' }, hosts: ['A'] }] }, { matches: [{ query: [{ name: 'q', regex: '(' }] }] }]);
  expect((problems as RouteProblem[]).map(({ route, match, field }) => [route, match, field])).toEqual([
    [0, 0, 'path/value'], [0, 0, 'hosts/0'], [1, 0, 'query/0/regex'],
  ]);
});
