/** A client of HTTP/2 for tests: that of Node, with promises. */
import { ClientHttp2Session, connect, constants, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { once } from 'node:events';

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class Http2Client {
  private constructor(readonly session: ClientHttp2Session) {}

  static async to(port: number): Promise<Http2Client> {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    await once(session, 'connect');
    return new Http2Client(session);
  }

  /** Sends a request and reads all of its response. */
  ask(headers: OutgoingHttpHeaders, body?: Buffer | readonly Buffer[]): Promise<Http2Answer> {
    const pieces = body === undefined ? [] : Buffer.isBuffer(body) ? [body] : body;
    const stream = this.session.request({ ':path': '/', ...headers }, { endStream: body === undefined });
    for (const piece of pieces) stream.write(piece);
    if (body !== undefined) stream.end();
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let head: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      stream.on('response', (fields) => { head = fields; });
      stream.on('trailers', (fields) => { trailers = fields; });
      stream.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      stream.on('error', reject);
      stream.on('close', () => {
        if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) reject(new Error(`reset with ${stream.rstCode}`));
        else resolve({ status: Number(head[':status']), headers: head, trailers, body: Buffer.concat(chunks) });
      });
    });
  }

  close(): void {
    this.session.destroy();
  }
}
