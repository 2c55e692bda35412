/** The commands as people run them, on pods that an API server lists: their proxies are real ones, which `up` runs with traffic. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FOLDER_PREFIX, RunRecord } from '../../../src/cli/up/run-record';
import { FakeCluster, fakePod } from '../../support/fake-cluster';
import { CliRun } from '../up/programs';

jest.setTimeout(60_000);

const FIXTURE = join(__dirname, '../up/fixtures/shop.yaml');

let folder: string;
let mesh: CliRun;
let cluster: FakeCluster;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'observe-cluster-'));
  cluster = await new FakeCluster().start();
  mesh = new CliRun(['up', FIXTURE, '--from', 'web', '--to', 'catalog', '--rps', '50'], { TMPDIR: folder });
  await mesh.printed('driving 50 requests a second');
  const run = readdirSync(folder).find((name) => name.startsWith(RUN_FOLDER_PREFIX))!;
  const { proxies } = JSON.parse(readFileSync(join(folder, run, 'run.json'), 'utf8')) as RunRecord;
  cluster.pods = proxies.map(({ pod, namespace, address }) => fakePod(pod, { namespace, podIP: address }));
  cluster.admins = Object.fromEntries(proxies.map(({ pod, admin }) => [pod, admin]));
});
afterAll(async () => {
  mesh.signal('SIGINT');
  await mesh.exited;
  cluster.stop();
  rmSync(folder, { recursive: true });
});

function command(...args: string[]): CliRun {
  return new CliRun(args, { TMPDIR: folder, PATH: `${cluster.folder}:${process.env.PATH!}`, KUBECONFIG: cluster.kubeconfig });
}

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string; left: number[] }> {
  const started = command(...args);
  const { code } = await started.exited;
  return { code, stdout: started.stdout, stderr: started.stderr, left: started.processes() };
}

test.each([
  [['stat', 'catalog', '--window', '1s', '-n', 'shop'], /^service +version +ready .*\nshop\/catalog +3 of 3 +[1-9][\d.]* +100\.0 %/],
  [['edges', '--window', '1s', '-o', 'json', '-A'], /"from":"shop\/web","to":"shop\/catalog","figures":\{"rate":[1-9]/],
  [['endpoints', '--window', '1s', '-n', 'shop'], /shop\/web +shop\/catalog +v1 +catalog-v1-\w+ +127\.[\d.]+:\d+ +ready/],
  [['routes', '--window', '1s', '-n', 'shop'], /shop\/web +catalog-80 +default +[1-9].* shop\/catalog v1 +75\.0 % +\d/],
  [['tap', 'web', '--max', '3', '-n', 'shop'], /^(\S+Z {2}web-\w+ \(shop\/web\) {2}catalog-80 {2}-> catalog-v\d [\d.:]+ {2}(GET \/|-) {2}200 .*\n){3}$/],
  [['top', '--window', '500ms', '-n', 'shop'], /shop\/web +catalog-80 +GET +\/ +[1-9]/],
  [['status', '-n', 'shop'], /^(√ .*\n)+\nall is well \(4 pods\)\n$/],
])('%j, and no kubectl is left behind', async (args, expected) => {
  const { code, stdout, stderr, left } = await run(...args);
  expect([code, stderr, left]).toEqual([0, '', []]);
  expect(stdout).toMatch(expected);
});

test('the flags reach kubectl, which does nothing but list pods and forward ports', async () => {
  cluster.asked.length = 0;
  expect((await run('stat', '--window', '500ms', '-n', 'shop', '--kubeconfig', cluster.kubeconfig, '--context', 'any')).code).toBe(0);
  const asked = new Set(cluster.asked.map((line) => line.replace(/pods\/[\w-]+/, 'pods/X')));
  expect([...asked].sort()).toEqual(['GET /api/v1/namespaces/shop/pods', 'POST /api/v1/namespaces/shop/pods/X/portforward?ports=15099']);
});

test('status tells of a pod that does not start, and why', async () => {
  const { pods } = cluster;
  const waiting = [{ name: 'mesh-proxy', state: { waiting: { reason: 'ImagePullBackOff' } } }];
  cluster.pods = [...pods, fakePod('catalog-v3-a', { status: { phase: 'Pending', initContainerStatuses: waiting } })];
  const { code, stdout } = await run('status', '-n', 'shop');
  cluster.pods = pods;
  expect(code).toBe(1);
  expect(stdout).toContain('error shop/catalog-v3-a: its proxy does not answer: the pod is Pending: mesh-proxy: ImagePullBackOff');
});

test('Ctrl-C ends --watch and all that it has started', async () => {
  const watching = command('stat', '--watch', '--window', '1s', '-n', 'shop');
  await watching.printed('shop/catalog');
  watching.signal('SIGINT');
  expect(await watching.exited).toEqual({ code: 0, signal: null });
  expect([watching.stderr, watching.processes()]).toEqual(['', []]);
});

test.each([
  [['stat', '-n', 'elsewhere'], "cdk8s-mesh: no pod there has the container 'mesh-proxy'; choose another namespace with --namespace, or --all-namespaces\n"],
  [['stat', '-n', 'shop', '-A'], 'cdk8s-mesh: --namespace and --all-namespaces exclude each other\n'],
  [['stat', '-n', 'shop', '--pid', '7'], 'cdk8s-mesh: --pid is a mesh on this machine, and --namespace one in a cluster; give one of them\n'],
])('%j is refused', async (args, words) => {
  const { code, stderr } = await run(...args);
  expect([code, stderr]).toEqual([1, words]);
});
