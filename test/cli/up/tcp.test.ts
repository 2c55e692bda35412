/** A mesh of constructs that speak TCP, run by `up` with stand-ins. */
import { AppProtocol, MeshService } from '../../../src';
import { PROMPT } from '../../../src/cli/stand-in/behaviour';
import type { LocalMesh } from '../../../src/cli/up/local-mesh';
import { flowBetween } from '../../../src/cli/up/traffic/flow';
import { Outcome, Traffic } from '../../../src/cli/up/traffic/traffic';
import { modelOf, startMesh } from '../../support/local-mesh';

jest.setTimeout(60_000);

let mesh: LocalMesh;
beforeAll(async () => {
  mesh = await startMesh(modelOf((chart) => {
    const redis = new MeshService(chart, 'redis', { containers: [{ image: 'redis:7', portNumber: 6379 }], port: 6379, protocol: AppProtocol.TCP });
    new MeshService(chart, 'web', { containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }] }).calls(redis);
  }));
});
afterAll(() => mesh.stop());

async function outcomes(from: string): Promise<Outcome[]> {
  const all: Outcome[] = [];
  await new Traffic({ flow: flowBetween(mesh, from, 'redis'), rate: 200, durationMs: 500, path: '/', onOutcome: (outcome) => all.push(outcome) }).finished;
  return all;
}

it.each(['web', 'outside'])('connections from %s are balanced over its pods, and say who took them', async (from) => {
  expect(flowBetween(mesh, from, 'redis').speaks).toBe('tcp');
  const all = await outcomes(from);
  expect(all).toHaveLength(100);
  expect(all.map(({ failure }) => failure).filter((failure) => failure !== undefined)).toEqual([]);
  const pods = new Map<string, number>();
  for (const { pod } of all) pods.set(pod!, (pods.get(pod!) ?? 0) + 1);
  expect([...pods.keys()].sort()).toEqual(mesh.pods.filter(({ workload }) => workload.service === 'redis').map(({ name }) => name).sort());
  // From inside, each connection by itself takes its turn.
  if (from === 'web') expect([...pods.values()]).toEqual([50, 50]);
});

it('connections that a stand-in breaks count as failed', async () => {
  for (const pod of mesh.pods.filter(({ workload }) => workload.service === 'redis')) pod.behave({ ...PROMPT, failureRate: 1 });
  const failures = (await outcomes('web')).map(({ failure }) => failure);
  expect(failures).toHaveLength(100);
  expect(failures.every((failure) => failure !== undefined)).toBe(true);
});
