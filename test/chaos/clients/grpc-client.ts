/**
 * gRPC calls of one message each, on one connection of HTTP/2. It is written on node:http2, as a client of gRPC sends a call again by itself
 * when its connection fails, which would hide what the proxy does.
 */
import { ClientHttp2Session, ClientHttp2Stream, connect, constants, IncomingHttpHeaders } from 'node:http2';
import type { SocketAddress } from '../../../src/cli/up/network';
import { reasonIn } from '../../../src/cli/up/traffic/sender';
import { framed } from '../../../src/cli/stand-in/call';
import { grpcPathOf, messageIn, POD_FIELD } from '../message';
import { Client, damageOf, FORGOTTEN, PATIENCE_MS, Sending } from './client';

export class GrpcClient implements Client {
  private session: ClientHttp2Session | undefined;

  constructor(private readonly host: string) {}

  send({ sent, place }: Sending, done: (failure: string | undefined) => void): void {
    let fields: IncomingHttpHeaders = {};
    const received: Buffer[] = [];
    const stream = this.open(place, grpcPathOf(sent.method), done);
    if (!stream) return;
    stream.setTimeout(PATIENCE_MS, () => {
      done(FORGOTTEN);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('response', (head) => { fields = head; });
    stream.on('trailers', (trailers) => { fields = { ...fields, ...trailers }; });
    stream.on('data', (chunk: Buffer) => received.push(chunk));
    stream.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    stream.on('close', () => {
      sent.status = Number(fields[':status'] ?? 0);
      sent.pod = fields[POD_FIELD] as string | undefined;
      sent.reason = reasonIn(fields);
      const status = fields['grpc-status'];
      if (status === '0') done(damageOf(sent, messageIn(Buffer.concat(received)) ?? ''));
      else done(sent.reason ?? (status === undefined ? 'cut off' : `grpc-status ${String(status)}`));
    });
    stream.end(framed(sent.id));
  }

  close(): void {
    this.session?.close();
  }

  private open({ address, port }: SocketAddress, path: string, done: (failure: string | undefined) => void): ClientHttp2Stream | undefined {
    if (!this.session || this.session.closed || this.session.destroyed) {
      const session = this.session = connect(`http://${address}:${port}`);
      session.on('error', () => undefined);
      session.on('goaway', () => { if (this.session === session) this.session = undefined; });
    }
    try {
      return this.session.request({ ':method': 'POST', ':path': path, ':authority': this.host, 'content-type': 'application/grpc', 'te': 'trailers' });
    } catch (error) {
      done((error as NodeJS.ErrnoException).code ?? String(error));
      return undefined;
    }
  }
}
