/** Shares of real traffic through two proxies, against what was declared. */
import { Chart } from 'cdk8s';
import { LoadBalancing, MeshService, Scaling } from 'cdk8s-mesh';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import type { Pod } from '../../src/cli/up/pod';
import type { ClusterReport } from '../../src/proxy/telemetry/cluster-view';
import { clustersSeenBy, endpointsSeenBy, load, modelOf, startMesh } from '../support/local-mesh';

const container = { image: 'example/app:1', portNumber: 8080 };
const REQUESTS = 10_000;

function build(chart: Chart): void {
  const web = new MeshService(chart, 'web', { containers: [container], scaling: Scaling.replicas(1) });
  const versions = new MeshService(chart, 'versions', { containers: [container], scaling: Scaling.replicas(2) });
  versions.addVersion('v2', { containers: [container], scaling: Scaling.replicas(1), weight: 17 });
  const weighted = new MeshService(chart, 'weighted', {
    containers: [container],
    scaling: Scaling.replicas(3),
    loadBalancing: LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 5, b: 3, c: 2 } }),
  });
  const uneven = new MeshService(chart, 'uneven', { containers: [container], scaling: Scaling.replicas(3), loadBalancing: LoadBalancing.leastRequest() });
  const zoned = new MeshService(chart, 'zoned', {
    containers: [container], scaling: Scaling.replicas(3), loadBalancing: LoadBalancing.clientSideWeightedRoundRobin({ zoneAware: {} }),
  });
  const edge = new MeshService(chart, 'edge', { containers: [container], scaling: Scaling.replicas(3), workers: 2 });
  edge.calls(zoned);
  web.calls(versions);
  web.calls(weighted);
  web.calls(uneven);
}

let mesh: LocalMesh;

async function until(what: () => string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`gave up waiting until ${what()}`);
  }
}

beforeAll(async () => { mesh = await startMesh(modelOf(build), { zones: ['a', 'b', 'c'] }); }, 60_000);
afterAll(() => mesh.stop());

test('versions get their declared shares within 1 % over 10,000 requests', async () => {
  const tally = await load(mesh, 'web', 'versions', 16, (sent) => sent < REQUESTS);
  expect(tally.failures).toEqual(new Map());
  expect(Math.abs(tally.versions.get('v1')! / REQUESTS - 0.83)).toBeLessThan(0.01);
  expect(Math.abs(tally.versions.get('v2')! / REQUESTS - 0.17)).toBeLessThan(0.01);
}, 60_000);

test('endpoints get their declared weights within 1 % over 10,000 requests, by weighted round robin', async () => {
  const tally = await load(mesh, 'web', 'weighted', 16, (sent) => sent < REQUESTS);
  expect(tally.failures).toEqual(new Map());
  const weights: Record<string, number> = { a: 0.5, b: 0.3, c: 0.2 };
  for (const pod of mesh.pods.filter(({ workload }) => workload.service === 'weighted')) {
    expect(Math.abs(tally.pods.get(pod.name)! / REQUESTS - weights[pod.zone]!)).toBeLessThan(0.01);
  }
}, 60_000);

test('a slow endpoint gets clearly less than an equal share, by least request', async () => {
  const pods = mesh.pods.filter(({ workload }) => workload.service === 'uneven');
  pods[0]!.behave({ latency: { type: 'fixed', ms: 250 }, failureRate: 0 });
  for (const pod of pods.slice(1)) pod.behave({ latency: { type: 'fixed', ms: 2 }, failureRate: 0 });
  await load(mesh, 'web', 'uneven', 16, (sent) => sent < 200);
  const tally = await load(mesh, 'web', 'uneven', 16, (sent) => sent < 2_000);
  expect(tally.failures).toEqual(new Map());
  expect(tally.pods.get(pods[0]!.name)! / 2_000).toBeLessThan(1 / 4);
}, 60_000);

test('each caller stays in its own zone, which it finds by itself in the API, with several workers as well', async () => {
  const callers = mesh.pods.filter(({ workload }) => workload.service === 'edge');
  const viewOf = async (pod: Pod): Promise<ClusterReport> => (await clustersSeenBy(pod)).find(({ name }) => name === 'shop/zoned-v1')!;
  for (const pod of callers) {
    let seen: string | undefined;
    await until(() => `${pod.name} knows its zone ${pod.zone}, which it takes for ${seen}`, async () => (seen = (await viewOf(pod)).localZone) === pod.zone);
  }
  // Shares follow with a time constant as pods come, so they settle a while after the last one has.
  const share = async (pod: Pod): Promise<number> => (await viewOf(pod)).zones?.find(({ zone }) => zone === pod.zone)?.share ?? 0;
  for (const pod of callers) await until(() => `${pod.name} settles`, async () => await share(pod) > 0.96);
  const tally = await load(mesh, 'edge', 'zoned', 12, (sent) => sent < 1_500);
  expect(tally.failures).toEqual(new Map());
  for (const pod of callers) {
    const { endpoints } = await viewOf(pod);
    const requests = endpoints.reduce((sum, endpoint) => sum + endpoint.requests, 0);
    const own = endpoints.filter(({ zone }) => zone === pod.zone).reduce((sum, endpoint) => sum + endpoint.requests, 0);
    if (requests > 0) expect(own / requests).toBeGreaterThan(0.9);
    expect(endpoints.some(({ balancing }) => balancing?.reports === 'blackout' || balancing?.reports === 'reported')).toBe(requests > 0);
  }
}, 60_000);

test('an endpoint is used once it has appeared in the API, and no more once it is going', async () => {
  const [web] = mesh.pods.filter(({ workload }) => workload.service === 'web');
  const cluster = 'shop/versions-v1';
  const sees = async (count: number): Promise<boolean> => (await endpointsSeenBy(web!, cluster)).length === count;
  let added = '';
  const appearing = new Promise<void>((resolve) => {
    mesh.on('pod', (pod, state) => {
      if (state === 'ready' && pod.workload.service === 'versions') {
        added = pod.name;
        resolve(until(() => 'web sees the new one', () => sees(3)));
      }
    });
  });
  await mesh.add('versions', 'v1');
  await appearing;
  const used = await load(mesh, 'web', 'versions', 4, (sent) => sent < 40);
  expect(used.pods.get(added)).toBeGreaterThan(0);

  const gone = mesh.stopGracefully(added);
  await until(() => 'web sees that one is going', () => sees(2));
  const unused = await load(mesh, 'web', 'versions', 4, (sent) => sent < 40);
  expect(unused.failures).toEqual(new Map());
  expect(unused.pods.get(added)).toBeUndefined();
  await gone;
}, 60_000);
