/** Requests of HTTP/2, or gRPC calls of one empty message, on one connection to each target. */
import { ClientHttp2Session, ClientHttp2Stream, connect, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { codeOf, messageOf } from '../../command-line/errors';
import { framed } from '../../stand-in/call';
import { Answer, Ask, failureOf, reasonIn, Sender, TIMEOUT_MS, trustIn } from './sender';

/** The call that every gRPC server is to know. */
const HEALTH_PATH = '/grpc.health.v1.Health/Check';
const EMPTY_MESSAGE = framed('');

export class Http2Sender implements Sender {
  private readonly sessions = new Map<string, ClientHttp2Session>();

  constructor(private readonly isGrpc: boolean, private readonly isSecure: boolean, private readonly trusted: string | undefined) {}

  send(ask: Ask, settle: (answer: Answer) => void): void {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let failure: string | undefined;
    let stream: ClientHttp2Stream;
    try {
      stream = this.sessionTo(ask).request(this.fieldsOf(ask), { endStream: !this.isGrpc });
    } catch (error) {
      settle({ headers, failure: codeOf(error) || messageOf(error) });
      return;
    }
    stream.on('response', (fields) => { headers = fields; });
    stream.on('trailers', (fields) => { trailers = fields; });
    // A stream of a connection that failed says so as a cancellation, whose cause is the connection's error.
    stream.on('error', (error) => { failure ??= codeOf(error.cause ?? error) || messageOf(error); });
    stream.setTimeout(TIMEOUT_MS, () => {
      failure = `no answer in ${TIMEOUT_MS / 1000} s`;
      stream.close();
    });
    stream.on('close', () => {
      const status = Number(headers[':status'] ?? 0);
      settle({ headers, failure: failure ?? (status === 0 ? 'answer cut off' : this.isGrpc ? callFailure({ ...headers, ...trailers }) : failureOf(status, headers)) });
    });
    stream.resume();
    if (this.isGrpc) stream.end(EMPTY_MESSAGE);
  }

  close(): void {
    for (const session of this.sessions.values()) session.close();
    this.sessions.clear();
  }

  private sessionTo({ target: { address, port }, host }: Ask): ClientHttp2Session {
    const key = `${address} ${port}`;
    const open = this.sessions.get(key);
    if (open && !open.closed && !open.destroyed) return open;
    const literal = address.includes(':') ? `[${address}]` : address;
    const session = connect(`${this.isSecure ? 'https' : 'http'}://${literal}:${port}`, { ...trustIn(this.trusted), servername: host });
    const forget = (): void => {
      if (this.sessions.get(key) === session) this.sessions.delete(key);
    };
    // Its streams are told, too.
    session.on('error', forget).on('goaway', forget).on('close', forget);
    this.sessions.set(key, session);
    return session;
  }

  private fieldsOf({ host, path, headers }: Ask): OutgoingHttpHeaders {
    const head = { ...headers, ':authority': host };
    if (!this.isGrpc) return { ...head, ':path': path };
    return { ...head, ':method': 'POST', ':path': path === '/' ? HEALTH_PATH : path, 'content-type': 'application/grpc', 'te': 'trailers' };
  }
}

/** Why a call counts as failed: the proxy's own reason if it gave one, else its status. */
function callFailure(fields: IncomingHttpHeaders): string | undefined {
  const status = fields['grpc-status'];
  return reasonIn(fields) ?? (status === '0' ? undefined : `app answered grpc-status ${status === undefined ? 'none' : String(status)}`);
}
