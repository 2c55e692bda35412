/**
 * A connection to an endpoint: carries one request at a time and reads its response (RFC 9112). Whatever arrives while
 * no request is on it, or behind the end of a response, makes it unusable: it could only be taken for the answer to the
 * next request. So does a response that announces a body which it must not have, for that may come late.
 *
 * States: connecting -> idle <-> busy -> closed.
 */
import { connect, Socket, TcpSocketConnectOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { write } from '../direct-write';
import { ChunkedDecoder, Step } from '../http1/chunked';
import { INCOMPLETE } from '../http1/fault';
import { foreignResponse } from '../http1/foreign-protocol';
import { Framing } from '../http1/framing';
import { HeadBuffer } from '../http1/head-buffer';
import { ResponseHead } from '../http1/response-head';
import { OctetListener, onread, writeCopy } from '../shared-read';
import { Timeout, TimeoutQueue } from '../timeouts';
import { reset } from '../tls/socket';
import type { Dial } from './addresses';
import type { ConnectionPool, PoolSurroundings } from './pool';
import { StatedLimits } from './stated-limits';

/**
 * Who gets the response. Buffers are valid during a call only. Calls come in this order: interim*, head, data*, end; or
 * failed, once, in place of the rest.
 */
export interface ResponseReceiver {
  /** An interim (1xx) response. */
  onInterim(buffer: Buffer, head: ResponseHead): void;
  /**
   * A switch of protocols (101). The receiver takes the socket over by `detach`, or returns false when it did not ask for it.
   *
   * @param rest octets of the other protocol that came with the head
   */
  onSwitch(buffer: Buffer, head: ResponseHead, rest: Buffer): boolean;
  /**
   * The head of the final response. `head` is valid during the call only.
   *
   * @param body octets of the body that arrived with it; none when the body is chunked
   * @param complete `body` is all of it and no other call follows
   */
  onResponseHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void;
  /** Octets of the body, without their framing. */
  onResponseData(data: Buffer): void;
  /** The body is complete. */
  onResponseEnd(trailers: Buffer | undefined): void;
  /**
   * The connection broke, or the response is not HTTP.
   *
   * @param limit the limit that it reached, when it did
   */
  onResponseFailed(code: 'upstream_closed' | 'upstream_protocol_error', detail: string, limit: string | undefined): void;
  /** The connection takes octets again. */
  onBackendDrain(): void;
}

/** Heads are parsed and dealt with in one turn, so one instance is enough; it holds as many fields as any limit allows. */
const head = new ResponseHead(1_000);
const EMPTY = Buffer.alloc(0);

/** Options of a socket, and of the stream that it is. */
export type SocketOptions = TcpSocketConnectOpts & DuplexOptions;

export class BackendConnection {
  /** It was open before the present request, so the endpoint may have closed it in the meantime. */
  openBefore = false;
  /** When it was last put among the unused ones, monotonic milliseconds; Infinity when the present request followed at once. */
  idleSince = Infinity;
  /** Octets of a response have arrived for the present request. */
  answered = false;

  private receiver: ResponseReceiver | undefined;
  private toHead = false;
  private established = false;
  /** Gets what is read, when the socket is a tunnel's. */
  private tunnel: OctetListener | undefined;
  /** It is among the unused ones of its pool. */
  private idle = false;
  /** Nothing can be sent on it any more, though its socket may still be about to close. */
  private closed = false;
  /** A part of a head has come, and `timeout` runs until the rest has. */
  private awaitsHead = false;
  /** The head of the final response has been read. */
  private inBody = false;
  private framing: Framing = Framing.NONE;
  private remaining = 0;
  /** After the response is over the connection may carry another request. */
  private reusable = false;
  /** Octets may still come that belong to no response. */
  private strays = false;
  private readonly stated = new StatedLimits();
  private readonly heads = new HeadBuffer(false);
  private decoder: ChunkedDecoder | undefined;
  private readonly timeout: Timeout;
  private lastError = '';
  /** Octets of interim responses to the present request. */
  private interimBytes = 0;

  /** Another one while it is being made, whenever another address is tried. */
  socket: Socket;

  /** @param options but for the host, which `dial` knows */
  constructor(
    private readonly dial: Dial, options: SocketOptions, private readonly pool: ConnectionPool, private readonly surroundings: PoolSurroundings,
  ) {
    this.timeout = new Timeout(() => this.onTimeout());
    this.socket = this.connect(options);
  }

  private connect(options: SocketOptions): Socket {
    const socket = connect({ ...options, host: this.dial.address, onread: onread((octets) => this.onData(octets)) });
    socket.on('connect', () => this.onConnect());
    socket.on('drain', () => this.receiver?.onBackendDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.onError(error));
    socket.on('close', () => {
      if (!this.established && this.dial.goesOn(this.lastError)) this.socket = this.connect(options);
      else this.onClose();
    });
    return socket;
  }

  /** @internal */
  awaitConnection(queue: TimeoutQueue): void {
    this.timeout.start(queue);
  }

  /** @internal Waits for another request until `queue`'s time is over. */
  enterIdle(queue: TimeoutQueue): void {
    this.idle = true;
    this.openBefore = true;
    const limitMs = this.stated.idleMs(false);
    this.timeout.start(limitMs < queue.milliseconds ? this.surroundings.timeouts.near(limitMs) : queue);
  }

  /**
   * @internal Whether it has been unused for so short a time that the endpoint, by what it states, has not closed it when a request
   * arrives there. Asked anew for each request, since a timer may be late.
   *
   * @param safely the request can't be sent again
   */
  isFresh(safely: boolean): boolean {
    const limitMs = this.stated.idleMs(safely);
    return limitMs === Infinity || this.timeout.waitedMs(this.surroundings.now()) < limitMs;
  }

  /** @internal */
  leaveIdle(): void {
    this.idle = false;
    this.idleSince = this.timeout.since;
    this.timeout.stop();
  }

  /**
   * Sends a request's head, with as much of the body as is there.
   *
   * @param toHead it is a HEAD request
   * @returns false when the octets are held back; `onBackendDrain` says when more can come
   */
  send(message: Buffer, toHead: boolean, receiver: ResponseReceiver): boolean {
    this.receiver = receiver;
    this.toHead = toHead;
    this.inBody = false;
    this.answered = false;
    this.interimBytes = 0;
    this.stated.used();
    return write(this.socket, message);
  }

  /** Octets of the request's body, framed. */
  sendBody(data: Buffer): boolean {
    return write(this.socket, data);
  }

  /** The same for octets that are valid during this call only. */
  sendCopy(data: Buffer): boolean {
    return writeCopy(this.socket, EMPTY, data);
  }

  /** The request's side stalls, or reads again. */
  pauseReading(): void { this.socket.pause(); }
  resumeReading(): void { this.socket.resume(); }

  /**
   * The response is over: gives the connection back, or closes it when it can't be used again.
   *
   * @param requestComplete all of the request was sent
   */
  finish(requestComplete: boolean): void {
    this.receiver = undefined;
    if (this.closed) return;
    if (this.reusable && requestComplete) {
      this.openBefore = true;
      this.idleSince = Infinity;
      if (this.socket.isPaused()) this.socket.resume();
      this.pool.release(this);
    } else {
      this.close();
    }
  }

  /**
   * Hands the socket over to a tunnel. The connection counts as one of the pool's until the socket is closed.
   *
   * @param listener gets what is read from now on
   */
  detach(listener: OctetListener): Socket {
    const { socket } = this;
    this.receiver = undefined;
    this.tunnel = listener;
    this.heads.clear();
    for (const event of ['drain', 'end']) socket.removeAllListeners(event);
    return socket;
  }

  /**
   * Closes at once; the receiver hears no more. A request that is under way is broken off by a reset, for an end could mean that
   * no other request follows.
   */
  close(): void {
    const { socket, receiver } = this;
    this.receiver = undefined;
    this.withdraw();
    if (receiver) reset(socket);
    else socket.destroy();
  }

  /** From here on nobody gets it. The socket says only later that it is closed, and a request may come before that. */
  private withdraw(): void {
    this.closed = true;
    if (!this.idle) return;
    this.leaveIdle();
    this.pool.onWithdrawn(this);
  }

  private onConnect(): void {
    this.lastError = '';
    this.established = true;
    this.dial.succeeded();
    this.timeout.stop();
    this.pool.onEstablished(this);
  }

  private onTimeout(): void {
    if (this.awaitsHead) {
      this.awaitsHead = false;
      this.fail('upstream_protocol_error', 'the head of the response was not complete in time', 'headTimeoutMs');
    } else if (this.established) {
      this.close();
    } else {
      this.lastError = 'timeout';
      this.socket.destroy();
    }
  }

  private onData(chunk: Buffer): void {
    if (this.tunnel) {
      this.tunnel(chunk);
      return;
    }
    if (!this.receiver) {
      this.close();
      return;
    }
    this.answered = true;
    if (this.inBody) this.readBody(chunk, 0);
    else this.readHead(chunk);
  }

  private readHead(chunk: Buffer): void {
    const { limits } = this.surroundings;
    let from = 0;
    for (;;) {
      const { receiver, heads } = this;
      if (!receiver || from >= chunk.length) return;
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
        this.beginBody(heads.buffer, heads.end, receiver);
        return;
      }
      if (head.status === 101) {
        const rest = heads.end < heads.buffer.length ? heads.buffer.subarray(heads.end) : EMPTY;
        if (!receiver.onSwitch(heads.buffer, head, rest)) this.fail('upstream_protocol_error', 'a switch of protocols that was not asked for');
        return;
      }
      this.interimBytes += heads.end - heads.start;
      if (this.interimBytes > limits.maxHeadBytes) {
        this.fail('upstream_protocol_error', 'interim responses longer than the limit of a head', 'maxHeadBytes');
        return;
      }
      receiver.onInterim(heads.buffer, head);
      chunk = heads.buffer;
      from = heads.end;
    }
  }

  /** A head has begun and is not complete. It must be in time, whether or not the request has a timeout. */
  private awaitHead(): void {
    this.awaitsHead = true;
    this.timeout.start(this.surroundings.headTimeout);
  }

  private leaveHead(): void {
    this.awaitsHead = false;
    this.timeout.stop();
  }

  private beginBody(buffer: Buffer, end: number, receiver: ResponseReceiver): void {
    const { framing, length } = head;
    const available = buffer.length - end;
    this.stated.take(head.keepAlive);
    const persistent = head.persistent && !this.strays && !this.stated.exhausted;
    this.framing = framing;
    this.heads.clear();
    if (framing === Framing.NONE || framing === Framing.LENGTH) {
      const complete = available >= length;
      const taken = complete ? length : available;
      this.reusable = persistent && available <= length;
      this.inBody = true;
      this.remaining = length - taken;
      receiver.onResponseHead(buffer, head, taken === 0 ? EMPTY : buffer.subarray(end, end + taken), complete);
      return;
    }
    this.reusable = persistent && framing === Framing.CHUNKED;
    this.inBody = true;
    if (framing === Framing.CHUNKED) {
      this.beginChunks(buffer, end, receiver);
      return;
    }
    receiver.onResponseHead(buffer, head, EMPTY, false);
    if (available > 0) this.readBody(buffer, end);
  }

  /**
   * What came of the body with the head is read before the head is passed on: when it is broken, nothing has reached the client, which then
   * gets a response that says so.
   */
  private beginChunks(buffer: Buffer, end: number, receiver: ResponseReceiver): void {
    const decoder = this.decoder ??= new ChunkedDecoder();
    decoder.reset();
    decoder.position = end;
    const step = decoder.next(buffer, buffer.length, this.surroundings.limits);
    if (decoder.fault) {
      this.fail('upstream_protocol_error', decoder.fault.detail, decoder.fault.limit);
      return;
    }
    receiver.onResponseHead(buffer, head, EMPTY, false);
    this.passChunks(buffer, step);
  }

  private readBody(chunk: Buffer, from: number): void {
    const receiver = this.receiver;
    if (!receiver) return;
    switch (this.framing) {
      case Framing.LENGTH: {
        const available = chunk.length - from;
        const taken = Math.min(available, this.remaining);
        this.remaining -= taken;
        if (available > taken) this.reusable = false;
        receiver.onResponseData(from === 0 && taken === available ? chunk : chunk.subarray(from, from + taken));
        if (this.remaining === 0) this.receiver?.onResponseEnd(undefined);
        return;
      }
      case Framing.CHUNKED:
        this.readChunks(chunk, from);
        return;
      case Framing.CLOSE:
        receiver.onResponseData(from === 0 ? chunk : chunk.subarray(from));
        return;
      case Framing.NONE:
    }
  }

  private readChunks(chunk: Buffer, from: number): void {
    const decoder = this.decoder!;
    decoder.position = from;
    this.passChunks(chunk, decoder.next(chunk, chunk.length, this.surroundings.limits));
  }

  /** Passes on what the decoder has come upon, and all that follows it. */
  private passChunks(chunk: Buffer, first: Step): void {
    const decoder = this.decoder!;
    for (let step = first; ; step = decoder.next(chunk, chunk.length, this.surroundings.limits)) {
      // The receiver may have given up in the call before.
      const receiver = this.receiver;
      if (!receiver || step === Step.MORE) return;
      if (step === Step.DATA) {
        receiver.onResponseData(chunk.subarray(decoder.dataStart, decoder.dataEnd));
      } else if (step === Step.END) {
        if (decoder.position < chunk.length) this.reusable = false;
        receiver.onResponseEnd(decoder.trailers);
        return;
      } else {
        this.fail('upstream_protocol_error', decoder.fault!.detail, decoder.fault!.limit);
        return;
      }
    }
  }

  /** The endpoint sends no more: the end of a body that has no other, and of everything else an untimely one. */
  private onEnd(): void {
    this.withdraw();
    if (this.receiver && this.inBody && this.framing === Framing.CLOSE) this.receiver.onResponseEnd(undefined);
    else this.onBroken();
    this.socket.destroy();
  }

  private onError(error: NodeJS.ErrnoException): void {
    this.lastError = error.code ?? error.message;
    if (this.established) this.onBroken();
  }

  /** Whoever waits for a response learns of it at once: what still comes to be sent must not be lost here. */
  private onBroken(): void {
    this.withdraw();
    if (!this.receiver) return;
    this.surroundings.stats.brokenInUse += 1;
    this.fail('upstream_closed', this.lastError || 'closed');
  }

  private onClose(): void {
    this.timeout.stop();
    if (!this.established) {
      const timedOut = this.lastError === 'timeout';
      this.pool.onConnectFailed(timedOut ? 'connect_timeout' : 'connect_failed', this.dial.describe(this.lastError));
      return;
    }
    this.onBroken();
    this.pool.onClosed();
  }

  private fail(code: 'upstream_closed' | 'upstream_protocol_error', detail: string, limit?: string): void {
    const receiver = this.receiver;
    this.close();
    receiver?.onResponseFailed(code, detail, limit);
  }
}
