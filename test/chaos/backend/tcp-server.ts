/** A line on each connection, answered with bytes that end with the connection. */
import { createServer } from 'node:net';
import { answerTo } from '../message';
import type { Backend, BackendServer } from './server';

export function tcpServer({ execute }: Backend): BackendServer {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = '';
    socket.on('data', (chunk) => { asked += chunk.toString('latin1'); });
    socket.on('end', () => {
      const [, method, id] = /^(\S+) (\S+)\n$/.exec(asked) ?? [];
      // A health check says nothing.
      if (method === undefined || id === undefined) socket.end();
      else execute(method, id, () => socket.end(answerTo(id)));
    });
  });
  // Each connection ends with its answer.
  return { server, drain: () => undefined };
}
