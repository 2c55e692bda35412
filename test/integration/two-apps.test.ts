/** Two apps, each synthesized by itself, whose services call each other, with real proxies. */
import { App, Chart } from 'cdk8s';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshService, Scaling } from '../../src';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { readManifests } from '../../src/cli/model/manifests';
import { readModel } from '../../src/cli/model/read-model';
import { load, startMesh } from '../support/local-mesh';

const containers = [{ image: 'app:1', portNumber: 8080 }];
const folder = mkdtempSync(join(tmpdir(), 'mesh-two-apps-'));
let mesh: LocalMesh;

/** An app of one service, which calls the service of the other app. */
function synth(namespace: string, name: string, build: (service: MeshService, chart: Chart) => void): string {
  const app = new App({ outdir: join(folder, namespace) });
  const chart = new Chart(app, namespace, { namespace });
  build(new MeshService(chart, name, { containers, scaling: Scaling.replicas(1) }), chart);
  app.synth();
  return app.outdir;
}

beforeAll(async () => {
  const outputs = [
    synth('shop', 'web', (web, chart) => web.calls(MeshService.fromName(chart, 'Payments', { name: 'payments', namespace: 'pay', versions: { v1: 50, v2: 50 } }))),
    synth('pay', 'payments', (payments, chart) => {
      payments.addVersion('v2', { containers, weight: 50 });
      payments.calls(MeshService.fromName(chart, 'Web', { name: 'web', namespace: 'shop' }));
    }),
  ];
  mesh = await startMesh(readModel(readManifests(outputs), outputs.join()));
}, 60_000);
afterAll(async () => {
  await mesh?.stop();
  rmSync(folder, { recursive: true });
});

test('requests arrive in both directions, over the versions by their weights', async () => {
  const there = await load(mesh, 'web', 'payments', 2, (sent) => sent < 40);
  expect([there.requests, [...there.failures], [...there.versions.keys()].sort()]).toEqual([40, [], ['v1', 'v2']]);
  const back = await load(mesh, 'payments', 'web', 2, (sent) => sent < 20);
  expect([back.requests, [...back.failures]]).toEqual([20, []]);
});
