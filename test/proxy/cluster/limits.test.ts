/** Limits of a cluster, over real sockets: what happens when one is reached, and that metrics say which it was. */
import type { ClusterConfig } from '../../../src/contract';
import { ClusterStats } from '../../../src/balancing';
import { Endpoint } from '../../../src/proxy/cluster/endpoint';
import type { PoolDependencies } from '../../../src/proxy/cluster/pool-dependencies';
import type { UnconnectedCode, Waiter } from '../../../src/proxy/cluster/waiting-list';
import type { Clock } from '../../../src/proxy/runtime/clock';
import { Instruments } from '../../../src/proxy/telemetry/instruments';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { TimeoutQueues } from '../../../src/proxy/runtime/timeouts';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { ready, startProxy, TestProxy } from '../../support/proxy';
import { sampleOf } from '../../support/prometheus';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const cleanups = cleanupsAfterEach();

/** A backend whose requests wait until the test answers them. */
async function heldBackend(): Promise<RawBackend> {
  const backend = await RawBackend.answering(() => '');
  cleanups.push(() => backend.close());
  return backend;
}

async function proxyFor(backends: readonly RawBackend[], cluster: Partial<ClusterConfig>, clock?: Clock): Promise<TestProxy> {
  const test = await startProxy(backends.map(({ port }) => port), { cluster, ...(clock && { clock }) });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function ask({ port }: TestProxy): Promise<RawConnection> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(GET);
  return client;
}

const requests = (backends: readonly RawBackend[]): number => backends.reduce((sum, { received }) => sum + received.split('\r\n\r\n').length - 1, 0);
const reached = (test: TestProxy, limit: string): number | undefined =>
  sampleOf(test.metrics(), `mesh_upstream_limit_reached_total{cluster="backend",limit="${limit}"}`);
const refused = (code: string): RegExp => new RegExp(`^HTTP/1\\.1 503 [^]*details="${code}"\r\nretry-after: 1\r\n`);

describe('GIVEN maxRequests are under way', () => {
  test('THEN one more is answered at once, and after one has ended the next passes', async () => {
    const backend = await heldBackend();
    const test = await proxyFor([backend], { maxRequests: 1 });
    const first = await ask(test);
    await until('the first is there', () => requests([backend]) === 1);
    await (await ask(test)).receives(refused('request_limit'));
    expect(reached(test, 'maxRequests')).toBe(1);
    expect(test.metrics()).toMatch(/cluster="backend",[^}]*code="503",reason="request_limit"\} 1\n/);
    expect(sampleOf(test.metrics(), 'mesh_upstream_requests_in_flight{cluster="backend"}')).toBe(1);
    backend.connections[0]!.send(OK);
    await first.receives(/ok$/);
    await ask(test);
    await until('the third is there', () => requests([backend]) === 2);
  });
});

describe('GIVEN maxRequestsPerEndpoint', () => {
  test('WHEN an endpoint has as many THEN the request goes to another, and when all have, it is answered', async () => {
    const backends = [await heldBackend(), await heldBackend()];
    const test = await proxyFor(backends, { maxRequestsPerEndpoint: 1, loadBalancing: { type: 'leastRequest' } });
    await ask(test);
    await ask(test);
    await until('each has one', () => backends.every(({ received }) => received.includes('GET')));
    await (await ask(test)).receives(refused('endpoint_limit'));
    expect(reached(test, 'maxRequestsPerEndpoint')).toBeGreaterThan(0);
  });

  test('WHEN the policy insists on an endpoint that is full THEN it is overruled', async () => {
    const backends = [await heldBackend(), await heldBackend(), await heldBackend()];
    const test = await proxyFor(backends, { maxRequestsPerEndpoint: 1, loadBalancing: { type: 'maglev' } });
    for (let i = 0; i < 3; i += 1) await ask(test);
    await until('each has one', () => backends.every(({ received }) => received.includes('GET')));
  });
});

describe('GIVEN as many connections as may be', () => {
  test('WHEN a request has waited for pendingTimeoutMs THEN it is answered, and the one under way goes on', async () => {
    const clock = new FakeClock();
    const backend = await heldBackend();
    const test = await proxyFor([backend], { maxConnectionsPerEndpoint: 1, pendingTimeoutMs: 500 }, clock);
    const first = await ask(test);
    await until('the first is there', () => requests([backend]) === 1);
    const second = await ask(test);
    await until('the second waits', () => sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}') === 1);
    clock.advance(600);
    await second.receives(refused('pending_timeout'));
    expect([reached(test, 'pendingTimeoutMs'), reached(test, 'maxConnectionsPerEndpoint')]).toEqual([1, 1]);
    expect(sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}')).toBe(0);
    backend.connections[0]!.send(OK);
    await first.receives(/ok$/);
  });

  test('WHEN more wait than may THEN the next is answered at once', async () => {
    const backend = await heldBackend();
    const test = await proxyFor([backend], { maxConnectionsPerEndpoint: 1, maxPendingRequests: 1 });
    await ask(test);
    await until('the first is there', () => requests([backend]) === 1);
    await ask(test);
    await until('one waits', () => sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}') === 1);
    await (await ask(test)).receives(refused('pending_overflow'));
    expect(reached(test, 'maxPendingRequests')).toBe(1);
  });

  test('WHEN more wait than may, for one endpoint, THEN the next goes to another that has a connection free', async () => {
    const full = await heldBackend();
    const free = await RawBackend.answering(() => OK);
    cleanups.push(() => free.close());
    const test = await proxyFor([full, free], { maxConnectionsPerEndpoint: 1, maxPendingRequests: 1, loadBalancing: { type: 'roundRobin' } });
    const waiting = (): number | undefined => sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}');
    const clients: RawConnection[] = [];
    while (waiting() === 0 || !full.received.includes('GET')) {
      const client = await ask(test);
      clients.push(client);
      await until('it is answered, or held', () => client.received.endsWith('ok') || waiting() === 1
        || clients.filter(({ received }) => received === '').length === requests([full]));
    }
    for (let i = 0; i < 4; i += 1) await (await ask(test)).receives(/^HTTP\/1\.1 200 [^]*ok$/);
    expect(sampleOf(test.metrics(), 'mesh_retries_total{cluster="backend",reason="pending_overflow"}')).toBeGreaterThan(0);
    expect(requests([full])).toBe(1);
  });

  test('WHEN the time of an attempt is over while it waits for one THEN that is not held against the endpoint', async () => {
    // Heads have come, bodies have not: the connections are in use, and those attempts have no more time to keep.
    const backends = await Promise.all([1, 2].map(() => RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')));
    backends.forEach((backend) => cleanups.push(() => backend.close()));
    const clock = new FakeClock();
    const test = await startProxy(backends.map(({ port }) => port), {
      clock,
      cluster: { maxConnectionsPerEndpoint: 1, pendingTimeoutMs: 10_000, outlierDetection: { consecutiveGatewayErrors: 1 }, loadBalancing: { type: 'roundRobin' } },
      route: { retry: { maxRetries: 0, tryTimeoutMs: 1_000 } },
    });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 2; i += 1) await (await ask(test)).receives('200');
    const third = await ask(test);
    await until('the third waits', () => sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}') === 1);
    clock.advance(1_100);
    expect(await third.receives('HTTP/1.1 504')).toContain('try_timeout');
    expect(test.metrics()).not.toMatch(/mesh_outliers_detected_total\{.*\} [1-9]/);
  });
});

describe('GIVEN the cluster has maxConnections', () => {
  test('WHEN another endpoint needs one THEN one that is not in use is closed for it', async () => {
    const answering = async (): Promise<RawBackend> => {
      const backend = await RawBackend.answering(() => OK);
      cleanups.push(() => backend.close());
      return backend;
    };
    const backends = [await answering(), await answering()];
    const test = await proxyFor(backends, { maxConnections: 1 });
    for (let i = 0; i < 4; i += 1) await (await ask(test)).receives(/ok$/);
    expect(backends.every(({ received }) => received.includes('GET'))).toBe(true);
    expect(sampleOf(test.metrics(), 'mesh_upstream_connections_open{cluster="backend"}')).toBe(1);
    expect(reached(test, 'maxConnections')).toBeGreaterThan(0);
  });

  test('WHEN all are in use THEN the first that is free is given up for the endpoint that has none', async () => {
    const backends = [await heldBackend(), await heldBackend()];
    const test = await proxyFor(backends, { maxConnections: 1 });
    const clients = [await ask(test), await ask(test)];
    await until('one is there and one waits', () => requests(backends) === 1
      && sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}') === 1);
    backends.find(({ received }) => received !== '')!.connections[0]!.send(OK);
    await until('the other is there', () => requests(backends) === 2);
    backends.forEach(({ connections }) => connections.at(-1)?.send(OK));
    await Promise.all(clients.map((client) => client.receives(/ok$/)));
  });
});

test('GIVEN a connection is being made for a request THEN it waits for that, however short the time to wait for one in use is', async () => {
  const backend = await heldBackend();
  const clock = new FakeClock();
  const timeouts = new TimeoutQueues(clock);
  const dependencies: PoolDependencies = {
    protocol: 'http1', proxyProtocol: false, connectTimeout: timeouts.of(1_000), idleTimeout: timeouts.of(1_000), pendingTimeout: timeouts.of(10),
    maxConnectionsPerEndpoint: 1, reuses: true, maxConnections: 0, maxPending: 10, headTimeout: timeouts.of(1_000), limits: DEFAULT_LIMITS,
    pending: 0, timeouts, now: () => clock.now(),
    stats: { opened: 0, open: 0, reused: 0, connectFailed: 0, connectTimedOut: 0, brokenInUse: 0,
      serverUnverified: 0, tlsFailed: 0, noIdentity: 0, tlsUnusable: 0, certificateRefused: 0 },
    instruments: new Instruments(new MetricRegistry()).cluster('backend'), pools: new Set(), starving: new Set(), identity: undefined, security: undefined,
  };
  const { pool } = new Endpoint('127.0.0.1', backend.port, ready('127.0.0.1', backend.port), undefined, new ClusterStats(), dependencies);
  const outcomes: (UnconnectedCode | 'connected')[] = [];
  const waiter = (): Waiter => ({
    place: undefined,
    onConnection: (connection) => {
      outcomes.push('connected');
      cleanups.push(() => connection.cancel());
    },
    onConnectionFailed: (code) => outcomes.push(code),
  });
  expect(pool.acquire(waiter())).toBe('waits');
  expect(pool.acquire(waiter())).toBe('waits');
  clock.advance(100);
  expect(outcomes).toEqual(['pending_timeout']);
  await until('it is made', () => outcomes.includes('connected'));
  expect(dependencies.pending).toBe(0);
});
