/** The routes of a listener as one: what outlives a reload goes by their names. */
import type { Route } from '../../../src/proxy/serve/route/route';
import { Routes } from '../../../src/proxy/serve/route/routes';

interface Named {
  readonly name: string;
  before?: Named;
}

function routesOf(...names: string[]): { readonly all: Named[]; readonly routes: Routes } {
  const all = names.map((name) => {
    const route: Named & { resume(before: Named): void } = { name, resume(before) { route.before = before; } };
    return route;
  });
  return { all, routes: new Routes(all as unknown as Route[], names.map((name) => ({ matches: [{ path: { type: 'exact', value: `/${name}` } }] }))) };
}

test('GIVEN routes in another order, some new and some gone WHEN they take the place of others THEN each goes on where the one of its name was', () => {
  const before = routesOf('a', 'gone', 'b');
  const after = routesOf('b', 'new', 'a');
  after.routes.resume(before.routes);
  expect(after.all.map((route) => route.before)).toEqual([before.all[2], undefined, before.all[0]]);
});
