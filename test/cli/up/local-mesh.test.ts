/** The mesh on this machine, driven as the demo drives it: real proxies, stand-ins and sockets. */
import { join } from 'node:path';
import { APP_CLUSTER, ProxyConfig } from '../../../src/contract';
import { awaitEndpoints } from '../../../src/cli/up/await-endpoints';
import { endpointsSeenBy, whenAllSee } from '../../../src/cli/up/endpoint-view';
import { Flow, flowBetween } from '../../../src/cli/up/traffic/flow';
import { LocalMesh, LocalMeshOptions } from '../../../src/cli/up/local-mesh';
import { readManifests } from '../../../src/cli/model/manifests';
import type { MeshModel } from '../../../src/cli/model/model';
import { OUTSIDE } from '../../../src/cli/up/traffic/outside';
import type { Pod } from '../../../src/cli/up/pod';
import { readModel } from '../../../src/cli/model/read-model';
import { Tally } from '../../../src/cli/up/traffic/tally';
import { Traffic } from '../../../src/cli/up/traffic/traffic';
import { PROGRAMS, until } from './programs';

jest.setTimeout(60_000);

const FIXTURE = join(__dirname, 'fixtures', 'shop.yaml');

let mesh: LocalMesh | undefined;
afterEach(async () => {
  await mesh?.stop();
  mesh = undefined;
});

async function start(options: Partial<LocalMeshOptions> = {}, change: (model: MeshModel) => MeshModel = (model) => model): Promise<LocalMesh> {
  mesh = new LocalMesh(change(readModel(readManifests([FIXTURE]), FIXTURE)), { programs: PROGRAMS, ...options });
  await mesh.start();
  return mesh;
}

function podsOf(running: LocalMesh, service: string, version = 'v1'): Pod[] {
  return running.pods.filter((pod) => pod.workload.service === service && pod.workload.version === version && pod.state === 'ready');
}

/** The document of a workload that calls others and is called by nobody. */
function withoutInbound(config: ProxyConfig): ProxyConfig {
  return {
    ...config,
    listeners: config.listeners.filter(({ direction }) => direction === 'outbound'),
    clusters: config.clusters.filter(({ name }) => name !== APP_CLUSTER),
  };
}

async function drive(flow: Flow, rate: number, durationMs: number): Promise<Tally> {
  const tally = new Tally(flow);
  await new Traffic({ flow, rate, durationMs, path: '/', onDue: () => tally.due(), onOutcome: (outcome) => tally.record(outcome) }).finished;
  return tally;
}

const STAND_INS: readonly [string, boolean][] = [['stand-ins of their own', false], ['stand-ins in one process', true]];

test.each(STAND_INS)('a killed pod is known to be gone, is replaced, and its successor gets requests: %s', async (_, sharedStandIns) => {
  const running = await start({ sharedStandIns });
  const [victim] = podsOf(running, 'catalog');
  await running.kill(victim!.name);
  expect(await whenAllSee(podsOf(running, 'web'), victim!, 'gone', 5_000)).toBeDefined();

  await until(() => podsOf(running, 'catalog').length === 2, () => 'it was not replaced');
  const successor = podsOf(running, 'catalog').find((pod) => pod !== victim)!;
  expect(successor.address).not.toBe(victim!.address);
  expect(await whenAllSee(podsOf(running, 'web'), successor, 'used', 1_000)).toBeDefined();
  const tally = await drive(flowBetween(running, 'web', 'catalog'), 200, 1_000);
  expect(tally.failed).toBe(0);
  for (const pod of podsOf(running, 'catalog')) expect(tally.pods.get(pod.name)!.answered).toBeGreaterThan(50);
});

test('once it has started, every caller knows all pods of its callees; until then it says who does not', async () => {
  const running = await start();
  const [web] = podsOf(running, 'web');
  const known = async (): Promise<number> => (await endpointsSeenBy(web!)).filter(({ cluster, state }) => cluster.includes('catalog') && state === 'ready').length;
  expect(await known()).toBe(3);

  await running.api.stop();
  await running.add('catalog', 'v1');
  const waiting: string[] = [];
  let settled = false;
  const endpoints = awaitEndpoints(() => running, { timeoutMs: 600_000, onWaiting: (text) => waiting.push(text), stopped: () => false });
  void endpoints.then(() => { settled = true; });
  await until(() => waiting.length > 0, () => 'it did not wait');
  expect(waiting).toEqual([`the sidecar of ${web!.name} knows 2 of 3 pods of catalog-v1`]);
  expect(settled).toBe(false);
  await running.api.start();
  expect(await endpoints).toBeUndefined();
  expect(await known()).toBe(4);
});

test('pods that die stay dead when that is asked for', async () => {
  const running = await start({ restart: false });
  const [victim] = podsOf(running, 'catalog', 'v2');
  await running.kill(victim!.name);
  expect(running.pods.map(({ workload }) => workload.name).sort()).toEqual(['catalog-v1', 'catalog-v1', 'web']);
  expect(running.api.slices().filter((slice) => slice.metadata.name.startsWith('catalog-v2'))).toEqual([]);
  const tally = await drive(flowBetween(running, 'web', 'catalog'), 100, 500);
  expect([tally.failed, tally.versions().map(({ version, answered }) => [version, answered > 0])]).toEqual([0, [['v1', true], ['v2', false]]]);
});

test('an added pod is used once it is ready', async () => {
  const running = await start();
  const pod = await running.add('catalog', 'v2');
  expect(await whenAllSee(podsOf(running, 'web'), pod, 'used', 5_000)).toBeDefined();
  await expect(running.add('catalog', 'v9')).rejects.toThrow("there is no version 'v9' of service 'catalog'; there are web v1, catalog v1, catalog v2");
});

test.each(STAND_INS)('a pod that is stopped gracefully under traffic loses no request: %s', async (_, sharedStandIns) => {
  const running = await start({ sharedStandIns, behaviour: () => ({ latency: { type: 'uniform', fromMs: 5, toMs: 30 }, failureRate: 0 }) });
  const traffic = drive(flowBetween(running, 'web', 'catalog'), 200, 4_000);
  const [pod] = podsOf(running, 'catalog');
  const seen: string[] = [];
  running.on('pod', (changed, state) => { if (changed === pod) seen.push(state); });
  await running.stopGracefully(pod!.name);
  const tally = await traffic;
  expect([...tally.failures]).toEqual([]);
  expect(tally.total).toBe(800);
  expect(seen).toEqual(['terminating', 'ended']);
  // It was not replaced: this is what scaling down looks like.
  expect(podsOf(running, 'catalog')).toHaveLength(1);
});

test('a changed ConfigMap is taken over by the running proxy', async () => {
  const running = await start();
  const flow = flowBetween(running, 'web', 'catalog');
  const pids = running.pods.map((pod) => pod.pids);
  const model = running.model;
  await running.apply({
    ...model,
    workloads: model.workloads.map((workload) => (workload.service !== 'web' ? workload : {
      ...workload,
      config: JSON.parse(JSON.stringify(workload.config).replace('"weight":75', '"weight":0')) as typeof workload.config,
    })),
  });
  let versions: string[] = [];
  await until(async () => {
    versions = (await drive(flow, 100, 200)).versions().map(({ version, answered }) => (answered > 0 ? version : ''));
    return versions.join('') === 'v2';
  }, () => `requests still go to ${versions.join(', ')}`);
  expect(running.pods.map((pod) => pod.pids)).toEqual(pids);
});

test('changed replicas are started and stopped', async () => {
  const running = await start();
  const scaled = (replicas: number): MeshModel => ({
    ...running.model,
    workloads: running.model.workloads.map((workload) => (workload.name === 'catalog-v1' ? { ...workload, replicas, preStopMs: 0 } : workload)),
  });
  await running.apply(scaled(3));
  expect(podsOf(running, 'catalog')).toHaveLength(3);
  await running.apply(scaled(1));
  expect(podsOf(running, 'catalog')).toHaveLength(1);
});

test.each(STAND_INS)('stand-ins take the time and fail as often as they are told, also while they run: %s', async (_, sharedStandIns) => {
  const running = await start({ sharedStandIns });
  const flow = flowBetween(running, 'web', 'catalog');
  const [, v1, v2] = running.model.workloads;
  running.behave(v1!, { latency: { type: 'fixed', ms: 100 }, failureRate: 0 });
  running.behave(v2!, { latency: { type: 'fixed', ms: 0 }, failureRate: 1 });
  await until(async () => (await drive(flow, 100, 100)).latency.percentile(0) >= 100, () => 'no stand-in became slow');
  const [first, second] = (await drive(flow, 100, 400)).versions();
  expect(first!.latency.percentile(0)).toBeGreaterThanOrEqual(100);
  expect([first!.failed, second!.failed]).toEqual([0, second!.answered]);
});

test('requests from outside reach every ready pod behind the Service', async () => {
  const running = await start();
  const tally = await drive(flowBetween(running, OUTSIDE, 'catalog'), 300, 1_000);
  expect(tally.failed).toBe(0);
  for (const pod of running.pods.filter(({ workload }) => workload.service === 'catalog')) {
    expect(tally.pods.get(pod.name)!.answered).toBeGreaterThan(50);
  }
});

test('pods are given zones in turn, and the proxies learn them', async () => {
  const running = await start({ zones: ['a', 'b'] });
  expect(podsOf(running, 'catalog').map(({ zone }) => zone).sort()).toEqual(['a', 'b']);
  const [web] = podsOf(running, 'web');
  let seen: (string | undefined)[] = [];
  await until(async () => {
    seen = (await endpointsSeenBy(web!)).filter(({ cluster }) => cluster === 'catalog-v1').map(({ zone }) => zone).sort();
    return seen.join() === 'a,b';
  }, () => `it knows of endpoints in ${seen.join(', ')}`);
});

test('everything runs on one shared address too', async () => {
  const running = await start({ addresses: 'shared' });
  expect(new Set(running.pods.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']));
  const tally = await drive(flowBetween(running, 'web', 'catalog'), 200, 1_000);
  expect([tally.total, tally.failed]).toEqual([200, 0]);
  expect(Math.abs(tally.versions().find(({ version }) => version === 'v2')!.answered - 50)).toBeLessThanOrEqual(2);
});

test('the pods of a StatefulSet are numbered, and the successor of one has its number', async () => {
  const running = await start({}, (model) => ({
    ...model, workloads: model.workloads.map((workload) => (workload.name === 'catalog-v1' ? { ...workload, kind: 'StatefulSet' } : workload)),
  }));
  const names = (): string[] => podsOf(running, 'catalog').map(({ name }) => name).sort();
  expect(names()).toEqual(['catalog-v1-0', 'catalog-v1-1']);
  const [first] = podsOf(running, 'catalog').filter(({ name }) => name === 'catalog-v1-0');
  await running.kill('catalog-v1-0');
  await until(() => names().length === 2, () => `there are ${names().join(', ')}`);
  expect(names()).toEqual(['catalog-v1-0', 'catalog-v1-1']);
  expect(podsOf(running, 'catalog')).not.toContain(first);
});

test.each(['Job', 'CronJob'])('a %s that is done is not started again', async (job) => {
  const running = await start({ command: ({ kind }) => (kind === job ? 'sleep 0.5' : undefined) }, (model) => ({
    ...model,
    workloads: model.workloads.map((workload) => (workload.service === 'web' ? { ...workload, kind: job, config: withoutInbound(workload.config) } : workload)),
  }));
  const notices: string[] = [];
  running.on('notice', (notice) => notices.push(notice));
  await until(() => running.pods.every(({ workload }) => workload.kind !== job), () => 'it is still there');
  expect(notices).toEqual([]);
});

test('a start that fails half way leaves nothing and says why', async () => {
  const failing = start({ command: ({ service }) => (service === 'web' ? 'echo "no licence found"; exit 2' : undefined) });
  await expect(failing).rejects.toThrow(/the app of web-\w+ \(web v1\) ended with exit code 2:\n {2}no licence found/);
  expect(mesh!.pods).toEqual([]);
});

test('stop may be called twice, and pods that are not there are named', async () => {
  const running = await start();
  await expect(running.kill('nobody')).rejects.toThrow(/there is no pod 'nobody'; there are web-/);
  await Promise.all([running.stop(), running.stop()]);
  expect(running.pods).toEqual([]);
});

test('a program that listens elsewhere than it is told is told so while it is waited for', async () => {
  mesh = new LocalMesh(readModel(readManifests([FIXTURE]), FIXTURE), {
    programs: PROGRAMS,
    timeouts: { hintMs: 50, failMs: 600_000 },
    command: ({ service }) => (service === 'web' ? 'exec node -e "require(\'node:net\').createServer().listen(0, \'127.0.0.1\')"' : undefined),
  });
  const heard: string[] = [];
  mesh.on('notice', (text) => { heard.push(text); });
  const started = mesh.start();
  await until(() => heard.some((text) => text.includes('PORT') && !text.includes('nowhere')), () => heard.join('\n'));
  await mesh.stop();
  await expect(started).rejects.toThrow();
  expect(heard.at(-1)).toMatch(
    /^the app of web-\w+ \(web v1\) is not ready after [\d.]+ s: waiting until something listens on \S+:\d+\. Its program listens on 127\.0\.0\.1:\d+; it must take the port from PORT$/,
  );
});
