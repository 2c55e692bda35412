/**
 * An HTTP/1.1 connection to an endpoint: carries one request at a time and reads its response (RFC 9112). Whatever arrives while
 * no request is on it, or behind the end of a response, makes it unusable: it could only be taken for the answer to the
 * next request. So does a response that announces a body which it must not have, for that may come late.
 *
 * States: connecting -> idle <-> busy -> closed.
 */
import type { Socket } from 'node:net';
import { heldBytes, holdsBack, write } from '../net/direct-write';
import { BodyReader } from '../http1/body-reader';
import { Step } from '../http1/chunked';
import { INCOMPLETE } from '../http1/fault';
import { foreignResponse } from '../http1/foreign-protocol';
import { Framing } from '../http1/framing';
import { HeadBuffer } from '../http1/head-buffer';
import { ResponseHead } from '../http1/response-head';
import { frameChunk, frameKept, lastChunk } from '../http1/serialize';
import { BytesListener, onread, writeCopy } from '../net/shared-read';
import { SocketSide, TunnelSide } from '../net/tunnel-side';
import { Timeout, TimeoutQueue } from '../runtime/timeouts';
import { reset } from '../tls/socket';
import { isRefusalOfCertificate, UpstreamSecurity, wordOf } from '../tls/upstream-security';
import type { BodyListener, BrokenCode, OutgoingRequest, PooledCarrier, ResponseListener } from './carrier';
import type { ConnectionSettings } from './pool-dependencies';
import { Connecting, ConnectListener, Destination, UnestablishedCode } from './connector';
import { StatedLimits } from './stated-limits';

/** Heads are parsed and dealt with in one turn, so one instance is enough; it holds as many fields as any limit allows. */
const head = new ResponseHead(1_000);
const EMPTY = Buffer.alloc(0);

const TIMED_OUT = 'timeout';

/** Whose a connection is. */
export interface ConnectionOwner {
  /** It can be used. */
  onEstablished(connection: BackendConnection): void;
  onConnectFailed(code: UnestablishedCode, detail: string): void;
  /** Its request is over, and it can carry another one. */
  release(connection: BackendConnection): void;
  /** It was unused, and can be used no longer. */
  onWithdrawn(connection: BackendConnection): void;
  /** Its socket is closed. */
  onClosed(): void;
}

export class BackendConnection implements PooledCarrier, ConnectListener {
  openBefore = false;
  idleSince = Infinity;
  answered = false;

  /** Hears of the present request's response; gone when that is over. */
  private listener: ResponseListener | undefined;
  /** Gets the body of the response, from its head on. */
  private body: BodyListener | undefined;
  private toHead = false;
  private chunkedRequest = false;
  private requestEnded = false;
  private established = false;
  /** Gets what is read, when the socket is a tunnel's. */
  private tunnel: BytesListener | undefined;
  /** It is among the unused ones of its pool. */
  private idle = false;
  /** Nothing can be sent on it any more, though its socket may still be about to close. */
  private closed = false;
  /** A part of a head has come, and `timeout` runs until the rest has. */
  private awaitsHead = false;
  /** The head of the final response has been read. */
  private inBody = false;
  /** After the response is over the connection may carry another request. */
  private reusable = false;
  /** Bytes may still come that belong to no response. */
  private strays = false;
  private readonly stated = new StatedLimits();
  private readonly heads = new HeadBuffer(false);
  private readonly reader = new BodyReader();
  private readonly timeout: Timeout;
  private lastError = '';
  /** Bytes of interim responses to the present request. */
  private interimBytes = 0;
  private readonly connecting: Connecting;

  /** Another one while it is being made, whenever another address is tried. */
  socket!: Socket;

  constructor(to: Destination, private readonly pool: ConnectionOwner, private readonly dependencies: ConnectionSettings) {
    this.timeout = new Timeout(() => this.onTimeout());
    this.connecting = new Connecting(to, {
      allowHalfOpen: true,
      highWaterMark: dependencies.limits.maxBufferedBytes,
      onread: onread((bytes) => this.onData(bytes)),
    }, this);
    this.timeout.start(dependencies.connectTimeout);
  }

  /** @internal */
  onSocket(socket: Socket): void { this.socket = socket; }

  /** @internal Waits for another request until `queue`'s time is over. */
  enterIdle(queue: TimeoutQueue): void {
    this.idle = true;
    this.openBefore = true;
    const limitMs = this.stated.idleMs(false);
    this.timeout.start(limitMs < queue.milliseconds ? this.dependencies.timeouts.near(limitMs) : queue);
  }

  /**
   * @internal Whether it has been unused for so short a time that the endpoint, by what it states, has not closed it when a request
   * arrives there. Asked anew for each request, since a timer may be late.
   *
   * @param safely the request can't be sent again
   */
  isFresh(safely: boolean): boolean {
    const limitMs = this.stated.idleMs(safely);
    return limitMs === Infinity || this.timeout.waitedMs(this.dependencies.now()) < limitMs;
  }

  /**
   * @internal Whether it was made for who must be there now, and neither side's certificate has expired since. One that lapses carries no
   * further request.
   *
   * @param security of its endpoint
   */
  isFor(security: UpstreamSecurity | undefined): boolean {
    const { security: own, assurance } = this.connecting;
    return own === security && (assurance === undefined || security!.assures(assurance));
  }

  /** @internal */
  leaveIdle(): void {
    this.idle = false;
    this.idleSince = this.timeout.since;
    this.timeout.stop();
  }

  get heldBytes(): number { return heldBytes(this.socket); }
  get holdsBack(): boolean { return holdsBack(this.socket); }

  send(request: OutgoingRequest, listener: ResponseListener): boolean {
    this.listener = listener;
    this.body = undefined;
    this.toHead = request.toHead;
    this.chunkedRequest = request.unknownLength;
    this.requestEnded = false;
    this.inBody = false;
    this.answered = false;
    this.interimBytes = 0;
    this.stated.used();
    return write(this.socket, request.http1());
  }

  sendBody(data: Buffer, kept: boolean): boolean {
    if (this.chunkedRequest) return write(this.socket, kept ? frameKept(data) : frameChunk(data));
    return kept ? write(this.socket, data) : writeCopy(this.socket, EMPTY, data);
  }

  endBody(trailers: Buffer | undefined): void {
    this.requestEnded = true;
    if (this.chunkedRequest) write(this.socket, lastChunk(trailers));
  }

  pauseResponse(): void { this.socket.pause(); }
  resumeResponse(): void { this.socket.resume(); }

  finish(): void {
    this.listener = undefined;
    this.body = undefined;
    if (this.closed) return;
    if (this.reusable && this.requestEnded) {
      this.openBefore = true;
      this.idleSince = Infinity;
      if (this.socket.isPaused()) this.socket.resume();
      this.pool.release(this);
    } else {
      this.close();
    }
  }

  /** The connection counts as one of the pool's until the socket is closed. */
  detach(listener: BytesListener): TunnelSide {
    const { socket } = this;
    this.listener = undefined;
    this.tunnel = listener;
    this.heads.clear();
    for (const event of ['drain', 'end']) socket.removeAllListeners(event);
    return new SocketSide(socket);
  }

  /** A request that is under way is broken off by a reset, for an end could mean that no other request follows. */
  cancel(): void {
    const { socket, listener } = this;
    this.listener = undefined;
    this.body = undefined;
    this.withdraw();
    if (listener) reset(socket);
    else socket.destroy();
  }

  /** Closes at once. */
  close(): void { this.cancel(); }

  /** From here on nobody gets it. The socket says only later that it is closed, and a request may come before that. */
  private withdraw(): void {
    this.closed = true;
    if (!this.idle) return;
    this.leaveIdle();
    this.pool.onWithdrawn(this);
  }

  /** @internal */
  onConnected(): void {
    const { socket } = this;
    this.established = true;
    socket.on('drain', () => (this.body ?? this.listener)?.onWritable());
    socket.on('end', () => this.onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.lastError = wordOf(error);
      this.onBroken();
    });
    socket.on('close', () => this.onClose());
    this.timeout.stop();
    this.pool.onEstablished(this);
  }

  /** @internal */
  onUnconnected(detail: string, code: UnestablishedCode): void {
    this.timeout.stop();
    this.pool.onConnectFailed(detail === TIMED_OUT ? 'connect_timeout' : code, detail);
  }

  private onTimeout(): void {
    if (this.awaitsHead) {
      this.awaitsHead = false;
      this.fail('upstream_protocol_error', 'the head of the response was not complete in time', 'headTimeoutMs');
    } else if (this.established) {
      this.close();
    } else {
      this.connecting.cancel(TIMED_OUT);
    }
  }

  private onData(chunk: Buffer): void {
    if (this.tunnel) {
      this.tunnel(chunk);
      return;
    }
    if (!this.listener) {
      this.close();
      return;
    }
    this.answered = true;
    if (this.inBody) this.readBody(chunk, 0);
    else this.readHead(chunk);
  }

  private readHead(chunk: Buffer): void {
    const { limits } = this.dependencies;
    let from = 0;
    for (;;) {
      const { listener, heads } = this;
      if (!listener || from >= chunk.length) return;
      head.toHead = this.toHead;
      const wrong = heads.feed(chunk, from, head, limits);
      if (wrong === INCOMPLETE) {
        if (!this.awaitsHead && heads.partial) this.awaitHead();
        return;
      }
      if (this.awaitsHead) this.leaveHead();
      if (wrong) {
        const { detail } = foreignResponse(heads.buffer, heads.start, heads.end) ?? wrong;
        this.fail('upstream_protocol_error', detail, wrong.limit);
        return;
      }
      if (head.strayBody) this.strays = true;
      if (!head.interim) {
        this.beginBody(heads.buffer, heads.end, listener);
        return;
      }
      if (head.status === 101) {
        const rest = heads.end < heads.buffer.length ? heads.buffer.subarray(heads.end) : EMPTY;
        if (!listener.onSwitch(heads.buffer, head, rest)) this.fail('upstream_protocol_error', 'a switch of protocols that was not asked for');
        return;
      }
      this.interimBytes += heads.end - heads.start;
      if (this.interimBytes > limits.maxHeadBytes) {
        this.fail('upstream_protocol_error', 'interim responses longer than the limit of a head', 'maxHeadBytes');
        return;
      }
      listener.onInterim(heads.buffer, head);
      chunk = heads.buffer;
      from = heads.end;
    }
  }

  /** A head has begun and is not complete. It must be in time, whether or not the request has a timeout. */
  private awaitHead(): void {
    this.awaitsHead = true;
    this.timeout.start(this.dependencies.headTimeout);
  }

  private leaveHead(): void {
    this.awaitsHead = false;
    this.timeout.stop();
  }

  private beginBody(buffer: Buffer, end: number, listener: ResponseListener): void {
    const { framing, length } = head;
    const available = buffer.length - end;
    this.stated.take(head.keepAlive);
    const persistent = head.persistent && !this.strays && !this.stated.exhausted;
    this.heads.clear();
    this.inBody = true;
    if (framing === Framing.NONE || framing === Framing.LENGTH) {
      const taken = Math.min(available, length);
      this.reusable = persistent && available <= length;
      this.reader.begin(framing, length - taken);
      const complete = taken === length;
      const body = listener.onResponseHead(buffer, head, taken === 0 ? EMPTY : buffer.subarray(end, end + taken), complete);
      if (!complete) this.commit(body);
      return;
    }
    this.reusable = persistent && framing === Framing.CHUNKED;
    this.reader.begin(framing, 0);
    this.reader.position = end;
    // What came of the body with the head is read before the head is passed on: when it is broken, nothing has reached the client, which
    // then gets a response that says so.
    const step = this.reader.next(buffer, this.dependencies.limits);
    const { fault } = this.reader;
    if (fault) {
      this.fail('upstream_protocol_error', fault.detail, fault.limit);
      return;
    }
    this.commit(listener.onResponseHead(buffer, head, EMPTY, false));
    this.passBody(buffer, step);
  }

  /** The response counts: its body has somewhere to go. */
  private commit(body: BodyListener | undefined): void {
    if (this.listener) this.body = body;
  }

  private readBody(chunk: Buffer, from: number): void {
    this.reader.position = from;
    this.passBody(chunk, this.reader.next(chunk, this.dependencies.limits));
  }

  /** Passes on what the reader has come upon, and all that follows it, for as long as somebody takes it. */
  private passBody(chunk: Buffer, first: Step): void {
    const { reader } = this;
    for (let step = first; step !== Step.MORE; step = reader.next(chunk, this.dependencies.limits)) {
      if (!this.body) return;
      if (step === Step.FAULT) {
        this.fail('upstream_protocol_error', reader.fault!.detail, reader.fault!.limit);
        return;
      }
      if (reader.complete && reader.position < chunk.length) this.reusable = false;
      if (step === Step.DATA) this.body.onResponseData(reader.dataOf(chunk));
      if (reader.complete) {
        this.body?.onResponseEnd(reader.trailers);
        return;
      }
    }
  }

  /** The endpoint sends no more: the end of a body that has no other, and of everything else an untimely one. */
  private onEnd(): void {
    this.withdraw();
    if (this.body && this.reader.endsWithConnection) this.body.onResponseEnd(undefined);
    else this.onBroken();
    this.socket.destroy();
  }

  /** The request that waits for a response learns of it at once: what still comes to be sent must not be lost here. */
  private onBroken(): void {
    this.withdraw();
    if (!this.listener) return;
    const { stats } = this.dependencies;
    // In TLS 1.3 a server judges our certificate after we believe that the handshake is over, and may do so behind our first request.
    if (!this.answered && !this.openBefore && isRefusalOfCertificate(this.lastError)) {
      stats.certificateRefused += 1;
      this.fail('identity_refused', this.lastError);
      return;
    }
    stats.brokenInUse += 1;
    this.fail('upstream_closed', this.lastError || 'closed');
  }

  private onClose(): void {
    this.timeout.stop();
    this.onBroken();
    this.pool.onClosed();
  }

  private fail(code: BrokenCode, detail: string, limit?: string): void {
    const { listener, body } = this;
    this.close();
    if (body) body.onResponseBroken(detail, limit);
    else listener?.onResponseFailed(code, detail, limit);
  }
}
