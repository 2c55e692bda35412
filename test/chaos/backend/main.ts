/**
 * The program of a backend. It writes the id of every request down before it acts on it, to a file that outlives kill -9,
 * and behaves as it is told over its channel. On SIGTERM it answers what is under way, then ends.
 *
 * Environment: HOST, PORT, POD_NAME, CHAOS_PROTOCOL, CHAOS_LEDGERS (folder), CHAOS_LATENCY_MS.
 */
import { openSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { lineOf, type Protocol } from '../message';
import { grpcServer } from './grpc-server';
import { httpServer } from './http-server';
import { BehaveMessage, ENV_LATENCY_MS, ENV_LEDGERS, ENV_PROTOCOL, Manner } from './manner';
import type { Backend, BackendServer } from './server';
import { tcpServer } from './tcp-server';

const DRAIN_MS = 5_000;
const SERVERS: Readonly<Record<Protocol, (backend: Backend) => BackendServer>> = { http: httpServer, grpc: grpcServer, tcp: tcpServer };

const { HOST: host = '127.0.0.1', PORT: port = '0', POD_NAME: pod = 'backend' } = process.env;
const ledger = openSync(join(process.env[ENV_LEDGERS] ?? '.', `${pod}.ledger`), 'a');
let manner: Manner = {};
let latencyMs = Number(process.env[ENV_LATENCY_MS] ?? 0);
const sockets = new Set<Socket>();

const { server, drain } = SERVERS[(process.env[ENV_PROTOCOL] ?? 'http') as Protocol]({
  pod,
  manner: () => manner,
  execute(method, id, answer) {
    writeSync(ledger, lineOf(method, id));
    if (latencyMs > 0) setTimeout(answer, latencyMs);
    else answer();
  },
});
server.on('connection', (socket: Socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  if (manner.resetsConnections) socket.resetAndDestroy();
});

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
  drain();
  setTimeout(() => process.exit(0), DRAIN_MS).unref();
});
listen();
