/**
 * A client's connection of HTTP/2: many requests at a time, each of them a stream with an exchange of its own. What a connection of HTTP/1.1
 * is about (whose turn it is, what came too early) has no counterpart here; its session keeps order.
 */
import type { Socket } from 'node:net';
import { RequestHead } from '../../../http1/request-head';
import { Framing } from '../../../http1/framing';
import { ERROR_NAMES, Http2Fault, PREFACE } from '../../../http2/frames';
import { PingWatch, Watched } from '../../../http2/ping-watch';
import { RequestHandler, ServerSession } from '../../../http2/server-session';
import type { SessionSettings } from '../../../http2/session-limits';
import type { Http2Stream } from '../../../http2/stream';
import { destroySoon, end, heldBytes, write } from '../../../net/direct-write';
import { readShared } from '../../../net/shared-read';
import { Timeout } from '../../../runtime/timeouts';
import { isTls, reset } from '../../../tls/socket';
import type { ServeContext } from '../../context';
import { HEAD_TOO_LARGE, NOT_HTTP2 } from '../../exchange/refusal';
import type { AcceptedConnection, Acceptor } from '../accepted-connection';
import { localResponse } from '../local-response';
import { Arrival, Peer } from '../peer';
import { REASONS } from '../../../telemetry/reasons';
import { Http2Exchange } from './http2-exchange';

/** Heads are parsed and dealt with in one turn, so one instance is enough; it holds as many fields as any limit allows. */
const head = new RequestHead(1_000);

/** Exchanges that are kept for further requests. */
const SPARE_EXCHANGES = 16;
/** The window of a whole connection, in windows of a stream: so many streams can be at their limit before the others wait. */
const WINDOWS_A_CONNECTION = 4;

const HTTP_1 = Buffer.from(' HTTP/1.');

export class Http2ClientConnection implements AcceptedConnection, RequestHandler, Watched {
  readonly peer: Peer;
  /** There from the moment on that the client has shown to speak HTTP/2. */
  private session: ServerSession | undefined;
  private readonly exchanges = new Map<Http2Stream, Http2Exchange>();
  private readonly spare: Http2Exchange[] = [];
  private readonly timeout: Timeout;
  /** There with the session. */
  private pings: PingWatch | undefined;
  /** How much of the client's first bytes has come. */
  private preface = 0;
  private ending = false;
  private closed = false;

  constructor(readonly socket: Socket, readonly listener: Acceptor, readonly context: ServeContext, arrival: Arrival = {}) {
    this.timeout = new Timeout(() => this.onTimeout());
    this.timeout.start(context.headTimeout);
    this.peer = new Peer(arrival, socket, listener, context);
    readShared(socket, (bytes) => this.onBytes(bytes));
    socket.on('drain', () => this.session?.onDrain());
    socket.on('end', () => this.onEnd());
    // 'close' follows and does what is to be done.
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
    if (arrival.rest && arrival.rest.length > 0) this.onBytes(arrival.rest);
  }

  get secure(): boolean { return isTls(this.socket); }
  get idle(): boolean { return this.exchanges.size === 0; }
  /** @internal */
  get busy(): boolean { return !this.idle; }
  idleMs(now: number): number { return this.idle ? this.timeout.waitedMs(now) : 0; }

  get heldBytes(): number {
    let bytes = (this.session?.heldBytes ?? 0) + heldBytes(this.socket);
    for (const exchange of this.exchanges.values()) bytes += exchange.heldUpstream;
    return bytes;
  }

  announceEnd(): void {
    this.session?.announceEnd();
  }

  recheck(): void {}

  retire(): void {
    this.ending = true;
    this.session?.end();
    this.closeIdle();
  }

  closeIdle(): void {
    if (this.idle) this.endGracefully();
  }

  stop(): void {
    this.session?.end();
    for (const exchange of [...this.exchanges.values()]) exchange.stop();
    this.ending = true;
    this.closeIdle();
  }

  destroy(): void {
    reset(this.socket);
  }

  breakOff(): void {
    for (const exchange of [...this.exchanges.values()]) exchange.breakOff();
  }

  /** What came early waits in the client, for its streams have no more window. */
  dropBacklog(): boolean { return false; }

  /** @internal */
  onRequest(streamId: number, text: Buffer, endsHere: boolean, key: string | undefined): Http2Stream | undefined {
    const { context, peer } = this;
    const session = this.session!;
    const exchange = this.spare.pop() ?? new Http2Exchange(this, session);
    const fault = text.length === 0 ? HEAD_TOO_LARGE : head.parse(text, 0, text.length, context.limits);
    const announced = fault || head.framing !== Framing.LENGTH ? -1 : head.length;
    if (endsHere && announced > 0) {
      this.spare.push(exchange);
      return undefined;
    }
    const stream = session.open(streamId, exchange, announced, endsHere);
    this.exchanges.set(stream, exchange);
    this.timeout.stop();
    peer.count();
    if (fault) {
      exchange.refuseHead(stream, fault);
      return stream;
    }
    if (peer.isLastRequest(text, head)) this.retireSoon();
    if (key === undefined) exchange.begin(stream, text, head, endsHere || announced === 0);
    else exchange.beginHandshake(stream, text, head, key);
    return stream;
  }

  /** @internal */
  onStreamClosed(stream: Http2Stream): void {
    this.exchanges.get(stream)?.onStreamClosed();
  }

  /** @internal */
  onExchangeOver(exchange: Http2Exchange, stream: Http2Stream): void {
    this.exchanges.delete(stream);
    if (this.spare.length < SPARE_EXCHANGES) this.spare.push(exchange);
    if (this.closed || this.session?.closed || this.exchanges.size > 0) return;
    if (this.ending || this.listener.ending) this.endGracefully();
    else this.timeout.start(this.context.idleTimeout);
  }

  /** @internal */
  onLimit(limit: string): void {
    this.context.instruments.limitReached(limit);
  }

  /** @internal */
  onFault(fault: Http2Fault): void {
    const { context } = this;
    this.listener.instruments.http2Fault(ERROR_NAMES[fault.code]!);
    if (fault.limit !== undefined) this.onLimit(fault.limit);
    this.timeout.start(context.lingerTimeout);
    end(this.socket);
  }

  /** @internal */
  ping(): void {
    this.session!.ping();
  }

  /** @internal */
  onSilent(): void {
    this.onLimit('pingTimeoutMs');
    this.destroy();
  }

  /** The request that has begun is the last; those that the client has sent before it hears so are answered, too. */
  private retireSoon(): void {
    this.ending = true;
    this.announceEnd();
  }

  private onBytes(bytes: Buffer): void {
    this.context.memory.took(bytes.length);
    if (this.session) {
      this.pings!.hear();
      this.session.feed(bytes);
      return;
    }
    if (this.closed) return;
    const due = Math.min(bytes.length, PREFACE.length - this.preface);
    if (PREFACE.compare(bytes, 0, due, this.preface, this.preface + due) !== 0) {
      this.refuseProtocol(bytes);
      return;
    }
    this.preface += due;
    if (this.preface < PREFACE.length) return;
    this.timeout.start(this.context.idleTimeout);
    const session = new ServerSession(this.socket, this.settings(), this);
    this.session = session;
    this.pings = new PingWatch(this, this.context.pingInterval, this.context.pingTimeout);
    if (this.ending) session.announceEnd();
    if (bytes.length > due) session.feed(bytes.subarray(due));
  }

  private settings(): SessionSettings {
    const { limits, clock } = this.context;
    return {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      streamWindowBytes: limits.maxBufferedBytes,
      connectionWindowBytes: limits.maxBufferedBytes * WINDOWS_A_CONNECTION,
      maxHeadBytes: limits.maxHeadBytes,
      maxStreamResets: limits.maxStreamResets,
      maxIdleFrames: limits.maxIdleFrames,
      now: () => clock.now(),
    };
  }

  /** What came is not HTTP/2. A client of HTTP/1.1 is told so, and any other finds the connection closed (RFC 9113 section 3.4). */
  private refuseProtocol(bytes: Buffer): void {
    const { context } = this;
    this.listener.instruments.http2Fault('PREFACE');
    if (!bytes.includes(HTTP_1)) {
      this.closed = true;
      this.socket.destroy();
      return;
    }
    const { code, detail } = NOT_HTTP2;
    write(this.socket, localResponse({ code, status: REASONS[code].status, detail, added: '' }, context, false, true));
    this.endGracefully();
  }

  private endGracefully(): void {
    if (this.closed) return;
    this.closed = true;
    this.session?.end();
    this.timeout.start(this.context.bodyTimeout);
    end(this.socket, () => this.timeout.start(this.context.lingerTimeout));
  }

  private onTimeout(): void {
    const { context } = this;
    if (this.closed || this.session?.closed) {
      this.socket.destroy();
      return;
    }
    context.instruments.limitReached(this.session ? 'idleTimeoutMs' : 'headTimeoutMs');
    this.endGracefully();
  }

  private onEnd(): void {
    this.session?.onSocketClosed('the client has ended the connection');
    destroySoon(this.socket);
  }

  private onClose(): void {
    this.closed = true;
    this.timeout.stop();
    this.pings?.stop();
    this.session?.onSocketClosed('the client is gone');
    this.listener.onConnectionClosed(this);
  }
}
