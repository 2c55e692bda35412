/** Requests that wait at an endpoint which has fallen silent: over real sockets, on a clock that the test moves. */
import type { RouteConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { sampleOf } from '../../support/prometheus';
import { startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const request = (method: string): string => `${method} / HTTP/1.1\r\nHost: a\r\n${method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`;

const cleanups = cleanupsAfterEach();

/** Two backends asked in turns. One of them answers nobody once it is a `hole`; `heads` are what it got since. */
class World {
  hole = false;
  readonly heads: RawConnection[] = [];
  readonly clock = new FakeClock();
  test!: TestProxy;

  static async of(route: Partial<RouteConfig> = {}): Promise<World> {
    const world = new World();
    const backends = [
      await RawBackend.answering((_, connection) => {
        if (!world.hole) return OK;
        world.heads.push(connection);
        return '';
      }),
      await RawBackend.answering(() => OK),
    ];
    backends.forEach((backend) => cleanups.push(() => backend.close()));
    world.test = await startProxy(backends.map(({ port }) => port), {
      clock: world.clock, route: { timeoutMs: 10_000, ...route },
      cluster: { loadBalancing: { type: 'roundRobin' }, outlierDetection: { mode: 'off' } },
    });
    cleanups.push(() => world.test.proxy.close());
    // What is usual becomes known.
    for (let i = 0; i < 6; i += 1) await (await world.ask('GET')).receives('200 OK');
    world.hole = true;
    return world;
  }

  async ask(method: string): Promise<RawConnection> {
    const client = await rawClient(this.test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(request(method));
    return client;
  }

  /** Sends requests until as many as this wait at the one that has fallen silent; these are returned. */
  async waiting(count: number, method = 'GET'): Promise<RawConnection[]> {
    const clients: RawConnection[] = [];
    while (this.heads.length < count) {
      const client = await this.ask(method);
      const before = this.heads.length;
      await until('it is answered, or waits', () => client.received.includes('200 OK') || this.heads.length > before);
      if (this.heads.length > before) clients.push(client);
    }
    return clients;
  }

  get hedges(): number | undefined { return sampleOf(this.test.metrics(), 'mesh_hedges_total{cluster="backend"}'); }

  async nothingIsLeft(): Promise<void> {
    const cluster = this.test.proxy.clusters.get('backend');
    await until('nothing is left', () => cluster.retryBudget.inFlight === 0 && cluster.endpoints.every(({ inFlight }) => inFlight === 0));
  }
}

describe('GIVEN three requests wait at an endpoint that has answered nobody since', () => {
  test('WHEN a second has passed THEN another endpoint is asked besides, and its answers count', async () => {
    const world = await World.of();
    const clients = await world.waiting(3);
    world.clock.advance(900);
    expect(world.hedges).toBe(0);
    world.clock.advance(200);
    await Promise.all(clients.map((client) => client.receives('200 OK')));
    expect(world.hedges).toBe(3);
    await world.nothingIsLeft();
  });

  test('WHEN the route has less than two seconds THEN it is half of them', async () => {
    const world = await World.of({ timeoutMs: 400 });
    const clients = await world.waiting(3);
    world.clock.advance(220);
    await Promise.all(clients.map((client) => client.receives('200 OK')));
  });

  test('WHEN it answers after all, and first, THEN that counts', async () => {
    const world = await World.of();
    const clients = await world.waiting(3);
    world.hole = false;
    world.heads.forEach((connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst'));
    await Promise.all(clients.map((client) => client.receives('first')));
    world.clock.advance(5_000);
    expect(world.hedges).toBe(0);
    await world.nothingIsLeft();
  });

  test('WHEN they may not be executed twice THEN they wait', async () => {
    const world = await World.of();
    const clients = await world.waiting(3, 'POST');
    world.clock.advance(9_000);
    expect(world.hedges).toBe(0);
    world.clock.advance(2_000);
    await Promise.all(clients.map((client) => client.receives('504')));
    await world.nothingIsLeft();
  });

  test('WHEN the retry budget is used up THEN the others wait', async () => {
    const world = await World.of();
    const clients = await world.waiting(80);
    world.clock.advance(1_100);
    // 30 are always there, and one for each five of about 166 requests.
    expect(world.hedges).toBeGreaterThan(50);
    expect(world.hedges).toBeLessThan(70);
    await until('some are answered', () => clients.some(({ received }) => received.includes('200 OK')));
    clients.forEach((client) => client.reset());
    await world.nothingIsLeft();
  });
});

describe('GIVEN requests that wait at an endpoint', () => {
  const leftAlone = async (world: World, clients: RawConnection[], ms: number): Promise<void> => {
    world.clock.advance(ms);
    expect(world.hedges).toBe(0);
    world.heads.forEach((connection) => connection.send(OK));
    await Promise.all(clients.map((client) => client.receives('200 OK')));
    await world.nothingIsLeft();
  };

  test('WHEN they are only two THEN they are left alone: both may be slow by chance', async () => {
    const world = await World.of();
    await leftAlone(world, await world.waiting(2), 3_000);
  });

  test('WHEN it has answered somebody who came later THEN they are left alone', async () => {
    const world = await World.of();
    const clients = await world.waiting(4);
    world.heads.pop()!.send(OK);
    await clients.pop()!.receives('200 OK');
    await leftAlone(world, clients, 3_000);
  });

  test('WHEN answers usually take long THEN it is waited for five times as long', async () => {
    const world = await World.of();
    // Until half a second is what is usual, at either endpoint.
    for (let round = 0; round < 20; round += 1) {
      const slow = await world.waiting(2);
      world.clock.advance(900);
      world.heads.splice(0).forEach((connection) => connection.send(OK));
      await Promise.all(slow.map((client) => client.receives('200 OK')));
    }
    const clients = await world.waiting(3);
    await leftAlone(world, clients, 2_000);
  });

  test.each([['silenceMs 0', { silenceMs: 0 }], ['no retries', { maxRetries: 0 }]])('WHEN the route has %s THEN they are left alone', async (_, retry) => {
    const world = await World.of({ retry });
    await leftAlone(world, await world.waiting(4), 5_000);
  });
});
