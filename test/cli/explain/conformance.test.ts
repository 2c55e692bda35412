/** The table of requests and routes that the engine passes, asked through `explain`, which must give the same answers. */
import { RouteMatch } from '../../../src/contract';
import { AskedRequest } from '../../../src/cli/explain/asked-request';
import { explainRequest, Explanation } from '../../../src/cli/explain/explanation';
import { PathFault, RoutingRequest } from '../../../src/routing';
import { CONFORMANCE_CASES, ConformanceCase } from '../../routing/conformance';
import { service, stackOf } from './support';

type Route = { name: string; matches?: RouteMatch[] };

const stack = stackOf((chart) => service(chart, 'web').calls(service(chart, 'catalog')));
const [web] = stack.workloadsNamed('web', 'web');
const listener = stack.documentOf(web!).listeners.find(({ direction }) => direction === 'outbound')!;
const [only] = listener.routes;

/** Explains a case with its routes in place of the only one of the call. */
function explain({ group, method, target, fields }: ConformanceCase): Explanation {
  listener.routes.splice(0, listener.routes.length, ...routesOf(group).map((route) => ({ ...only!, ...route })));
  return explainRequest(stack, web!, new AskedRequest({ method, url: `http://catalog${target}`, headers: fields, bodyBytes: 0 }));
}

function routesOf(group: ConformanceCase['group']): Route[] {
  return Object.entries(group.routes).map(([name, matches]) => ({ name, matches: [matches].flat() as RouteMatch[] }));
}

/** An app sends its sidecar a path; other forms of a target are of clients that take it for an HTTP proxy. */
const cases = CONFORMANCE_CASES.filter(({ method, target }) => target.startsWith('/') && method !== 'CONNECT');

test.each(cases.map((each) => [each.group.name, each.request, each] as const))('%s: %s', (_, __, each) => {
  const { outcome, route, nearMisses, refusal } = explain(each);
  if (each.fault !== undefined) {
    expect([outcome, refusal!.status, refusal!.reason]).toEqual(['refused', 400, (RoutingRequest.of(each.method, each.target) as PathFault).message]);
    return;
  }
  expect([outcome, route?.name]).toEqual(each.route === undefined ? ['refused', undefined] : ['forwarded', each.route]);
  expect(nearMisses).toHaveLength(route ? route.place - 1 : nearMisses.length);
});

test('nearly all of the table is asked', () => {
  expect(cases.length).toBeGreaterThan(0.9 * CONFORMANCE_CASES.length);
});
