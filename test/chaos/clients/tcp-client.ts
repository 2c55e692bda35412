/** A connection for each request: a line that is asked, and all that comes until the end, which is the answer. */
import { connect } from 'node:net';
import { lineOf } from '../message';
import { Client, damageOf, FORGOTTEN, MOST_BYTES, PATIENCE_MS, Sending } from './client';

export class TcpClient implements Client {
  send({ sent, place: { address, port } }: Sending, done: (failure: string | undefined) => void): void {
    let body = '';
    const socket = connect({ host: address, port, allowHalfOpen: true });
    socket.setTimeout(PATIENCE_MS, () => {
      done(FORGOTTEN);
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      body += chunk.toString('latin1');
      if (body.length <= MOST_BYTES) return;
      done('an answer without end');
      socket.destroy();
    });
    socket.on('end', () => done(damageOf(sent, body)));
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.on('close', () => done('cut off'));
    socket.end(lineOf(sent.method, sent.id));
  }

  close(): void {
    // Each connection ends with its answer.
  }
}
