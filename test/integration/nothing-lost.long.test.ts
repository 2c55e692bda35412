/**
 * The promise that nothing is lost: requests go on, through an outbound and an inbound proxy, while everything around them
 * changes. Every single one is counted.
 */
import { Chart, Duration } from 'cdk8s';
import { LoadBalancing, Mesh, MeshService, Scaling } from 'cdk8s-mesh';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import type { MeshModel } from '../../src/cli/model/model';
import { endpointsSeenBy, load, modelOf, startMesh } from '../support/local-mesh';

const REQUESTS = 100_000;
const RELOADS = 20;
const STOPS = 5;
const OUTAGE_MS = 10_000;

/** The same services with another policy and other weights: what a reload changes. */
function model(revision: number): MeshModel {
  const container = { image: 'example/app:1', portNumber: 8080 };
  const policies = [LoadBalancing.roundRobin(), LoadBalancing.leastRequest(), LoadBalancing.random(), LoadBalancing.weightedRoundRobin()];
  return modelOf((chart: Chart) => {
    new Mesh(chart, 'mesh', { endpointPropagation: Duration.seconds(1) });
    const web = new MeshService(chart, 'web', { containers: [container], scaling: Scaling.replicas(1) });
    const catalog = new MeshService(chart, 'catalog', {
      containers: [container],
      scaling: Scaling.replicas(2),
      loadBalancing: policies[revision % policies.length],
    });
    catalog.addVersion('v2', { containers: [container], scaling: Scaling.replicas(2), weight: 10 + revision });
    web.calls(catalog, { timeout: Duration.seconds(10 + revision) });
  });
}

let mesh: LocalMesh;
beforeAll(async () => { mesh = await startMesh(model(0)); }, 60_000);
afterAll(() => mesh.stop());

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

test('no request fails out of 100,000, given 20 reloads, 5 graceful stops of a replica, and 10 seconds without the API', async () => {
  const web = mesh.pods.find(({ workload }) => workload.service === 'web')!;
  let done = 0;
  let unrest = true;

  const reloads = async (): Promise<void> => {
    for (let revision = 1; revision <= RELOADS; revision += 1) {
      await mesh.apply(model(revision));
      await pause(400);
    }
  };
  const stops = async (): Promise<void> => {
    for (let stop = 0; stop < STOPS; stop += 1) {
      const victim = mesh.pods.find(({ workload, state }) => workload.service === 'catalog' && workload.version === 'v1' && state === 'ready')!;
      await mesh.add('catalog', 'v1');
      await mesh.stopGracefully(victim.name);
    }
  };
  const outage = async (): Promise<void> => {
    await mesh.api.stop();
    await pause(OUTAGE_MS);
    // While it is away, nobody takes its endpoints for gone.
    expect(await endpointsSeenBy(web, 'shop/catalog-v1')).toHaveLength(2);
    await mesh.api.start();
  };
  const disturb = async (): Promise<void> => {
    await Promise.all([reloads(), stops()]);
    await outage();
    unrest = false;
  };

  const [tally] = await Promise.all([
    load(mesh, 'web', 'catalog', 16, (sent) => { done = sent; return sent < REQUESTS || unrest; }),
    disturb(),
  ]);
  expect(done).toBeGreaterThanOrEqual(REQUESTS);
  expect(tally.failures).toEqual(new Map());

  const metrics = await (await fetch(`http://${web.adminAddress.address}:${web.adminAddress.port}/metrics`)).text();
  expect(metrics).toContain(`mesh_config_reloads_total{result="applied"} ${RELOADS}`);
  expect(metrics).toContain('mesh_config_reloads_total{result="rejected"} 0');
}, 180_000);
