/** Pods of a local mesh whose proxies run under the supervisor of the image, as the chaos suite has them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Chart } from 'cdk8s';
import { MeshService } from 'cdk8s-mesh';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { load, modelOf, startMesh } from '../support/local-mesh';
import { until } from '../support/raw-http';

const REPOSITORY = resolve(__dirname, '../..');

let folder: string;
let mesh: LocalMesh;
const lines: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-supervised-'));
  const supervisor = join(folder, 'supervisor');
  execFileSync(process.execPath, [join(REPOSITORY, 'image/compile.mjs'), supervisor]);
  const programs = { cli: join(REPOSITORY, 'lib/bin/cdk8s-mesh.js'), proxy: join(REPOSITORY, 'lib/bin/proxy.js'), supervisor };
  mesh = await startMesh(modelOf((chart: Chart) => {
    const containers = [{ image: 'example/app:1', portNumber: 8080 }];
    new MeshService(chart, 'web', { containers }).calls(new MeshService(chart, 'catalog', { containers }));
  }), { programs });
  mesh.on('line', (pod, program, line) => { if (program === 'proxy') lines.push(`${pod} ${line}`); });
}, 60_000);
afterAll(async () => {
  await mesh?.stop();
  rmSync(folder, { recursive: true });
});

test('a pod outlives its proxy, and the next one serves', async () => {
  const pod = mesh.pods.find(({ workload }) => workload.service === 'web')!;
  const before = pod.pids.proxy!;
  process.kill(before, 'SIGKILL');
  await until('another proxy is started', () => lines.some((line) => line.startsWith(pod.name) && line.includes('"lastDeath":"SIGKILL"')), 20_000);
  expect(pod.pids.proxy).not.toBe(before);
  await until('it is known to be ready', () => pod.state === 'ready');
  const { failures } = await load(mesh, 'web', 'catalog', 4, (sent) => sent < 20);
  expect([...failures]).toEqual([]);
  expect(mesh.pods).toContain(pod);
}, 60_000);

test('a pod that is stopped drains: its proxy is asked once to end', async () => {
  const pod = mesh.pods.find(({ workload }) => workload.service === 'catalog')!;
  await mesh.stopGracefully(pod.name);
  const ends = lines.filter((line) => line.startsWith(pod.name) && /"event":"(draining|stopped)"/.test(line));
  expect(ends.map((line) => /"event":"(\w+)"/.exec(line)![1])).toEqual(['draining', 'stopped']);
  expect(pod.pids.proxy).toBeUndefined();
}, 60_000);
