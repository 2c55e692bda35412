/** An endpoint that drops what comes, as a node that is gone without a word: a connection to it is neither made nor refused. */
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { silentPort } from '../../support/silent-port';

const cleanups = cleanupsAfterEach();

test('GIVEN a route with less time than the usual one for a connection, WHEN an endpoint drops packets THEN another is asked within that time', async () => {
  const clock = new FakeClock();
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
  const test = await startProxy([await silentPort(cleanups), backend.port], { route: { timeoutMs: 300 }, clock });
  cleanups.push(() => test.proxy.close());
  // By turns: one request for each endpoint.
  const clients = await Promise.all([rawClient(test.port), rawClient(test.port)]);
  for (const client of clients) {
    cleanups.push(() => client.socket.destroy());
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  }
  await until('one is answered', () => clients.some(({ received }) => received.endsWith('ok')));
  await until('the other waits', () => test.metrics().includes('mesh_pending_requests{cluster="backend"} 1\n'));
  clock.advance(100);
  await Promise.all(clients.map((client) => client.receives(/^HTTP\/1\.1 200 [^]*ok$/)));
  expect(test.metrics()).toContain('mesh_retries_total{cluster="backend",reason="connect_timeout"} 1\n');
});
