/** What is said of a request from outside, which comes to a gateway. */
import { Gateway, GatewayCertificate, Identity, Match, Mesh, Route, Scaling } from '../../../src';
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
    'answer': ['308 by the gateway: redirected to https://shop.example.com:8443/a?b'],
  });
});

test('GIVEN another host THEN the gateway refuses it, when it is asked about', () => {
  expect(ask(shop, 'https://blog.example.com:8443/', { from: 'edge' })).toMatchObject({ outcome: 'refused', refusal: { status: 404 } });
  expect(() => ask(shop, 'https://blog.example.com:8443/')).toThrow('no service of the stack calls https://blog.example.com:8443/');
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
