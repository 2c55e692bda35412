/** What is said of limits, connections and workers, and what the document and the sidecar's container have of it. */
import { ApiObject, Chart, Duration, JsonPatch, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ConnectionOptions, Fallback, ExternalEndpoints, ExternalService, Mesh, MeshService, MeshServiceProps, MeshSidecar, ProxyLimits } from '../../src';
import { LIMIT_QUANTITIES } from '../../src/constructs/policies/proxy-quantities';
import { ClusterConfig, DEFAULT_LIMITS, LimitsConfig, withDefaults } from '../../src/contract';
import { documentOf, findOne, Manifest, newChart, podSpec, podTemplate } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers: [app], ...props });

function synth(chart: Chart): Manifest[] {
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return manifests;
}

/** The cluster of `catalog` in the document of `web`, which calls it. */
function clusterOf(catalog: Partial<MeshServiceProps>, call?: ConnectionOptions): ClusterConfig {
  const chart = newChart();
  service(chart, 'web').calls(service(chart, 'catalog', catalog), { connections: call });
  return documentOf(synth(chart), 'web-v1').clusters[1];
}

/** The fields of a cluster that are about connections. */
function connectionsOf(cluster: ClusterConfig): Partial<ClusterConfig> {
  const { name: _name, discovery: _discovery, ...rest } = cluster;
  return rest;
}

test('every limit of the document has a prop', () => {
  expect(Object.values(LIMIT_QUANTITIES).map(({ field }) => field).sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
});

describe('limits', () => {
  const limitsOf = (own?: ProxyLimits, mesh?: ProxyLimits, outer?: ProxyLimits): LimitsConfig | undefined => {
    const root = Testing.app();
    new Mesh(root, 'outer', { limits: outer });
    const chart = newChart(undefined, 'chart', root);
    new Mesh(chart, 'mesh', { limits: mesh });
    service(chart, 'web', { limits: own });
    return documentOf(synth(chart), 'web-v1').limits;
  };

  test('are in the document in its units', () => {
    expect(limitsOf({
      maxConnections: 500, maxStartLineSize: Size.kibibytes(32), maxHeadSize: Size.kibibytes(64), maxHeaderFields: 200,
      maxBodySize: Size.mebibytes(10), maxRequestsPerConnection: 1_000, maxBufferedSize: Size.kibibytes(1.5),
      idleTimeout: Duration.minutes(2), headTimeout: Duration.millis(1_500), bodyTimeout: Duration.seconds(5), tunnelIdleTimeout: Duration.days(24),
      tlsHandshakeTimeout: Duration.seconds(3),
    })).toEqual({
      maxConnections: 500, maxStartLineBytes: 32_768, maxHeadBytes: 65_536, maxHeaderFields: 200, maxBodyBytes: 10_485_760,
      maxRequestsPerConnection: 1_000, maxBufferedBytes: 1_536, idleTimeoutMs: 120_000, headTimeoutMs: 1_500,
      bodyTimeoutMs: 5_000, tunnelIdleTimeoutMs: 2_073_600_000, tlsHandshakeTimeoutMs: 3_000,
    });
  });

  test('are left out where they say what the default says', () => {
    expect(limitsOf()).toBeUndefined();
    expect(limitsOf({ maxHeadSize: Size.kibibytes(16), maxBodySize: Size.kibibytes(0), idleTimeout: Duration.minutes(1) })).toBeUndefined();
  });

  test('are looked for one by one, the service\'s own first and then from the nearest mesh outwards', () => {
    expect(limitsOf(
      { maxConnections: 1, maxHeaderFields: undefined },
      { maxConnections: 2, maxHeaderFields: 20 },
      { maxConnections: 3, maxHeaderFields: 30, headTimeout: Duration.seconds(3) },
    )).toEqual({ maxConnections: 1, maxHeaderFields: 20, headTimeoutMs: 3_000 });
  });

  test('can take back to the default what a mesh changed', () => {
    expect(limitsOf({ maxConnections: 10_000 }, { maxConnections: 5 })).toBeUndefined();
  });

  test('reach a workload made elsewhere, too', () => {
    const chart = newChart();
    new Mesh(chart, 'mesh', { limits: { maxConnections: 7 } });
    new MeshSidecar(chart, 'sidecar', { workload: new kplus.Deployment(chart, 'App', { containers: [app] }), limits: { maxHeaderFields: 9 } });
    expect(documentOf(synth(chart), 'app-v1').limits).toEqual({ maxConnections: 7, maxHeaderFields: 9 });
  });
});

describe('connections to a service', () => {
  test('are in the document of its callers, in its units', () => {
    const connections = {
      connectTimeout: Duration.millis(250), idleTimeout: Duration.seconds(10), maxConnectionsPerEndpoint: 8, maxPendingRequests: 1,
    };
    const expected = { connectTimeoutMs: 250, idleTimeoutMs: 10_000, maxConnectionsPerEndpoint: 8, maxPendingRequests: 1 };
    expect(connectionsOf(clusterOf({ connections }))).toEqual(expected);
    expect(connectionsOf(clusterOf({}, connections))).toEqual(expected);
  });

  test('are as the caller says, and for what it leaves open as the service says', () => {
    const connections = { maxPendingRequests: 5, maxConnectionsPerEndpoint: 5 };
    const cluster = clusterOf({ connections }, { maxPendingRequests: 6, maxConnectionsPerEndpoint: undefined });
    expect(connectionsOf(cluster)).toEqual({ maxPendingRequests: 6, maxConnectionsPerEndpoint: 5 });
  });

  test('are left out where they say what the default says', () => {
    const connections = { pendingTimeout: Duration.seconds(3) };
    expect(connectionsOf(clusterOf({ connections }, { idleTimeout: Duration.seconds(30), maxPendingRequests: 1_024 }))).toEqual({});
    expect(connectionsOf(clusterOf({ connections: { maxPendingRequests: 1 } }, { maxPendingRequests: 1_024 }))).toEqual({});
  });

  test('are made within the time that somebody said, be it the usual one, since the default depends on the routes', () => {
    const usual = { connectTimeout: Duration.seconds(1) };
    expect(connectionsOf(clusterOf({ connections: usual }))).toEqual({ connectTimeoutMs: 1_000 });
    expect(connectionsOf(clusterOf({ connections: { connectTimeout: Duration.seconds(2) } }, usual))).toEqual({ connectTimeoutMs: 1_000 });
  });

  test('are kept for half of the time after which the service closes them, when that is short and nobody says', () => {
    const short = { limits: { idleTimeout: Duration.seconds(20) } };
    expect(connectionsOf(clusterOf(short))).toEqual({ idleTimeoutMs: 10_000 });
    expect(connectionsOf(clusterOf(short, { idleTimeout: Duration.seconds(15) }))).toEqual({ idleTimeoutMs: 15_000 });
    expect(connectionsOf(clusterOf({ limits: { idleTimeout: Duration.minutes(20) } }))).toEqual({});
  });

  test('are the same for every version of it', () => {
    const chart = newChart();
    const catalog = service(chart, 'catalog', { connections: { maxConnectionsPerEndpoint: 3 } });
    catalog.addVersion('v2', { containers: [app], weight: 10 });
    service(chart, 'web').calls(catalog);
    const [, ...clusters] = documentOf(synth(chart), 'web-v1').clusters;
    expect(clusters.map(connectionsOf)).toEqual([{ maxConnectionsPerEndpoint: 3 }, { maxConnectionsPerEndpoint: 3 }]);
  });

  test('outside of the mesh can be said, too', () => {
    const chart = newChart();
    service(chart, 'web').calls(new ExternalService(chart, 'rates', {
      endpoints: ExternalEndpoints.dns('rates.example.com'), connections: { connectTimeout: Duration.seconds(5), idleTimeout: Duration.minutes(10) },
    }), { connections: { connectTimeout: Duration.seconds(4) } });
    expect(connectionsOf(documentOf(synth(chart), 'web-v1').clusters[1])).toMatchObject({ connectTimeoutMs: 4_000, idleTimeoutMs: 600_000 });
  });
});

describe('connections to the app beside the proxy', () => {
  test('are what the service says, and for what it leaves open what its meshes say', () => {
    const chart = newChart();
    new Mesh(chart, 'mesh', { appConnections: { idleTimeout: Duration.seconds(4), maxConnectionsPerEndpoint: 50 } });
    service(chart, 'web', { appConnections: { maxConnectionsPerEndpoint: 1 } }).calls(service(chart, 'catalog'));
    const { clusters } = documentOf(synth(chart), 'web-v1');
    expect(clusters.map(connectionsOf)).toEqual([{ idleTimeoutMs: 4_000, maxConnectionsPerEndpoint: 1 }, {}]);
  });
});

describe('workers', () => {
  const sidecarOf = (props: Partial<MeshServiceProps>, patch: (web: MeshService) => void = () => undefined) => {
    const chart = newChart();
    const web = service(chart, 'web', props);
    patch(web);
    const manifests = synth(chart);
    expect(Testing.synth(chart)).toEqual(manifests);
    expectRestricted(manifests);
    const [{ env, resources }] = podSpec(findOne(manifests, 'Deployment', 'web-v1')).initContainers;
    const options = env.filter(({ name }: Manifest) => name === 'NODE_OPTIONS').map(({ value }: Manifest) => value);
    return { workers: documentOf(manifests, 'web-v1').workers, options, resources };
  };
  const memory = (mebibytes: number): Partial<MeshServiceProps> => ({ proxyResources: { memory: { limit: Size.mebibytes(mebibytes) } } });

  test('are one process with the heap of the image when nobody says', () => {
    expect(sidecarOf({})).toEqual({
      workers: undefined,
      options: [],
      resources: { requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '64Mi' }, limits: { memory: '128Mi' } },
    });
    expect(withDefaults(documentOf(synth((() => { const chart = newChart(); service(chart, 'web', { workers: 1 }); return chart; })()), 'web-v1')).workers).toBe(1);
  });

  test('are in the document, and get CPU and memory by their number', () => {
    expect(sidecarOf({ workers: 4 })).toEqual({
      workers: 4,
      // As the image has it: the memory grows with the workers.
      options: [],
      resources: { requests: { cpu: '400m', memory: '160Mi', 'ephemeral-storage': '64Mi' }, limits: { memory: '480Mi' } },
    });
  });

  test('make new pods when their number changes, whatever the memory', () => {
    const annotations = (workers: number) => {
      const chart = newChart();
      service(chart, 'web', { workers, proxyResources: {} });
      return podTemplate(findOne(synth(chart), 'Deployment', 'web-v1')).metadata.annotations;
    };
    expect([1, 2, 3].map(annotations)).toEqual([undefined, { 'cdk8s-mesh/workers': '2' }, { 'cdk8s-mesh/workers': '3' }]);
  });

  test('come from the nearest mesh that says so', () => {
    const chart = newChart();
    new Mesh(chart, 'mesh', { workers: 2 });
    service(chart, 'web');
    expect(documentOf(synth(chart), 'web-v1').workers).toBe(2);
  });

  test('share the memory that the user gives the sidecar', () => {
    expect(sidecarOf(memory(512)).options).toEqual(['--max-old-space-size=353 --max-semi-space-size=8']);
    expect(sidecarOf({ ...memory(512), workers: 3 })).toMatchObject({
      options: ['--max-old-space-size=88 --max-semi-space-size=2'], resources: { limits: { memory: '512Mi' } },
    });
  });

  test('keep the flags of the image when there is no limit on memory', () => {
    expect(sidecarOf({ proxyResources: { cpu: { request: kplus.Cpu.millis(50) } } })).toEqual({
      workers: undefined, options: [], resources: { requests: { cpu: '50m' } },
    });
  });

  test('have the flags that the user gives them, in whatever way, and then in any memory', () => {
    const value = '--max-old-space-size=20';
    expect(sidecarOf(memory(60), ({ sidecar }) => sidecar.container.env.addVariable('NODE_OPTIONS', kplus.EnvValue.fromValue(value))).options).toEqual([value]);
    expect(sidecarOf({}, ({ deployment }) => ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/initContainers/0/env/-', { name: 'NODE_OPTIONS', value }),
    )).options).toEqual([value]);
  });
});

test('a caller lets heads pass that the services it calls do, fallbacks included, and has its own limits else', () => {
  const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  const catalog = service(chart, 'catalog', { limits: { maxHeadSize: Size.kibibytes(64), maxBodySize: Size.mebibytes(1) } });
  const spare = service(chart, 'spare', { limits: { maxHeaderFields: 200 } });
  service(chart, 'web', { limits: { maxBodySize: Size.mebibytes(2) } }).calls(catalog, { fallback: Fallback.to(spare) });
  service(chart, 'cart', { limits: { maxHeadSize: Size.kibibytes(128) } }).calls(catalog);
  const manifests = synth(chart);
  expect(documentOf(manifests, 'web-v1').limits).toEqual({ maxBodyBytes: 2_097_152, maxHeadBytes: 65_536, maxHeaderFields: 200 });
  expect(documentOf(manifests, 'cart-v1').limits).toEqual({ maxHeadBytes: 131_072 });
});
