/** Overlaps that are told are real: no request contradicts them; and the usual mistakes are found. */
import * as fc from 'fast-check';
import type { RouteMatch } from '../../src/contract';
import { explain, findOverlaps } from '../../src/routing';
import { anyRequest, anyRoutes, asText, tableOf } from './support';

const found = (...routes: RouteMatch[][]): string[] => (
  findOverlaps(tableOf(...routes)).overlaps.map(({ reason, first, second }) => `${first.route}.${first.match} ${reason} ${second.route}.${second.match}`)
);
const exact = (value: string): RouteMatch => ({ path: { type: 'exact', value } });
const prefix = (value: string): RouteMatch => ({ path: { type: 'prefix', value } });
const regex = (value: string): RouteMatch => ({ path: { type: 'regex', value } });

test('GIVEN any routes and requests THEN no request goes to what is said to be never reached', () => {
  fc.assert(fc.property(anyRoutes, fc.array(anyRequest, { minLength: 12, maxLength: 12 }), (routes, requests) => {
    const table = tableOf(...routes);
    const { overlaps, unreachable } = findOverlaps(table);
    for (const request of requests.map((each) => asText(each))) {
      const row = table.lookup(request);
      expect(overlaps.filter(({ reason, second }) => reason !== 'order' && second === row)).toEqual([]);
      expect(unreachable).not.toContain(row?.route ?? -1);
      // A row that is covered is never taken without the one that covers it.
      const outcomes = new Map(explain(table, request).map((verdict) => [verdict.row, verdict.outcome]));
      for (const { reason, first, second } of overlaps) if (reason !== 'order' && outcomes.get(second) !== 'failed') expect(outcomes.get(first)).not.toBe('failed');
    }
  }), { numRuns: 800 });
});

test.each<[string, RouteMatch[][], string[]]>([
  ['the same path twice', [[exact('/a')], [exact('/a')]], ['0.0 identical 1.0']],
  ['the same prefix with and without a slash', [[prefix('/a')], [prefix('/a/')]], ['0.0 identical 1.0']],
  ['no conditions twice', [[], [{}]], ['0.0 identical 1.0']],
  ['a prefix of all before no conditions: OPTIONS * is left', [[prefix('/')], [{}]], ['0.0 order 1.0']],
  ['no conditions before a prefix of all', [[{}], [prefix('/')]], ['0.0 wider 1.0']],
  ['a longer prefix behind a shorter one, which takes precedence', [[prefix('/a')], [prefix('/a/b')]], []],
  ['an exact path behind its prefix, which takes precedence', [[prefix('/a')], [exact('/a')]], []],
  ['a regular expression for all before prefixes', [[regex('/.*')], [prefix('/a')], [exact('/a')]], ['0.0 wider 1.0']],
  ['a regular expression for all below a prefix', [[regex('/a(/.*)?')], [prefix('/a')], [prefix('/ab')]], ['0.0 wider 1.0']],
  ['a regular expression for all that begins so', [[regex('/a.*')], [prefix('/a')], [prefix('/ab')], [prefix('/')]], ['0.0 wider 2.0', '0.0 wider 1.0']],
  ['the same regular expression', [[regex('/a+')], [regex('/a+')]], ['0.0 identical 1.0']],
  ['two regular expressions of the same length', [[regex('/a+')], [regex('/a*')]], []],
  ['two headers, of which both may be there', [[{ headers: [{ name: 'x', value: '1' }] }], [{ headers: [{ name: 'y', value: '1' }] }]], ['0.0 order 1.0']],
  ['two values of one header', [[{ headers: [{ name: 'x', value: '1' }] }], [{ headers: [{ name: 'x', value: '2' }] }]], []],
  ['a header that is there before its value', [[{ headers: [{ name: 'x' }] }], [{ headers: [{ name: 'X', value: '2' }] }]], ['0.0 wider 1.0']],
  ['a header by value before that it is there', [[{ headers: [{ name: 'x', value: '2' }] }], [{ headers: [{ name: 'x' }] }]], ['0.0 order 1.0']],
  ['a header by an expression that takes the value', [[{ headers: [{ name: 'x', regex: '[0-9]+' }] }], [{ headers: [{ name: 'x', value: '2' }] }]], ['0.0 wider 1.0']],
  ['a header by an expression that does not', [[{ headers: [{ name: 'x', regex: '[a-z]+' }] }], [{ headers: [{ name: 'x', value: '2' }] }]], []],
  ['a header by an expression for all', [[{ headers: [{ name: 'x', regex: '.*' }] }], [{ headers: [{ name: 'x', regex: 'a+' }] }]], ['0.0 wider 1.0']],
  ['a query and a cookie', [[{ query: [{ name: 'q' }] }], [{ cookies: [{ name: 'c' }] }]], []],
  ['two methods', [[{ method: 'GET' }], [{ method: 'POST' }]], []],
  ['one method and any', [[{ method: 'GET' }], [{}]], []],
  ['the same method', [[{ method: 'GET' }], [{ method: 'GET' }]], ['0.0 identical 1.0']],
  ['two hosts', [[{ hosts: ['a.io'] }], [{ hosts: ['b.io'] }]], []],
  ['a host and all below', [[{ hosts: ['a.io'] }], [{ hosts: ['*.io'] }]], []],
  ['one host of two', [[{ hosts: ['a.io'] }], [{ hosts: ['a.io', 'b.io'] }]], ['0.0 identical 1.0']],
  ['two matches of one route', [[exact('/a'), exact('/a')]], []],
])('GIVEN %s THEN that is told', (_, routes, expected) => {
  expect(found(...routes)).toEqual(expected);
});

test('GIVEN routes of which all, some or no matches are reached THEN only the first kind is unreachable', () => {
  const table = tableOf([exact('/a'), exact('/b')], [exact('/a'), exact('/b')], [exact('/a'), exact('/c')], [{ ...exact('/a'), hosts: ['a.io'] }]);
  expect(findOverlaps(table).unreachable).toEqual([1]);
});
