/** The list of all routes, on YAML that the constructs make. */
import { Duration } from 'cdk8s';
import { Match, MeshService, RedirectScheme, Route } from '../../../src';
import { renderRoutes, routesOf } from '../../../src/cli/explain/routes';
import { plain } from '../../../src/cli/terminal/table';
import { containers, service, stackOf } from './support';

const stack = stackOf((chart) => {
  const [catalog, search, shadow] = ['catalog', 'search', 'shadow'].map((name) => service(chart, name)) as [MeshService, MeshService, MeshService];
  catalog.addVersion('v2', { containers, weight: 5 });
  catalog.addRoute(Route.when(Match.pathPrefix('/search')).to(search).rewritePathPrefix('/').rewriteHost('search').mirror(shadow, { percent: 10 }).named('search'));
  catalog.addRoute(Route.when(Match.pathPrefix('/old')).redirect({ pathPrefix: '/new', host: 'b', scheme: RedirectScheme.HTTPS, status: 308 }).named('old'));
  catalog.addRoute(Route.when(Match.pathExact('/health')).respond(200).named('health'));
  service(chart, 'web').calls(catalog, { timeout: Duration.millis(500) });
});
const routes = routesOf(stack, stack.workloadsNamed('web', '--from'));

test('GIVEN routes THEN it is told what becomes of requests, in the order of precedence', () => {
  expect(routes.map(({ route, goesTo }) => [route, goesTo])).toEqual([
    ['health', 'answer 200'],
    ['search', 'search v1 as path /*, host search; 10 % copied to shadow v1'],
    ['old', 'redirect 308 to https, host b, path /new/*'],
    ['default', '95 % catalog v1, 5 % catalog v2'],
  ]);
});

test('GIVEN a route that answers THEN it has no timeout', () => {
  expect(routes.map(({ timeoutMs }) => timeoutMs)).toEqual([undefined, 500, undefined, 500]);
  expect(renderRoutes(routes, plain)[1]).toMatch(/answer 200$/);
});
