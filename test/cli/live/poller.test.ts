import { MeshEvent, Poller, ProxySource, ScrapedMesh, Snapshot } from '../../../src/cli/live';
import { FakeClock } from '../../support/fake-clock';
import { INBOUND, shop } from './support';

/** Lets all promises settle that wait for no timer. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Looked {
  readonly source?: ProxySource;
  readonly concurrency?: number;
}

function polling(mesh = shop(), { source = { proxies: () => Promise.resolve(mesh.all) }, concurrency }: Looked = {}) {
  const clock = new FakeClock();
  const snapshots: Snapshot[] = [];
  const events: MeshEvent[] = [];
  const problems: string[] = [];
  const poller = new Poller({
    source: new ScrapedMesh(source, { clock, windowMs: 3_000, ...(concurrency !== undefined && { concurrency }) }), clock, periodMs: 1_000,
    onSnapshot: (snapshot, happened) => { snapshots.push(snapshot); events.push(...happened); },
    onProblem: (problem) => problems.push(problem),
  });
  const next = async (ms = 1_000): Promise<void> => { clock.advance(ms); await settled(); };
  return { mesh, clock, poller, snapshots, events, problems, next };
}

describe('Poller', () => {
  test('the first look shows what is there; later ones measure over the window', async () => {
    const { mesh, poller, snapshots, next } = polling();
    let requests = 0;
    const count = (): void => { mesh.catalog[0].lines = []; mesh.catalog[0].counted(INBOUND, requests += 100); };
    count();
    poller.start();
    await settled();
    expect(snapshots.map(({ seconds, services }) => [seconds, services[0].figures.rate])).toEqual([[0, 0]]);
    for (let second = 0; second < 5; second++) {
      count();
      await next();
    }
    expect(snapshots.map(({ seconds }) => seconds)).toEqual([0, 1, 2, 3, 3, 3]);
    expect(snapshots.slice(1).map(({ services }) => services[0].figures.rate)).toEqual([100, 100, 100, 100, 100]);
    poller.stop();
  });

  test('tells each event once', async () => {
    const { mesh, poller, events, next } = polling();
    poller.start();
    await settled();
    for (const { endpoints } of mesh.web) endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006', state: 'ejected' }];
    await next();
    await next();
    expect(events.map(({ text }) => text)).toEqual(['catalog-v1-a is ejected (2 pods of shop/web say so)']);
    poller.stop();
  });

  test('reads a document again only when it has changed', async () => {
    const { mesh, poller, next } = polling();
    const [web] = mesh.web;
    const read = (): number => web.asked.filter((path) => path === '/config').length;
    poller.start();
    await settled();
    await next();
    expect(read()).toBe(1);
    web.hash = 'h2';
    await next();
    expect(read()).toBe(2);
    poller.stop();
  });

  test('asks so many proxies at a time', async () => {
    let [now, most] = [0, 0];
    const mesh = shop();
    for (const proxy of mesh.all) {
      const get = proxy.get.bind(proxy);
      proxy.get = async (path) => {
        now += path === '/metrics' ? 1 : 0;
        most = Math.max(most, now);
        await settled();
        now -= path === '/metrics' ? 1 : 0;
        return get(path);
      };
    }
    const { poller, snapshots } = polling(mesh, { concurrency: 2 });
    poller.start();
    while (snapshots.length === 0) await settled();
    expect(most).toBe(2);
    poller.stop();
  });

  test('goes on when the proxies were not found, and says so', async () => {
    let fails = true;
    const mesh = shop();
    const { poller, problems, snapshots, next } = polling(mesh, {
      source: { proxies: () => (fails ? Promise.reject(new Error('no cluster')) : Promise.resolve(mesh.all)) },
    });
    poller.start();
    await settled();
    expect(problems).toEqual(['no cluster']);
    fails = false;
    await next();
    expect(snapshots).toHaveLength(1);
    poller.stop();
  });

  test('nothing is told after it is stopped', async () => {
    const { poller, snapshots, clock } = polling();
    poller.start();
    poller.stop();
    await settled();
    expect(snapshots).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
