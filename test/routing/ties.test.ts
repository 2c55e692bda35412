/** Routes that only their order puts before one another. */
import type { RouteMatch } from '../../src/contract';
import { TieFinder } from '../../src/routing';

const x: RouteMatch = { headers: [{ name: 'x' }] };
const y: RouteMatch = { headers: [{ name: 'y' }] };
const both: RouteMatch = { headers: [{ name: 'x' }, { name: 'y' }] };
const at = (match: RouteMatch, host: string): RouteMatch => ({ ...match, hosts: [host] });
const found = (...routes: (RouteMatch[] | undefined)[]): string[] => (
  new TieFinder().of([{ name: 'l', routes: routes.map((matches, index) => ({ name: String(index), ...(matches && { matches }) })) }])
    .map(({ listener, first, second }) => `${listener}: ${first} before ${second}`)
);

test.each<[string, (RouteMatch[] | undefined)[], string[]]>([
  ['two headers', [[x], [y], undefined], ['l: 0 before 1']],
  ['three headers: one tie for each', [[x], [y], [{ headers: [{ name: 'z' }] }]], ['l: 0 before 1', 'l: 0 before 2']],
  ['two headers, and a route for both', [[x], [both], [y]], []],
  ['two headers, and a route for both and a method', [[x], [{ ...both, method: 'GET' }], [y]], ['l: 0 before 2']],
  ['two headers of a host, and a route for both of that host', [[at(x, 'a.io')], [at(y, 'a.io')], [at(both, 'a.io')]], []],
  ['two headers of a host, and a route for both of every host', [[at(x, 'a.io')], [at(y, 'a.io')], [both]], ['l: 0 before 1']],
  ['a value before the header', [[{ headers: [{ name: 'x', value: '1' }] }], [x]], []],
  ['two values of a header', [[{ headers: [{ name: 'x', value: '1' }] }], [{ headers: [{ name: 'x', value: '2' }] }]], []],
  ['a header and a query parameter, of which headers count first', [[x], [{ query: [{ name: 'y' }] }]], []],
  ['two paths', [[{ ...x, path: { type: 'prefix', value: '/a' } }], [{ ...y, path: { type: 'prefix', value: '/b' } }]], []],
  ['a route that is never reached, which is told elsewhere', [[x], [x]], []],
  ['an expression that is not valid, which is told elsewhere', [[x], [y], [{ path: { type: 'regex', value: '/(' } }]], []],
])('GIVEN %s THEN only what their order decides is a tie', (_, routes, expected) => {
  expect(found(...routes)).toEqual(expected);
});

test('GIVEN the same routes in several listeners THEN each has its tie, by its own names', () => {
  const finder = new TieFinder();
  const listener = (name: string) => ({ name, routes: [{ name: `${name}-x`, matches: [x] }, { name: `${name}-y`, matches: [y] }] });
  expect(finder.of([listener('one'), { name: 'none' }, listener('two')])).toEqual([
    { listener: 'one', first: 'one-x', second: 'one-y' }, { listener: 'two', first: 'two-x', second: 'two-y' },
  ]);
});
