/**
 * Balancing that changes while requests go on, over real proxies: by what endpoints report of their load, by another policy in
 * the configuration, by the adaptive policy's own choice.
 */
import { Agent, createServer, get, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig, ProxyConfig } from '../../src/contract';
import { cleanupsAfterEach } from '../support/cleanups';
import { eventually } from '../support/eventually';
import { startProxy, TestProxy } from '../support/proxy';

const cleanups = cleanupsAfterEach();

/** An app that answers when its time is over, and counts. */
class App {
  answered = 0;
  delayMs = 2;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((_, response) => {
      setTimeout(() => {
        this.answered += 1;
        response.end('ok');
      }, this.delayMs);
    });
    this.server.keepAliveTimeout = 60_000;
  }

  static async start(): Promise<App> {
    const app = new App();
    await new Promise<void>((resolve) => { app.server.listen(0, '127.0.0.1', resolve); });
    cleanups.push(() => { app.server.closeAllConnections(); app.server.close(); });
    return app;
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }
}

/** Clients that send one request after another until they are told to stop; every one that fails is kept. */
class Load {
  sent = 0;
  readonly failures: string[] = [];
  private going = true;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly clients: Promise<void>[];

  constructor(port: number, clients: number) {
    this.clients = Array.from({ length: clients }, async () => {
      while (this.going) await this.ask(port);
    });
  }

  async stop(): Promise<void> {
    this.going = false;
    await Promise.all(this.clients);
    this.agent.destroy();
  }

  private ask(port: number): Promise<void> {
    this.sent += 1;
    return new Promise((resolve) => {
      get({ host: '127.0.0.1', port, agent: this.agent }, (response) => {
        if (response.statusCode !== 200) this.failures.push(`status ${response.statusCode}`);
        response.resume().on('end', resolve);
      }).on('error', (error) => {
        this.failures.push(error.message);
        resolve();
      });
    });
  }
}

async function caller(ports: readonly number[], cluster: Partial<ClusterConfig>, onChoice?: (choice: string) => void): Promise<TestProxy> {
  const test = await startProxy(ports, { cluster, onChoice: (_, { policy }) => onChoice?.(policy) });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function apps(count: number): Promise<App[]> {
  return Promise.all(Array.from({ length: count }, () => App.start()));
}

test('callers shift load off an endpoint that is loaded, by what its own inbound proxy reports', async () => {
  const running = await apps(3);
  const inbound = await Promise.all(running.map(({ port }) => startProxy([port], { direction: 'inbound' })));
  for (const { proxy } of inbound) cleanups.push(() => proxy.close());
  const test = await caller(inbound.map(({ port }) => port), { loadBalancing: { type: 'clientSideWeightedRoundRobin', blackoutMs: 0, updateMs: 100 } });
  running[0]!.delayMs = 60;
  const load = new Load(test.port, 12);
  cleanups.push(() => load.stop());

  const { proxy } = test;
  const weights = (): readonly number[] => proxy.clusters.get('backend').balancing.endpoints.map(({ weight }) => weight);
  await eventually('the loaded endpoint weighs less', () => {
    const [loaded, ...others] = weights();
    return loaded! < 0.5 * Math.min(...others!);
  }, 20_000);
  const before = running.map(({ answered }) => answered);
  await eventually('requests are shared out by these weights', () => running.reduce((sum, { answered }) => sum + answered, 0) > before.reduce((a, b) => a + b) + 600, 20_000);
  await load.stop();
  const answered = running.map((app, index) => app.answered - before[index]!);
  expect(load.failures).toEqual([]);
  expect(answered[0]! / answered.reduce((a, b) => a + b)).toBeLessThan(0.25);
  expect(proxy.clusters.get('backend').balancing.endpoints.map(({ reports }) => reports)).toEqual(['reported', 'reported', 'reported']);
  expect(test.metrics()).toMatch(/mesh_load_reports_total{cluster="backend",result="used"} [1-9]/);
  expect(test.metrics()).toMatch(/mesh_endpoint_weight_ratio{cluster="backend",bound="min"} 0\.\d+/);
}, 60_000);

test('every policy takes over from every other under load without a failed request, and keeps what was learned', async () => {
  const running = await apps(3);
  const policies: readonly Partial<ClusterConfig>[] = [
    { loadBalancing: { type: 'roundRobin' } },
    { loadBalancing: { type: 'leastRequest' }, slowStart: { windowMs: 60_000 } },
    { loadBalancing: { type: 'leastResponseTime' } },
    { loadBalancing: { type: 'ringHash' } },
    { loadBalancing: { type: 'weightedRoundRobin' }, dynamicWeights: { source: 'observed', updateMs: 100 } },
    { loadBalancing: { type: 'maglev' } },
    { loadBalancing: { type: 'clientSideWeightedRoundRobin' }, dynamicWeights: { source: 'reports', updateMs: 100 } },
    { loadBalancing: { type: 'rendezvous', boundedLoadPercent: 150 } },
    { loadBalancing: { type: 'adaptive' }, zoneAware: {} },
    { loadBalancing: { type: 'random' }, subset: { size: 2 } },
  ];
  const test = await caller(running.map(({ port }) => port), policies[0]!);
  const { proxy, config } = test;
  const documentWith = (cluster: Partial<ClusterConfig>): ProxyConfig => (
    { ...config, clusters: [{ name: 'backend', discovery: config.clusters[0]!.discovery, ...cluster }] }
  );
  const known = proxy.clusters.get('backend').endpoints;
  const stats = known.map((endpoint) => endpoint.stats);
  const load = new Load(test.port, 8);
  cleanups.push(() => load.stop());

  const rounds = 3;
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < policies.length; i += 1) {
      // In another order each round, so that each meets several others.
      const next = policies[(i * [1, 3, 7][round]!) % policies.length]!;
      const sentBefore = load.sent;
      expect(await proxy.apply(JSON.stringify(documentWith(next)))).toMatchObject({ ok: true });
      await eventually('requests went on', () => load.sent > sentBefore + 50, 20_000);
      expect(proxy.clusters.get('backend').policy).toBe(next.loadBalancing!.type);
    }
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.sent).toBeGreaterThan(rounds * policies.length * 50);
  expect(proxy.clusters.get('backend').endpoints).toEqual(known);
  expect(proxy.clusters.get('backend').endpoints.map((endpoint) => endpoint.stats)).toEqual(stats);
  expect(stats.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(load.sent);
  expect(stats.reduce((sum, { failed, inFlight }) => sum + failed + inFlight, 0)).toBe(0);
  // The adaptive policy is counted as what it chooses, which may be what was there before.
  expect(Number(/mesh_balancing_policy_changes_total{cluster="backend"} (\d+)/.exec(test.metrics())![1])).toBeGreaterThan(rounds * (policies.length - 3));
}, 120_000);

test('the adaptive policy tells what it chose when an endpoint turns slow', async () => {
  const running = await apps(3);
  const choices: string[] = [];
  const test = await caller(running.map(({ port }) => port), { loadBalancing: { type: 'adaptive' } }, (choice) => choices.push(choice));
  const load = new Load(test.port, 8);
  cleanups.push(() => load.stop());
  await eventually('something is measured', () => load.sent > 200, 20_000);
  running[0]!.delayMs = 150;
  await eventually('least response time is chosen', () => choices.includes('leastResponseTime'), 30_000);
  await load.stop();
  expect(load.failures).toEqual([]);
  const { choice } = test.proxy.clusters.get('backend').balancing;
  expect(choice!.reason).not.toBe('');
  expect(test.metrics()).toContain(`mesh_balancing_policy{cluster="backend",policy="${choice!.policy}"} 1`);
}, 60_000);

test('requests stay in the proxy\'s own zone as soon as it finds itself, and no longer than it is told of zones', async () => {
  const running = await apps(3);
  const zones = ['a', 'b', 'c'];
  const endpoints = running.map(({ port }, index) => ({ address: '127.0.0.1', port, zone: zones[index]! }));
  const test = await startProxy([], {
    clusters: [{ name: 'backend', discovery: { type: 'static', endpoints }, zoneAware: {} }],
    localCluster: { discovery: { type: 'endpointSlice', namespace: 'shop', service: 'web-v1' } },
    ownAddress: true,
  });
  cleanups.push(() => test.proxy.close());
  const share = async (): Promise<number> => {
    const before = running[1]!.answered;
    const load = new Load(test.port, 4);
    await eventually('some hundred requests', () => load.sent >= 300, 20_000);
    await load.stop();
    expect(load.failures).toEqual([]);
    return (running[1]!.answered - before) / load.sent;
  };
  expect(await share()).toBeLessThan(0.4);
  const pods = zones.map((zone, index) => ({ address: zone === 'b' ? '127.0.0.1' : `127.0.1.${index}`, port: test.port, zone, weight: 1, ready: true, draining: false }));
  test.sources.push('web-v1', pods);
  expect(test.proxy.clusters.get('backend').balancing.localZone).toBe('b');
  expect(test.metrics()).toContain('mesh_local_zone_info{zone="b"} 1');
  expect(await share()).toBeGreaterThan(0.9);
  const { localCluster, ...without } = test.config;
  expect(await test.proxy.apply(JSON.stringify(without))).toMatchObject({ ok: true });
  expect(test.metrics()).not.toContain('mesh_local_zone_info');
  expect(await share()).toBeLessThan(0.4);
}, 60_000);
