/** A mesh whose sidecars have other ports than the usual ones, with real proxies. */
import { Chart } from 'cdk8s';
import { Mesh, MeshService, Scaling } from '../../src';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { load, modelOf, startMesh } from '../support/local-mesh';

let mesh: LocalMesh;

beforeAll(async () => {
  mesh = await startMesh(modelOf((chart: Chart) => {
    new Mesh(chart, 'mesh', { proxyPorts: { inbound: 16_006, admin: 16_020 } });
    const [web, catalog] = ['web', 'catalog'].map((id) => (
      new MeshService(chart, id, { containers: [{ image: 'app:1', portNumber: 8080 }], scaling: Scaling.replicas(2) })));
    web.calls(catalog);
  }));
}, 60_000);
afterAll(() => mesh?.stop());

test('pods are ready, and requests of callers arrive', async () => {
  const { requests, failures, pods } = await load(mesh, 'web', 'catalog', 2, (sent) => sent < 40);
  expect([requests, [...failures], pods.size]).toEqual([40, [], 2]);
});
