/** The split of a route over versions, on real sockets: who gets the share of a version that has nobody left who works. */
import type { ClusterConfig, RouteConfig, WeightedCluster } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { draining, freePort, ready, startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const CHECK_MS = 1_000;
const to = (cluster: string, weight = 1): WeightedCluster => ({ cluster, weight });
const watched = (service: string): ClusterConfig => ({ name: service, discovery: { type: 'endpointSlice', namespace: 'shop', service } });
/** One failed check is enough. */
const checked = (service: string, panicPercent = 50): ClusterConfig => ({
  ...watched(service),
  failover: { panicPercent },
  healthCheck: { type: 'http', path: '/healthz', intervalMs: CHECK_MS, timeoutMs: CHECK_MS, unhealthyThreshold: 1, healthyThreshold: 1 },
});

interface Peers {
  readonly test: TestProxy;
  /** Port of a backend that answers with its name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Those that answer health checks with an error, and all requests besides. */
  readonly sick: Set<string>;
  /** Sends requests one after the other on one connection and counts the answers. */
  send(count: number, fields?: (index: number) => string): Promise<Record<string, number>>;
  /** Has endpoints checked until the one of the cluster is in this state. */
  becomes(cluster: string, state: string): Promise<void>;
}

async function setUp(clusters: ClusterConfig[], route: Partial<RouteConfig>): Promise<Peers> {
  const ports: Record<string, number> = {};
  const sick = new Set<string>();
  for (const { name } of clusters) {
    const backend = await RawBackend.answering(() => (
      sick.has(name) ? 'HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\nsick' : `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`
    ));
    cleanups.push(() => backend.close());
    ports[name] = backend.port;
  }
  const clock = new FakeClock();
  const test = await startProxy([], { clusters, route, clock });
  cleanups.push(() => test.proxy.close());
  for (const { name } of clusters) test.sources.push(name, [ready('127.0.0.1', ports[name]!)]);
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return {
    test, ports, sick,
    send: async (count, fields = () => '') => {
      const seen: Record<string, number> = {};
      for (let i = 0; i < count; i++) {
        client.received = '';
        client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${fields(i)}\r\n`);
        const answer = await client.receives(/\r\n\r\n.+/);
        const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
        const key = /^HTTP\/1\.1 (200|500)/.test(answer) ? body : `failed ${answer.slice(9, 12)}`;
        seen[key] = (seen[key] ?? 0) + 1;
      }
      return seen;
    },
    becomes: async (cluster, state) => {
      // Checks come up to a tenth of their interval late.
      clock.advance(1.1 * CHECK_MS);
      await until(`${cluster} is ${state}`, () => test.metrics().includes(`mesh_endpoints{cluster="${cluster}",state="${state}"} 1`));
      clock.advance(0);
    },
  };
}

describe('the share of a version', () => {
  it.each([50, 0])('whose endpoints are all unhealthy goes to the others, whatever the panic threshold (%i), and comes back', async (panicPercent) => {
    const { send, sick, becomes } = await setUp([watched('v1'), checked('v2', panicPercent)], { split: [to('v1'), to('v2')] });
    expect(await send(20)).toEqual({ v1: 10, v2: 10 });
    sick.add('v2');
    await becomes('v2', 'unhealthy');
    expect(await send(20)).toEqual({ v1: 20 });
    sick.delete('v2');
    await becomes('v2', 'ready');
    expect(await send(20)).toEqual({ v1: 10, v2: 10 });
  });

  it('goes to those that panic from the moment on that a new configuration lets them', async () => {
    const { send, sick, becomes, test } = await setUp([checked('v1', 0)], { split: [to('v1')] });
    sick.add('v1');
    await becomes('v1', 'unhealthy');
    expect(await send(2)).toEqual({ 'failed 503': 2 });
    for (const [panicPercent, answers] of [[50, { sick: 2 }], [0, { 'failed 503': 2 }]] as const) {
      const document = structuredClone(test.config) as { clusters: { failover?: { panicPercent: number } }[] };
      document.clusters[0]!.failover = { panicPercent };
      expect(await test.proxy.apply(JSON.stringify(document))).toMatchObject({ ok: true });
      expect(await send(2)).toEqual(answers);
    }
  });

  it('whose endpoints all drain goes to the others', async () => {
    const { send, test: { sources }, ports } = await setUp([watched('v1'), watched('v2')], { split: [to('v1'), to('v2')] });
    sources.push('v2', [draining('127.0.0.1', ports['v2']!)]);
    expect(await send(20)).toEqual({ v1: 20 });
    sources.push('v1', [draining('127.0.0.1', ports['v1']!)]);
    expect(await send(20)).toEqual({ v1: 10, v2: 10 });
  });

  it('goes to those that panic only when no version and no fallback has an endpoint that works', async () => {
    const { send, sick, becomes, test: { sources }, ports } = await setUp(
      [watched('v1'), checked('v2'), watched('spare')], { split: [to('v1'), to('v2')], fallback: [{ split: [to('spare')], recoveryMs: 0 }] },
    );
    sick.add('v2');
    await becomes('v2', 'unhealthy');
    sources.push('v1', [draining('127.0.0.1', ports['v1']!)]);
    expect(await send(10)).toEqual({ spare: 10 });
    sources.push('spare', []);
    expect(await send(10)).toEqual({ v1: 5, sick: 5 });
  });

  it('is tried at another version when its own endpoints can\'t be reached, however small the share of that one', async () => {
    const { send, test: { sources }, ports } = await setUp([watched('v1'), watched('v2')], { split: [to('v1'), to('v2', 10_000)] });
    const dead = await freePort();
    sources.push('v2', [ready('127.0.0.1', dead), draining('127.0.0.1', ports['v2']!)]);
    expect(await send(5)).toEqual({ v1: 5 });
  });
});

describe('a request with a hash key', () => {
  const keyed = (v1: number, v2: number): Partial<RouteConfig> => ({ split: [to('v1', v1), to('v2', v2)], hash: [{ type: 'header', name: 'x-user' }] });

  it('stays with its version, while one without is dealt out as ever', async () => {
    const { send } = await setUp([watched('v1'), watched('v2')], keyed(1, 1));
    for (let user = 0; user < 20; user++) expect(Object.values(await send(3, () => `X-User: ${user}\r\n`))).toEqual([3]);
    expect(await send(20)).toEqual({ v1: 10, v2: 10 });
  });

  it('is served by the other version while its own has nobody, and comes back', async () => {
    const { send, test: { sources }, ports } = await setUp([watched('v1'), watched('v2')], keyed(1, 1));
    const users = (index: number): string => `X-User: ${index}\r\n`;
    const before = await send(20, users);
    expect(Object.keys(before).sort()).toEqual(['v1', 'v2']);
    sources.push('v2', []);
    expect(await send(20, users)).toEqual({ v1: 20 });
    sources.push('v2', [ready('127.0.0.1', ports['v2']!)]);
    expect(await send(20, users)).toEqual(before);
  });
});
