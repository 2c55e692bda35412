import { takeSnapshot } from '../../../src/cli/live';
import { INBOUND, look, OUTBOUND, shop } from './support';

/** Two looks, ten seconds apart, with what `between` did in the meantime. */
async function observed(mesh: ReturnType<typeof shop>, between: () => void) {
  const before = await look(mesh.all, 0);
  for (const proxy of mesh.all) proxy.lines = [];
  between();
  return takeSnapshot(before, await look(mesh.all, 10));
}

describe('takeSnapshot', () => {
  test('a mesh without requests: services, versions and edges are those of the documents', async () => {
    const snapshot = await observed(shop(), () => undefined);
    expect(snapshot.services.map(({ id, kind, versions, pods }) => [id, kind, versions.map(({ version }) => version), pods.length])).toEqual([
      ['shop/catalog', 'service', ['v1', 'v2'], 2], ['shop/web', 'service', ['v1'], 2],
    ]);
    expect(snapshot.edges.map(({ from, to, figures, secured }) => ({ from, to, figures, secured }))).toEqual([
      { from: 'shop/web', to: 'shop/catalog', figures: { rate: 0 }, secured: false },
    ]);
    expect(snapshot).toMatchObject({ seconds: 10, silent: [] });
  });

  test('what was sent is counted at the caller, what came in at the callee', async () => {
    const mesh = shop();
    const { edges, services } = await observed(mesh, () => {
      for (const proxy of mesh.web) {
        proxy.counted(`${OUTBOUND},cluster="catalog-v1"`, 80, 0.004);
        proxy.counted(`${OUTBOUND},cluster="catalog-v2"`, 20, 0.004, '503', 'timeout');
      }
      mesh.catalog[0].counted(INBOUND, 160, 0.002);
    });
    const [edge] = edges;
    expect(edge.figures).toMatchObject({ rate: 20, success: 0.8 });
    expect(edge.figures.p99Ms).toBeCloseTo(4.975);
    expect(edge.failures).toEqual([{ reason: 'timeout', rate: 4 }]);
    expect(edge.versions.map(({ version, figures }) => [version, figures.rate, figures.success])).toEqual([['v1', 16, 1], ['v2', 4, 0]]);
    const [catalog] = services;
    expect(catalog.figures).toMatchObject({ rate: 16, success: 1 });
    expect(catalog.versions.map(({ version, pods, figures }) => [version, pods, figures.rate])).toEqual([['v1', 1, 16], ['v2', 1, 0]]);
    expect(catalog.pods.map(({ pod, figures }) => [pod, figures.rate])).toEqual([['catalog-v1-a', 16], ['catalog-v2-a', 0]]);
  });

  test('declared shares beside measured ones', async () => {
    const mesh = shop();
    const { routes } = await observed(mesh, () => {
      mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 75);
      mesh.web[1].counted(`${OUTBOUND},cluster="catalog-v2"`, 25);
    });
    expect(routes).toMatchObject([{ from: 'shop/web', listener: 'catalog-80', name: 'default', isRest: true, figures: { rate: 10 } }]);
    expect(routes[0].split.map(({ version, declared, measured }) => [version, declared, measured])).toEqual([['v1', 0.9, 0.75], ['v2', 0.1, 0.25]]);
  });

  test('an endpoint has the worst state that a pod of its caller says, with the reason', async () => {
    const mesh = shop();
    const { endpoints } = await observed(mesh, () => {
      mesh.web[0].endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006', state: 'ejected', stateReason: '5 errors in a row', requests: 100, inFlight: 1 }];
      mesh.web[1].endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006', requests: 50, inFlight: 2 }];
    });
    expect(endpoints[0]).toEqual({
      from: 'shop/web', cluster: 'catalog-v1', service: 'shop/catalog', version: 'v1', address: '10.0.2.1:15006', pod: 'catalog-v1-a',
      state: 'ejected', reason: '5 errors in a row', saidBy: 1, callers: 2, weight: 1, inFlight: 3, rate: 15,
    });
  });

  test('a restarted proxy counts from 0, and a new one from its start', async () => {
    const mesh = shop();
    mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 1_000);
    const before = await look(mesh.all.filter((proxy) => proxy !== mesh.web[1]), 0);
    mesh.web[0].lines = [];
    mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 40);
    mesh.web[1].startedAt = before.wallTime / 1_000 + 3;
    mesh.web[1].counted(`${OUTBOUND},cluster="catalog-v1"`, 60);
    expect(takeSnapshot(before, await look(mesh.all, 10)).edges[0].figures.rate).toBe(10);
  });

  test('a proxy that was only unreachable counts from the next look on', async () => {
    const mesh = shop();
    const before = await look(mesh.all.slice(1), 0);
    mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 1_000);
    expect(takeSnapshot(before, await look(mesh.all, 10)).edges[0].figures).toEqual({ rate: 0 });
  });

  test('what has no proxy is outside of the mesh, and known by what its callers sent', async () => {
    const mesh = shop();
    const { services } = await observed({ ...mesh, all: mesh.web }, () => mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 10));
    expect(services.filter(({ kind }) => kind === 'outside')).toMatchObject([{ id: 'catalog-v1', figures: { rate: 1 } }, { id: 'catalog-v2', figures: { rate: 0 } }]);
  });

  test('what a gateway sends on is what came in', async () => {
    const mesh = shop();
    for (const proxy of mesh.web) {
      const { listeners, ...config } = proxy.config;
      proxy.config = { ...config, listeners: listeners.filter(({ direction }) => direction === 'outbound').map(({ address, ...listener }) => listener) };
    }
    const { services, edges } = await observed(mesh, () => mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 10));
    expect(services.find(({ id }) => id === 'shop/web')).toMatchObject({ kind: 'gateway', figures: { rate: 1 } });
    expect(edges[0].figures.rate).toBe(1);
  });

  test('proxies that give no answer are named', async () => {
    const mesh = shop();
    const { silent, services } = await observed(mesh, () => { mesh.web[1].failure = 'connect ECONNREFUSED'; });
    expect(silent).toEqual([{ proxy: 'shop/web-b', why: 'connect ECONNREFUSED' }]);
    expect(services.find(({ id }) => id === 'shop/web')!.pods).toHaveLength(1);
  });
});
