/** Each recipe of the cookbook is synthesized to objects that Kubernetes and the proxy accept, and does what its heading says. */
import type { ProxyConfig } from '../../src/contract';
import { meshOf, MeshUnderTest } from '../../src/testing';
import { expectSound } from '../constructs/sound';
import { documentOf, findOne, Manifest } from '../support/manifests';
import { read } from './markdown';
import { synthesize } from './sample-runs';

const recipes = read('docs/cookbook.md').blocks.filter(({ language }) => language === 'ts');

/** What a recipe is for, by its heading. */
const EXPECTED: Readonly<Record<string, (mesh: MeshUnderTest, manifests: Manifest[]) => void>> = {
  'A tenth of the requests to a new version': (mesh) => get(mesh).toBeSplit({ v1: 90, v2: 10 }),
  'The new version for testers alone': (mesh) => {
    get(mesh).toReach('catalog', 'v1');
    get(mesh, 'http://catalog/', { 'x-beta': 'true' }).toReach('catalog', 'v2');
  },
  'Each user stays with one version': (mesh) => {
    get(mesh, 'http://profile/').toBeSplit({ v1: 80, v2: 20 });
    const versions = Array.from({ length: 50 }, (_, user) => {
      const headers = { 'x-user': `user-${user}` };
      get(mesh, 'http://profile/', headers).toReach('profile');
      return /by its hash\) +(profile v\d)/.exec(mesh.explain('web', 'GET http://profile/', { headers }))![1];
    });
    expect(new Set(versions)).toEqual(new Set(['profile v1', 'profile v2']));
  },
  'Copies for a version that nobody depends on': (mesh) => {
    get(mesh).toReach('catalog');
    expect(mesh.routes()).toContain('20 % copied to shadow v1');
  },
  'More time for a slow path': (mesh) => {
    get(mesh).toTimeOutAfter(1_000);
    get(mesh, 'http://catalog/export/all').toTimeOutAfter(120_000);
  },
  'Retries within the timeout': (mesh) => {
    get(mesh).toBeRetried(1).toTimeOutAfter(1_000);
    mesh.expectRequest('web', 'POST http://catalog/').toBeRetried(0);
  },
  'Retries of POST, for a service that recognises repeats': (mesh) => mesh.expectRequest('web', 'POST http://payments/').toBeRetried(2),
  'A second request when the first is slow': (_, manifests) => {
    expect(listenerOf(manifests, 'catalog').routes[0]!.hedge).toEqual({});
  },
  'Another service when one can\'t answer': (mesh) => expect(mesh.explain('web', 'http://catalog/')).toContain('catalog-cached v1'),
  'Faults for one tester': (_, manifests) => {
    expect(listenerOf(manifests, 'catalog').routes[0]!.faults).toEqual([{ percent: 100, header: { name: 'x-fault', value: 'catalog' }, abortStatus: 503 }]);
  },
  'Pods that fail are left out sooner': (_, manifests) => {
    expect(clusterOf(manifests, 'catalog-v1').outlierDetection).toMatchObject({ consecutiveGatewayErrors: 3, baseEjectionMs: 30_000 });
  },
  'A pod takes no more than it can do': (_, manifests) => {
    expect(documentOf(manifests, 'search-v1').listeners[0]!.admission).toMatchObject({ concurrency: { max: 50 }, rateLimit: { requestsPerSecond: 500 } });
  },
  'Limits on what a caller sends': (_, manifests) => {
    expect(clusterOf(manifests, 'catalog-v1')).toMatchObject({ maxRequests: 200, maxPendingRequests: 50, maxConnectionsPerEndpoint: 20 });
  },
  'Pods of the own zone first, new pods gently': (_, manifests) => {
    expect(clusterOf(manifests, 'stock-v1')).toMatchObject({ loadBalancing: { type: 'leastRequest' }, zoneAware: {}, slowStart: { windowMs: 60_000 } });
  },
  'A session stays with its pod': (_, manifests) => expect(listenerOf(manifests, 'cart').routes[0]!.session).toMatchObject({ cookie: 'cart', ttlMs: 3_600_000 }),
  'An HTTPS service outside': (mesh, manifests) => {
    get(mesh, 'http://rates.example.com/usd').toTimeOutAfter(3_000);
    expect(documentOf(manifests, 'web-v1').clusters.find(({ tls }) => tls)).toMatchObject({ discovery: { port: 443 } });
  },
  'HTTPS for two hosts': (mesh) => {
    mesh.expectRequest('edge', 'GET http://shop.example.com/').toBeRedirectedTo('https://shop.example.com/');
    mesh.expectRequest('edge', 'GET https://shop.example.com/').toReach('web');
    mesh.expectRequest('edge', 'GET https://api.example.com/').toReach('catalog');
  },
  'A path prefix that the app doesn\'t know': (mesh) => {
    expect(mesh.explain('edge', 'GET http://shop.example.com/api/catalog/items')).toMatch(/\/items\b/);
    mesh.expectRequest('edge', 'GET http://shop.example.com/api/catalog/items').toReach('catalog');
    mesh.expectRequest('edge', 'GET http://shop.example.com/old/a').toBeRedirectedTo('http://shop.example.com/new/a');
  },
  'Nobody but declared callers, for what they need': (mesh) => {
    get(mesh, 'http://catalog/items/7').toReach('catalog');
    mesh.expectRequest('web', 'DELETE http://catalog/items/7').toBeRefused(403);
  },
  'A service that is asked about each request': (mesh, manifests) => {
    expect(documentOf(manifests, 'edge').listeners[0]!.externalAuthorization).toEqual({
      split: [{ cluster: expect.stringMatching(/auth-v1$/), weight: 100 }], allowedResponseHeaders: ['x-user'], exemptPaths: ['/healthz'],
    });
    expect(mesh.explain('edge', 'GET http://shop.example.com/')).toMatch(/ asks \S+auth-v1 whether it passes/);
    expect(mesh.explain('edge', 'GET http://shop.example.com/login')).toMatch(/doesn't ask \S+auth-v1, as route/);
  },
  'A job that calls a service': (mesh, manifests) => {
    mesh.expectRequest('report', 'GET http://catalog/').toTimeOutAfter(60_000);
    expect(findOne(manifests, 'Job', 'sample-report').spec.template.spec.initContainers[0].restartPolicy).toBe('Always');
  },
};

test('there are twenty-one recipes, and it is known what each is for', () => {
  expect(recipes.map(({ heading }) => heading)).toEqual(Object.keys(EXPECTED));
  expect(recipes).toHaveLength(21);
});

test.each(recipes.map(({ heading, text }) => [heading, text]))('%s', (heading, text) => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const manifests = synthesize(text);
  expectSound(manifests);
  EXPECTED[heading]!(meshOf(manifests), manifests);
});

function get(mesh: MeshUnderTest, url = 'http://catalog/', headers: Record<string, string> = {}) {
  return mesh.expectRequest('web', `GET ${url}`, { headers });
}

function listenerOf(manifests: Manifest[], callee: string): ProxyConfig['listeners'][number] {
  return documentOf(manifests, 'web-v1').listeners.find(({ name }) => name === `outbound/shop/${callee}:80`)!;
}

function clusterOf(manifests: Manifest[], name: string): ProxyConfig['clusters'][number] {
  return documentOf(manifests, 'web-v1').clusters.find((cluster) => cluster.name === `shop/${name}`)!;
}
