import { App, Chart, Duration, Testing } from 'cdk8s';
import fc from 'fast-check';
import { CallOptions, Discovery, ExternalEndpoints, ExternalService, Fallback, LoadBalancing, MeshService, MeshServiceProps } from '../../src';
import { levelHealth } from '../../src/balancing/stages/priority';
import { DEFAULT_FALLBACK } from '../../src/contract';
import { documentOf, findByKind, newChart } from '../support/manifests';
import { expectSound } from './sound';

const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) =>
  new MeshService(chart, name, { containers: [{ image: `ghcr.io/acme/${name}:1`, portNumber: 8080 }], ...props });

/** The document of `web`, which calls `catalog` with a fallback. */
function setUp(fallback: (chart: Chart) => Fallback, options: CallOptions = {}, chart = newChart()) {
  const web = service(chart, 'web');
  web.calls(service(chart, 'catalog'), { ...options, fallback: fallback(chart) });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const document = documentOf(manifests, 'web-v1');
  return { manifests, document, route: document.listeners[1].routes[0] };
}

describe('a fallback to another service', () => {
  const { document, route } = setUp((chart) => {
    const spare = service(chart, 'spare', { loadBalancing: LoadBalancing.leastRequest() });
    spare.addVersion('v2', { containers: [{ image: 'x:2', portNumber: 8080 }], weight: 20 });
    return Fallback.to(spare);
  });

  test('is a level of the route, with all versions of the service', () => {
    expect(route).toEqual({
      name: 'default',
      split: [{ cluster: 'shop/catalog-v1', weight: 100 }],
      fallback: [{ split: [{ cluster: 'shop/spare-v1', weight: 80 }, { cluster: 'shop/spare-v2', weight: 20 }] }],
    });
  });

  test('brings clusters that are balanced as the service says, and takes panic from those it stands in for', () => {
    expect(document.clusters.slice(1)).toMatchObject([
      { name: 'shop/catalog-v1', failover: { panicPercent: 0 } },
      { name: 'shop/spare-v1', loadBalancing: { type: 'leastRequest' } },
      { name: 'shop/spare-v2', loadBalancing: { type: 'leastRequest' } },
    ]);
    expect(document.clusters[2]).not.toHaveProperty('failover');
  });

  test('is no name that the app could call', () => {
    expect(document.listeners).toHaveLength(2);
    expect(document.listeners.flatMap(({ hostnames = [] }) => hostnames)).not.toContain('spare');
  });
});

test('thresholds and times to return are said where they are not the defaults', () => {
  const { route } = setUp((chart) => Fallback.to(service(chart, 'a'), { belowPercent: 50, recovery: Duration.minutes(2) })
    .orElse(service(chart, 'b'), { recovery: Duration.seconds(30) }));
  expect(route.fallback).toEqual([
    { split: [{ cluster: 'shop/a-v1', weight: 100 }], overprovisioningPercent: 200, recoveryMs: 120_000 },
    { split: [{ cluster: 'shop/b-v1', weight: 100 }] },
  ]);
});

test('GIVEN any threshold, the service keeps everything at exactly as many endpoints, and not at a tenth fewer', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 100 }), (belowPercent) => {
    const chart = newChart();
    const [level] = Fallback.to(service(chart, 'spare'), { belowPercent })._toConfig();
    const { overprovisioningPercent } = { ...DEFAULT_FALLBACK, ...level };
    expect(levelHealth({ available: belowPercent, all: 100 }, overprovisioningPercent)).toBe(100);
    expect(levelHealth({ available: belowPercent * 0.9, all: 100 }, overprovisioningPercent)).toBeLessThan(100);
  }));
});

test('a service outside of the mesh can take over, without permission or token when the called one needs none', () => {
  const chart = newChart();
  const web = service(chart, 'web');
  const outside = new ExternalService(chart, 'outside', { endpoints: ExternalEndpoints.addresses({ address: '10.1.0.1', port: 80 }) });
  web.calls(service(chart, 'catalog', { discovery: Discovery.dns() }), { fallback: Fallback.to(outside) });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const { clusters, listeners, kubernetes } = documentOf(manifests, 'web-v1');
  const endpoints = [{ address: '10.1.0.1', port: 80 }];
  expect(clusters[2]).toEqual({ name: 'shop/outside', meshFields: false, discovery: { type: 'static', endpoints } });
  // It alone gets no fields of the mesh.
  expect([clusters[1]!.meshFields, listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!.meshFields]).toEqual([undefined, undefined]);
  expect(kubernetes).toBeUndefined();
  expect(findByKind(manifests, 'Role')).toEqual([]);
});

test('a fallback in another namespace gets the caller a Role there, and a token', () => {
  const app = new App();
  const away = new Chart(app, 'away', { namespace: 'away' });
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const web = service(chart, 'web');
  web.calls(service(chart, 'catalog', { discovery: Discovery.dns() }), { fallback: Fallback.to(service(away, 'spare')) });
  const manifests = Testing.synth(chart);
  expect(findByKind(manifests, 'Role').map(({ metadata }) => metadata)).toEqual([{ name: 'cdk8s-mesh.shop.web', namespace: 'away' }]);
  expect(documentOf(manifests, 'web-v1').kubernetes).toBeDefined();
});

test('a service that is called and is a fallback besides has its clusters once, as its own call says', () => {
  const chart = newChart();
  const web = service(chart, 'web');
  const spare = service(chart, 'spare');
  web.calls(service(chart, 'catalog'), { fallback: Fallback.to(spare) });
  web.calls(service(chart, 'cart'), { fallback: Fallback.to(spare) });
  web.calls(spare, { loadBalancing: LoadBalancing.random() });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  expect(documentOf(manifests, 'web-v1').clusters.map(({ name }) => name)).toEqual(['app', 'shop/cart-v1', 'shop/catalog-v1', 'shop/spare-v1']);
  expect(documentOf(manifests, 'web-v1').clusters[3]).toMatchObject({ loadBalancing: { type: 'random' } });
});

describe('a fallback that can\'t be is refused', () => {
  test.each<[string, (chart: Chart, web: MeshService, catalog: MeshService) => Fallback, string]>([
    ['to the service itself', (_, __, catalog) => Fallback.to(catalog), "'calls(catalog).fallback.to' is \"catalog\": it has its turn before already, so it can't take over; name another one"],
    ['to the caller', (_, web) => Fallback.to(web), "'calls(catalog).fallback.to' is \"web\": a service can't call itself through the mesh; name another one"],
    ['twice', (chart) => {
      const spare = service(chart, 'spare');
      return Fallback.to(spare).orElse(spare);
    }, "'calls(catalog).fallback.orElse[0]' is \"spare\": it has its turn before already"],
    ['below 0 %', (chart) => Fallback.to(service(chart, 'spare'), { belowPercent: 0 }), "'calls(catalog).fallback.to.belowPercent' is 0: use a number from 1 to 100"],
    ['to nothing', () => Fallback.to(undefined as unknown as MeshService), "'calls(catalog).fallback.to' is missing: give a MeshService, an ExternalService, or what MeshSidecar.expose() returns"],
    ['made otherwise', () => ({}) as Fallback, "'calls(catalog).fallback' is {}: make it with Fallback.to(service)"],
  ])('%s', (_, fallback, message) => {
    const chart = newChart();
    const web = service(chart, 'web');
    const catalog = service(chart, 'catalog');
    expect(() => web.calls(catalog, { fallback: fallback(chart, web, catalog) })).toThrow(message);
  });
});
