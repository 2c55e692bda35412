/** Requests of HTTP/1.1 on connections that are kept. */
import { Agent, IncomingMessage, request } from 'node:http';
import { failureOf } from '../../../src/cli/up/traffic/sender';
import { Method, pathOf, POD_FIELD } from '../message';
import type { Sent } from '../load';
import { Client, damageOf, FORGOTTEN, MOST_BYTES, PATIENCE_MS, Sending } from './client';

const BODY = 'p'.repeat(200);
const WITH_BODY: ReadonlySet<Method> = new Set<Method>(['PUT', 'POST']);

export class HttpClient implements Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });

  constructor(private readonly host: string) {}

  send({ sent, place: { address, port }, chunked }: Sending, done: (failure: string | undefined) => void): void {
    const { id, method } = sent;
    const call = request({ host: address, port, method, path: pathOf(id), agent: this.agent, headers: { host: this.host } });
    call.on('response', (response) => receive(sent, response, done));
    const patience = setTimeout(() => {
      done(FORGOTTEN);
      call.destroy();
    }, PATIENCE_MS);
    call.on('close', () => clearTimeout(patience)).on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    if (!WITH_BODY.has(method)) call.end();
    else if (!chunked) call.setHeader('content-length', BODY.length).end(BODY);
    else {
      call.write(BODY.slice(0, 100));
      call.end(BODY.slice(100));
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

function receive(sent: Sent, response: IncomingMessage, done: (failure: string | undefined) => void): void {
  sent.status = response.statusCode!;
  sent.pod = response.headers[POD_FIELD] as string | undefined;
  const failure = failureOf(sent.status, response.headers);
  if (response.headers['proxy-status'] !== undefined) sent.reason = failure;
  let body = '';
  response.on('data', (chunk) => {
    body += chunk;
    if (body.length <= MOST_BYTES) return;
    done('an answer without end');
    response.destroy();
  });
  response.on('end', () => done((sent.status === 200 ? damageOf(sent, body) : undefined) ?? failure));
  response.on('error', () => done('cut off'));
  response.on('close', () => done('cut off'));
}
