/** Callers that prefer their own zone: what they are told, and what they may read. */
import { Chart, Duration, Testing } from 'cdk8s';
import {
  Discovery, ExternalEndpoints, ExternalService, Fallback, LoadBalancing, Match, MeshService, MeshSidecar, Route, WeightSource,
} from 'cdk8s-mesh';
import * as kplus from 'cdk8s-plus-28';
import type { ProxyConfig } from '../../src/contract';
import { decodeConfig } from '../../src/proxy/config/decode';

const containers = [{ image: 'example/app:1', portNumber: 8080 }];
const zoneAware = LoadBalancing.leastRequest({ zoneAware: {} });

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Record<string, string>;
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  readonly spec?: { readonly template: { readonly spec: { readonly volumes?: readonly { readonly name: string }[] } } };
}

function chartOf(build: (chart: Chart) => void, namespace = 'shop'): Manifest[] {
  const chart = new Chart(Testing.app(), namespace, { namespace });
  build(chart);
  return Testing.synth(chart) as Manifest[];
}

function documentOf(manifests: readonly Manifest[], name: string): ProxyConfig {
  const text = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(name))!.data!['proxy.json']!;
  expect(decodeConfig(text)).toMatchObject({ ok: true });
  return JSON.parse(text) as ProxyConfig;
}

const rolesIn = (manifests: readonly Manifest[]): readonly string[] => manifests
  .filter(({ kind }) => kind === 'Role').map(({ metadata }) => `${metadata.namespace}: ${metadata.name}`);

describe('a service that calls one which prefers zones', () => {
  test('finds itself among the pods of its own version, and may read them', () => {
    const other = new Chart(Testing.app(), 'other', { namespace: 'data' });
    const catalog = new MeshService(other, 'catalog', { containers, loadBalancing: zoneAware });
    const manifests = chartOf((chart) => {
      const web = new MeshService(chart, 'web', { containers, portName: 'http-web' });
      web.addVersion('v2', { containers, weight: 5 });
      web.calls(catalog);
    });
    expect(documentOf(manifests, 'web-v1').localCluster).toEqual(
      { discovery: { type: 'endpointSlice', namespace: 'shop', service: 'web-v1', portName: 'http-web' } },
    );
    expect(documentOf(manifests, 'web-v2').localCluster).toMatchObject({ discovery: { service: 'web-v2' } });
    expect(documentOf(manifests, 'web-v1').clusters.find(({ name }) => name === 'data/catalog-v1')!.zoneAware).toEqual({});
    expect(rolesIn(manifests)).toEqual(['data: cdk8s-mesh.shop.web', 'shop: cdk8s-mesh.shop.web']);
    for (const { rules } of manifests.filter(({ kind }) => kind === 'Role')) expect(rules![0]!.verbs).toEqual(['get', 'list', 'watch']);
  });

  test.each<[string, (web: MeshService, catalog: MeshService, near: MeshService) => void]>([
    ['takes over', (web, catalog, near) => web.calls(catalog, { fallback: Fallback.to(near) })],
    ['is the target of a route', (web, catalog, near) => { web.calls(catalog); catalog.addRoute(Route.when(Match.method('GET')).to(near)); }],
    ['is the target of a route for one version of the caller', (web, catalog, near) => {
      web.calls(catalog);
      catalog.addRoute(Route.when(Match.caller(web.versions[0]!)).to(near));
    }],
  ])('finds itself, too, GIVEN that what prefers zones %s', (_, declare) => {
    const other = new Chart(Testing.app(), 'other', { namespace: 'data' });
    const chart = new Chart(other.node.root as never, 'shop', { namespace: 'shop' });
    const [catalog, near] = ['catalog', 'near'].map((name) => new MeshService(other, name, { containers, ...(name === 'near' && { loadBalancing: zoneAware }) }));
    const web = new MeshService(chart, 'web', { containers });
    declare(web, catalog!, near!);
    const manifests = Testing.synth(chart) as Manifest[];
    expect(documentOf(manifests, 'web-v1').localCluster).toMatchObject({ discovery: { service: 'web-v1' } });
    expect(rolesIn(manifests)).toEqual(['data: cdk8s-mesh.shop.web', 'shop: cdk8s-mesh.shop.web']);
  });

  test('has one Role, GIVEN that both are in one namespace', () => {
    const manifests = chartOf((chart) => {
      new MeshService(chart, 'web', { containers }).calls(new MeshService(chart, 'catalog', { containers, loadBalancing: zoneAware }));
    });
    expect(rolesIn(manifests)).toEqual(['shop: cdk8s-mesh.shop.web']);
  });

  test('has a token for that alone, GIVEN that what it calls is listed', () => {
    const manifests = chartOf((chart) => {
      const bank = new ExternalService(chart, 'bank', {
        hostname: 'bank.example.com', port: 80, loadBalancing: zoneAware,
        endpoints: ExternalEndpoints.addresses({ address: '192.0.2.1', port: 80, zone: 'a' }, { address: '192.0.2.2', port: 80, zone: 'b' }),
      });
      new MeshService(chart, 'web', { containers }).calls(bank);
    });
    expect(documentOf(manifests, 'web').kubernetes).toBeDefined();
    expect(rolesIn(manifests)).toEqual(['shop: cdk8s-mesh.shop.web']);
    expect(manifests.find(({ kind }) => kind === 'Deployment')!.spec!.template.spec.volumes!.map(({ name }) => name)).toContain('mesh-token');
  });
});

test('a service that prefers no zone is told nothing of its own pods, and may read nothing of them', () => {
  const other = new Chart(Testing.app(), 'other', { namespace: 'data' });
  const manifests = chartOf((chart) => { new MeshService(chart, 'web', { containers }).calls(new MeshService(other, 'catalog', { containers })); });
  expect(documentOf(manifests, 'web').localCluster).toBeUndefined();
  expect(rolesIn(manifests)).toEqual(['data: cdk8s-mesh.shop.web']);
});

describe('a workload made elsewhere', () => {
  const build = (chart: Chart, expose: 'before' | 'after' | 'never'): void => {
    const catalog = new MeshService(new Chart(Testing.app(), 'other', { namespace: 'data' }), 'catalog', { containers, loadBalancing: zoneAware });
    const sidecar = new MeshSidecar(chart, 'sidecar', { workload: new kplus.Deployment(chart, 'web', { containers }) });
    if (expose === 'before') sidecar.expose();
    sidecar.calls(catalog);
    if (expose === 'after') sidecar.expose();
  };

  test.each(['before', 'after'] as const)('finds itself behind its Service, exposed %s it calls', (expose) => {
    const manifests = chartOf((chart) => build(chart, expose));
    expect(documentOf(manifests, 'web').localCluster).toMatchObject({ discovery: { service: 'web-v1', portName: 'http' } });
    expect(rolesIn(manifests)).toEqual(['data: cdk8s-mesh.shop.web-v1', 'shop: cdk8s-mesh.shop.web-v1']);
  });

  test('does not know its zone, GIVEN no Service, and gets no permission for it', () => {
    const manifests = chartOf((chart) => build(chart, 'never'));
    expect(documentOf(manifests, 'web').localCluster).toBeUndefined();
    expect(rolesIn(manifests)).toEqual(['data: cdk8s-mesh.shop.web-v1']);
  });
});

describe('options', () => {
  const clusterOf = (loadBalancing: LoadBalancing) => documentOf(chartOf((chart) => {
    new MeshService(chart, 'web', { containers }).calls(new MeshService(chart, 'catalog', { containers, loadBalancing }));
  }), 'web').clusters.find(({ name }) => name === 'shop/catalog-v1')!;

  test('of zones go where the proxy looks for them, without what a default says', () => {
    const options = { minimumEndpoints: 6, remotePercent: 0, tolerancePercent: 10, smoothing: Duration.seconds(20) };
    expect(clusterOf(LoadBalancing.roundRobin({ zoneAware: options })).zoneAware)
      .toEqual({ minimumEndpoints: 6, remotePercent: 0, smoothingMs: 20_000 });
  });

  test('of client-side weighted round robin, too', () => {
    expect(clusterOf(LoadBalancing.clientSideWeightedRoundRobin()).loadBalancing).toEqual({ type: 'clientSideWeightedRoundRobin' });
    const cluster = clusterOf(LoadBalancing.clientSideWeightedRoundRobin({
      blackout: Duration.seconds(0), expiration: Duration.minutes(3), update: Duration.millis(500), errorPenalty: 2.5,
      utilizationMetrics: ['named_metrics.queue'], zoneWeights: { a: 2 }, zoneAware: {}, subset: 10,
    }));
    expect(cluster).toMatchObject({
      loadBalancing: { type: 'clientSideWeightedRoundRobin', blackoutMs: 0, updateMs: 500, errorPenalty: 2.5 },
      loadReports: { utilizationMetrics: ['named_metrics.queue'] }, zoneAware: {}, subset: { size: 10 }, discovery: { zoneWeights: { a: 2 } },
    });
    expect(cluster.loadBalancing).not.toHaveProperty('expirationMs');
  });

  test('of dynamic weights say what they follow', () => {
    const dynamicWeights = { source: WeightSource.REPORTS, maximumPercent: 500 };
    expect(clusterOf(LoadBalancing.weightedRoundRobin({ dynamicWeights })).dynamicWeights).toEqual({ source: 'reports', maximumPercent: 500 });
  });

  test('that can\'t be are refused together', () => {
    const refused = (loadBalancing: LoadBalancing, discovery?: Discovery) => () => chartOf((chart) => {
      new MeshService(chart, 'catalog', { containers, loadBalancing, ...(discovery && { discovery }) });
    });
    expect(refused(LoadBalancing.roundRobin({ zoneAware: { remotePercent: 51, zone: 'a' } as never, dynamicWeights: { source: 'luck' as never } })))
      .toThrow(/dynamicWeights\.source' is "luck": use WeightSource[^]*zoneAware\.zone' is not a prop here[^]*zoneAware\.remotePercent' is 51/);
    expect(refused(LoadBalancing.clientSideWeightedRoundRobin({ utilizationMetrics: [], errorPenalty: -1 })))
      .toThrow(/errorPenalty' is -1[^]*utilizationMetrics' is \[\]: name 1 to 8 metrics/);
    expect(refused(LoadBalancing.clientSideWeightedRoundRobin({ utilizationMetrics: ['a,b'], dynamicWeights: {} } as never)))
      .toThrow(/dynamicWeights' is not a prop here[^]*utilizationMetrics\[0\]' is "a,b"/);
    expect(refused(zoneAware, Discovery.dns())).toThrow('\'loadBalancing.zoneAware\' is {}: DNS does not tell zones; leave it out, or use Discovery.endpointSlices()');
    expect(() => chartOf((chart) => { new ExternalService(chart, 'bank', { hostname: 'bank.example.com', port: 80, loadBalancing: zoneAware, endpoints: ExternalEndpoints.dns('bank.example.com') }); }))
      .toThrow('DNS does not tell zones; leave it out, or list addresses with their zones');
  });
});
