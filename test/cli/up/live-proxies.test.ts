/** The model of a running mesh, from real proxies. */
import { join } from 'node:path';
import { MeshEvent, Poller, ScrapedMesh, Snapshot } from '../../../src/cli/live';
import { readManifests } from '../../../src/cli/model/manifests';
import { readModel } from '../../../src/cli/model/read-model';
import { liveProxies } from '../../../src/cli/up/live-proxies';
import { LocalMesh } from '../../../src/cli/up/local-mesh';
import { flowBetween } from '../../../src/cli/up/traffic/flow';
import { Traffic } from '../../../src/cli/up/traffic/traffic';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { PROGRAMS, until } from './programs';

jest.setTimeout(60_000);

const FIXTURE = join(__dirname, 'fixtures', 'shop.yaml');

test('shows what flows where, and what becomes of a killed pod', async () => {
  const mesh = new LocalMesh(readModel(readManifests([FIXTURE]), FIXTURE), { programs: PROGRAMS });
  let latest: Snapshot | undefined;
  const events: MeshEvent[] = [];
  const poller = new Poller({
    source: new ScrapedMesh(liveProxies(mesh), { clock: systemClock, windowMs: 1_000 }), clock: systemClock, periodMs: 100,
    onSnapshot: (snapshot, happened) => { latest = snapshot; events.push(...happened); },
    onProblem: (problem) => { throw new Error(problem); },
  });
  let traffic: Traffic | undefined;
  try {
    await mesh.start();
    traffic = new Traffic({ flow: flowBetween(mesh, 'web', 'catalog'), rate: 200, path: '/', onOutcome: () => undefined });
    poller.start();
    const edge = () => latest?.edges.find(({ from, to }) => from === 'shop/web' && to === 'shop/catalog');
    const rates = () => edge()?.versions.map(({ figures }) => figures.rate) ?? [];
    await until(() => rates().length === 2 && rates().every((rate) => rate > 0), () => JSON.stringify(latest));
    expect(edge()).toMatchObject({ figures: { success: 1 }, versions: [{ version: 'v1' }, { version: 'v2' }] });
    expect(edge()!.figures.p99Ms).toBeGreaterThan(0);
    expect(latest!.routes[0]!.split.map(({ version }) => version)).toEqual(['v1', 'v2']);
    expect(latest!.services.find(({ id }) => id === 'shop/catalog')!.pods).toHaveLength(3);
    expect(latest!.endpoints.filter(({ pod }) => pod !== undefined)).toHaveLength(3);

    // The first reading asks for what comes after it.
    const [catalog] = (await liveProxies(mesh).proxies()).filter(({ pod }) => pod.startsWith('catalog'));
    const requests = async () => JSON.parse(await catalog!.get('/requests')).requests as { method: string; path: string; endpoint: string }[];
    expect(await requests()).toEqual([]);
    // One that had begun before anybody looked has no method and no path.
    const whole = async () => (await requests()).find(({ method }) => method !== undefined);
    await until(async () => await whole() !== undefined, () => 'no request was kept');
    expect(await whole()).toMatchObject({ method: 'GET', path: '/', status: 200, attempts: 1, endpoint: expect.stringMatching(/:\d+$/) });

    const victim = mesh.pods.find(({ workload }) => workload.service === 'catalog')!;
    await mesh.kill(victim.name);
    // A look may come between the end of its proxy and the moment at which the mesh knows.
    const told = [`${victim.name} is gone`, `the proxy of ${victim.name} does not answer any more`];
    await until(() => events.some(({ text }) => told.some((words) => text.startsWith(words))), () => JSON.stringify(events));
  } finally {
    poller.stop();
    await traffic?.stop();
    await mesh.stop();
  }
});
