/** Where connections of TCP go: which endpoint, what happens when it can't be connected to, and who may have one at all. */
import type { ClientsConfig } from '../../../../src/contract';
import { SETTLE_MS } from '../../../../src/proxy/serve/tcp/tcp-upstream';
import type { FinishedConnection } from '../../../../src/proxy/telemetry/connection-record';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { FakeClock } from '../../../support/fake-clock';
import { silentPort } from '../../../support/silent-port';
import { freePort } from '../../../support/ports';
import { sampleOf } from '../../../support/prometheus';
import { ready, TestProxy } from '../../../support/proxy';
import { RawBackend, RawConnection, until } from '../../../support/raw-http';
import { closedFor, tcpClient, tcpProxy, tcpSeries, tcpServer, turnedAway } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const RESET = { received: '', error: 'ECONNRESET' };

/** A server that says its name to each client. */
function named(name: string): Promise<RawBackend> {
  return tcpServer(cleanups, (connection) => connection.send(`${name};`));
}

/** Whose greeting a new client gets. */
async function answerer(proxy: TestProxy, from?: string): Promise<string> {
  const client = await tcpClient(cleanups, proxy, from);
  const [, name] = /^(\w+);/.exec(await client.receives(/;/))!;
  return name!;
}

const retries = (proxy: TestProxy, reason: string): number => sampleOf(proxy.metrics(), `mesh_retries_total{cluster="backend",reason="${reason}"}`) ?? 0;
const limitReached = (proxy: TestProxy, limit: string): number => sampleOf(proxy.metrics(), `mesh_upstream_limit_reached_total{cluster="backend",limit="${limit}"}`) ?? 0;
const endpoint = (proxy: TestProxy, index: number) => proxy.proxy.clusters.get('backend').endpoints[index]!;

describe('an endpoint', () => {
  test('is chosen for each connection, by the cluster\'s policy', async () => {
    const servers = [await named('a'), await named('b'), await named('c')];
    const proxy = await tcpProxy(cleanups, servers.map(({ port }) => port));
    const names: string[] = [];
    for (let i = 0; i < 6; i += 1) names.push(await answerer(proxy));
    expect(names.slice(0, 3).sort()).toEqual(['a', 'b', 'c']);
    expect(names.slice(3)).toEqual(names.slice(0, 3));
  });

  test('has the fewest connections, with least requests', async () => {
    const servers = [await named('a'), await named('b')];
    const proxy = await tcpProxy(cleanups, servers.map(({ port }) => port), { cluster: { loadBalancing: { type: 'leastRequest', scan: 'all' } } });
    const counts = (): number[] => servers.map(({ connections }) => connections.filter(({ closed }) => !closed).length);
    for (let i = 0; i < 4; i += 1) await answerer(proxy);
    expect(counts()).toEqual([2, 2]);
    // Both of one endpoint end; the next two go there.
    for (const connection of servers[0]!.connections) connection.reset();
    await until('they no longer count', () => endpoint(proxy, 0).inFlight === 0);
    expect([await answerer(proxy), await answerer(proxy)]).toEqual(['a', 'a']);
    expect(counts()).toEqual([2, 2]);
  });

  test.each(['ringHash', 'maglev'] as const)('is the same for all connections of one client address, with %s', async (type) => {
    const servers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(named));
    const proxy = await tcpProxy(cleanups, servers.map(({ port }) => port), {
      direction: 'inbound', cluster: { loadBalancing: { type } }, route: { hash: [{ type: 'sourceAddress' }] },
    });
    const answers = async (address: string): Promise<string> => [await answerer(proxy, address), await answerer(proxy, address), await answerer(proxy, address)].join('');
    const all = await Promise.all(['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.14', '127.0.0.15', '127.0.0.16', '127.0.0.17', '127.0.0.18'].map(answers));
    for (const one of all) expect(one).toMatch(/^(\w)\1\1$/);
    expect(new Set(all).size).toBeGreaterThan(1);
  });

  test('is of a version by its share', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const clusterOf = (name: string, port: number) => ({
      name, protocol: 'tcp' as const, discovery: { type: 'static' as const, endpoints: [{ address: '127.0.0.1', port }] },
    });
    const proxy = await tcpProxy(cleanups, [], {
      clusters: [clusterOf('v1', a.port), clusterOf('v2', b.port)],
      routes: [{ name: 'default', split: [{ cluster: 'v1', weight: 3 }, { cluster: 'v2', weight: 1 }] }],
    });
    for (let i = 0; i < 40; i += 1) await answerer(proxy);
    expect([tcpSeries(proxy, 'connections_opened_total', { cluster: 'v1' }), tcpSeries(proxy, 'connections_opened_total', { cluster: 'v2' })]).toEqual([30, 10]);
  });

  test('that discovery finds a moment after a connection came, gets it', async () => {
    const server = await named('a');
    const proxy = await tcpProxy(cleanups, [], {
      cluster: { discovery: { type: 'endpointSlice', namespace: 'shop', service: 'redis', portName: 'tcp' } },
    });
    const client = await tcpClient(cleanups, proxy);
    await until('it waits', () => proxy.proxy.clusters.get('backend').pending === 1);
    proxy.sources.push('redis', [ready('127.0.0.1', server.port)]);
    await client.receives('a;');
  });
});

describe('an endpoint that can\'t be connected to', () => {
  test('costs a client nothing while there is another one', async () => {
    const server = await named('a');
    const proxy = await tcpProxy(cleanups, [await freePort(), server.port]);
    for (let i = 0; i < 4; i += 1) expect(await answerer(proxy)).toBe('a');
    expect(retries(proxy, 'connect_failed')).toBeGreaterThan(0);
    expect(tcpSeries(proxy, 'connections_opened_total')).toBe(4);
  });

  test('is tried no more often than retries are allowed; then the client sees a reset', async () => {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
    const proxy = await tcpProxy(cleanups, ports, { route: { retry: { maxRetries: 2, backoffMs: 1 } } });
    const told: FinishedConnection[] = [];
    proxy.proxy.context.onTcpClosed = (connection) => { told.push(connection); };
    const client = await tcpClient(cleanups, proxy);
    await until('it is closed', () => client.closed);
    expect(client.error?.code).toBe('ECONNRESET');
    await until('it is told', () => told.length === 1);
    expect(told[0]).toMatchObject({ reason: 'connect_failed', attempts: 3, bytesIn: 0, bytesOut: 0, connectMs: undefined });
    expect(told[0]!.attemptRecords.map(({ outcome }) => outcome)).toEqual(['connect_failed', 'connect_failed', 'connect_failed']);
    expect(new Set(told[0]!.attemptRecords.map(({ endpoint: tried }) => tried)).size).toBe(3);
    expect(closedFor(proxy, 'connect_failed')).toBe(1);
  });

  test('with the time that connecting may take, is given up for another one', async () => {
    const clock = new FakeClock();
    const server = await named('a');
    const proxy = await tcpProxy(cleanups, [await silentPort(cleanups), server.port], { clock, cluster: { connectTimeoutMs: 100 } });
    const clients = [await tcpClient(cleanups, proxy), await tcpClient(cleanups, proxy)];
    await until('one waits for its endpoint', () => clients.filter(({ received }) => received === 'a;').length >= 1);
    await until('the time passes, and both are answered', () => {
      clock.advance(60);
      return clients.every(({ received }) => received === 'a;');
    });
    expect(endpoint(proxy, 0).stats.failed).toBe(1);
  });

  test('is ejected after several failures, and connections don\'t go there any more', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const dead = await freePort();
    const clock = new FakeClock();
    const proxy = await tcpProxy(cleanups, [dead, a.port, b.port], { clock, cluster: { outlierDetection: { consecutiveGatewayErrors: 3 } } });
    for (let i = 0; i < 12; i += 1) {
      await answerer(proxy);
      clock.advance(1);
    }
    expect(endpoint(proxy, 0).state).toBe('ejected');
    expect(retries(proxy, 'connect_failed')).toBe(3);
    expect(sampleOf(proxy.metrics(), 'mesh_outliers_ejected_total{cluster="backend",rule="consecutive_gateway_errors"}')).toBe(1);
  });

  test('that accepts connections and resets them before it sends a byte is ejected, too, as a sidecar does without its app', async () => {
    const a = await named('a');
    const b = await named('b');
    const resets = await tcpServer(cleanups, (connection) => connection.reset());
    const clock = new FakeClock();
    const proxy = await tcpProxy(cleanups, [resets.port, a.port, b.port], { clock, cluster: { outlierDetection: { consecutiveGatewayErrors: 3 } } });
    for (let i = 0; i < 9; i += 1) {
      const client: RawConnection = await tcpClient(cleanups, proxy);
      await until('it has come to something', () => client.received !== '' || client.closed);
    }
    await until('it is known for it', () => endpoint(proxy, 0).outlier.gatewayErrors >= 3);
    clock.advance(1);
    expect(endpoint(proxy, 0).state).toBe('ejected');
  });

  test('and is alone leaves its client a reset, and nothing that is held', async () => {
    const proxy = await tcpProxy(cleanups, [await freePort()]);
    const client = await tcpClient(cleanups, proxy);
    client.send('SET a b\r\n');
    await until('it is closed', () => client.closed);
    expect(proxy.proxy.context.connections).toBe(0);
    expect(endpoint(proxy, 0).inFlight).toBe(0);
    expect(sampleOf(proxy.metrics(), 'mesh_upstream_connections_open{cluster="backend"}')).toBe(0);
  });
});

test('an endpoint that says nothing counts as working after a moment, and its connection until it ends', async () => {
  const server = await tcpServer(cleanups);
  const clock = new FakeClock();
  const proxy = await tcpProxy(cleanups, [server.port], { clock });
  const client = await tcpClient(cleanups, proxy);
  await server.connection();
  await until('it is connected', () => tcpSeries(proxy, 'connections_open') === 1);
  expect([endpoint(proxy, 0).stats.succeeded, endpoint(proxy, 0).inFlight]).toEqual([0, 1]);
  clock.advance(SETTLE_MS * 2);
  expect([endpoint(proxy, 0).stats.succeeded, endpoint(proxy, 0).inFlight]).toEqual([1, 1]);
  client.reset();
  await until('it is over', () => endpoint(proxy, 0).inFlight === 0);
  expect([endpoint(proxy, 0).stats.succeeded, endpoint(proxy, 0).stats.failed]).toEqual([1, 0]);
});

describe('limits', () => {
  test('of connections to one endpoint send others elsewhere, and refuse them when there is no room', async () => {
    const servers = [await named('a'), await named('b')];
    const proxy = await tcpProxy(cleanups, servers.map(({ port }) => port), { cluster: { maxConnectionsPerEndpoint: 2, loadBalancing: { type: 'random' } } });
    const names: string[] = [];
    for (let i = 0; i < 4; i += 1) names.push(await answerer(proxy));
    expect(names.sort()).toEqual(['a', 'a', 'b', 'b']);
    expect(await turnedAway(proxy)).toEqual(RESET);
    await until('it is counted', () => closedFor(proxy, 'tcp_connection_limit') === 1);
    expect(limitReached(proxy, 'maxConnectionsPerEndpoint')).toBeGreaterThan(0);
    servers[0]!.connections[0]!.end();
  });

  test('of connections to all of them refuse others', async () => {
    const server = await named('a');
    const proxy = await tcpProxy(cleanups, [server.port], { cluster: { maxConnections: 1 } });
    expect(await answerer(proxy)).toBe('a');
    expect(await turnedAway(proxy)).toEqual(RESET);
    await until('it is counted', () => closedFor(proxy, 'tcp_connection_limit') === 1);
    expect(limitReached(proxy, 'maxConnections')).toBe(1);
    server.connections[0]!.reset();
    await until('it no longer counts', () => endpoint(proxy, 0).inFlight === 0);
    expect(await answerer(proxy)).toBe('a');
  });

  test('of the proxy refuse others without a word', async () => {
    const server = await named('a');
    const proxy = await tcpProxy(cleanups, [server.port], { limits: { maxConnections: 1 } });
    expect(await answerer(proxy)).toBe('a');
    expect(await turnedAway(proxy)).toEqual(RESET);
    expect(closedFor(proxy, 'connection_limit', { cluster: '-' })).toBe(1);
  });
});

describe('clients', () => {
  test.each<['address_denied' | 'client_connection_limit', ClientsConfig]>([
    ['address_denied', { deny: ['127.0.0.9'] }], ['client_connection_limit', { maxConnections: 1 }],
  ])('that are not let in by %s see a reset', async (reason, clients) => {
    const server = await named('a');
    const proxy = await tcpProxy(cleanups, [server.port], { direction: 'inbound', edge: { clients } });
    expect(await answerer(proxy, '127.0.0.8')).toBe('a');
    expect(await turnedAway(proxy, reason === 'address_denied' ? '127.0.0.9' : '127.0.0.8')).toEqual(RESET);
    expect(closedFor(proxy, reason, { direction: 'inbound', cluster: '-' })).toBe(1);
  });

  test('of a listener whose rules are for nobody without an identity see a reset, and so do open ones when such rules come', async () => {
    const server = await named('a');
    const open = await tcpProxy(cleanups, [server.port], { direction: 'inbound', authorization: { rules: [{ name: 'all', plain: true }] } });
    const client = await tcpClient(cleanups, open);
    await client.receives('a;');
    const listeners = open.config.listeners.map((listener) => ({ ...listener, authorization: { rules: [] } }));
    expect(await open.proxy.apply(JSON.stringify({ ...open.config, listeners }))).toMatchObject({ ok: true });
    await until('it is broken off', () => client.closed);
    expect(await turnedAway(open)).toEqual(RESET);
    expect(closedFor(open, 'not_authorized', { direction: 'inbound' })).toBe(1);
    await until('it is counted', () => closedFor(open, 'not_authorized', { direction: 'inbound', cluster: '-' }) === 1);
    expect(server.connections).toHaveLength(1);
  });
});

test('a client that leaves while an endpoint is looked for leaves nothing behind', async () => {
  const proxy = await tcpProxy(cleanups, [], {
    cluster: { discovery: { type: 'endpointSlice', namespace: 'shop', service: 'redis', portName: 'tcp' } },
  });
  await tcpClient(cleanups, proxy);
  const cluster = proxy.proxy.clusters.get('backend');
  await until('it waits', () => cluster.pending === 1);
  proxy.proxy.listeners.stop();
  await until('it is gone', () => proxy.proxy.context.connections === 0);
  expect(cluster.pending).toBe(0);
  expect(closedFor(proxy, 'shutting_down', { cluster: '-' })).toBe(1);
});
