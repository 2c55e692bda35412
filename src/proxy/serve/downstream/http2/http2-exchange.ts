/**
 * One stream of a client's connection of HTTP/2, as an exchange sees its client. A connection uses it again for another stream when the first
 * is over. Heads come and go in the form of HTTP/1.1; what becomes of them on the wire is the session's.
 */
import { statusLines } from '../../../grpc/answer';
import { isCall } from '../../../grpc/call';
import type { Fault } from '../../../http1/fault';
import type { RequestHead } from '../../../http1/request-head';
import { Method } from '../../../http1/request-head';
import type { ResponseHead } from '../../../http1/response-head';
import { Persistence, serializeResponse } from '../../../http1/serialize';
import { ErrorCode } from '../../../http2/frames';
import { takeAccept } from '../../../http1/websocket';
import { responseBlock } from '../../../http2/head-block';
import type { RequestStreamListener, ServerSession } from '../../../http2/server-session';
import type { Http2Stream } from '../../../http2/stream';
import { StreamSide } from '../../../http2/stream-side';
import { KeptBytes } from '../../../net/kept-bytes';
import type { BytesListener } from '../../../net/shared-read';
import { REASONS } from '../../../telemetry/reasons';
import { Timeout } from '../../../runtime/timeouts';
import { Exchange } from '../../exchange/exchange';
import { LENGTH_TOO_LARGE, NO_SWITCH, Refusal } from '../../exchange/refusal';
import type { Downstream, Entry, HandedOver, LocalAnswer, Peer, ResponseSink } from '../../exchange/response-sink';
import type { ServeContext } from '../../context';
import { localCallEnd, localResponse } from '../local-response';

const EMPTY = Buffer.alloc(0);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** The connection that it is on. */
export interface StreamOwner {
  readonly listener: Entry;
  readonly context: ServeContext;
  readonly peer: { ofStream(): Peer };
  readonly secure: boolean;
  /** Both the stream and what was to be done for it are over. */
  onExchangeOver(exchange: Http2Exchange, stream: Http2Stream): void;
}

export class Http2Exchange implements Downstream, ResponseSink, RequestStreamListener {
  readonly listener: Entry;
  readonly peer: Peer;
  private stream: Http2Stream | undefined;
  private toHead = false;
  /** Of a WebSocket: what the endpoint's answer has to fit; and what came before that. */
  private key: string | undefined;
  private backlog: KeptBytes | undefined;
  private readonly exchange: Exchange;
  /** Runs while the response is complete here, and the client has not taken all of it. */
  private readonly flush: Timeout;

  constructor(private readonly owner: StreamOwner, private readonly session: ServerSession) {
    this.listener = owner.listener;
    this.peer = owner.peer.ofStream();
    this.exchange = new Exchange(this, owner.context);
    this.flush = new Timeout(() => this.onNotTaken());
  }

  /** What its responses are written to. */
  get response(): ResponseSink { return this; }
  get secure(): boolean { return this.owner.secure; }
  /** Its request is under way. */
  get active(): boolean { return this.exchange.active; }
  get heldBytes(): number { return (this.stream?.waitingBytes ?? 0) + this.heldUpstream; }
  get mustSwitch(): boolean { return this.key !== undefined; }
  /** The same without what the session holds. */
  get heldUpstream(): number { return (this.backlog?.heldBytes ?? 0) + (this.exchange.active ? this.exchange.heldBytes : 0); }

  begin(stream: Http2Stream, text: Buffer, head: RequestHead, complete: boolean): void {
    const { maxBodyBytes } = this.owner.context.limits;
    const ofCall = isCall(text, head);
    this.stream = stream;
    this.key = undefined;
    this.toHead = head.method === Method.HEAD;
    if (maxBodyBytes > 0 && stream.announced > maxBodyBytes) {
      this.refuseHead(stream, LENGTH_TOO_LARGE, ofCall);
      return;
    }
    const refusal = this.exchange.begin(text, head, EMPTY, complete, ofCall);
    if (refusal) this.refuse(refusal);
  }

  /**
   * A handshake of WebSocket. What follows is for whom it leads to, and waits until then, as far as the window of the stream goes.
   *
   * @param key that `text` has
   */
  beginHandshake(stream: Http2Stream, text: Buffer, head: RequestHead, key: string): void {
    this.stream = stream;
    this.key = key;
    this.toHead = false;
    this.session.pause(stream);
    const refusal = this.exchange.begin(text, head, EMPTY, true);
    if (refusal) this.refuse(refusal);
  }

  /** Answers a head that is no request, or is refused before it is one. */
  refuseHead(stream: Http2Stream, fault: Fault | Refusal, ofCall = false): void {
    this.stream = stream;
    this.key = undefined;
    this.toHead = false;
    if (fault.limit !== undefined) this.owner.context.instruments.limitReached(fault.limit);
    const answer = this.exchange.answerBytes(fault, true);
    this.exchange.record.isCall = ofCall;
    this.sendLocal(answer);
  }

  stop(): void {
    if (this.exchange.active) this.exchange.stop();
  }

  /** Its memory is needed: it is refused, or, when what it holds is a response that its client does not take, reset. */
  breakOff(): void {
    if (this.exchange.active) this.exchange.breakOff();
    else if (this.stream) this.session.reset(this.stream, ErrorCode.CANCEL);
  }

  pauseRequest(): void { if (this.stream) this.session.pause(this.stream); }
  resumeRequest(): void { if (this.stream) this.session.resume(this.stream); }

  refuse(refusal: Refusal): void {
    const { stream } = this;
    if (refusal.limit !== undefined) this.owner.context.instruments.limitReached(refusal.limit);
    const status = refusal.status ?? REASONS[refusal.code].status;
    const answer = this.exchange.endBy(this.mustSwitch && status >= 200 && status < 300 ? NO_SWITCH : refusal);
    if (!stream) return;
    if (answer) this.sendLocal(answer);
    else if (this.exchange.record.isCall && !isOfReceiver(refusal, stream)) this.cut(refusal);
    else this.session.reset(stream, ErrorCode.INTERNAL_ERROR);
  }

  onResponseWritten(): void {
    const { stream } = this;
    if (stream && !stream.closed && stream.waitingBytes > 0) this.flush.start(this.owner.context.bodyTimeout);
    this.settle();
  }

  handOver(listener: BytesListener): HandedOver {
    const backlog = this.backlog?.take();
    this.backlog = undefined;
    return { side: new StreamSide(this.session, this.stream!, listener), backlog };
  }

  sendInterim(buffer: Buffer, head: ResponseHead): boolean {
    return this.sendText(serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', EMPTY, EMPTY), false);
  }

  takesSwitch(buffer: Buffer, head: ResponseHead): boolean {
    return this.key !== undefined && takeAccept(buffer, head.fields, this.key);
  }

  /** RFC 8441 section 5: 200 stands for 101. */
  sendSwitch(buffer: Buffer, head: ResponseHead, added: Buffer): void {
    const message = serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', added, EMPTY);
    message.write('200', message.indexOf(' ') + 1, 'latin1');
    this.sendText(message, false);
  }

  sendHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean, added: Buffer): boolean {
    const message = serializeResponse(buffer, head, false, true, Persistence.DEFAULT, this.owner.context.date(), added, EMPTY);
    const ends = complete && body.length === 0;
    const open = this.sendText(message, ends);
    if (ends || body.length === 0) return open;
    if (!complete) return this.session.sendData(this.stream!, body);
    this.session.sendLast(this.stream!, body);
    return true;
  }

  sendData(data: Buffer): boolean {
    return this.session.sendData(this.stream!, data);
  }

  sendEnd(trailers: Buffer | undefined): void {
    const { session, stream } = this;
    if (trailers) session.sendTrailers(stream!, trailers);
    else session.sendEnd(stream!);
  }

  /** @internal */
  onData(data: Buffer, isLast: boolean): void {
    this.onBody(data, isLast, undefined);
  }

  /** @internal */
  onTrailers(lines: Buffer | undefined): void {
    this.onBody(EMPTY, true, lines);
  }

  /** @internal The client has given up. */
  onReset(): void {
    this.onBroken();
  }

  /** @internal */
  onFault(): void {
    this.onBroken();
  }

  /** @internal */
  onBroken(): void {
    if (this.exchange.active) this.exchange.abort();
    this.settle();
  }

  /** @internal */
  onWritable(): void {
    if (this.exchange.active) this.exchange.onClientWritable();
  }

  /** @internal */
  onStreamClosed(): void {
    this.flush.stop();
    this.settle();
  }

  private onBody(data: Buffer, isLast: boolean, trailers: Buffer | undefined): void {
    if (!this.exchange.active) return;
    if (this.key !== undefined) {
      this.backlog ??= new KeptBytes();
      this.backlog.add(data);
      return;
    }
    const refusal = this.exchange.onRequestData(data, isLast, trailers);
    if (refusal) this.refuse(refusal);
  }

  /** It can be used again once its stream and its exchange are over, whichever is first. */
  private settle(): void {
    const { stream } = this;
    if (!stream?.closed || this.exchange.active) return;
    this.stream = undefined;
    this.backlog = undefined;
    this.owner.onExchangeOver(this, stream);
  }

  /** Ends a call whose response has begun. */
  private cut({ code }: Refusal): void {
    const { meaning, status } = REASONS[code];
    this.sendEnd(Buffer.from(`${statusLines(status, `${code}: ${meaning}`)}\r\n`));
    this.onResponseWritten();
  }

  /** The proxy's own response. */
  private sendLocal(answer: LocalAnswer): void {
    const endsCall = this.exchange.record.isCall && answer.status >= 400;
    const message = endsCall ? localCallEnd(answer, this.owner.context) : localResponse(answer, this.owner.context, this.toHead, false);
    const bodyStart = message.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    const body = message.subarray(bodyStart);
    this.sendText(message, body.length === 0);
    if (body.length > 0) this.session.sendLast(this.stream!, body);
    this.onResponseWritten();
  }

  private sendText(message: Buffer, isLast: boolean): boolean {
    return this.session.respond(this.stream!, responseBlock(this.session.hpack, message), isLast);
  }

  private onNotTaken(): void {
    this.owner.context.instruments.limitReached('bodyTimeoutMs');
    if (this.stream) this.session.reset(this.stream, ErrorCode.CANCEL);
  }
}

/** The client does not take what is there for it, so it would not take trailers either. */
function isOfReceiver({ code }: Refusal, { waitingBytes }: Http2Stream): boolean {
  return waitingBytes > 0 && (code === 'body_timeout' || code === 'memory_shed');
}
