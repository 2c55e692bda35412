/** What is said of a request from outside, which comes to a gateway. */
import { AppProtocol, Gateway, GatewayCertificate, Identity, Match, Mesh, Route, Scaling } from '../../../src';
import { ask, rowsOf, service, stackOf } from './support';

const shop = stackOf((chart) => {
  const [web, search] = ['web', 'search'].map((name) => service(chart, name, { scaling: Scaling.replicas(2) }));
  web.calls(search);
  const edge = new Gateway(chart, 'edge', { tls: [GatewayCertificate.fromSecretName('shop-tls')], httpsPort: 8443 });
  edge.route('shop.example.com', web);
  edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/search')).to(search));
});

test('GIVEN the port for HTTPS THEN it is told from the gateway to the app', () => {
  expect(rowsOf(ask(shop, 'https://shop.example.com:8443/search/all'))).toMatchObject({
    'taken by': ['https of the gateway, at port 8443 of Service edge'],
    'route': [expect.stringMatching(/^shop\.example\.com\/prefix-search: takes .*\/search/)],
    'goes to': ['100 %  search v1  2 pods'],
    'callee': [expect.stringContaining('sidecar at port 15006')],
  });
});

test('GIVEN the port for HTTP THEN requests are redirected', () => {
  expect(rowsOf(ask(shop, 'http://shop.example.com/a?b'))).toEqual({
    'taken by': ['http of the gateway, at port 80 of Service edge'],
    'answer': ['308 by the gateway, before any route: redirected to https://shop.example.com:8443/a?b'],
  });
});

test('GIVEN a gateway that speaks HTTP/2 without TLS THEN it is said', () => {
  const stack = stackOf((chart) => {
    new Gateway(chart, 'edge', { port: 50_051, protocol: AppProtocol.GRPC }).route('catalog.example.com', service(chart, 'catalog', { protocol: AppProtocol.GRPC }));
  });
  expect(rowsOf(ask(stack, 'http://catalog.example.com:50051/shop.Catalog/Get'))).toMatchObject({
    'taken by': ['http of the gateway, at port 50051 of Service edge, by HTTP/2'],
    'route': [expect.stringMatching(/^catalog\.example\.com/)],
  });
});

describe('GIVEN a trusted proxy that speaks HTTP to a gateway which redirects to HTTPS', () => {
  const behind = stackOf((chart) => {
    const edge = new Gateway(chart, 'edge', { httpsRedirect: true, forwarded: { trustedHops: 1 } });
    edge.route('shop.example.com', service(chart, 'web'));
    edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/old')).redirect({ pathPrefix: '/new' }));
  });
  const from = 'x-forwarded-for: 192.0.2.7';

  test.each([
    ['nothing of the proxy', [], { outcome: 'answered', answer: { status: 308, location: 'https://shop.example.com/old' } }],
    ['the scheme alone, which a client says', ['x-forwarded-proto: https'], { answer: { location: 'https://shop.example.com/old' } }],
    ['HTTP', [from, 'x-forwarded-proto: http'], { answer: { location: 'https://shop.example.com/old' } }],
    ['HTTPS', [from, 'x-forwarded-proto: https'], { outcome: 'answered', route: { answer: { status: 302, location: 'https://shop.example.com/new' } } }],
  ])('THEN it goes by what that says: %s', (_, headers, expected) => {
    expect(ask(behind, 'http://shop.example.com/old', { headers })).toMatchObject(expected);
  });
});

describe('GIVEN CORS of a gateway and of a route', () => {
  const shared = stackOf((chart) => {
    const web = service(chart, 'web');
    const edge = new Gateway(chart, 'edge', { cors: { allowOrigins: ['https://a.test'] } });
    edge.route('shop.example.com', web);
    edge.addRoute('shop.example.com', Route.when(Match.pathExact('/api'), Match.method('PUT')).to(web).cors({ allowOrigins: ['https://b.test'], allowMethods: ['PUT'] }));
  });
  const row = (path: string, method: string, ...headers: string[]) => rowsOf(ask(shared, `http://shop.example.com${path}`, { method, headers }));

  test('THEN a response has what the route says of it, or the gateway', () => {
    expect(row('/api', 'PUT', 'origin: https://b.test')).toMatchObject({ CORS: ['access-control-allow-origin: https://b.test'] });
    expect(row('/api', 'PUT', 'origin: https://a.test')).toMatchObject({ CORS: ['the route allows no origin of this request, and removes what the app says'] });
    expect(row('/api', 'GET', 'origin: https://a.test')).toMatchObject({ CORS: ['access-control-allow-origin: https://a.test'] });
  });

  test('THEN a preflight request is answered by the route of the request that it asks about', () => {
    expect(row('/api', 'OPTIONS', 'origin: https://b.test', 'access-control-request-method: PUT')).toMatchObject({
      answer: ["200 by route 'shop.example.com/path-api-put', to a preflight request for PUT: the origin is allowed"],
      CORS: ['access-control-allow-origin: https://b.test', 'access-control-allow-methods: PUT', 'access-control-max-age: 5'],
    });
    expect(row('/api', 'OPTIONS', 'origin: https://b.test', 'access-control-request-method: DELETE')).toMatchObject({
      answer: ['200 by the gateway, to a preflight request for DELETE: the origin is not allowed'],
    });
  });
});

test('GIVEN another host THEN the gateway refuses it, when it is asked about', () => {
  expect(ask(shop, 'https://blog.example.com:8443/', { from: 'edge' })).toMatchObject({ outcome: 'refused', refusal: { status: 404 } });
  expect(() => ask(shop, 'https://blog.example.com:8443/')).toThrow('no service of the stack calls https://blog.example.com:8443/, and no gateway takes it; '
    + 'say which one sends it with --from, or see why a gateway doesn\'t take it with --from edge');
});

test('GIVEN a port where nobody listens THEN it is said where somebody does', () => {
  expect(ask(shop, 'https://shop.example.com/', { from: 'edge' })).toMatchObject({
    outcome: 'passed',
    interception: { intercepted: false, declared: ['http://shop.example.com', 'https://shop.example.com:8443'] },
  });
});

test('GIVEN the name of a service THEN its callers in the mesh are meant', () => {
  expect(ask(shop, 'http://search/')).toMatchObject({ from: { service: 'web' } });
});

describe('GIVEN an identity', () => {
  const secured = stackOf((chart) => {
    new Mesh(chart, 'mesh', { identity: Identity.files() });
    new Gateway(chart, 'edge').route('shop.example.com', service(chart, 'web'));
  });

  test('THEN the gateway proves who it is to the service, and not its clients to it', () => {
    expect(rowsOf(ask(secured, 'http://shop.example.com/'))).toMatchObject({
      identity: ['spiffe://cluster.local/ns/shop/sa/edge'],
      callee: [expect.stringContaining("rule 'shop/edge' lets it in")],
    });
  });

  test('AND rules of the gateway that nobody meets THEN it denies the request itself', () => {
    const denying = Object.create(secured) as typeof secured;
    denying.documentOf = (workload) => {
      const document = secured.documentOf(workload);
      if (workload.service !== 'edge') return document;
      return { ...document, listeners: document.listeners.map((each) => ({ ...each, authorization: { rules: [], dryRun: false, audit: 'off' } })) };
    };
    expect(ask(denying, 'http://shop.example.com/', { from: 'edge' })).toMatchObject({
      outcome: 'refused', refusal: { status: 403, reason: 'not_authorized, as the caller has no verified identity' },
    });
  });
});
