/** Which requests are logged, by route: requests over real sockets, with the lines that they leave. */
import type { AccessLogMode } from '../../../src/contract';
import { accessRecorder } from '../../../src/proxy/process/access-recorder';
import { LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { joined, tcpClient } from '../../support/tcp-proxy';
import { textOf } from '../../support/text-of';

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
  const writer = new LineWriter({ write: (text, done) => { lines.push(...textOf(text).trim().split('\n')); done(); } });
  const recorder = accessRecorder(writer, systemClock, () => 0.5, { ...proxy.config, accessLog: { mode } });
  if (!recorder) return 'no recorder';
  proxy.context.onExchange = recorder.onExchange;
  for (const path of ['/watched', '/other']) {
    const client = await rawClient(port);
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.receives('ok');
    client.socket.destroy();
  }
  await proxy.close();
  await writer.flush(systemClock, 0);
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

/** The lines of two connections of TCP: one that ends in order, and one that is reset. */
async function connectionsOf(mode: AccessLogMode, ofRoute?: AccessLogMode): Promise<Record<string, unknown>[]> {
  const { proxy, server, client, peer } = await joined(cleanups, { direction: 'inbound', ...(ofRoute && { route: { accessLog: ofRoute } }) });
  const lines: string[] = [];
  const writer = new LineWriter({ write: (text, done) => { lines.push(...textOf(text).trim().split('\n')); done(); } });
  proxy.proxy.context.onTcpClosed = accessRecorder(writer, systemClock, () => 0.5, { ...proxy.proxy.config, accessLog: { mode } })?.onConnection;
  client.send('12345');
  await peer.receives('12345');
  client.end();
  peer.end();
  await tcpClient(cleanups, proxy);
  (await server.connection(1)).reset();
  await until('both are over', () => proxy.proxy.context.connections === 0);
  await writer.flush(systemClock, 0);
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a connection of TCP has a line when it is over', async () => {
  const [inOrder, broken] = await connectionsOf('all');
  expect(inOrder).toMatchObject({ event: 'connection', level: 'info', listener: 'test', cluster: 'backend', attempts: 1, bytesIn: 5, bytesOut: 0, durationMs: expect.any(Number) });
  expect(inOrder).not.toHaveProperty('reason');
  expect(broken).toMatchObject({ event: 'connection', reason: 'tcp_endpoint_reset', bytesIn: 0 });
});

test('with errors, only one that did not end in order has, unless its route says something else', async () => {
  expect((await connectionsOf('errors')).map(({ reason }) => reason)).toEqual(['tcp_endpoint_reset']);
  expect(await connectionsOf('errors', 'off')).toEqual([]);
  expect(await connectionsOf('off', 'all')).toHaveLength(2);
});
