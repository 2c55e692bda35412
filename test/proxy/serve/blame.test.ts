/** What speaks against an endpoint when time runs out, and what is the client's doing: over real sockets, on a clock that the test moves. */
import type { LimitsConfig, RouteConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const MIB = 1_048_576;

const cleanups = cleanupsAfterEach();

/** Two backends that are outliers with their first gateway error. */
async function world(answer: Parameters<typeof RawBackend.answering>[0], route: Partial<RouteConfig>, limits: LimitsConfig = {}) {
  const backends = await Promise.all([0, 1].map(() => RawBackend.answering(answer)));
  backends.forEach((backend) => cleanups.push(() => backend.close()));
  const clock = new FakeClock();
  const cluster = { outlierDetection: { consecutiveGatewayErrors: 1 } };
  const test = await startProxy(backends.map(({ port }) => port), { clock, route, limits, cluster });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return { backends, clock, test, client };
}

const outliers = (test: TestProxy): boolean => /mesh_outliers_detected_total\{.*\} [1-9]/.test(test.metrics());
const received = (backends: readonly RawBackend[]): string => backends.map((backend) => backend.received).join('');

test('GIVEN an endpoint that answers nothing WHEN the time of the route is over THEN that speaks against it', async () => {
  const { backends, clock, client, test } = await world(() => '', { timeoutMs: 1_000 });
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  await until('it is there', () => received(backends).includes('POST'));
  clock.advance(1_100);
  await client.receives('504');
  expect(outliers(test)).toBe(true);
});

test('GIVEN a client that takes nothing of its response WHEN the time of the route is over THEN that says nothing of the endpoint', async () => {
  const { clock, client, test } = await world(() => `HTTP/1.1 200 OK\r\nContent-Length: ${32 * MIB}\r\n\r\n${'x'.repeat(32 * MIB)}`, { timeoutMs: 1_000 });
  client.socket.once('data', () => client.socket.pause());
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('200 OK');
  await until('the proxy holds the response', () => /mesh_limit_reached_total\{limit="maxBufferedBytes"\} [1-9]/.test(test.metrics()));
  clock.advance(1_100);
  expect(test.metrics()).toContain('reason="request_timeout"} 1');
  expect(outliers(test)).toBe(false);
});

describe('GIVEN a client that sends its request slowly', () => {
  const upload = async (client: RawConnection, backends: readonly RawBackend[]): Promise<void> => {
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst');
    await until('it is on its way', () => received(backends).includes('first'));
  };

  test('WHEN the time of the route is over THEN that says nothing of the endpoint', async () => {
    const { backends, clock, client, test } = await world(() => '', { timeoutMs: 1_000 });
    await upload(client, backends);
    clock.advance(1_100);
    await client.receives('504');
    expect(outliers(test)).toBe(false);
  });

  test('WHEN that takes longer than an attempt may THEN its attempt has all of its time from the end of the request on', async () => {
    const { backends, clock, client, test } = await world(() => '', { timeoutMs: 60_000, retry: { tryTimeoutMs: 1_000 } });
    await upload(client, backends);
    clock.advance(5_000);
    client.send('later');
    await until('all of it is there', () => received(backends).endsWith('later'));
    clock.advance(900);
    expect(received(backends).match(/PUT/g)).toHaveLength(1);
    expect(outliers(test)).toBe(false);
    clock.advance(200);
    await until('it is sent again', () => {
      clock.advance(10);
      return received(backends).match(/PUT/g)!.length === 2;
    });
    expect(outliers(test)).toBe(true);
  });
});

test('GIVEN an endpoint that takes nothing of an upload WHEN no byte has moved for bodyTimeoutMs THEN it is the one that is blamed', async () => {
  const { backends, clock, client, test } = await world((_, connection) => {
    connection.socket.pause();
    return '';
  }, { timeoutMs: 0 }, { bodyTimeoutMs: 10_000 });
  client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * MIB}\r\n\r\n`);
  await until('it is there', () => received(backends).includes('PUT'));
  client.send(Buffer.alloc(64 * MIB));
  await until('the endpoint takes no more', () => /mesh_limit_reached_total\{limit="maxBufferedBytes"\} [1-9]/.test(test.metrics()));
  await new Promise((resolve) => { setImmediate(resolve); });
  clock.advance(11_000);
  expect(await client.receives('HTTP/1.1 5')).toContain('request_timeout');
  expect(outliers(test)).toBe(true);
});

describe('GIVEN a connection that carried a request before WHEN it breaks before the next one is answered THEN', () => {
  /** The first endpoint asked breaks the connection of its second request; how long the connection was idle before that. */
  async function breaksAfter(idleMs: number, breakOff: (connection: RawConnection) => void, method = 'GET'): Promise<boolean> {
    const asked = new Map<RawConnection, number>();
    let broken = false;
    const { clock, client, test } = await world((_, connection) => {
      const count = (asked.get(connection) ?? 0) + 1;
      asked.set(connection, count);
      if (count < 2 || broken) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
      broken = true;
      breakOff(connection);
      return '';
    }, {});
    const answers = (): number => client.received.split('HTTP/1.1 ').length - 1;
    for (let request = 1; !broken; request += 1) {
      client.send(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
      await until('it is answered', () => answers() === request);
      clock.advance(idleMs);
    }
    return outliers(test);
  }

  const end = (connection: RawConnection): void => { connection.socket.end(); };
  const reset = (connection: RawConnection): void => { connection.reset(); };

  test.each<[string, number, (connection: RawConnection) => void, boolean]>([
    ['it may have been closed for being idle, and says nothing', 2_000, end, false],
    ['no idle time is as short as that, so the endpoint is to blame', 100, end, true],
    ['a reset is no end of an idle time, so the endpoint is to blame', 2_000, reset, true],
    ['a reset is to blame at once, too', 0, reset, true],
  ])('%s (after %d ms)', async (_, idleMs, breakOff, blamed) => {
    expect(await breaksAfter(idleMs, breakOff)).toBe(blamed);
  });

  test('one that may not be sent again is lost by it, so the endpoint is to blame', async () => {
    expect(await breaksAfter(2_000, end, 'POST')).toBe(true);
  });
});
