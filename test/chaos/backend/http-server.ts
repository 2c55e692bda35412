/** Requests of HTTP/1.1, which are treated in every way that {@link behave} knows. */
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { chanceOf, idIn, POD_FIELD } from '../message';
import { behave, WHOLE_PROCESS } from './behaviours';
import type { Backend, BackendServer } from './server';

/** Longer than any proxy keeps a connection, so that it is never the backend that closes one in use. */
const IDLE_TIMEOUT_MS = 120_000;

export function httpServer({ pod, manner, execute }: Backend): BackendServer {
  /** Connections on which nothing was asked yet. */
  const unused = new Set<Socket>();

  const treat = (request: IncomingMessage, response: ServerResponse): void => {
    const id = idIn(request.url ?? '');
    const { behaviour = 'prompt', share = 1 } = manner();
    if (id === undefined) {
      if (share === 1 && WHOLE_PROCESS.has(behaviour)) behave(behaviour, { id: 'health', pod, response, socket: request.socket });
      else response.writeHead(200, { 'content-length': 0, [POD_FIELD]: pod }).end();
      return;
    }
    execute(request.method!, id, () => {
      if (!server.listening) response.setHeader('connection', 'close');
      behave(chanceOf(id, 'behaviour') < share ? behaviour : 'prompt', { id, pod, response, socket: request.socket });
    });
  };

  const server = createServer({ keepAliveTimeout: IDLE_TIMEOUT_MS, requestTimeout: 0 }, (request, response) => {
    unused.delete(request.socket);
    request.resume().on('end', () => treat(request, response)).on('error', () => undefined);
  });
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.on('close', () => unused.delete(socket));
  });
  server.on('clientError', (_, socket) => socket.destroy());
  // Server.close would wait for these.
  return { server, drain: () => { for (const socket of unused) socket.destroy(); } };
}
