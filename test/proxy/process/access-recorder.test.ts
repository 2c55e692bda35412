/** Which requests are logged, by route: requests over real sockets, with the lines that they leave. */
import type { AccessLogMode } from '../../../src/contract';
import { accessRecorder } from '../../../src/proxy/process/access-recorder';
import { LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

/** The paths that are logged of one request to `/watched` and one to another path, which goes by the document. */
async function loggedOf(mode: AccessLogMode, watched: AccessLogMode | undefined): Promise<string[] | 'no recorder'> {
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
  const split = [{ cluster: 'backend', weight: 1 }];
  const { proxy, port } = await startProxy([backend.port], {
    routes: [{ name: 'watched', matches: [{ path: { type: 'prefix', value: '/watched' } }], split, ...(watched && { accessLog: watched }) }, { name: 'rest', split }],
  });
  const lines: string[] = [];
  const writer = new LineWriter({ write: (text, done) => { lines.push(...text.trim().split('\n')); done(); } });
  const recorder = accessRecorder(writer, systemClock, () => 0.5, { ...proxy.config, accessLog: { mode } });
  if (!recorder) return 'no recorder';
  proxy.context.onExchange = recorder;
  for (const path of ['/watched', '/other']) {
    const client = await rawClient(port);
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.receives('ok');
    client.socket.destroy();
  }
  await proxy.close();
  return lines.map((line) => (JSON.parse(line) as { path: string }).path);
}

test.each<[AccessLogMode, AccessLogMode | undefined, string[] | string]>([
  ['off', 'all', ['/watched']],
  ['all', 'off', ['/other']],
  ['all', undefined, ['/watched', '/other']],
  ['errors', 'all', ['/watched']],
  ['off', 'errors', []],
  // Then nothing of it runs.
  ['off', 'off', 'no recorder'],
  ['off', undefined, 'no recorder'],
])('with the document at %s and the route at %s, %j are logged', async (mode, watched, expected) => {
  expect(await loggedOf(mode, watched)).toEqual(expected);
});
