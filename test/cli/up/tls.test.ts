/** A mesh of constructs that speak TLS of their own, run by `up` with stand-ins: through a sidecar, through a gateway, and from outside. */
import { AppProtocol, Gateway, MeshService } from '../../../src';
import type { LocalMesh } from '../../../src/cli/up/local-mesh';
import { flowBetween } from '../../../src/cli/up/traffic/flow';
import { Outcome, Traffic } from '../../../src/cli/up/traffic/traffic';
import { modelOf, startMesh } from '../../support/local-mesh';

jest.setTimeout(60_000);

let mesh: LocalMesh;
beforeAll(async () => {
  mesh = await startMesh(modelOf((chart) => {
    const db = new MeshService(chart, 'db', { containers: [{ image: 'db:1', portNumber: 8443 }], port: 8443, protocol: AppProtocol.TLS });
    new MeshService(chart, 'web', { containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }] }).calls(db);
    new Gateway(chart, 'edge', { protocol: AppProtocol.TLS }).route('db.example.com', db);
  }));
});
afterAll(() => mesh.stop());

it.each([['web', 'db'], ['outside', 'db'], ['outside', 'edge']])('connections from %s to %s are of TLS, and reach all of its pods', async (from, to) => {
  const flow = flowBetween(mesh, from, to);
  expect([flow.speaks, flow.isSecure]).toEqual(['tcp', true]);
  const all: Outcome[] = [];
  await new Traffic({ flow, rate: 50, durationMs: 400, path: '/', onOutcome: (outcome) => all.push(outcome) }).finished;
  expect(all.map(({ failure }) => failure).filter((failure) => failure !== undefined)).toEqual([]);
  expect(all).toHaveLength(20);
  expect([...new Set(all.map(({ pod }) => pod))].sort()).toEqual(mesh.pods.filter(({ workload }) => workload.service === 'db').map(({ name }) => name).sort());
});
