/** The names that routes have in documents, and so in metrics and logs. */
import fc from 'fast-check';
import { Match, Route } from '../../src';
import { namesOf } from '../../src/constructs/routes/route-names';

describe('names of routes', () => {
  test.each<[string, Route, string]>([
    ['an exact path', Route.when(Match.pathExact('/a/b')), 'path-a-b'],
    ['the root', Route.when(Match.pathPrefix('/'), Match.method('GET')), 'prefix-root-get'],
    ['alternatives', Route.when(Match.cookie('a', 'b')).orWhen(Match.query('q')), 'cookie-a-b-or-query-q'],
    ['gRPC', Route.when(Match.grpc({ service: 'shop.v1.Catalog', method: 'Get' })), 'grpc-shop-v1-catalog-get'],
    ['hosts', Route.when(Match.host('*.example.com', 'a')), 'host-example-com-a'],
    ['one of its own', Route.when(Match.host('a')).named('mine'), 'mine'],
  ])('%s', (_, route, name) => {
    expect(namesOf([route]).get(route)).toBe(name);
  });

  test('GIVEN routes in any order, each has the same name, unlike all others, and a label', () => {
    const paths = fc.uniqueArray(fc.constantFrom('/a', '/A', '/a/b', '/a-b', '/a_b', `/${'long'.repeat(30)}`, `/${'long'.repeat(31)}`), { minLength: 1 });
    fc.assert(fc.property(paths, (declared) => {
      const named = (order: string[]) => {
        const routes = order.map((path) => Route.when(Match.pathPrefix(path)));
        const names = namesOf(routes);
        return new Map(order.map((path, index) => [path, names.get(routes[index])!]));
      };
      const names = named(declared);
      const reversed = named([...declared].reverse());
      expect(new Set(names.values()).size).toBe(declared.length);
      declared.forEach((path) => {
        expect(reversed.get(path)).toBe(names.get(path));
        expect(names.get(path)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      });
    }));
  });
});
