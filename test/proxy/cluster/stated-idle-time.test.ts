/**
 * What an endpoint states of its connections (`Keep-Alive: timeout=2, max=100`) is kept to, so that no request is sent just when it
 * closes one. Over real sockets, by a clock that stands still.
 */
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy } from '../../support/proxy';
import { seededRandom } from '../../support/random';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

interface World {
  readonly clock: FakeClock;
  readonly backend: RawBackend;
  readonly test: TestProxy;
  /** Sends a request after some time, and gives its status. */
  ask(afterMs: number, method?: string): Promise<string>;
}

/** @param answer undefined: the backend has closed the connection when the request comes */
async function world(answer: (connection: RawConnection, clock: FakeClock) => string | undefined, idleTimeoutMs = 30_000): Promise<World> {
  const clock = new FakeClock();
  const backend = await RawBackend.answering((_, connection) => {
    const found = answer(connection, clock);
    if (found === undefined) connection.reset();
    return found ?? '';
  });
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], { clock, cluster: { idleTimeoutMs }, limits: { idleTimeoutMs: 3_600_000 }, route: { timeoutMs: 0 } });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return {
    clock, backend, test,
    ask: async (afterMs, method = 'POST') => {
      clock.advance(afterMs);
      client.received = '';
      client.send(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
      await client.receives(/\r\n\r\n/);
      const { endpoints } = test.proxy.clusters.get('backend');
      await until('it is over', () => endpoints[0]!.inFlight === 0);
      return client.received.slice(9, 12);
    },
  };
}

function stating(field: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${field}\r\n\r\n`;
}

test.each([
  ['Keep-Alive: timeout=2', 900, 1_100],
  ['Keep-Alive: timeout=5', 2_400, 2_600],
  ['keep-alive: max=100 , timeout=20 ', 14_900, 15_100],
  ['Keep-Alive: timeout=1', 400, 600],
])('given %s, a request that can\'t be sent again uses a connection unused for %d ms, and not one for %d ms', async (field, short, long) => {
  const { ask, backend } = await world(() => stating(field));
  await ask(0);
  await ask(short);
  expect(backend.connections).toHaveLength(1);
  await ask(long);
  expect(backend.connections).toHaveLength(2);
});

test('a request that can be sent again uses it for longer, but not up to the end either', async () => {
  const { ask, backend } = await world(() => stating('Keep-Alive: timeout=10'));
  await ask(0, 'GET');
  await ask(8_900, 'GET');
  expect(backend.connections).toHaveLength(1);
  await ask(9_100, 'GET');
  expect(backend.connections).toHaveLength(2);
});

test('a connection is closed when its time is over, and nobody has to ask', async () => {
  const { ask, clock, backend } = await world(() => stating('Keep-Alive: timeout=2'));
  await ask(0, 'GET');
  clock.advance(1_500);
  await until('it is closed', () => backend.connections[0]!.ended);
});

test('a longer time than the configuration\'s changes nothing, nor does what is no number', async () => {
  for (const field of ['Keep-Alive: timeout=3600', 'Keep-Alive: timeout=x, max=', 'Keep-Alive: 5', 'Keep-Alive: ,=,timeout']) {
    const { ask, backend } = await world(() => stating(field), 4_000);
    await ask(0);
    await ask(3_900);
    expect(backend.connections).toHaveLength(1);
    await ask(5_000);
    expect(backend.connections).toHaveLength(2);
  }
});

test.each([
  ['that there may be in all, as Node states them', () => 3],
  ['that are left, as Apache states them', (left: number) => left],
] as [string, (left: number) => number][])('a connection carries no more requests than those %s', async (_, stated) => {
  const sent = new Map<RawConnection, number>();
  const { ask, backend } = await world((connection) => {
    const count = (sent.get(connection) ?? 0) + 1;
    sent.set(connection, count);
    return stating(`Keep-Alive: timeout=5, max=${stated(3 - count)}`);
  });
  for (let i = 0; i < 9; i += 1) expect(await ask(0)).toBe('200');
  expect(Math.max(...sent.values())).toBeLessThanOrEqual(3);
  expect(Math.max(...sent.values())).toBeGreaterThan(1);
  expect(backend.connections.length).toBeGreaterThanOrEqual(3);
});

test('no POST is lost to an app that closes after 2 s, whenever they come', async () => {
  const last = new Map<RawConnection, number>();
  const random = seededRandom(5);
  const { ask, test } = await world((connection, clock) => {
    const usedAt = last.get(connection) ?? clock.now();
    last.set(connection, clock.now());
    // From 1.9 s on the close may be on its way to the proxy when the request is on its way to the app.
    return clock.now() - usedAt < 1_900 ? stating('Keep-Alive: timeout=2') : undefined;
  });
  const statuses = new Map<string, number>();
  for (let i = 0; i < 1_020; i += 1) {
    const status = await ask(random() * 2_100);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses]).toEqual([['200', 1_020]]);
  expect(Number(/mesh_upstream_connections_reused_total\{cluster="backend"\} (\d+)/.exec(test.metrics())![1])).toBeGreaterThan(300);
});
