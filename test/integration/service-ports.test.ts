/** A service with two ports, with real proxies: requests for each arrive at the listener of that port. */
import { Chart } from 'cdk8s';
import { get } from 'node:http';
import { MeshService, Scaling } from '../../src';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { modelOf, startMesh } from '../support/local-mesh';

let mesh: LocalMesh;

beforeAll(async () => {
  mesh = await startMesh(modelOf((chart: Chart) => {
    const [web, catalog] = ['web', 'catalog'].map((id) => (
      new MeshService(chart, id, { containers: [{ image: 'app:1', portNumber: 8080 }], scaling: Scaling.replicas(1) })));
    web.calls(catalog);
    web.calls(catalog.addPort('admin', { port: 9090, targetPort: 9091 }));
  }));
}, 60_000);
afterAll(() => mesh?.stop());

/** The status of a request that the pod of `web` sends through one of its listeners. */
async function statusBy(listener: string): Promise<number> {
  const [web] = mesh.pods.filter(({ workload }) => workload.service === 'web');
  const declared = web.workload.config.listeners.find(({ name }) => name === listener)!;
  const { address, port } = web.outbound({ address: declared.address!, port: declared.port });
  return new Promise((resolve, reject) => {
    get({ host: address, port, path: '/', headers: { host: 'catalog' } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    }).on('error', reject);
  });
}

test('requests for each port are answered', async () => {
  expect(await Promise.all(['outbound/shop/catalog:80', 'outbound/shop/catalog:9090'].map(statusBy))).toEqual([200, 200]);
});
