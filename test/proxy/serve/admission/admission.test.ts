/** What a listener lets in, over real sockets. */
import type { AdmissionConfig } from '../../../../src/contract';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { FakeClock } from '../../../support/fake-clock';
import { sampleOf } from '../../../support/prometheus';
import { startProxy, TestProxy } from '../../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../../support/raw-http';

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ONE: AdmissionConfig = { concurrency: { type: 'fixed', max: 1 } };
const OVERLOADED = /^HTTP\/1\.1 503 [^]*details="overloaded"\r\nretry-after: 1\r\n/;

const cleanups = cleanupsAfterEach();

interface Peers {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  /** A client on a connection of its own that has sent this. */
  send(text: string): Promise<RawConnection>;
  /** Waits until the app has so many requests that are not answered. */
  inFlight(count: number): Promise<void>;
}

async function setUp(admission: AdmissionConfig, answer = '', clock?: FakeClock): Promise<Peers> {
  const backend = await RawBackend.answering(() => answer);
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], { admission, ...(clock && { clock }) });
  cleanups.push(() => test.proxy.close());
  return {
    test,
    backend,
    send: async (text) => {
      const client = await rawClient(test.port);
      cleanups.push(() => client.socket.destroy());
      client.send(text);
      return client;
    },
    inFlight: (count) => until(`${count} are in flight`, () => sampleOf(test.metrics(), 'mesh_admission_in_flight{listener="test"}') === count),
  };
}

describe('GIVEN an app that has as many requests as it may', () => {
  test('THEN another one is answered at once, on a connection that stays, and comes in when the first was answered', async () => {
    const { test, backend, send, inFlight } = await setUp(ONE);
    const first = await send(get());
    await until('the app has it', () => backend.received.includes('GET'));
    const second = await send(get());
    await second.receives(OVERLOADED);
    expect(test.metrics()).toMatch(/cluster="-",[^}]*code="503",reason="overloaded"\} 1\n/);
    expect(sampleOf(test.metrics(), 'mesh_admission_limit{listener="test"}')).toBe(1);
    backend.connections[0]!.send(OK);
    await first.receives(/ok$/);
    await inFlight(0);
    second.send(get('/again'));
    await until('the app has it', () => backend.received.includes('/again'));
  });

  test.each([['/healthz'], ['/livez'], ['/readyz'], ['/healthz?verbose'], ['/%68ealthz', '/healthz']])('THEN %s is let in all the same, and does not count', async (path, sent = path) => {
    const { backend, send, inFlight } = await setUp(ONE);
    await send(get('/slow'));
    await until('the app has it', () => backend.received.includes('/slow'));
    await send(get(path));
    await until('the app has that, too', () => backend.received.includes(sent));
    await inFlight(1);
  });

  test.each(['/healthzz', '/healthz/', '/x/healthz'])('THEN %s is one of the many', async (path) => {
    const { backend, send } = await setUp(ONE);
    await send(get('/slow'));
    await until('the app has it', () => backend.received.includes('/slow'));
    await (await send(get(path))).receives(OVERLOADED);
  });

  test('WHEN the configuration names paths THEN those are exempt, by their beginning where it says so, and no others', async () => {
    const { backend, send } = await setUp({ ...ONE, exemptPaths: ['/ok', '/events/*'] });
    await send(get('/slow'));
    await until('the app has it', () => backend.received.includes('/slow'));
    for (const path of ['/ok', '/events/', '/events/7?since=1']) {
      await send(get(path));
      await until(`the app has ${path}`, () => backend.received.includes(`GET ${path} `));
    }
    for (const path of ['/okay', '/events', '/healthz']) await (await send(get(path))).receives(OVERLOADED);
  });
});

describe('GIVEN requests whose bodies come after their heads', () => {
  test.each([['Content-Length: 4', 'abcd'], ['Transfer-Encoding: chunked', '4\r\nabcd\r\n0\r\n\r\n']])(
    'THEN they count from the head on, and the app has no more of them than it may, with %s',
    async (framing, body) => {
      const { backend, send, inFlight } = await setUp({ concurrency: { type: 'fixed', max: 3 } });
      const clients: RawConnection[] = [];
      for (let i = 0; i < 10; i += 1) clients.push(await send(`POST /${i} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`));
      await Promise.all(clients.slice(3).map((client) => client.receives(OVERLOADED)));
      await inFlight(3);
      for (const client of clients) client.send(body);
      await until('the app has three', () => backend.received.split('abcd').length === 4);
      for (const connection of backend.connections) connection.send(OK);
      await Promise.all(clients.slice(0, 3).map((client) => client.receives(/ok$/)));
      await inFlight(0);
      expect(backend.connections).toHaveLength(3);
    },
  );
});

describe('GIVEN a slow client', () => {
  const LATE = /^HTTP\/1\.1 408 Request Timeout\r\n[^]*details="late_body"\r\nretry-after: 1\r\n/;
  const HEAD = 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';
  const CHUNKED = 'POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

  /** Time within which a body of this listener keeps the place of its request for certain, and after which it does not. */
  const KEPT_MS = 900;
  const LOST_MS = 1_200;

  async function slowUpload(text: string) {
    const clock = new FakeClock();
    const peers = await setUp(ONE, '', clock);
    const slow = await peers.send(text);
    await until('the app has the beginning', () => peers.backend.received.includes('/upload'));
    return { ...peers, clock, slow };
  }

  test('THEN its request has its place for a moment, and then it is another\'s', async () => {
    const { clock, backend, send, inFlight } = await slowUpload(`${HEAD}ab`);
    clock.advance(KEPT_MS);
    await (await send(get())).receives(OVERLOADED);
    clock.advance(LOST_MS - KEPT_MS);
    await inFlight(0);
    await send(get('/quick'));
    await until('the app has the other', () => backend.received.includes('/quick'));
  });

  test('WHEN the rest is there in time THEN it keeps its place until it is answered', async () => {
    const { clock, backend, slow, send, inFlight } = await slowUpload(`${HEAD}ab`);
    clock.advance(KEPT_MS);
    slow.send('cd');
    await until('the app has all', () => backend.received.includes('abcd'));
    clock.advance(LOST_MS);
    await (await send(get())).receives(OVERLOADED);
    backend.connections[0]!.send(OK);
    await slow.receives(/ok$/);
    await inFlight(0);
  });

  test('WHEN the rest comes later THEN it takes a place that is free', async () => {
    const { clock, backend, slow, send, inFlight } = await slowUpload(`${HEAD}ab`);
    clock.advance(LOST_MS);
    slow.send('cd');
    await until('the app has all', () => backend.received.includes('abcd'));
    await inFlight(1);
    await (await send(get())).receives(OVERLOADED);
  });

  test.each([[`${HEAD}ab`, 'cd', 'abcd'], [`${CHUNKED}2\r\nab\r\n`, '0\r\n\r\n', '0\r\n']])(
    'WHEN the rest of %j comes later and no place is free THEN the app does not get its end',
    async (beginning, rest, end) => {
      const { clock, backend, slow, send, inFlight } = await slowUpload(beginning);
      clock.advance(LOST_MS);
      await send(get('/quick'));
      await until('the app has the other', () => backend.received.includes('/quick'));
      slow.send(rest);
      await slow.receives(LATE);
      await backend.connections[0]!.closes();
      expect(backend.connections[0]!.received.endsWith(end)).toBe(false);
      await inFlight(1);
    },
  );

  test('WHEN it goes away within its body THEN its place is free', async () => {
    const { slow, inFlight } = await slowUpload(`${HEAD}ab`);
    await inFlight(1);
    slow.reset();
    await inFlight(0);
  });

  test('THEN what it has yet to read takes nobody\'s place', async () => {
    const { backend, send, inFlight } = await setUp(ONE);
    const slow = await send(get('/download'));
    await until('the app has it', () => backend.received.includes('/download'));
    backend.connections[0]!.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab');
    await slow.receives('ab');
    await inFlight(0);
    await send(get('/quick'));
    await until('the app has the other', () => backend.received.includes('/quick'));
  });

  test('WHEN it goes away THEN its place is free', async () => {
    const { backend, send, inFlight } = await setUp(ONE);
    const gone = await send(get('/gone'));
    await until('the app has it', () => backend.received.includes('/gone'));
    gone.reset();
    await inFlight(0);
    await send(get('/next'));
    await until('the app has the next', () => backend.received.includes('/next'));
  });
});

test('GIVEN a switch of protocols THEN a tunnel takes nobody\'s place', async () => {
  const { backend, send, inFlight } = await setUp(ONE);
  const client = await send('GET /socket HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await until('the app has it', () => backend.received.includes('/socket'));
  backend.connections[0]!.send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.receives('101');
  await inFlight(0);
});

test('GIVEN an app that can\'t be reached THEN its requests take no place for good', async () => {
  const { test, backend, send, inFlight } = await setUp(ONE);
  await backend.close();
  for (let i = 0; i < 3; i += 1) await (await send(get())).receives('connect_failed');
  await inFlight(0);
  expect(test.metrics()).not.toContain('reason="overloaded"');
});

describe('GIVEN a rate limit', () => {
  test('THEN what is above it is told when to come again, and passes then', async () => {
    const clock = new FakeClock();
    const { backend, send } = await setUp({ rateLimit: { requestsPerSecond: 0.1, burst: 2 } }, OK, clock);
    for (let i = 0; i < 2; i += 1) await (await send(get())).receives(/ok$/);
    await (await send(get('/early'))).receives(/^HTTP\/1\.1 429 Too Many Requests\r\n[^]*details="rate_limited"\r\nretry-after: 10\r\n/);
    await (await send(get('/healthz'))).receives(/ok$/);
    clock.advance(10_000);
    await (await send(get('/late'))).receives(/ok$/);
    expect(backend.received).not.toContain('/early');
  });
});

test('GIVEN a new configuration THEN what was learned stays, unless it says something else of admission', async () => {
  const { test } = await setUp({ concurrency: { type: 'adaptive' } });
  const admission = () => test.proxy.listeners.all()[0]!.admission;
  const before = admission();
  const [listener] = test.config.listeners;
  await test.proxy.apply(JSON.stringify({ ...test.config, accessLog: { mode: 'errors' } }));
  expect(admission()).toBe(before);
  await test.proxy.apply(JSON.stringify({ ...test.config, listeners: [{ ...listener, admission: { concurrency: { type: 'adaptive', initial: 7 } } }] }));
  expect(admission()?.concurrency?.limit).toBe(7);
  await test.proxy.apply(JSON.stringify({ ...test.config, listeners: [{ ...listener, admission: undefined }] }));
  expect(admission()).toBeUndefined();
  expect(sampleOf(test.metrics(), 'mesh_admission_limit{listener="test"}')).toBe(Infinity);
});
