/** A port that drops what comes: a connection to it is neither made nor refused. */
import { connect, Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { until } from './raw-http';

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

/** @param cleanups gets what ends it */
export async function silentPort(cleanups: (() => unknown)[]): Promise<number> {
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
