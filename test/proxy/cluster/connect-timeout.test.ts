/** An endpoint that drops what comes, as a node that is gone without a word: a connection to it is neither made nor refused. */
import { connect, Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

/** Listens, and accepts nobody: the thread that would is stopped. Once its queue is full, the kernel drops what else comes. */
const SILENT = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
/** More than a queue of one takes. */
const QUEUED = 4;

const cleanups = cleanupsAfterEach();

async function silentPort(): Promise<number> {
  const worker = new Worker(SILENT, { eval: true });
  cleanups.push(() => worker.terminate());
  const port = await new Promise<number>((resolve) => { worker.once('message', resolve); });
  const sockets: Socket[] = [];
  for (let i = 0; i < QUEUED; i += 1) sockets.push(connect(port, '127.0.0.1').on('error', () => {}));
  cleanups.push(() => sockets.forEach((socket) => socket.destroy()));
  // Those that the queue takes are connected; the others try until the test is over.
  await until('the queue is full', () => sockets.some((socket) => !socket.connecting) && sockets.at(-1)!.connecting);
  return port;
}

test('GIVEN a route with less time than the usual one for a connection, WHEN an endpoint drops packets THEN another is asked within that time', async () => {
  const clock = new FakeClock();
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
  const test = await startProxy([await silentPort(), backend.port], { route: { timeoutMs: 300 }, clock });
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
