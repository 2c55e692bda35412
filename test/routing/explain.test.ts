/** Explanations say what the table does, and why. */
import * as fc from 'fast-check';
import { describeRow, explain } from '../../src/routing';
import { anyRequest, anyRoutes, asText, requestOf, tableOf } from './support';

test('GIVEN any routes and requests THEN the row that is said to be chosen is the one that is looked up', () => {
  fc.assert(fc.property(anyRoutes, fc.array(anyRequest, { minLength: 4, maxLength: 4 }), (routes, requests) => {
    const table = tableOf(...routes);
    for (const request of requests.map((each) => asText(each))) {
      expect(explain(table, request).find(({ outcome }) => outcome === 'chosen')?.row).toBe(table.lookup(request));
    }
  }), { numRuns: 500 });
});

test('GIVEN rows that fail for each reason THEN the first is told, with what was seen', () => {
  const table = tableOf(
    [{ path: { type: 'prefix', value: '/' } }],
    [{ hosts: ['b.io'] }],
    [{ path: { type: 'exact', value: '/x' } }],
    [{ path: { type: 'prefix', value: '/a' }, method: 'POST' }],
    [{ path: { type: 'prefix', value: '/a' }, headers: [{ name: 'X-Beta', value: 'true' }, { name: 'y' }] }],
    [{ path: { type: 'prefix', value: '/a' }, query: [{ name: 'page', regex: '[0-9]+' }] }],
    [{ path: { type: 'prefix', value: '/a' }, cookies: [{ name: 'tenant' }] }],
    [{ path: { type: 'regex', value: '/a.*' } }],
  );
  const request = requestOf('GET', 'http://A.io:80/a?page=two', { 'x-beta': ['false', '1'] });
  expect(explain(table, request).map(({ row, outcome, failed }) => [row.route, outcome, failed])).toEqual([
    [1, 'failed', { part: 'host', expected: 'b.io', seen: ['a.io'] }],
    [2, 'failed', { part: 'path', expected: '/x', seen: ['/a'] }],
    [7, 'chosen', undefined],
    [3, 'failed', { part: 'method', expected: 'POST', seen: ['GET'] }],
    [4, 'failed', { part: 'header', name: 'x-beta', expected: "= 'true'", seen: ['false', '1'] }],
    [5, 'failed', { part: 'query', name: 'page', expected: 'matching [0-9]+', seen: ['two'] }],
    [6, 'failed', { part: 'cookie', name: 'tenant', expected: 'present', seen: [] }],
    [0, 'behind', undefined],
  ]);
});

test('GIVEN rows THEN their conditions are told in words', () => {
  const [row] = tableOf([{
    hosts: ['*.a.io'], path: { type: 'prefix', value: '/a/' }, method: 'GET', headers: [{ name: 'X' }], query: [{ name: 'q', value: '1' }], cookies: [{ name: 'c', regex: '.*' }],
  }]).rows;
  expect(describeRow(row!)).toEqual(['host *.a.io', 'path /a/*', 'method GET', 'header x present', "query q = '1'", 'cookie c matching .*']);
  expect(describeRow(tableOf([{ path: { type: 'prefix', value: '/' } }]).rows[0]!)).toEqual(['path /*']);
  expect(describeRow(tableOf([{}]).rows[0]!)).toEqual([]);
});
