/**
 * Reads messages with Node's own parser (llhttp, strict) by way of `node:http`, over streams in memory instead of sockets.
 */
import { createServer, request } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export interface NodeRequest {
  /** Method and target. */
  readonly line: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

export interface NodeReading {
  /** Requests that were read to their end. */
  readonly requests: readonly NodeRequest[];
  /** Code of the parser's error, or what Node answered by itself. */
  readonly refused: string | undefined;
}

/** A stream in memory: what is pushed into it is read by the server, what the server writes is kept. */
class MemorySocket extends Duplex {
  written = '';
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written += chunk.toString('latin1');
    done();
  }
  setTimeout(): this { return this; }
  setNoDelay(): this { return this; }
  setKeepAlive(): this { return this; }
}

/** @param ended nothing follows the bytes */
export async function readByNode(bytes: Buffer, ended: boolean): Promise<NodeReading> {
  const requests: NodeRequest[] = [];
  let refused: string | undefined;
  const server = createServer({ insecureHTTPParser: false, requireHostHeader: true, joinDuplicateHeaders: false });
  server.on('request', (incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => { body += chunk.toString('latin1'); });
    incoming.on('error', () => {});
    incoming.on('end', () => {
      if (!incoming.complete) return;
      requests.push({
        line: `${incoming.method} ${incoming.url}`, fields: paired(incoming.rawHeaders), body, trailers: paired(incoming.rawTrailers),
      });
      response.end();
    });
  });
  server.on('checkContinue', (incoming, response) => server.emit('request', incoming, response));
  server.on('checkExpectation', (incoming, response) => server.emit('request', incoming, response));
  server.on('connect', (incoming, socket) => {
    requests.push({ line: `${incoming.method} ${incoming.url}`, fields: paired(incoming.rawHeaders), body: '', trailers: [] });
    socket.destroy();
  });
  // The stream is left open, so that requests before the error are still handed out.
  server.on('clientError', (error: NodeJS.ErrnoException) => { refused ??= error.code ?? error.message; });
  const socket = new MemorySocket({ allowHalfOpen: true });
  socket.on('error', () => {});
  server.emit('connection', socket);
  socket.push(bytes);
  if (ended) socket.push(null);
  // Node hands requests of a pipeline out one by one, over several turns.
  for (let turn = 0, quiet = 0; turn < 500 && quiet < 6; turn += 1) {
    const before = requests.length;
    await new Promise((resolve) => { setImmediate(resolve); });
    quiet = requests.length === before ? quiet + 1 : 0;
  }
  const own = /HTTP\/1\.1 (4\d\d) /.exec(socket.written)?.[1];
  socket.destroy();
  return { requests, refused: refused ?? own };
}

export interface NodeResponse {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** It reached its end. */
  readonly complete: boolean;
}

/** Reads the one response to a request with this method; undefined when there is none, or an error before its head. */
export async function readResponseByNode(bytes: Buffer, method: string): Promise<NodeResponse | undefined> {
  const socket = new MemorySocket({ allowHalfOpen: true });
  let head: Omit<NodeResponse, 'body' | 'trailers' | 'complete'> | undefined;
  let body = '';
  let trailers: string[] = [];
  let complete = false;
  const outgoing = request({ method, path: '/', createConnection: () => socket as unknown as Socket });
  outgoing.on('error', () => {});
  outgoing.on('response', (incoming) => {
    head = { status: incoming.statusCode!, fields: paired(incoming.rawHeaders) };
    incoming.on('data', (chunk: Buffer) => { body += chunk.toString('latin1'); });
    incoming.on('error', () => {});
    incoming.on('end', () => {
      complete = incoming.complete;
      trailers = paired(incoming.rawTrailers);
    });
  });
  outgoing.end();
  await new Promise((resolve) => { setImmediate(resolve); });
  socket.push(bytes);
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
  outgoing.destroy();
  socket.destroy();
  return head && { ...head, body, trailers, complete };
}

function paired(raw: readonly string[]): string[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => `${raw[2 * i]}: ${raw[2 * i + 1]}`);
}
