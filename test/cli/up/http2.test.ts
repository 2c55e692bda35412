/** A mesh of constructs that speak HTTP/2 and gRPC, run by `up` with stand-ins. */
import { AppProtocol, Gateway, MeshService, Scaling } from '../../../src';
import { PROMPT } from '../../../src/cli/stand-in/behaviour';
import type { LocalMesh } from '../../../src/cli/up/local-mesh';
import { flowBetween } from '../../../src/cli/up/traffic/flow';
import { Outcome, Traffic } from '../../../src/cli/up/traffic/traffic';
import { modelOf, startMesh } from '../../support/local-mesh';

jest.setTimeout(60_000);

let mesh: LocalMesh;
beforeAll(async () => {
  const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
  mesh = await startMesh(modelOf((chart) => {
    const catalog = new MeshService(chart, 'catalog', { containers, protocol: AppProtocol.GRPC });
    const search = new MeshService(chart, 'search', { containers, protocol: AppProtocol.HTTP2 });
    const web = new MeshService(chart, 'web', { containers });
    web.calls(catalog);
    web.calls(search);
    new Gateway(chart, 'calls', { protocol: AppProtocol.GRPC, scaling: Scaling.replicas(1) }).route('catalog.example.com', catalog);
    new Gateway(chart, 'pages', { protocol: AppProtocol.HTTP2, scaling: Scaling.replicas(1) }).route('web.example.com', web);
  }));
});
afterAll(() => mesh.stop());

async function outcomes(from: string, to: string): Promise<Outcome[]> {
  const all: Outcome[] = [];
  await new Traffic({ flow: flowBetween(mesh, from, to), rate: 200, durationMs: 500, path: '/', onOutcome: (outcome) => all.push(outcome) }).finished;
  return all;
}

it.each([
  ['web', 'catalog', 'grpc'], ['web', 'search', 'http2'], ['outside', 'catalog', 'grpc'], ['outside', 'search', 'http2'], ['outside', 'web', undefined],
])('requests from %s to %s are balanced over its pods, and answered', async (from, to, speaks) => {
  expect(flowBetween(mesh, from, to).speaks).toBe(speaks);
  const all = await outcomes(from, to);
  expect(all).toHaveLength(100);
  expect(all.map(({ failure }) => failure).filter((failure) => failure !== undefined)).toEqual([]);
  const pods = new Map<string, number>();
  for (const { pod } of all) pods.set(pod!, (pods.get(pod!) ?? 0) + 1);
  expect([...pods.keys()].sort()).toEqual(mesh.pods.filter(({ workload }) => workload.service === to).map(({ name }) => name).sort());
  // From inside, each request by itself takes its turn.
  if (from === 'web') expect([...pods.values()]).toEqual([50, 50]);
});

it.each([['calls', 'grpc', 'catalog'], ['pages', 'http2', 'web']])('requests from outside to the gateway %s are of %s, and answered by %s', async (to, speaks, service) => {
  expect(flowBetween(mesh, 'outside', to).speaks).toBe(speaks);
  const all = await outcomes('outside', to);
  expect(all.map(({ failure }) => failure).filter((failure) => failure !== undefined)).toEqual([]);
  const names = new Set(all.map(({ pod }) => pod!));
  expect([...names].sort()).toEqual(mesh.pods.filter(({ workload }) => workload.service === service).map(({ name }) => name).sort());
});

it('calls that a stand-in fails are told by their status', async () => {
  const pods = mesh.pods.filter(({ workload }) => workload.service === 'catalog');
  for (const pod of pods) pod.behave({ ...PROMPT, failureRate: 1 });
  expect(new Set((await outcomes('web', 'catalog')).map(({ failure }) => failure))).toEqual(new Set(['app answered grpc-status 13']));
});
