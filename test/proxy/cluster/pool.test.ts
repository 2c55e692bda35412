/** What is counted of connections to endpoints, and which of them carry another request, over real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig } from '../../../src/contract';
import type { BackendConnection } from '../../../src/proxy/cluster/backend-connection';
import { NO_ROOM, WAITS } from '../../../src/proxy/cluster/endpoint-pool';
import type { ConnectionPool } from '../../../src/proxy/cluster/pool';
import type { Waiter } from '../../../src/proxy/cluster/waiting-list';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy } from '../../support/proxy';
import { sampleOf } from '../../support/prometheus';
import { RawBackend, RawConnection, until } from '../../support/raw-http';

async function withBackend(cluster: Partial<ClusterConfig>, use: (proxy: TestProxy) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy = await startProxy([(server.address() as AddressInfo).port], { cluster });
  try {
    await use(proxy);
  } finally {
    await proxy.proxy.drain();
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  }
}

const get = async ({ port }: TestProxy): Promise<void> => { await (await fetch(`http://127.0.0.1:${port}/`)).text(); };
const counted = (proxy: TestProxy): number[] => ['total', 'reused_total'].map((name) => sampleOf(proxy.metrics(), `mesh_upstream_connections_${name}{cluster="backend"}`)!);

test('the first request on a connection reuses none, and each that follows does', async () => {
  await withBackend({}, async (proxy) => {
    await get(proxy);
    expect(counted(proxy)).toEqual([1, 0]);
    await get(proxy);
    await get(proxy);
    expect(counted(proxy)).toEqual([1, 2]);
  });
});

test('a request that waited for a connection in use reuses it', async () => {
  await withBackend({ maxConnectionsPerEndpoint: 1 }, async (proxy) => {
    await Promise.all([get(proxy), get(proxy), get(proxy)]);
    expect(counted(proxy)).toEqual([1, 2]);
  });
});

describe('a connection that waits for another request', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** A pool with one connection that nobody uses, and whether the next request would get that one. */
  async function idle(clock?: FakeClock): Promise<{ connection: BackendConnection; backend: RawBackend; isHandedOut: () => boolean }> {
    const backend = await RawBackend.start();
    cleanups.push(() => backend.close());
    const { proxy } = await startProxy([backend.port], { ...(clock && { clock }) });
    cleanups.push(() => proxy.close());
    const pool = proxy.clusters.get('backend').endpoints[0]!.pool as ConnectionPool;
    const waiter: Waiter = { place: undefined, onConnection: () => {}, onConnectionFailed: () => {} };
    const ask = (): BackendConnection | undefined => {
      const found = pool.acquire(waiter);
      pool.forget(waiter);
      return found === WAITS || found === NO_ROOM ? undefined : found;
    };
    let connection: BackendConnection | undefined;
    await until('there is one', () => (connection = ask()) !== undefined);
    pool.release(connection!);
    return { connection: connection!, backend, isHandedOut: () => ask() === connection };
  }

  test('carries it', async () => {
    const { isHandedOut } = await idle();
    expect(isHandedOut()).toBe(true);
  });

  test.each([
    ['its end has been read', 'end', (endpoint: RawConnection) => endpoint.end()],
    ['it is known to be broken', 'error', (endpoint: RawConnection) => endpoint.reset()],
  ])('carries none from the moment on that %s', async (_, event, happens) => {
    const { connection, backend, isHandedOut } = await idle();
    const handedOut = new Promise((resolve) => { connection.socket.once(event, () => resolve(isHandedOut())); });
    happens(await backend.connection());
    expect(await handedOut).toBe(false);
  });

  test('carries none from the moment on that its time is over', async () => {
    const clock = new FakeClock();
    const { isHandedOut } = await idle(clock);
    clock.advance(120_000);
    expect(isHandedOut()).toBe(false);
  });

  test('carries none behind bytes that nobody asked for', async () => {
    const { connection, backend, isHandedOut } = await idle();
    (await backend.connection()).send('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await until('they are read', () => connection.socket.destroyed);
    expect(isHandedOut()).toBe(false);
  });
});

test('GIVEN connections are kept no more, as when the app is about to end, THEN a request that waited for one in use gets a new one', async () => {
  let release = (): void => {};
  const backend = await RawBackend.answering((_, connection) => {
    release = () => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    return '';
  });
  const test = await startProxy([backend.port], { cluster: { maxConnectionsPerEndpoint: 1 } });
  try {
    const first = get(test);
    await until('the first is there', () => backend.received.includes('GET'));
    const second = get(test);
    await until('the second waits', () => sampleOf(test.metrics(), 'mesh_pending_requests{cluster="backend"}') === 1);
    test.proxy.clusters.get('backend').reuseConnections(false);
    release();
    await first;
    await until('the second is there', () => backend.connections.length === 2 && backend.connections[1]!.received.includes('GET'));
    release();
    await second;
    expect(backend.connections[0]!.received.match(/GET/g)).toHaveLength(1);
  } finally {
    await test.proxy.close();
    await backend.close();
  }
});
