/** What routes do with requests besides, told from documents that have it. */
import { RouteConfig, RouteMatch } from '../../../src/contract';
import { ask, rowsOf, service, stackOf } from './support';

const stack = stackOf((chart) => service(chart, 'web').calls(service(chart, 'catalog')));
const [web] = stack.workloadsNamed('web', 'web');
const listener = stack.documentOf(web!).listeners.find(({ direction }) => direction === 'outbound')!;
const [only] = listener.routes;

type Route = Partial<RouteConfig> & { readonly matches?: readonly RouteMatch[] };

/** Rows about a request, with these routes in place of the only one of the call. */
function rows(url: string, ...routes: readonly Route[]): Record<string, string[]> {
  listener.routes.splice(0, listener.routes.length, ...routes.map((route) => ({ ...only!, ...route } as typeof only & object)));
  return rowsOf(ask(stack, url, { from: 'web', headers: ['x-beta: false'] }));
}

const prefix = (value: string): RouteMatch[] => [{ path: { type: 'prefix', value } }];

test('GIVEN a redirect THEN its Location is told', () => {
  expect(rows('http://catalog/old/a?q=1', { name: 'moved', matches: prefix('/old'), split: [], redirect: { scheme: 'https', host: 'shop.example.com', path: { type: 'prefix', value: '/new' }, status: 308 } }))
    .toEqual({ 'taken by': [expect.anything()], 'route': ['moved: takes path /old/*'], 'answer': ['308 by the route: redirected to https://shop.example.com/new/a?q=1'] });
});

test('GIVEN a response of the document THEN it is told', () => {
  expect(rows('http://catalog/', { split: [], respond: { status: 410, body: 'gone' } })).toMatchObject({ answer: ['410 by the route, "gone"'] });
  expect(rows('http://catalog/', { split: [], respond: { status: 204 } })).toMatchObject({ answer: ['204 by the route, without a body'] });
});

test('GIVEN changes of the request THEN what is sent is told', () => {
  expect(rows('http://catalog/v1/a?q=1', {
    matches: prefix('/v1'), rewrite: { path: { type: 'prefix', value: '/' }, host: 'api' },
    requestHeaders: { remove: ['x-a'], set: [{ name: 'x-b', value: '1' }] }, responseHeaders: { add: [{ name: 'x-c', value: '2' }] },
    mirror: [{ cluster: 'shop/catalog-v1', percent: 10 }],
  })).toMatchObject({
    'sent as': ['/a?q=1 to host api'],
    'headers': ['removes x-a; sets x-b: 1 (request)', 'adds x-c: 2 (response)'],
    'copied to': ['catalog v1, 10 % of the requests'],
  });
});

test('GIVEN routes that are asked before THEN the first condition that fails is told of each', () => {
  const beta = { name: 'beta', matches: [{ path: { type: 'prefix', value: '/search' }, headers: [{ name: 'x-beta', value: 'true' }] }] } as Route;
  const exact = { name: 'exact', matches: [{ path: { type: 'exact', value: '/' } }] } as Route;
  const tenant = { name: 'tenant', matches: [{ path: { type: 'prefix', value: '/search' }, query: [{ name: 'tenant' }], cookies: [{ name: 'id' }] }] } as Route;
  expect(rows('http://catalog/search', { name: 'default' }, tenant, beta, exact)).toMatchObject({
    'route': ['default: takes every request (4 of 4 in precedence)'],
    'not taken': ['exact   path is /search, wanted /', "beta    header x-beta is 'false', wanted 'true'", 'tenant  no query tenant'],
  });
});

test('GIVEN no route that takes it THEN it is answered 404', () => {
  expect(rows('http://catalog/', { name: 'a', matches: prefix('/a') })).toEqual({
    'taken by': [expect.anything()], 'answer': ['404 by its sidecar: no route takes it'], 'not taken': ['a  path is /, wanted /a/*'],
  });
});

test('GIVEN weights that are all 0 THEN it is answered 500', () => {
  expect(rows('http://catalog/', { name: 'off', split: [{ cluster: 'shop/catalog-v1', weight: 0 }] })).toMatchObject({
    answer: ["500 by its sidecar: the weights of route 'off' are all 0"],
  });
});

test('GIVEN a listener that keeps encoded slashes THEN its paths have them', () => {
  Object.assign(listener, { path: { encodedSlashes: 'keep' } });
  expect(rows('http://catalog/a%2fb', { matches: [{ path: { type: 'exact', value: '/a%2Fb' } }] })).toMatchObject({
    path: ['/a%2Fb, normalized from /a%2fb'], route: ['default: takes path /a%2Fb'],
  });
});
