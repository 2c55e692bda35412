/** A pod that is being terminated, over real sockets and with a clock that the test moves. */
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { freePort, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const GET = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const SHUTDOWN = { endpointPropagationMs: 5_000, appDrainMs: 20_000, drainMs: 5_000 };

const cleanups = cleanupsAfterEach();

interface Subject extends TestProxy { readonly clock: FakeClock; readonly app: RawBackend }

async function start(options: TestProxyOptions = {}, answer: () => string = () => OK): Promise<Subject> {
  const app = await RawBackend.answering(answer);
  cleanups.push(() => app.close());
  const clock = new FakeClock();
  const test = await startProxy([app.port], { direction: 'inbound', clock, shutdown: SHUTDOWN, limits: { idleTimeoutMs: 600_000 }, ...options });
  cleanups.push(() => test.proxy.close());
  return { ...test, clock, app };
}

async function client(port: number): Promise<RawConnection> {
  const connection = await rawClient(port);
  cleanups.push(() => connection.socket.destroy());
  return connection;
}

/** A connection that was used, and waits for its next request. */
async function used(test: Subject): Promise<RawConnection> {
  const connection = await client(test.port);
  connection.send(GET);
  await connection.receives('\r\n\r\nok');
  return connection;
}

const ended = (connections: readonly RawConnection[]): number => connections.filter((connection) => connection.ended).length;

test.each([['GET', GET], ['POST', POST]])('a connection that is kept is ended with its next response, to %s', async (_, request) => {
  const test = await start();
  const kept = await used(test);
  test.proxy.leave(true);
  kept.send(request);
  expect(await kept.closes()).toMatch(/ok.*HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*ok$/s);
  // Who comes anew is served, too, once.
  const late = await client(test.port);
  late.send(request);
  expect(await late.closes()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*ok$/);
});

test('a gateway ends the connections of its clients, and serves all of them until it drains', async () => {
  const test = await start({ direction: 'outbound', ownAddress: true, shutdown: { ...SHUTDOWN, appDrainMs: 0 } });
  const kept = await used(test);
  const idle = await used(test);
  test.proxy.leave(true);
  kept.send(GET);
  expect(await kept.closes()).toMatch(/ok.*HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*ok$/s);
  test.clock.advance(5_001);
  await idle.closes();
  const late = await client(test.port);
  late.send(GET);
  expect(await late.closes()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*ok$/);
});

test('what the app itself sends keeps its connections: they are not other pods\'', async () => {
  const test = await start({ direction: 'outbound' });
  const kept = await used(test);
  test.proxy.leave(true);
  test.clock.advance(24_000);
  for (let n = 0; n < 2; n += 1) {
    kept.received = '';
    kept.send(GET);
    await kept.receives('ok');
  }
  expect(kept.received).not.toContain('connection: close');
});

test('idle connections are closed in the second half of the time to propagate, little by little', async () => {
  const test = await start();
  const connections: RawConnection[] = [];
  for (let n = 0; n < 50; n += 1) connections.push(await used(test));
  test.proxy.leave(true);
  test.clock.advance(2_400);
  const shares: number[] = [];
  for (let ms = 2_500; ms <= 5_000; ms += 500) {
    test.clock.advance(500);
    // What the proxy has closed by now is what it doesn't count any more, once its clients have closed, too.
    await until('closed connections are seen', () => ended(connections) > (shares.at(-1) ?? 0) || ended(connections) === 50);
    await new Promise((resolve) => { setImmediate(resolve); });
    shares.push(ended(connections));
  }
  await until('all are closed', () => ended(connections) === 50);
  expect(shares[0]).toBeLessThan(25);
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
});

test('a request that has come is read before its connection is taken for idle', async () => {
  const test = await start();
  const kept = await used(test);
  test.proxy.leave(true);
  // The proxy is busy until all idle connections are to be closed.
  kept.send(POST);
  test.clock.advance(5_000);
  expect(await kept.closes()).toMatch(/ok[^]*HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*ok$/);
});

test('a connection that was used within the last second is left to its next response', async () => {
  const test = await start();
  test.proxy.leave(true);
  test.clock.advance(4_950);
  const fresh = await client(test.port);
  await until('it is accepted', () => test.metrics().includes('mesh_downstream_connections_open{listener="test"} 1'));
  test.clock.advance(900);
  expect(fresh.ended).toBe(false);
  fresh.send(GET);
  expect(await fresh.closes()).toMatch(/^HTTP\/1\.1 200 OK/);
  // One that says nothing is closed, at any time after that.
  const silent = await client(test.port);
  await until('it is accepted', () => test.metrics().includes('mesh_downstream_connections_total{listener="test"} 2'));
  test.clock.advance(1_100);
  await silent.closes();
});

test.each([['GET', GET], ['POST', POST]])('an app that has closed its port: clients get what they may repeat, %s', async (_, request) => {
  const test = await start();
  const port = await used(test);
  test.proxy.leave(true);
  test.clock.advance(4_999);
  port.socket.destroy();
  await test.app.close();
  const late = await client(test.port);
  late.send(request);
  const answer = await late.closes();
  expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  expect(answer).toContain('details="terminating"');
  expect(answer).toContain('retry-after: 1\r\n');
  expect(answer).toContain('connection: close\r\n');
  // And a caller's sidecar sends it elsewhere.
  expect(answer).toContain('x-mesh-unsent: terminating\r\n');
});

test('the same app without a notice is one that is broken', async () => {
  const test = await start({ clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: await freePort() }] } }] });
  const connection = await client(test.port);
  connection.send(GET);
  expect(await connection.receives('connect_failed')).not.toContain('connection: close');
});

test('shortly before the app is told to end, each request to it gets a connection of its own', async () => {
  const test = await start();
  await used(test);
  test.proxy.leave(true);
  expect(test.app.connections).toHaveLength(1);
  (await client(test.port)).send(GET);
  await until('the connection that was there is used', () => test.app.received.split('GET').length === 3);
  expect(test.app.connections).toHaveLength(1);
  test.clock.advance(4_500);
  await test.app.connections[0]!.closes();
  for (const count of [2, 3]) {
    const late = await client(test.port);
    late.send(POST);
    await late.closes();
    expect(test.app.connections).toHaveLength(count);
    await test.app.connections[count - 1]!.closes();
  }
});

describe('an app that ignores its SIGTERM', () => {
  const HANGING = (): string => '';

  test('gets no new requests when its time is over, and what is under way is ended before it is killed', async () => {
    const test = await start({}, HANGING);
    test.proxy.leave(true);
    test.clock.advance(24_999);
    const slow = await client(test.port);
    slow.send(POST);
    await until('it is under way', () => test.app.received.includes('POST'));
    test.clock.advance(1);
    const late = await client(test.port);
    late.send(POST);
    const answer = await late.closes();
    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1\r\n[^]*connection: close\r\n[^]*x-mesh-unsent: terminating\r\n/);
    expect(test.app.received.split('POST')).toHaveLength(2);
    // Nine tenths of the proxy's own part, which is over with the grace period.
    test.clock.advance(4_499);
    expect(slow.ended).toBe(false);
    test.clock.advance(1);
    expect(await slow.closes()).toMatch(/^HTTP\/1\.1 502 [^]*details="shutting_down"/);
  });

  test('is not cut short by a notice that is not believed', async () => {
    const test = await start({ route: { timeoutMs: 0 } }, HANGING);
    test.proxy.leave(false);
    const slow = await client(test.port);
    slow.send(POST);
    await until('it is under way', () => test.app.received.includes('POST'));
    test.clock.advance(40_000);
    test.app.connections.at(-1)!.send(OK);
    expect(await slow.closes()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/);
  });

  test('may still call others', async () => {
    const test = await start({ direction: 'outbound' });
    test.proxy.leave(true);
    test.clock.advance(29_999);
    const calling = await client(test.port);
    calling.send(POST);
    expect(await calling.receives('ok')).toMatch(/^HTTP\/1\.1 200/);
  });
});

test('a notice that was wrong leaves nothing behind', async () => {
  const test = await start();
  test.proxy.leave(true);
  test.clock.advance(35_000);
  test.proxy.stay();
  const connection = await client(test.port);
  for (let n = 0; n < 3; n += 1) {
    connection.received = '';
    connection.send(POST);
    await connection.receives('ok');
  }
  expect(connection.received).not.toContain('connection: close');
  test.clock.advance(60_000);
  expect(connection.ended).toBe(false);
  // And another one begins anew.
  test.proxy.leave(true);
  connection.send(GET);
  await connection.closes();
});

test('a process that is told late goes on where the others are', async () => {
  const test = await start();
  test.proxy.leave(true, 24_000);
  const early = await client(test.port);
  early.send(GET);
  expect(await early.closes()).toMatch(/^HTTP\/1\.1 200/);
  test.clock.advance(1_000);
  const late = await client(test.port);
  late.send(GET);
  expect(await late.closes()).toMatch(/^HTTP\/1\.1 503/);
});
