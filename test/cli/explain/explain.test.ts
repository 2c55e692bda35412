/** What is said of a request, on YAML that the constructs make. */
import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AppProtocol, ConcurrencyLimit, ExternalEndpoints, ExternalService, Fallback, FaultInjection, HashKey, HealthCheck, LoadBalancing, OutlierDetection, RateLimit, Retry, Scaling, SessionPersistence } from '../../../src';
import { AskedRequest, parseHeader, RequestParts } from '../../../src/cli/explain/asked-request';
import { ask, Asked, rowsOf, service, stackOf } from './support';

const shop = stackOf((chart) => {
  const payments = service(chart, 'payments');
  const catalog = service(chart, 'catalog', { loadBalancing: LoadBalancing.leastRequest(), scaling: Scaling.between(3, 6) });
  catalog.addVersion('v2', { containers: [{ image: 'ghcr.io/acme/app:2', portNumber: 8081 }], scaling: Scaling.replicas(2), weight: 5 });
  catalog.calls(payments);
  service(chart, 'web').calls(catalog, { timeout: Duration.millis(500) });
});

test('GIVEN a declared call THEN it is told from listener to app', () => {
  expect(rowsOf(ask(shop, 'http://catalog/search?q=x'))).toEqual({
    'taken by': [expect.stringMatching(/^outbound\/shop\/catalog:80 of its sidecar, at 127\.\d+\.\d+\.\d+:80$/)],
    'route': ['default: takes every request'],
    'goes to': ['95 %  catalog v1  3 to 6 pods', ' 5 %  catalog v2  2 pods'],
    'balancing': ['least request of 2 choices'],
    'timeout': ['500 ms; 125 ms to connect'],
    'retries': ['2, after a broken connection or 502, 503, 504; within 20 % of the requests, or 3 a second'],
    'health': ['ejected after 5 errors in a row, 10 points more failures or 5 times the latency; 50 % of the pods at most'],
    'callee': [
      'catalog v1: sidecar at port 15006, all let in, no timeout of its own; app at port 8080',
      'catalog v2: sidecar at port 15006, all let in, no timeout of its own; app at port 8081',
    ],
  });
});

test.each([
  ['a final dot and capitals', 'http://Catalog.shop.svc.cluster.local./'],
  ['the port that is meant', 'http://catalog.shop:80'],
  ['no scheme', 'catalog/search'],
])('GIVEN %s THEN the same listener takes it', (_, url) => {
  expect(ask(shop, url)).toMatchObject({ outcome: 'forwarded', interception: { listener: 'outbound/shop/catalog:80' } });
});

test('GIVEN a path in another form THEN its normal form is told', () => {
  expect(rowsOf(ask(shop, 'http://catalog/a/../%62?x=%2F'))).toMatchObject({ path: ['/b, normalized from /a/../%62'] });
});

test.each([
  ['a path that servers read differently', 'http://catalog/a%2Fb', [], /^400 by its sidecar: the path holds %2F/],
  ['a space', 'http://catalog/a b', [], /^400 by its sidecar: the path holds a space/],
  ['a bad host', 'http://catalog/', ['Host: a b'], /^400 by its sidecar: a Host field that names no host/],
])('GIVEN %s THEN the refusal is told', (_, url, headers, answer) => {
  const explanation = ask(shop, url, { headers });
  expect(explanation.outcome).toBe('refused');
  expect(rowsOf(explanation)['answer']).toEqual([expect.stringMatching(answer)]);
});

describe('requests that pass the sidecar by', () => {
  const reasonOf = (url: string): string => {
    const { outcome, interception } = ask(shop, url, { from: 'web' });
    expect(outcome).toBe('passed');
    return interception.intercepted ? '' : interception.reason;
  };

  it('say that a call is not declared, how to, and which are', () => {
    expect(reasonOf('http://payments/')).toBe(
      "web declares no call to 'payments', so its app reaches it by DNS, past its sidecar; declare it with web.calls(payments)");
    expect(ask(shop, 'http://payments.shop', { from: 'web' }).direct).toMatchObject({ candidates: [{ service: 'payments' }], inbound: [{ port: 15006, appPort: 8080 }] });
  });
  it('say nothing of a remedy for what is outside', () => {
    expect(reasonOf('http://example.com/')).toBe("web declares no call to 'example.com', so its app reaches it by DNS, past its sidecar");
  });
  it('say where the host is intercepted instead of this port', () => {
    expect(reasonOf('http://catalog:8080/')).toMatch(/^catalog is intercepted at http:\/\/catalog, and at port 8080 of 127\.\S+ nobody listens: the app can't connect$/);
  });
});

describe('who sends it', () => {
  it('is the only one that calls it', () => expect(ask(shop, 'http://payments/').from).toMatchObject({ service: 'catalog' }));
  it('may be a version', () => expect(ask(shop, 'http://payments/', { from: 'catalog@v2' }).from).toMatchObject({ version: 'v2' }));
  it.each([
    [undefined, 'http://example.com/', 'no service of the stack calls http://example.com/; say which one sends it with --from'],
    ['katalog', 'http://payments/', "--from names the service 'katalog', which is not in the mesh. Did you mean 'catalog'?"],
    ['catalog@v3', 'http://payments/', "--from names version 'v3' of 'catalog', which it has not. It has v1, v2"],
  ])('is an error when it is %s', (from, url, message) => {
    expect(() => ask(shop, url, from === undefined ? {} : { from })).toThrow(message);
  });
});

describe('retries', () => {
  const retriesOf = (method: string, bodyBytes = 0): string[] | undefined => rowsOf(ask(shop, 'http://catalog/', { method, bodyBytes }))['retries'];

  it('are few of what may not be executed twice', () => {
    expect(retriesOf('POST')).toEqual(['2, only where no app has seen the request, as POST may not be executed twice; within 20 % of the requests, or 3 a second']);
  });
  it('are few of a body that is not kept', () => {
    expect(retriesOf('PUT', 65_536)).toEqual([expect.stringMatching(/^2, after a broken connection/)]);
    expect(retriesOf('PUT', 65_537)).toEqual([
      '2, only where no connection was made, as its body of 65537 bytes is longer than the 64 KiB that are kept; within 20 % of the requests, or 3 a second',
    ]);
  });
});

test('GIVEN a hash key THEN it is told whether it was found, and which version it chooses', () => {
  const stack = stackOf((chart) => {
    const cart = service(chart, 'cart', { loadBalancing: LoadBalancing.ringHash(HashKey.header('x-user'), { otherKeys: [HashKey.cookie('cart')] }) });
    cart.addVersion('v2', { containers: [{ image: 'ghcr.io/acme/app:2', portNumber: 8080 }], weight: 50 });
    service(chart, 'web').calls(cart);
  });
  const without = ask(stack, 'http://cart/');
  expect(rowsOf(without)).toMatchObject({ 'balancing': ['ring hash'], 'balanced by': ['header x-user (not in the request) then cookie cart (not in the request): goes anywhere'] });
  expect(without.route!.clusterByHash).toBeUndefined();
  const chosen = [...'abcdefgh'].map((user) => ask(stack, 'http://cart/', { headers: [`X-User: ${user}`] }).route!.clusterByHash);
  expect(new Set(chosen)).toEqual(new Set(['shop/cart-v1', 'shop/cart-v2']));
  const [line] = rowsOf(ask(stack, 'http://cart/', { headers: ['x-user: a', 'Cookie: x=y; cart=7'] }))['balanced by']!;
  expect(line).toBe('header x-user (found) then cookie cart (found)');
});

test('GIVEN what is chosen for a call THEN it is told', () => {
  const stack = stackOf((chart) => {
    const backup = service(chart, 'backup', { admission: { rateLimit: RateLimit.perSecond(10) } });
    const catalog = service(chart, 'catalog', {
      admission: { concurrency: ConcurrencyLimit.of(40) }, outlierDetection: OutlierDetection.off(), healthCheck: HealthCheck.http('/ready'),
    });
    service(chart, 'web').calls(catalog, {
      retry: Retry.idempotent({ maxRetries: 1, hedge: { percentile: 90 } }),
      fallback: Fallback.to(backup, { recovery: Duration.seconds(10) }),
      connections: { maxRequests: 100 },
      faults: [FaultInjection.delay(Duration.millis(200), { percent: 10 }), FaultInjection.abort(503, { percent: 50, headerName: 'x-chaos' })],
    });
  });
  const rows = rowsOf(ask(stack, 'http://catalog/', { headers: ['x-chaos: 1'] }));
  expect(rows).toMatchObject({
    fallback: ['100 %  backup v1  2 pods', 'once less than 71.4 % of the pods before are available; back over 10 s'],
    hedging: ['a second request after the time in which 90 % are answered, at least 5 ms'],
    faults: ['10 % wait 200 ms', '50 % of those with x-chaos get 503'],
    callee: [
      'catalog v1: sidecar at port 15006, lets in 40 requests at a time, then 503, no timeout of its own; app at port 8080',
      'backup v1: sidecar at port 15006, lets in 10 requests a second and bursts of 10, then 429, no timeout of its own; app at port 8080',
    ],
  });
  expect(rows['retries']).toEqual([expect.stringMatching(/^1, after a broken connection or 502, 503, 504/)]);
  expect(rows['limits']).toEqual(['catalog v1: 100 active requests']);
  expect(rows['health']).toEqual([
    'catalog v1: no outlier detection', 'catalog v1: GET /ready every 5 s, out after 3 failed', expect.stringMatching(/^backup v1: ejected after/),
  ]);
  expect(rowsOf(ask(stack, 'http://catalog/healthz'))['callee']![0]).toBe(
    'catalog v1: sidecar at port 15006, let in whatever the load (limits: 40 requests at a time, then 503), no timeout of its own; app at port 8080');
  expect(rowsOf(ask(stack, 'http://catalog/', { method: 'POST' }))).toMatchObject({ faults: ['10 % wait 200 ms'] });
  expect(ask(stack, 'http://catalog/', { method: 'POST' }).route!.hedge).toBeUndefined();
});

test('GIVEN services outside of the mesh THEN their addresses are told', () => {
  const stack = stackOf((chart) => {
    const web = service(chart, 'web');
    web.calls(new ExternalService(chart, 'pay', { endpoints: ExternalEndpoints.dns('pay.example.com', { port: 8443 }) }));
    web.calls(new ExternalService(chart, 'db', { port: 5000, endpoints: ExternalEndpoints.addresses({ address: '10.0.0.1', port: 5001 }, { address: '10.0.0.2', port: 5001 }) }));
  });
  expect(rowsOf(ask(stack, 'http://pay/'))['goes to']).toEqual([expect.stringMatching(/^100 % {2}\S+ {2}pay\.example\.com:8443$/)]);
  expect(rowsOf(ask(stack, 'http://db:5000/'))['goes to']).toEqual([expect.stringMatching(/ {2}10\.0\.0\.1:5001, 10\.0\.0\.2:5001$/)]);
});

test('GIVEN NetworkPolicies that stop a call THEN it is told', () => {
  const stack = stackOf((chart) => {
    const catalog = service(chart, 'catalog');
    service(chart, 'web').calls(catalog);
  }, {
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'closed', namespace: 'shop' },
    spec: { podSelector: { matchLabels: { 'cdk8s-mesh/service': 'catalog' } }, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 8080 }] }] },
  });
  expect(rowsOf(ask(stack, 'http://catalog/'))['callee']).toEqual(["NetworkPolicies don't let web in at port 15006 of its pods"]);
});

test('GIVEN limits on requests THEN who refuses is told', () => {
  const limits = { maxBodySize: Size.kibibytes(1), maxHeadSize: Size.kibibytes(4), maxStartLineSize: Size.kibibytes(1), maxHeaderFields: 3 };
  const stack = stackOf((chart) => {
    const catalog = service(chart, 'catalog', { limits: { maxBodySize: Size.kibibytes(64) } });
    service(chart, 'web', { limits }).calls(catalog);
    service(chart, 'batch').calls(catalog);
  });
  const answerOf = (url: string, asked: Asked): string[] | undefined => rowsOf(ask(stack, url, { from: 'web', ...asked }))['answer'];
  expect(answerOf('http://catalog/', { method: 'PUT', bodyBytes: 1_025 })).toEqual(['413 by its sidecar: its body is longer than 1 KiB']);
  expect(answerOf(`http://catalog/${'a'.repeat(1_100)}`, {})).toEqual([expect.stringMatching(/^414 by its sidecar: the request line is longer/)]);
  expect(answerOf('http://catalog/', { headers: [`x-a: ${'a'.repeat(4_200)}`] })).toEqual([expect.stringMatching(/^431 by its sidecar: the head is longer/)]);
  expect(answerOf('http://catalog/', { headers: ['a: 1', 'b: 2', 'c: 3'] })).toEqual([expect.stringMatching(/^431 by its sidecar/)]);
  expect(rowsOf(ask(stack, 'http://catalog/', { from: 'batch', method: 'PUT', bodyBytes: 65_537 }))['callee']).toEqual([
    'sidecar at port 15006 answers 413, as the body is longer than 64 KiB',
  ]);
});

test('GIVEN a session THEN it is told whether the request has its cookie', () => {
  const stack = stackOf((chart) => {
    const cart = service(chart, 'cart', { sessionPersistence: SessionPersistence.cookie('sid', { keys: kplus.Secret.fromSecretName(chart, 'keys', 'session-keys') }) });
    service(chart, 'web').calls(cart);
  });
  expect(rowsOf(ask(stack, 'http://cart/'))['session']).toEqual(['cookie sid (not in the request: a new session)']);
  expect(rowsOf(ask(stack, 'http://cart/', { headers: ['cookie: a=b; sid=1'] }))['session']).toEqual(['cookie sid (found: stays with its pod, if the cookie is good)']);
});

test.each([
  [{ method: 'GET /', url: 'http://catalog/', headers: [] }, "'GET /' is no method"],
  [{ method: 'GET', url: '/search', headers: [] }, "'/search' is no URL that a sidecar could get"],
])('GIVEN %j THEN it is said what is wrong', (parts, message) => {
  expect(() => new AskedRequest({ ...parts, bodyBytes: 0 } as RequestParts)).toThrow(message);
  expect(() => parseHeader('x-beta', '-H')).toThrow("-H must be a header field such as 'x-beta: true', got 'x-beta'");
});

test('a call of gRPC goes by HTTP/2, and has the time that its caller gives it', () => {
  const stack = stackOf((chart) => {
    service(chart, 'web').calls(service(chart, 'catalog', { protocol: AppProtocol.GRPC, healthCheck: HealthCheck.grpc({ service: 'shop.v1.Catalog' }) }));
  });
  const rows = rowsOf(ask(stack, 'http://catalog/shop.v1.Catalog/Get', { method: 'POST', headers: ['content-type: application/grpc'] }));
  expect(rows).toMatchObject({ protocol: ['HTTP/2'], timeout: [expect.stringMatching(/^none; /)] });
  expect(rows['health']).toContain('gRPC health check of shop.v1.Catalog every 5 s, out after 3 failed');
});
