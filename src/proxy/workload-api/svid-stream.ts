/**
 * One call of `FetchX509SVID` over the unix socket of a SPIFFE agent: the agent answers at once, and again whenever something has changed, for as
 * long as the call lasts. No TLS and no token: the agent asks the kernel which process is at the other end.
 */
import { connect, Socket } from 'node:net';
import { statusIn } from '../grpc/answer';
import { framedMessage } from '../grpc/message';
import { GrpcStatus } from '../grpc/status';
import { ClientSession, ResponseStreamListener } from '../http2/client-session';
import { ERROR_NAMES, ErrorCode, Http2Fault } from '../http2/frames';
import type { SessionSettings } from '../http2/session-limits';
import { MessageReader } from './message-reader';

/** Why a call is over: `cause` is one of the metric's, `why` for people. */
export interface CallEnd {
  readonly cause: 'unreachable' | 'denied' | 'ended';
  readonly why: string;
}

export interface CallListener {
  /** An answer: an `X509SVIDResponse`. */
  onMessage(message: Buffer): void;
  /** Once; nothing comes after it. */
  onEnd(end: CallEnd): void;
}

/** The agent is on the same machine, and answers one call. */
const SETTINGS: Omit<SessionSettings, 'now'> = {
  maxConcurrentStreams: 1, streamWindowBytes: 262_144, connectionWindowBytes: 262_144, maxHeadBytes: 16_384, maxStreamResets: 10,
  maxIdleFrames: 1_000,
};

/** The metadata shows that no browser or other innocent client was made to send it: the agent refuses calls without. */
const REQUEST = Buffer.from([
  'POST /SpiffeWorkloadAPI/FetchX509SVID HTTP/1.1', 'host: localhost', 'content-type: application/grpc', 'te: trailers', 'workload.spiffe.io: true', '', '',
].join('\r\n'), 'latin1');
/** An `X509SVIDRequest` has no fields. */
const NOTHING = framedMessage(Buffer.alloc(0));

/** Longest text of the agent that is passed on. */
const MAX_WORDS = 200;

export class SvidStream implements ResponseStreamListener {
  private readonly socket: Socket;
  private readonly messages: MessageReader;
  private session: ClientSession | undefined;
  private over = false;

  constructor(path: string, now: () => number, private readonly listener: CallListener) {
    this.messages = new MessageReader((message) => { if (!this.over) listener.onMessage(message); });
    this.socket = connect({ path });
    this.socket.on('connect', () => this.begin(now));
    this.socket.on('data', (bytes) => this.session!.feed(bytes));
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.end(
      this.session ? { cause: 'ended', why: `the connection broke: ${error.code ?? error.message}` } : { cause: 'unreachable', why: inWords(error) },
    ));
    this.socket.on('close', () => this.end({ cause: 'ended', why: 'the connection was closed' }));
    this.socket.unref();
  }

  /** Nothing is heard of it any more. */
  close(): void {
    this.over = true;
    this.socket.destroy();
  }

  onHead(text: Buffer, endsHere: boolean): string | undefined {
    const status = text.toString('latin1', 'HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
    if (status.startsWith('1')) return undefined;
    if (status !== '200') this.end({ cause: 'ended', why: `it answers with HTTP status ${status}` });
    else if (endsHere) this.onTrailers(text);
    return undefined;
  }

  onData(data: Buffer, isLast: boolean): void {
    const problem = this.messages.feed(data);
    if (problem !== undefined) this.end({ cause: 'ended', why: problem });
    else if (isLast) this.end({ cause: 'ended', why: 'the answer ended without a status' });
  }

  onTrailers(lines: Buffer | undefined): void {
    const status = statusIn(lines);
    const words = messageIn(lines);
    const said = `${status < 0 ? 'no status' : `gRPC status ${status}`}${words === '' ? '' : ` (${words})`}`;
    this.end(status === GrpcStatus.PERMISSION_DENIED
      ? { cause: 'denied', why: `it gives this workload no identity (${words || 'permission denied'}); register the workload, or correct the selectors of its entry` }
      : { cause: 'ended', why: `it ended the call with ${said}` });
  }

  onReset(code: ErrorCode): void { this.end({ cause: 'ended', why: `it reset the call with ${ERROR_NAMES[code] ?? code}` }); }
  onFault({ detail }: Http2Fault): void { this.end({ cause: 'ended', why: `it does not speak HTTP/2: ${detail}` }); }
  onBroken(detail: string): void { this.end({ cause: 'ended', why: `the connection broke: ${detail}` }); }
  onUnprocessed(detail: string): void { this.end({ cause: 'ended', why: detail }); }
  onWritable(): void {}

  private begin(now: () => number): void {
    this.session = new ClientSession(this.socket, { ...SETTINGS, now }, {
      onStreamClosed: () => {}, onCapacity: () => {}, onLeaving: () => {}, onFault: (fault) => this.onFault(fault),
    }, false);
    this.session.sendLast(this.session.request(REQUEST, false, this), NOTHING);
  }

  private end(end: CallEnd): void {
    if (this.over) return;
    this.close();
    this.listener.onEnd(end);
  }
}

/** The status in words, as the agent says it; empty when it says none. */
function messageIn(lines: Buffer | undefined): string {
  const escaped = /^grpc-message: *(.*?)\r$/im.exec(lines?.toString('latin1') ?? '')?.[1] ?? '';
  return escaped.replace(/%20/g, ' ').replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_WORDS);
}

function inWords(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT': return 'its socket is not there; see whether the agent runs on the node, and whether its socket has this name';
    case 'ECONNREFUSED': return 'nobody listens there; see whether the agent runs on the node';
    case 'EACCES': return 'its socket may not be opened by this process; change its mode or owner';
    default: return `its socket can't be opened: ${error.code ?? error.message}`;
  }
}
