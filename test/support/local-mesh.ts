/**
 * A mesh out of constructs, run on this machine with the real proxy: the chart is synthesized, written as YAML and read
 * back by the same code as `cdk8s-mesh up` uses.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Yaml } from 'cdk8s';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import { LocalMesh, LocalMeshOptions } from '../../src/cli/up/local-mesh';
import { readManifests } from '../../src/cli/model/manifests';
import type { MeshModel } from '../../src/cli/model/model';
import type { Pod } from '../../src/cli/up/pod';
import { readModel } from '../../src/cli/model/read-model';
import { failureOf } from '../../src/cli/up/traffic/sender';
import { POD_FIELD, VERSION_FIELD } from '../../src/cli/stand-in/server';
import type { ClusterReport } from '../../src/proxy/telemetry/cluster-view';

const programs = { cli: join(__dirname, '../../lib/bin/cdk8s-mesh.js'), proxy: join(__dirname, '../../lib/bin/proxy.js') };

/** What the objects that `build` makes mean to `up`. */
export function modelOf(build: (chart: Chart) => void): MeshModel {
  const chart = new Chart(new App(), 'test', { namespace: 'shop', disableResourceNameHashes: true });
  build(chart);
  const folder = mkdtempSync(join(tmpdir(), 'mesh-model-'));
  try {
    const file = join(folder, 'test.k8s.yaml');
    writeFileSync(file, Yaml.stringify(...chart.toJson()));
    return readModel(readManifests([file]), file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Starts the mesh; stop it in `afterAll`. @param onNotice hears what the user would be told */
export async function startMesh(
  model: MeshModel, options: Partial<LocalMeshOptions> = {}, onNotice: (notice: string) => void = () => undefined,
): Promise<LocalMesh> {
  const mesh = new LocalMesh(model, { programs, ...options });
  mesh.on('notice', onNotice);
  await mesh.start();
  return mesh;
}

/** What came of a load. */
export interface Tally {
  requests: number;
  /** By the reason of the failure. */
  readonly failures: Map<string, number>;
  /** Answers by pod and by version. */
  readonly pods: Map<string, number>;
  readonly versions: Map<string, number>;
}

/**
 * Sends requests from one service to another, each client one after the other, for as long as `goesOn` says so.
 */
export async function load(mesh: LocalMesh, from: string, to: string, clients: number, goesOn: (sent: number) => boolean): Promise<Tally> {
  const flow = flowBetween(mesh, from, to);
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const tally: Tally = { requests: 0, failures: new Map(), pods: new Map(), versions: new Map() };
  const count = (map: Map<string, number>, key: string): void => { map.set(key, (map.get(key) ?? 0) + 1); };
  const one = (): Promise<void> => new Promise((resolve) => {
    const place = flow.target();
    if (!place) throw new Error(`no pod of ${from} is ready`);
    const request = get({ host: place.address, port: place.port, agent, headers: { host: flow.host }, timeout: 30_000 }, (response) => {
      const failure = failureOf(response.statusCode!, response.headers);
      if (failure !== undefined) count(tally.failures, failure);
      count(tally.pods, String(response.headers[POD_FIELD] ?? '-'));
      count(tally.versions, String(response.headers[VERSION_FIELD] ?? '-'));
      response.resume().on('end', resolve).on('error', () => { count(tally.failures, 'cut off'); resolve(); });
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 30 s')));
    request.on('error', (error) => { count(tally.failures, error.message); resolve(); });
  });
  await Promise.all(Array.from({ length: clients }, async () => {
    while (goesOn(tally.requests)) {
      tally.requests += 1;
      await one();
    }
  }));
  agent.destroy();
  return tally;
}

/** What a pod's proxy knows of its clusters, from its admin page. */
export async function clustersSeenBy(pod: Pod): Promise<readonly ClusterReport[]> {
  const { address, port } = pod.adminAddress;
  return (await (await fetch(`http://${address}:${port}/endpoints`)).json() as { readonly clusters: readonly ClusterReport[] }).clusters;
}

/** The endpoints of a cluster as a pod's proxy knows them, from its admin page. */
export async function endpointsSeenBy(pod: Pod, cluster: string): Promise<string[]> {
  return (await clustersSeenBy(pod)).find(({ name }) => name === cluster)!.endpoints.filter(({ state }) => state === 'ready').map((endpoint) => endpoint.address);
}
