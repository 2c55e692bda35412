/** `cdk8s-mesh/testing`, as tests of a stack use it. */
import { App, Chart, Duration, Testing } from 'cdk8s';
import {
  Allow, ExternalEndpoints, ExternalService, HashKey, Identity, LoadBalancing, Match, Mesh, MeshService, RedirectScheme, Retry, Route,
} from '../../src';
import { MeshSource, meshOf, RequestExpectation } from '../../src/testing';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** A shop: `web` calls a catalog of two versions, a cart that keeps users, and a service outside. */
function shopIn(app: App): { chart: Chart; web: MeshService; catalog: MeshService } {
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const catalog = new MeshService(chart, 'catalog', { containers });
  catalog.addVersion('v2', { containers, weight: 5 });
  const cart = new MeshService(chart, 'cart', { containers, loadBalancing: LoadBalancing.ringHash(HashKey.header('x-user')) });
  cart.addVersion('v2', { containers, weight: 50 });
  const web = new MeshService(chart, 'web', { containers });
  web.calls(catalog, { timeout: Duration.millis(300), retry: Retry.idempotent({ maxRetries: 1 }) });
  web.calls(cart);
  web.calls(new ExternalService(chart, 'pay', { endpoints: ExternalEndpoints.dns('pay.example.com') }));
  return { chart, web, catalog };
}

const { chart, web, catalog } = shopIn(Testing.app());
const mesh = meshOf(Testing.synth(chart));
const get = (url: string, headers: Record<string, string> = {}): RequestExpectation => mesh.expectRequest(web, `GET ${url}`, { headers });

test.each<[string, () => MeshSource]>([
  ['what Testing.synth made', () => Testing.synth(chart)],
  ['a chart', () => shopIn(Testing.app()).chart],
  ['an app', () => { const app = Testing.app(); shopIn(app); return app; }],
  ['a folder', () => { const app = Testing.app(); shopIn(app); app.synth(); return app.outdir; }],
])('GIVEN %s THEN its requests are known', (_, source) => {
  meshOf(source()).expectRequest('web', 'http://catalog/').toBeSplit({ v1: 95, v2: 5 });
});

test('routes are listed for a snapshot, those of all callers', () => {
  expect(mesh.routes()).toMatch(/^from +calls +# +route +takes +goes to +timeout\nweb v1 +cart:80 +1 +default +every request +50 % cart v1, 50 % cart v2 +15 s$/m);
  expect(mesh.routes()).toContain('95 % catalog v1, 5 % catalog v2');
});

test('GIVEN what is so THEN expectations hold, one after the other', () => {
  get('http://catalog/search').toReach('catalog').toReach(catalog).toBeSplit({ v1: 95, v2: 5 }).toTakeRoute('default')
    .toTimeOutAfter(300).toTimeOutAfter(Duration.millis(300)).toBeRetried(1);
  get('http://catalog/search').toBeSplit({ 'catalog v1': 95, 'catalog v2': 5 });
  get('http://pay/').toReach('pay').toBeSplit({ pay: 100 });
  get('http://catalog/%00').toBeRefused().toBeRefused(400);
  get('http://example.com/').toPassTheSidecar();
  mesh.expectRequest('web.shop', 'POST http://catalog/').toBeRetried(0);
  mesh.expectRequest('web@v1', 'PUT http://catalog/', { bodyBytes: 1_000_000 }).toBeRetried(0);
});

test('GIVEN routes THEN requests take them', () => {
  const routed = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  const api = new MeshService(routed, 'api', { containers });
  const next = api.addVersion('v2', { containers, weight: 0 });
  api.addRoute(Route.when(Match.header('x-beta', 'true')).to(next).named('beta'));
  api.addRoute(Route.when(Match.pathPrefix('/old')).redirect({ host: 'shop.example.com', scheme: RedirectScheme.HTTPS }));
  api.addRoute(Route.when(Match.pathExact('/gone')).respond(410));
  api.addRoute(Route.when(Match.pathExact('/ping')).respond(204));
  const client = new MeshService(routed, 'client', { containers });
  client.calls(api);
  const stack = meshOf(routed);

  stack.expectRequest(client, 'GET http://api/').toReach(api, 'v1');
  stack.expectRequest(client, 'GET http://api/', { headers: { 'x-beta': 'true' } }).toTakeRoute('beta').toReach(api, 'v2');
  stack.expectRequest(client, 'GET http://api/old/a?q=1').toBeRedirectedTo('https://shop.example.com/old/a?q=1').toBeRedirectedTo('https://shop.example.com/old/a?q=1', 302);
  stack.expectRequest(client, 'GET http://api/gone').toBeRefused(410).toBeAnswered(410);
  stack.expectRequest(client, 'GET http://api/ping').toBeAnswered(204);
  expect(() => stack.expectRequest(client, 'GET http://api/ping').toBeRefused()).toThrow('to be refused, but its route answers 204');
  expect(() => stack.expectRequest(client, 'GET http://api/old').toReach(api)).toThrow('to reach api.shop, but its route answers 302, redirecting to https://shop.example.com/old');
});

test('GIVEN a hash key THEN the request reaches the version that its hash chooses', () => {
  const reached = [...'abcdefgh'].map((user) => ['v1', 'v2'].filter((version) => {
    try {
      get('http://cart/', { 'x-user': user }).toReach('cart', version).toBeSplit({ [version]: 100 });
      return true;
    } catch {
      return false;
    }
  }).join());
  expect(new Set(reached)).toEqual(new Set(['v1', 'v2']));
});

describe('an expectation that fails', () => {
  it.each<[(request: RequestExpectation) => void, string]>([
    [(request) => request.toReach('catalog', 'v2'), 'to reach catalog v2, but 95 % of such requests go to catalog v1 and 5 % to catalog v2'],
    [(request) => request.toReach('cart'), 'to reach cart, but 95 % of such requests go to catalog v1 and 5 % to catalog v2'],
    [(request) => request.toBeSplit({ v1: 90, v2: 10 }), 'to be split 90 % v1, 10 % v2, but 95 %'],
    [(request) => request.toBeSplit({ v1: 95 }), 'to be split 95 % v1, but 95 %'],
    [(request) => request.toBeSplit({ v1: 95, v2: 5, v3: 1 }), 'to be split 95 % v1, 5 % v2, 1 % v3, but 95 %'],
    [(request) => request.toTakeRoute('beta'), "to take route 'beta', but it takes 'default'"],
    [(request) => request.toTimeOutAfter(Duration.seconds(2)), 'to time out after 2 s, but its timeout is 300 ms'],
    [(request) => request.toBeRetried(2), 'to be retried 2 times, but it is sent again 1 time'],
    [(request) => request.toBeRefused(404), 'to be refused with 404, but 95 %'],
    [(request) => request.toBeRedirectedTo('http://x/'), 'to be redirected to http://x/, but 95 %'],
    [(request) => request.toBeAnswered(200), 'to be answered 200 by its route, but 95 %'],
    [(request) => request.toPassTheSidecar(), "to pass the caller's sidecar, but 95 %"],
  ])('says what was expected, what is, and why: %#', (expectation, message) => {
    expect(() => expectation(get('http://catalog/search'))).toThrow(`expected GET http://catalog/search from web ${message}`);
    expect(() => expectation(get('http://catalog/search'))).toThrow(/\n\nGET http:\/\/catalog\/search {2}from web v1\n\n {2}taken by {3}outbound\/shop\/catalog:80/);
  });

  it('says what happens instead', () => {
    expect(() => get('http://catalog/%00').toReach('catalog')).toThrow('to reach catalog, but its sidecar answers 400: the path holds %00');
    expect(() => get('http://payments/').toTimeOutAfter(1)).toThrow("to time out after 1 ms, but it passes the caller's sidecar");
    expect(() => mesh.expectRequest('web', 'POST http://catalog/').toBeRetried(1)).toThrow('but it is sent again 0 times, as POST may not be executed twice');
  });

  it('says when a service or version that is expected does not exist', () => {
    expect(() => get('http://catalog/').toReach('catalogue')).toThrow("5 % to catalog v2; toReach names the service 'catalogue', which is not in the mesh. Did you mean 'catalog'?");
    expect(() => get('http://catalog/').toReach(catalog, 'v3')).toThrow(/5 % to catalog v2; toReach .*v3/);
    expect(() => get('http://catalog/').toReach('cart')).toThrow(/5 % to catalog v2\n/);
  });

  it('says when shares are no percentages', () => {
    expect(() => get('http://catalog/').toBeSplit({ v1: 0.95, v2: 0.05 })).toThrow('; shares are in percent, and these add up to 1\n');
  });

  it('points to the line of the test', () => {
    let stack = '';
    try {
      get('http://catalog/').toReach('cart');
    } catch (error) {
      stack = (error as Error).stack!;
    }
    expect(/^ +at .*$/m.exec(stack)![0]).toContain('testing.test.ts');
  });
});

test('GIVEN a service that is none THEN it is said so', () => {
  expect(() => mesh.expectRequest('webb', 'http://catalog/')).toThrow("expectRequest names the service 'webb', which is not in the mesh. Did you mean 'web'?");
});

test.each([
  [{ header: { a: '1' } }, "'header' is not an option of a request; use headers, bodyBytes or claims"],
  [{ headers: ['a: 1'] }, "headers must be an object, such as { 'x-beta': 'true' }"],
])('GIVEN options that are wrong, %j, THEN they are refused', (options, message) => {
  expect(() => mesh.expectRequest(web, 'http://catalog/', options as never)).toThrow(message);
});

test('GIVEN a request THEN its explanation can be printed', () => {
  expect(mesh.explain(web, 'http://catalog/')).toMatch(/^GET http:\/\/catalog\/ {2}from web v1\n\n {2}taken by/);
});

test('GIVEN a caller that may only read THEN it is refused by the callee when it writes', () => {
  const own = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  new Mesh(own, 'mesh', { identity: Identity.files() });
  new MeshService(own, 'web', { containers }).calls(new MeshService(own, 'catalog', { containers }), { allow: [Allow.when(Match.method('GET'))] });
  const secured = meshOf(own);
  secured.expectRequest('web', 'GET http://catalog/').toReach('catalog');
  const write = secured.expectRequest('web', 'DELETE http://catalog/').toBeRefused(403);
  expect(() => write.toReach('catalog')).toThrow("the callee's sidecar answers 403: not_authorized");
});
