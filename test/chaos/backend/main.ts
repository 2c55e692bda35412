/**
 * The program of a backend. It writes the id of every request down before it acts on it, to a file that outlives kill -9,
 * and behaves as it is told over its channel. On SIGTERM it answers what is under way, then ends.
 *
 * Environment: HOST, PORT, POD_NAME, CHAOS_LEDGERS (folder), CHAOS_LATENCY_MS.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { chanceOf, idIn, POD_FIELD } from '../message';
import { behave, WHOLE_PROCESS } from './behaviours';
import { BehaveMessage, ENV_LATENCY_MS, ENV_LEDGERS, Manner } from './manner';

/** Longer than any proxy keeps a connection, so that it is never the backend that closes one in use. */
const IDLE_TIMEOUT_MS = 120_000;
const DRAIN_MS = 5_000;

const { HOST: host = '127.0.0.1', PORT: port = '0', POD_NAME: pod = 'backend' } = process.env;
const ledger = openSync(join(process.env[ENV_LEDGERS] ?? '.', `${pod}.ledger`), 'a');
let manner: Manner = {};
let latencyMs = Number(process.env[ENV_LATENCY_MS] ?? 0);
const sockets = new Set<Socket>();
/** Connections on which nothing was asked yet. */
const unused = new Set<Socket>();

const server = createServer({ keepAliveTimeout: IDLE_TIMEOUT_MS, requestTimeout: 0 }, (request, response) => {
  unused.delete(request.socket);
  request.resume().on('end', () => execute(request, response)).on('error', () => undefined);
});
server.on('connection', (socket: Socket) => {
  for (const set of [sockets, unused]) {
    set.add(socket);
    socket.on('close', () => set.delete(socket));
  }
  socket.on('error', () => undefined);
  if (manner.resetsConnections) socket.resetAndDestroy();
});
server.on('clientError', (_, socket) => socket.destroy());

function execute(request: IncomingMessage, response: ServerResponse): void {
  const id = idIn(request.url ?? '');
  const { behaviour = 'prompt', share = 1 } = manner;
  if (id === undefined) {
    const call = { id: 'health', pod, response, socket: request.socket };
    if (share === 1 && WHOLE_PROCESS.has(behaviour)) behave(behaviour, call);
    else response.writeHead(200, { 'content-length': 0, [POD_FIELD]: pod }).end();
    return;
  }
  writeSync(ledger, `${request.method} ${id}\n`);
  const answer = (): void => {
    if (!server.listening) response.setHeader('connection', 'close');
    behave(chanceOf(id, 'behaviour') < share ? behaviour : 'prompt', { id, pod, response, socket: request.socket });
  };
  if (latencyMs > 0) setTimeout(answer, latencyMs);
  else answer();
}

function listen(): void {
  server.listen(Number(port), host, () => process.stdout.write('listening\n'));
}

process.on('message', (message: BehaveMessage) => {
  manner = message.manner;
  latencyMs = manner.latencyMs ?? latencyMs;
  if (manner.refuses && server.listening) server.close();
  if (!manner.refuses && !server.listening) listen();
  if (manner.refuses || manner.resetsConnections) for (const socket of sockets) socket.resetAndDestroy();
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  // Server.close would wait for these.
  for (const socket of unused) socket.destroy();
  setTimeout(() => process.exit(0), DRAIN_MS).unref();
});
listen();
