/** Streams of events outlive the time of their route, over real sockets. The clock is the test's. */
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, RawConnection, rawClient } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

interface Open { readonly client: RawConnection; readonly backend: RawConnection; readonly clock: FakeClock; readonly test: TestProxy }

/** A response of which head and first event have come. */
async function open(type: string, fields = '', options: TestProxyOptions = {}): Promise<Open> {
  const app = await RawBackend.answering(() => `HTTP/1.1 200 OK\r\n${type}\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n`);
  cleanups.push(() => app.close());
  const clock = new FakeClock();
  const test = await startProxy([app.port], { clock, ...options });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send(`GET /events HTTP/1.1\r\nHost: catalog\r\n${fields}\r\n`);
  await client.receives('first');
  return { client, backend: await app.connection(), clock, test };
}

async function goesOn({ client, backend, clock }: Open, ms: number): Promise<void> {
  clock.advance(ms);
  backend.send('5\r\nlast\n\r\n0\r\n\r\n');
  await client.receives(/last\n\r\n0\r\n\r\n$/);
}

test.each([
  'Content-Type: text/event-stream', 'content-type: TEXT/Event-Stream; charset=utf-8', 'Content-Type: application/x-ndjson', 'Content-Type: multipart/x-mixed-replace;boundary=a',
])('GIVEN %s THEN it goes on behind the default timeout, and longer than a body may be silent', async (type) => {
  await goesOn(await open(type), 200_000);
});

test('GIVEN the deadline of a caller\'s sidecar THEN the callee\'s lets the stream go on, too', async () => {
  await goesOn(await open('Content-Type: text/event-stream', 'x-mesh-deadline-ms: 15000\r\n', { direction: 'inbound', route: { timeoutMs: 0 } }), 60_000);
});

test.each<[string, string, string, TestProxyOptions, number]>([
  ['a response of another type', 'Content-Type: text/html', '', {}, 20_000],
  ['one without a type', 'X-Y: text/event-stream', '', {}, 20_000],
  ['a deadline that the app gave', 'Content-Type: text/event-stream', 'x-mesh-deadline-ms: 5000\r\n', {}, 10_000],
  ['a stream that is silent for longer than a tunnel may be', 'Content-Type: text/event-stream', '', { limits: { tunnelIdleTimeoutMs: 30_000 } }, 40_000],
])('GIVEN %s THEN it is cut', async (_, type, fields, options, ms) => {
  const { client, clock } = await open(type, fields, options);
  clock.advance(ms);
  expect(await client.closes()).toMatch(/first\n\r\n$/);
});

test('GIVEN no head THEN the timeout holds for a stream, too', async () => {
  const app = await RawBackend.start();
  cleanups.push(() => app.close());
  const clock = new FakeClock();
  const test = await startProxy([app.port], { clock });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send('GET /events HTTP/1.1\r\nHost: catalog\r\nAccept: text/event-stream\r\n\r\n');
  await (await app.connection()).receives('\r\n\r\n');
  clock.advance(20_000);
  await client.receives(/^HTTP\/1\.1 504 /);
});
