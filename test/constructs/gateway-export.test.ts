/** A gateway as objects of the Gateway API, and what they can't express. */
import { Chart, Duration, Testing } from 'cdk8s';
import { Allow, ExternalAuthorization, Gateway, GatewayApi, GatewayCertificate, GatewayProps, Match, MeshService, Route, TlsVersion } from '../../src';
import { checkGateway } from '../../src/constructs/gateway-api/gateway-checks';
import { ValidationErrors } from '../../src/constructs/props/validation-errors';
import { findByKind, findOne, inventory, Manifest, newChart } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const tls = [GatewayCertificate.fromSecretName('shop-tls', { hosts: ['shop.example.com', '*.shop.example.com'] }), GatewayCertificate.fromSecretName('other-tls')];

interface Shop {
  readonly chart: Chart;
  readonly web: MeshService;
  readonly search: MeshService;
  readonly edge: Gateway;
}

function exported(props: GatewayProps, build: (the: Shop) => void, ignoreUnsupported?: string[], after: (the: Shop) => void = () => {}): Manifest[] {
  const chart = newChart();
  const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
  const web = new MeshService(chart, 'web', { containers });
  web.addVersion('v2', { containers, weight: 10 });
  const search = new MeshService(other, 'search', { containers });
  const edge = new Gateway(chart, 'edge', props);
  const the = { chart, web, search, edge };
  build(the);
  GatewayApi.exportGateway(chart, 'edge-api', edge, { gatewayClassName: 'istio', ignoreUnsupported });
  after(the);
  return Testing.synth(chart).filter(({ apiVersion }) => apiVersion.startsWith('gateway.networking.k8s.io/'));
}

const plainRoute = ({ edge, web }: Shop) => edge.route('shop.example.com', web);
const backends = [{ name: 'web-v1', port: 80, weight: 90 }, { name: 'web-v2', port: 80, weight: 10 }];

describe('a gateway with TLS', () => {
  const manifests = exported({ tls, httpsPort: 8443 }, ({ edge, web, search }) => {
    edge.route('shop.example.com', web);
    edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/search')).to(search).timeout(Duration.seconds(2)).setRequestHeader('x-a', '1'));
    edge.addRoute('*.example.com', Route.when(Match.pathPrefix('/old')).redirect({ host: 'shop.example.org' }));
    edge.addRoute('*', Route.when(Match.grpc({ service: 'shop.v1.Catalog', method: 'Get' }), Match.header('x-b')).to(web));
    edge.addRoute('*', Route.when(Match.grpc({ service: 'shop.v1.Cart' })).to(web));
  });

  test('is a Gateway, routes, and a grant where routes lead to', () => {
    expect(inventory(manifests)).toEqual([
      'GRPCRoute shop/edge-any', 'Gateway shop/edge', 'HTTPRoute shop/edge-below.example.com', 'HTTPRoute shop/edge-https-redirect',
      'HTTPRoute shop/edge.shop.example.com', 'ReferenceGrant other/shop.edge',
    ]);
    expect(findOne(manifests, 'ReferenceGrant', 'shop.edge').spec).toEqual({
      from: ['GRPCRoute', 'HTTPRoute'].map((kind) => ({ group: 'gateway.networking.k8s.io', kind, namespace: 'shop' })),
      to: [{ group: '', kind: 'Service', name: 'search-v1' }],
    });
  });

  test('has a listener for each host with the certificates for it, and one that redirects', () => {
    const secured = (name: string, hostname: string | undefined, secrets: string[]) => ({
      name, protocol: 'HTTPS', port: 8443, ...(hostname !== undefined && { hostname }),
      tls: { mode: 'Terminate', certificateRefs: secrets.map((secret) => ({ kind: 'Secret', name: secret })) },
    });
    expect(findOne(manifests, 'Gateway', 'edge').spec).toEqual({
      gatewayClassName: 'istio',
      listeners: [
        { name: 'http', protocol: 'HTTP', port: 80 },
        secured('https.shop.example.com', 'shop.example.com', ['shop-tls']),
        secured('https-below.example.com', '*.example.com', ['other-tls']),
        secured('https-any', undefined, ['shop-tls', 'other-tls']),
      ],
    });
    expect(findOne(manifests, 'HTTPRoute', 'edge-https-redirect').spec).toEqual({
      parentRefs: [{ name: 'edge', sectionName: 'http' }],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', port: 8443, statusCode: 301 } }] }],
    });
  });

  test('has the rules of a host in an HTTPRoute, that for all requests as the last', () => {
    expect(findOne(manifests, 'HTTPRoute', 'edge.shop.example.com').spec).toEqual({
      parentRefs: [{ name: 'edge', sectionName: 'https.shop.example.com' }],
      hostnames: ['shop.example.com'],
      rules: [{
        name: 'prefix-search',
        matches: [{ path: { type: 'PathPrefix', value: '/search' } }],
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-a', value: '1' }] } }],
        backendRefs: [{ name: 'search-v1', namespace: 'other', port: 80, weight: 100 }],
        timeouts: { request: '2s' },
      }, { name: 'default', backendRefs: backends }],
    });
    expect(findOne(manifests, 'HTTPRoute', 'edge-below.example.com').spec.rules).toEqual([{
      name: 'prefix-old',
      matches: [{ path: { type: 'PathPrefix', value: '/old' } }],
      filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'shop.example.org' } }],
    }]);
  });

  test('has a GRPCRoute for a host whose routes are all of gRPC', () => {
    expect(findOne(manifests, 'GRPCRoute', 'edge-any').spec).toEqual({
      parentRefs: [{ name: 'edge', sectionName: 'https-any' }],
      rules: [{
        name: 'grpc-shop-v1-catalog-get-header-x-b',
        matches: [{ method: { type: 'Exact', service: 'shop.v1.Catalog', method: 'Get' }, headers: [{ type: 'RegularExpression', name: 'x-b', value: '.*' }] }],
        backendRefs: backends,
      }, {
        name: 'grpc-shop-v1-cart', matches: [{ method: { type: 'Exact', service: 'shop.v1.Cart' } }], backendRefs: backends,
      }],
    });
  });
});

test('without a redirect a host has a listener for HTTP, too', () => {
  const manifests = exported({ tls, httpsRedirect: false, port: 8080 }, plainRoute);
  expect(findOne(manifests, 'HTTPRoute', 'edge.shop.example.com').spec.parentRefs.map(({ sectionName }: { sectionName: string }) => sectionName))
    .toEqual(['http.shop.example.com', 'https.shop.example.com']);
  expect(findOne(manifests, 'Gateway', 'edge').spec.listeners[0]).toEqual({
    name: 'http.shop.example.com', protocol: 'HTTP', port: 8080, hostname: 'shop.example.com',
  });
});

test.each<[string, (the: Shop) => Route]>([
  ['another route', ({ web }) => Route.always().to(web)],
  ['a timeout', ({ web }) => Route.when(Match.grpc({ service: 'b' })).to(web).timeout(Duration.seconds(1))],
  ['a condition of the query', ({ web }) => Route.when(Match.grpc({ service: 'b' }), Match.query('q')).to(web)],
])('a host of gRPC with %s has an HTTPRoute, which knows gRPC by its path', (_, route) => {
  const manifests = exported({}, (the) => {
    the.edge.addRoute('a.example.com', Route.when(Match.grpc({ service: 'a' })).to(the.web));
    the.edge.addRoute('a.example.com', route(the));
  });
  expect(findByKind(manifests, 'GRPCRoute')).toEqual([]);
  expect(findOne(manifests, 'HTTPRoute', 'edge.a.example.com').spec.rules[0].matches).toEqual([{ path: { type: 'PathPrefix', value: '/a' } }]);
});

const unsupported: GatewayProps = {
  tls, minimumTlsVersion: TlsVersion.TLS_1_3, clients: { deny: ['192.0.2.0/24'] }, proxyProtocol: { from: ['10.0.0.0/8'] }, forwarded: { trustedHops: 1 },
  errorPages: [{ statuses: [503], body: 'sorry' }],
};
const props = ['minimumTlsVersion', 'clients', 'proxyProtocol', 'forwarded', 'errorPages'];

test('who may pass is never left out silently', () => {
  const asked = ExternalAuthorization.http(new MeshService(newChart(), 'auth', { containers }));
  expect(() => exported({ allow: [Allow.when(Match.method('GET'))] }, plainRoute)).toThrow('\'GatewayApi.exportGateway\' is "allow"');
  const errors = new ValidationErrors();
  checkGateway(errors, { externalAuthorization: asked }, new Map());
  expect(errors.messages.join()).toContain('is "externalAuthorization"');
});

test('props that can\'t be expressed there are refused, all of them together', () => {
  for (const prop of props) {
    expect(() => exported(unsupported, plainRoute)).toThrow(`'GatewayApi.exportGateway' is "${prop}": the standard channel of the Gateway API (v1.4) can't express this prop`);
  }
});

test('props that the caller names are left out', () => {
  expect(inventory(exported(unsupported, plainRoute, props))).toContain('Gateway shop/edge');
  expect(() => exported(unsupported, plainRoute, props.slice(1))).toThrow('is "minimumTlsVersion"');
});

test('parts of routes that can\'t be expressed there are refused, and can\'t be left out', () => {
  expect(() => exported({}, ({ edge, web }) => edge.addRoute('a.example.com', Route.when(Match.cookie('a')).to(web)))).toThrow('is "Match.cookie()"');
  expect(() => exported({}, ({ edge }) => edge.addRoute('a.example.com', Route.always().respond(200)))).toThrow('is "respond()"');
});

describe('CORS', () => {
  const cors = { allowOrigins: ['https://a.example.com'], maxAge: Duration.hours(1) };
  const filters = (props: GatewayProps, route: Route) => (
    findOne(exported(props, ({ edge, web }) => edge.addRoute('a.example.com', route.to(web))), 'HTTPRoute', 'edge.a.example.com').spec.rules[0].filters);

  test('of a route is its filter, in place of the gateway\'s', () => {
    const own = { type: 'CORS', cors: { allowOrigins: ['*'], allowCredentials: true } };
    expect(filters({ cors }, Route.always().cors({ allowOrigins: ['*'], allowCredentials: true }))).toEqual([own]);
  });

  test('of a gateway is a filter of all of its routes, which are of HTTP then', () => {
    const expected = [{ type: 'CORS', cors: { allowOrigins: ['https://a.example.com'], maxAge: 3_600 } }];
    expect(filters({ cors }, Route.always())).toEqual(expected);
    expect(filters({ cors }, Route.when(Match.grpc({ service: 'a' })))).toEqual(expected);
  });

  test.each([
    [{ ...cors, allowMethods: ['PURGE'] }, 'cors.allowMethods\' is "PURGE": an HTTPRoute takes the methods GET'],
    [{ ...cors, allowMethods: ['*', 'PUT'] }, 'in an HTTPRoute, * stands alone'],
    [{ ...cors, maxAge: Duration.seconds(0) }, 'an HTTPRoute takes at least one second'],
  ])('that its schema refuses is refused: %j', (options, expected) => {
    expect(() => filters({}, Route.always().cors(options))).toThrow(expected);
    expect(() => filters({ cors: options }, Route.always())).toThrow(expected);
  });
});

test('a route after the export is refused', () => {
  expect(() => exported({}, plainRoute, undefined, ({ edge, web }) => edge.route('b.example.com', web)))
    .toThrow('a route was added after the export; export the gateway after its last route');
});

test('more listeners and rules than there can be are refused', () => {
  expect(() => exported({}, ({ edge, web }) => Array.from({ length: 65 }, (_, index) => edge.route(`h${index}.example.com`, web))))
    .toThrow('is 65: a Gateway has at most 64 listeners');
  expect(() => exported({}, ({ edge, web }) => {
    Array.from({ length: 17 }, (_, index) => edge.addRoute('a.example.com', Route.when(Match.pathPrefix(`/${index}`)).to(web)));
  })).toThrow('is "a.example.com": a route of the Gateway API has at most 16 rules');
});

test('wrong arguments are refused', () => {
  const chart = newChart();
  const edge = new Gateway(chart, 'edge');
  const options = { gatewayClassName: 'istio' };
  expect(() => GatewayApi.exportGateway(null as never, 'a', edge, options)).toThrow('needs a chart, an id, a gateway and options');
  expect(() => GatewayApi.exportGateway(chart, 'b', undefined as never, options)).toThrow('got undefined: give it a Gateway');
  expect(() => GatewayApi.exportGateway(chart, 'c', edge, {} as never)).toThrow('GatewayApi.exportGateway.gatewayClassName');
  expect(() => GatewayApi.exportGateway(chart, 'd', edge, { ...options, ignoreUnsupported: ['clint'] })).toThrow('is "clint": a gateway has no such prop');
  const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
  expect(() => GatewayApi.exportGateway(other, 'e', edge, options)).toThrow('in the namespace of the gateway, \'shop\'; give a chart of that');
});
