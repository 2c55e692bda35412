/**
 * An endpoint that fails when the caller has stopped waiting. An app that gives a request up at its deadline often does so a moment before
 * the sidecar's own timer. The answer says that the time was over, since that is what can be changed.
 */
import { systemClock } from '../../../src/proxy/runtime/clock';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

/** The answer to a request with these fields, whose endpoint resets it after so long. */
async function answerOf(fields: string, afterMs: number): Promise<string> {
  let later = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + later };
  const backend = await RawBackend.start();
  cleanups.push(() => backend.close());
  const { port, proxy } = await startProxy([backend.port], { clock, route: { timeoutMs: 20_000 } });
  cleanups.push(() => proxy.close());
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(`POST / HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: 0\r\n\r\n`);
  await until('the request arrives', () => backend.received.includes('POST'));
  later = afterMs;
  backend.connections[0]!.reset();
  await until('an answer comes', () => client.received.includes('\r\n\r\n'));
  return client.received;
}

test.each([
  ['x-mesh-deadline-ms: 10000\r\n', 9_000, /^HTTP\/1\.1 502 /, 'upstream_closed'],
  ['x-mesh-deadline-ms: 10000\r\n', 10_000, /^HTTP\/1\.1 504 /, 'deadline_exceeded'],
  ['', 19_000, /^HTTP\/1\.1 502 /, 'upstream_closed'],
  ['', 20_000, /^HTTP\/1\.1 504 /, 'request_timeout'],
])('with %j, a reset after %d ms is answered with %s', async (fields, afterMs, status, reason) => {
  const answer = await answerOf(fields, afterMs);
  expect(answer).toMatch(status);
  expect(answer).toContain(reason);
});
