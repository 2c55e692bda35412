/**
 * A client's connection: reads its requests one after the other and writes the responses in the same order.
 *
 * Reading goes on while a request is under way, for nothing else tells that its client goes away. A client that closes is taken
 * to do so whether it resets or ends its connection, as nginx, Envoy and Node take it: the end of one that has closed looks like
 * that of one that merely sends no more, and the second is rare. Requests that arrive meanwhile (pipelining) are kept up to the
 * length of a head; beyond that they wait in the socket, and so does the news of an end behind them.
 */
import type { Socket } from 'node:net';
import { destroySoon, end, heldBytes, holdsBack } from '../../net/direct-write';
import { BodyReader } from '../../http1/body-reader';
import { Step } from '../../http1/chunked';
import { INCOMPLETE } from '../../http1/fault';
import { foreignRequest } from '../../http1/foreign-protocol';
import { Framing } from '../../http1/framing';
import { HeadBuffer } from '../../http1/head-buffer';
import { RequestHead } from '../../http1/request-head';
import { BytesListener, owned, readShared } from '../../net/shared-read';
import { SocketSide } from '../../net/tunnel-side';
import { Timeout } from '../../runtime/timeouts';
import { isTls, reset } from '../../tls/socket';
import type { ServeContext } from '../context';
import type { AcceptedConnection, Acceptor } from './accepted-connection';
import { Exchange } from '../exchange/exchange';
import { State } from './connection-state';
import { ENDED_WITHIN_BODY, ENDED_WITHIN_HEAD, HEAD_TIMEOUT, LENGTH_TOO_LARGE, OUT_OF_MEMORY, Refusal } from '../exchange/refusal';
import { Arrival, Peer } from './peer';
import type { Downstream, HandedOver } from '../exchange/response-sink';
import { ResponseWriter } from './response-writer';

/** Heads are parsed and dealt with in one turn, so one instance is enough; it holds as many fields as any limit allows. */
const head = new RequestHead(1_000);
const EMPTY = Buffer.alloc(0);
const METHOD_HEAD = Buffer.from('HEAD ');

export class ClientConnection implements Downstream, AcceptedConnection {
  /** What its client has sent ahead of its turn was dropped, so the response under way is the last. */
  last = false;
  readonly response: ResponseWriter;
  private state: State = State.HEAD;
  private readonly exchange: Exchange;
  private readonly heads = new HeadBuffer(true);
  private readonly body = new BodyReader();
  /** Bytes behind the request under way. */
  private backlog: Buffer | undefined;
  /** A loop over `backlog` is running further up the stack. */
  private reading = false;
  /** The client will send no more. */
  private inputEnded = false;
  /** Gets what is read, when the socket is a tunnel's. */
  private tunnel: BytesListener | undefined;
  /** The request under way lets the connection carry another one. */
  private persistent = false;
  private readonly timeout: Timeout;
  readonly peer: Peer;

  constructor(private readonly socket: Socket, readonly listener: Acceptor, private readonly context: ServeContext, arrival: Arrival = {}) {
    const { rest } = arrival;
    this.response = new ResponseWriter(socket, context, () => this.isLast);
    this.exchange = new Exchange(this, context);
    this.timeout = new Timeout(() => this.onTimeout());
    this.timeout.start(context.idleTimeout);
    this.peer = new Peer(arrival, socket, listener, context);
    readShared(socket, (bytes) => this.onBytes(bytes));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    // 'close' follows and does what is to be done.
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
    if (rest && rest.length > 0) this.onBytes(rest);
  }

  get idle(): boolean {
    return this.state === State.HEAD && !this.heads.partial && !this.backlog;
  }

  idleMs(now: number): number {
    return this.idle ? this.timeout.waitedMs(now) : 0;
  }

  get heldBytes(): number {
    const { backlog, heads, exchange } = this;
    return (backlog?.length ?? 0) + heads.heldBytes + heldBytes(this.socket) + (exchange.active ? exchange.heldBytes : 0);
  }

  recheck(): void {}

  get secure(): boolean { return isTls(this.socket); }

  pauseRequest(): void {
    if (!this.socket.isPaused()) this.socket.pause();
  }

  resumeRequest(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  /**
   * Gives the socket to a tunnel, with what the client has sent behind its request.
   *
   * @param listener gets what is read from now on
   */
  handOver(listener: BytesListener): HandedOver {
    const { socket, backlog } = this;
    this.state = State.TUNNEL;
    this.tunnel = listener;
    this.backlog = undefined;
    this.timeout.stop();
    for (const event of ['drain', 'end']) socket.removeAllListeners(event);
    return { side: new SocketSide(socket), backlog };
  }

  /** The request under way gets this answer, or, when its response has begun, the connection is cut. */
  refuse(refusal: Refusal): void {
    if (refusal.limit !== undefined) this.context.instruments.limitReached(refusal.limit);
    const answer = this.exchange.endBy(refusal);
    if (!answer) {
      this.destroy();
      return;
    }
    this.response.sendLocal(answer);
    this.onResponseWritten();
  }

  onResponseWritten(): void {
    if (this.response.closes) this.endGracefully();
    else this.nextRequest();
  }

  /** The connection stays open: on to the next request. */
  private nextRequest(): void {
    if (this.state === State.CLOSED) return;
    if (this.last) {
      this.endGracefully();
      return;
    }
    if (holdsBack(this.socket)) {
      // A client that sends requests and reads no responses must not make the proxy keep them all.
      this.state = State.FLUSHING;
      this.pauseRequest();
      this.timeout.start(this.context.bodyTimeout);
      return;
    }
    this.state = State.HEAD;
    this.timeout.start(this.context.idleTimeout);
    if (this.inputEnded) this.endGracefully();
    else if (!this.reading) this.readBacklog();
  }

  /** The last response is written: closes, but lets the client read it first. */
  endGracefully(): void {
    if (this.state >= State.LINGERING) return;
    this.state = State.LINGERING;
    this.backlog = undefined;
    this.heads.clear();
    // A slow client gets the time of a body to take what is left; only then the time to linger begins.
    this.timeout.start(this.context.bodyTimeout);
    end(this.socket, () => { if (this.state === State.LINGERING) this.timeout.start(this.context.lingerTimeout); });
    this.resumeRequest();
    if (this.inputEnded) destroySoon(this.socket);
  }

  /** Breaks off: the client must see that the message is not complete. */
  destroy(): void {
    // The event comes later; nothing that is read until then counts.
    this.state = State.CLOSED;
    this.backlog = undefined;
    reset(this.socket);
  }

  /** Forgets what came ahead of its turn, unless it is for a tunnel. False: there is nothing to forget. */
  dropBacklog(): boolean {
    if (!this.backlog || this.exchange.upstream.offersUpgrade) return false;
    this.backlog = undefined;
    this.last = true;
    // What still comes is dropped, too. Reading goes on, since it tells when the client goes away.
    this.resumeRequest();
    return true;
  }

  breakOff(): void {
    if (this.exchange.active) this.exchange.breakOff();
    else if (this.state === State.HEAD) this.refuseBytes(OUT_OF_MEMORY);
    else this.destroy();
  }

  /** HTTP/1.1 says it with the next response. */
  announceEnd(): void {}

  retire(): void {
    this.last = true;
    this.closeIdle();
  }

  closeIdle(): void { if (this.idle) this.endGracefully(); }

  stop(): void {
    if (this.exchange.active) this.exchange.stop();
    else this.endGracefully();
  }

  private onBytes(bytes: Buffer): void {
    const { memory } = this.context;
    memory.took(bytes.length);
    this.onData(bytes);
    if (this.backlog && memory.strained && this.dropBacklog()) memory.count('drop_backlog');
    if (this.backlog) this.backlog = owned(this.backlog);
  }

  private onData(chunk: Buffer): void {
    switch (this.state) {
      case State.HEAD:
        this.backlog = this.backlog ? Buffer.concat([this.backlog, chunk]) : chunk;
        if (!this.reading) this.readBacklog();
        return;
      case State.BODY:
        this.readBody(chunk);
        return;
      case State.WAITING:
      case State.FLUSHING:
        if (this.last) return;
        this.backlog = this.backlog ? Buffer.concat([this.backlog, chunk]) : chunk;
        this.readAhead();
        return;
      case State.TUNNEL:
        this.tunnel!(chunk);
        return;
      default:
    }
  }

  /** Reads heads for as long as requests are over at once; a loop, for a pipeline must not become a deep stack. */
  private readBacklog(): void {
    this.reading = true;
    while (this.backlog && this.state === State.HEAD) {
      const chunk = this.backlog;
      this.backlog = undefined;
      this.readHead(chunk);
    }
    this.reading = false;
    this.readAhead();
  }

  /** Between requests and behind a whole one reading goes on, unless as much waits as may. A body's reading is up to where it goes. */
  private readAhead(): void {
    if (this.state !== State.HEAD && this.state !== State.WAITING) return;
    if (this.backlog && this.backlog.length >= this.context.limits.maxHeadBytes) this.pauseRequest();
    else this.resumeRequest();
  }

  private readHead(chunk: Buffer): void {
    const { heads, context } = this;
    const began = heads.partial;
    const wrong = heads.feed(chunk, 0, head, context.limits);
    if (wrong === INCOMPLETE) {
      if (!began && heads.partial) this.timeout.start(context.headTimeout);
      if (context.memory.critical && heads.partial) this.breakOff();
      return;
    }
    if (wrong) {
      this.refuseBytes(foreignRequest(heads.buffer, heads.start, heads.end) ?? wrong);
      return;
    }
    this.timeout.stop();
    this.beginRequest(heads.buffer, heads.end);
    heads.clear();
  }

  private beginRequest(buffer: Buffer, end: number): void {
    const { framing, length } = head;
    const { body } = this;
    this.peer.count();
    if (framing === Framing.CHUNKED) {
      this.beginChunks(buffer, end);
      return;
    }
    const { maxBodyBytes } = this.context.limits;
    if (maxBodyBytes > 0 && length > maxBodyBytes) {
      this.refuseBytes(LENGTH_TOO_LARGE);
      return;
    }
    const available = buffer.length - end;
    if (available > length) this.backlog = buffer.subarray(end + length);
    const taken = Math.min(available, length);
    body.begin(framing, length - taken);
    this.state = body.complete ? State.WAITING : State.BODY;
    this.beginExchange(buffer, taken === 0 ? EMPTY : buffer.subarray(end, end + taken));
  }

  /** What came of the body with the head is read first: when it is broken, the request goes nowhere. */
  private beginChunks(buffer: Buffer, end: number): void {
    const { body } = this;
    body.begin(Framing.CHUNKED, 0);
    body.position = end;
    const step = body.next(buffer, this.context.limits);
    if (body.fault) {
      this.refuseBytes(body.fault);
      return;
    }
    this.state = State.BODY;
    this.beginExchange(buffer, EMPTY);
    this.passBody(buffer, step);
  }

  private beginExchange(buffer: Buffer, body: Buffer): void {
    const isLast = this.peer.isLastRequest(buffer, head);
    this.persistent = head.persistent && !isLast;
    this.response.begin(head);
    const refusal = this.exchange.begin(buffer, head, body, this.state === State.WAITING);
    if (refusal) this.refuse(refusal);
  }

  /** A response that begins now is the last: behind it, there may be the rest of its request. */
  private get isLast(): boolean {
    return !this.persistent || this.state !== State.WAITING || this.listener.ending || this.last;
  }

  private readBody(chunk: Buffer): void {
    this.body.position = 0;
    this.passBody(chunk, this.body.next(chunk, this.context.limits));
  }

  /** Passes on what the reader has come upon, and all that follows it. */
  private passBody(chunk: Buffer, first: Step): void {
    const { body, exchange } = this;
    for (let step = first; this.state === State.BODY && step !== Step.MORE; step = body.next(chunk, this.context.limits)) {
      if (step === Step.FAULT) {
        this.refuse(body.fault!);
        return;
      }
      if (body.complete) {
        this.state = State.WAITING;
        if (body.position < chunk.length) this.backlog = chunk.subarray(body.position);
      }
      const refusal = exchange.onRequestData(step === Step.DATA ? body.dataOf(chunk) : EMPTY, body.complete, body.trailers);
      if (refusal) {
        this.refuse(refusal);
        return;
      }
    }
    this.readAhead();
  }

  /** Answers bytes that are no request, and closes: where the next one would begin is not known. */
  private refuseBytes(refusal: Refusal): void {
    this.timeout.stop();
    if (refusal.limit !== undefined) this.context.instruments.limitReached(refusal.limit);
    const toHead = this.heads.beginsWith(METHOD_HEAD);
    this.heads.clear();
    this.response.sendLast(this.exchange.answerBytes(refusal, toHead !== undefined), toHead === true);
    this.endGracefully();
  }

  private onTimeout(): void {
    if (this.state === State.HEAD && this.heads.partial) {
      this.refuseBytes(HEAD_TIMEOUT);
    } else if (this.state === State.HEAD) {
      this.context.instruments.limitReached('idleTimeoutMs');
      this.endGracefully();
    } else {
      if (this.state === State.FLUSHING) this.context.instruments.limitReached('bodyTimeoutMs');
      this.socket.destroy();
    }
  }

  /** The client sends no more. A client that waits for an answer does not end its side, so what it sent behind that request is void, too. */
  private onEnd(): void {
    this.inputEnded = true;
    switch (this.state) {
      case State.HEAD:
        if (this.heads.partial) this.refuseBytes(ENDED_WITHIN_HEAD);
        else this.endGracefully();
        return;
      case State.BODY:
        this.refuse(ENDED_WITHIN_BODY);
        return;
      case State.WAITING:
        this.exchange.abort();
        this.destroy();
        return;
      case State.FLUSHING:
        return;
      default:
        destroySoon(this.socket);
    }
  }

  private onDrain(): void {
    if (this.exchange.active) this.exchange.onClientWritable();
    else if (this.state === State.FLUSHING) this.nextRequest();
  }

  private onClose(): void {
    this.state = State.CLOSED;
    this.timeout.stop();
    this.backlog = undefined;
    if (this.exchange.active) this.exchange.abort();
    this.listener.onConnectionClosed(this);
  }
}
