/** Routes as an HTTPRoute of the Gateway API, and what it has no words for. */
import { Chart, Duration, Testing } from 'cdk8s';
import {
  ExternalEndpoints, ExternalService, FaultInjection, GatewayApi, HashKey, Match, MeshService, RedirectScheme, Retry, Route,
} from '../../src';
import { findOne, Manifest, newChart } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

interface Shop {
  readonly chart: Chart;
  readonly catalog: MeshService;
  readonly search: MeshService;
  readonly outside: ExternalService;
}

function exported(build: (the: Shop) => void): Manifest {
  const chart = newChart();
  const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
  const catalog = new MeshService(chart, 'catalog', { containers });
  catalog.addVersion('v2', { containers, weight: 10 });
  const search = new MeshService(other, 'search', { containers, port: 8000 });
  const outside = new ExternalService(chart, 'outside', { endpoints: ExternalEndpoints.dns('api.example.com') });
  GatewayApi.export(chart, 'routes', catalog);
  build({ chart, catalog, search, outside });
  return findOne(Testing.synth(chart), 'HTTPRoute', 'catalog');
}

test('an HTTPRoute has the routes of the service, those declared after the export, too, and a rule for all other requests', () => {
  const { apiVersion, metadata, spec } = exported(({ catalog, search }) => {
    catalog.addRoute(Route.when(Match.header('x-beta', 'true')).to(catalog.versions[1]));
    catalog.addRoute(Route.when(Match.pathPrefix('/search'), Match.method('GET')).orWhen(Match.query('q'), Match.headerRegex('accept', '.*json'))
      .to(search, { weight: 3 }).to(catalog, { weight: 1 }).mirror(search, { percent: 5 }).timeout(Duration.millis(1_500))
      .setRequestHeader('x-a', '1').removeResponseHeader('x-b').rewritePath('/v2').rewriteHost('search'));
    catalog.addRoute(Route.when(Match.pathPrefix('/old')).redirect({ pathPrefix: '/new', scheme: RedirectScheme.HTTPS, status: 301 }));
    catalog.addRoute(Route.when(Match.grpc({ method: 'Get' })).timeout(Duration.days(2)));
  });
  expect([apiVersion, metadata.namespace]).toEqual(['gateway.networking.k8s.io/v1', 'shop']);
  const versions = [{ name: 'catalog-v1', port: 80, weight: 90 }, { name: 'catalog-v2', port: 80, weight: 10 }];
  expect(spec).toEqual({
    parentRefs: [{ group: '', kind: 'Service', name: 'catalog', port: 80 }],
    rules: [{
      name: 'header-x-beta-true',
      matches: [{ headers: [{ type: 'Exact', name: 'x-beta', value: 'true' }] }],
      backendRefs: [{ name: 'catalog-v2', port: 80, weight: 1 }],
    }, {
      name: expect.stringMatching(/^prefix-search-get-or-query-q-header-accept-/),
      matches: [
        { path: { type: 'PathPrefix', value: '/search' }, method: 'GET' },
        { queryParams: [{ type: 'RegularExpression', name: 'q', value: '.*' }], headers: [{ type: 'RegularExpression', name: 'accept', value: '.*json' }] },
      ],
      filters: [
        { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-a', value: '1' }] } },
        { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['x-b'] } },
        { type: 'URLRewrite', urlRewrite: { hostname: 'search', path: { type: 'ReplaceFullPath', replaceFullPath: '/v2' } } },
        { type: 'RequestMirror', requestMirror: { backendRef: { name: 'search-v1', namespace: 'other', port: 8000 }, percent: 5 } },
      ],
      backendRefs: [
        { name: 'search-v1', namespace: 'other', port: 8000, weight: 30 },
        { name: 'catalog-v1', port: 80, weight: 9 },
        { name: 'catalog-v2', port: 80, weight: 1 },
      ],
      timeouts: { request: '1500ms' },
    }, {
      name: 'prefix-old',
      matches: [{ path: { type: 'PathPrefix', value: '/old' } }],
      filters: [{
        type: 'RequestRedirect',
        requestRedirect: { scheme: 'https', path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' }, statusCode: 301 },
      }],
    }, {
      name: 'grpc-get', matches: [{ path: { type: 'RegularExpression', value: '/[^/]+/Get' } }], backendRefs: versions, timeouts: { request: '48h0s' },
    }, {
      name: 'default', backendRefs: versions,
    }],
  });
});

test('a route for all requests is the last rule, and there is no other', () => {
  const { spec } = exported(({ catalog, search }) => {
    catalog.addRoute(Route.always().to(search));
    catalog.addRoute(Route.when(Match.method('PUT')));
  });
  expect(spec.rules.map(({ name }: { name: string }) => name)).toEqual(['put', 'default']);
});

const on = Route.when(Match.pathPrefix('/a'));

test.each<[string, (the: Shop) => Route, string]>([
  ['a cookie', () => Route.when(Match.cookie('a')), '\'GatewayApi.export: Route.when(Match.cookie(\'a\'))\' is "Match.cookie()": an HTTPRoute has no such condition here'],
  ['a host', () => Route.when(Match.host('a')), 'is "Match.host()"'],
  ['a method that is not one of HTTP\'s own', () => Route.when(Match.method('PURGE')), 'is "Match.method(\'PURGE\')": an HTTPRoute takes the methods GET,'],
  ['a response', () => on.respond(200), 'is "respond()": the standard channel of the Gateway API has no word for it'],
  ['retries', () => on.retry(Retry.none()), 'is "retry()"'],
  ['keys', () => on.hashKeys(HashKey.header('a')), 'is "hashKeys()"'],
  ['faults', () => on.faults(FaultInjection.abort(503)), 'is "faults()"'],
  ['what is outside of the mesh', ({ outside }) => on.to(outside), 'an HTTPRoute leads to Services, and this is none; leave it out'],
  ['a copy to two versions', ({ catalog, search }) => on.to(search).mirror(catalog), 'an HTTPRoute copies to one version'],
  ['a part of a percentage', ({ search }) => on.mirror(search, { percent: 0.5 }), 'whole percentages'],
  ['a host with a port', () => on.rewriteHost('a:80'), 'an HTTPRoute takes a host name without a port'],
])('%s is refused, as it has no words for it', (_, route, expected) => {
  expect(() => exported((the) => the.catalog.addRoute(route(the)))).toThrow(expected);
});

test('more rules than one HTTPRoute has are refused', () => {
  expect(() => exported(({ catalog }) => {
    Array.from({ length: 16 }, (_, index) => Route.when(Match.pathPrefix(`/${index}`))).forEach((route) => catalog.addRoute(route));
  })).toThrow('\'GatewayApi.export\' is 16: an HTTPRoute has at most 15 routes besides the one for all other requests');
});

test('what has no Service, is elsewhere, or is no destination is refused', () => {
  const chart = newChart();
  const outside = new ExternalService(chart, 'outside', { endpoints: ExternalEndpoints.dns('api.example.com') });
  expect(() => GatewayApi.export(chart, 'a', outside)).toThrow('it has no Service that a route could have as its parent');
  const other = new MeshService(newChart({ namespace: 'other' }, 'other', chart.node.root as never), 'other', { containers });
  expect(() => GatewayApi.export(chart, 'b', other)).toThrow('routes for all callers are in the namespace of the service, \'other\'; give a chart of that');
  expect(() => GatewayApi.export(chart, 'c', undefined as never)).toThrow('\'GatewayApi.export()\' got undefined');
  expect(() => GatewayApi.export(null as never, 'd', other)).toThrow('\'GatewayApi.export()\' needs a chart, an id and a service');
});
