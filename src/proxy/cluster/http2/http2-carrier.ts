/** A request on a stream of an HTTP/2 connection to an endpoint. */
import { HeadLimits } from '../../http1/head-buffer';
import { ResponseHead } from '../../http1/response-head';
import { Framing } from '../../http1/framing';
import { handshakeOf, switchOf } from '../../http1/websocket';
import type { ClientSession, ResponseStreamListener, SettingsWaiter } from '../../http2/client-session';
import { ERROR_NAMES, ErrorCode, Http2Fault } from '../../http2/frames';
import type { Http2Stream } from '../../http2/stream';
import { StreamSide } from '../../http2/stream-side';
import type { BytesListener } from '../../net/shared-read';
import type { TunnelSide } from '../../net/tunnel-side';
import type { BodyListener, BrokenCode, OutgoingRequest, PooledCarrier, ResponseListener } from '../carrier';

/** Heads are parsed and dealt with in one turn, so one instance is enough; it holds as many fields as any limit allows. */
const head = new ResponseHead(1_000);
const EMPTY = Buffer.alloc(0);
const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** The first digit of a status. */
const STATUS_AT = 'HTTP/1.1 '.length;
const SUCCESS = 0x32;

/** The connection that it is on. */
export interface CarrierSession {
  readonly session: ClientSession;
  readonly limits: HeadLimits;
  /** It has carried requests before. */
  readonly used: boolean;
  readonly idleSince: number;
  /** The socket holds bytes back. */
  readonly holdsBack: boolean;
  /** How often bytes have come from the endpoint. */
  readonly heard: number;
  /** Monotonic milliseconds. */
  now(): number;
  onResponse(): void;
  /** A request without a response is given up. @param heardThen `heard` when it was sent */
  onGivenUp(sentAt: number, heardThen: number): void;
  /** A request is under way or about to be; and one less. */
  reserve(): void;
  release(): void;
  brokenInUse(): void;
}

export class Http2Carrier implements PooledCarrier, ResponseStreamListener, SettingsWaiter {
  readonly openBefore: boolean;
  readonly idleSince: number;
  answered = false;

  private stream: Http2Stream | undefined;
  private listener: ResponseListener | undefined;
  private body: BodyListener | undefined;
  private toHead = false;
  /** A handshake of WebSocket that waits to know whether the endpoint takes it; and the key of one that was sent. */
  private offer: Buffer | undefined;
  private key: string | undefined;
  private sentAt = 0;
  private heardThen = 0;
  /** It takes a place on the connection. */
  private reserved = true;

  constructor(private readonly connection: CarrierSession) {
    this.openBefore = connection.used;
    this.idleSince = connection.idleSince;
    connection.reserve();
  }

  get heldBytes(): number { return this.stream?.waitingBytes ?? 0; }
  get holdsBack(): boolean { return this.heldBytes > 0 || this.connection.holdsBack; }

  send(request: OutgoingRequest, listener: ResponseListener): boolean {
    this.listener = listener;
    this.toHead = request.toHead;
    this.sentAt = this.connection.now();
    this.heardThen = this.connection.heard;
    const { session } = this.connection;
    const message = request.http1();
    if (request.offersUpgrade) return this.sendOffer(message);
    const bodyStart = message.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    const { whole } = request;
    const hasBody = bodyStart < message.length;
    this.stream = session.request(message, whole && !hasBody, this);
    if (!hasBody) return !this.holdsBack;
    if (!whole) return session.sendData(this.stream, message.subarray(bodyStart));
    session.sendLast(this.stream, message.subarray(bodyStart));
    return true;
  }

  /** Asks to switch protocols, where the endpoint takes that and it is to WebSocket. Else the request is an ordinary one. */
  private sendOffer(message: Buffer): boolean {
    const { session } = this.connection;
    if (!session.peer.known) {
      this.offer = message;
      session.awaitSettings(this);
      return true;
    }
    const handshake = session.peer.takesConnect ? handshakeOf(message) : undefined;
    this.key = handshake?.key;
    this.stream = session.request(handshake?.head ?? message, !handshake, this, handshake !== undefined);
    return true;
  }

  /** @internal */
  onSettled(): void {
    const { offer } = this;
    this.offer = undefined;
    if (offer && this.listener) this.sendOffer(offer);
  }

  sendBody(data: Buffer): boolean {
    return this.stream === undefined || this.connection.session.sendData(this.stream, data);
  }

  endBody(trailers: Buffer | undefined): void {
    const { stream, connection: { session } } = this;
    if (!stream || stream.ending || this.key !== undefined) return;
    if (trailers) session.sendTrailers(stream, trailers);
    else session.sendEnd(stream);
  }

  pauseResponse(): void { if (this.stream) this.connection.session.pause(this.stream); }
  resumeResponse(): void { if (this.stream) this.connection.session.resume(this.stream); }

  finish(): void {
    const { stream } = this;
    this.forget();
    // The response is complete, so what is left of the request, if anything, is for nothing.
    if (stream) this.connection.session.finish(stream);
    this.release();
  }

  cancel(): void {
    const { stream } = this;
    this.forget();
    if (stream) {
      this.connection.session.cancel(stream);
      if (!this.answered) this.connection.onGivenUp(this.sentAt, this.heardThen);
    }
    this.release();
  }

  /** The stream takes a place on the connection until it is closed. */
  detach(listener: BytesListener): TunnelSide {
    const { stream, connection: { session } } = this;
    this.forget();
    return new StreamSide(session, stream!, listener, () => this.release());
  }

  /** @internal */
  onHead(text: Buffer, endsHere: boolean): string | undefined {
    const { listener, stream } = this;
    if (!listener) return undefined;
    this.answered = true;
    this.connection.onResponse();
    head.toHead = this.toHead;
    if (this.key !== undefined && text[STATUS_AT] === SUCCESS) return this.onTaken(switchOf(text, this.key), listener);
    const fault = head.parse(text, 0, text.length, this.connection.limits);
    if (fault) return fault.detail;
    if (head.interim) {
      listener.onInterim(text, head);
      return undefined;
    }
    if (head.framing === Framing.LENGTH) {
      if (endsHere && head.length > 0) return 'a body that is shorter than was announced';
      stream!.announced = head.length;
    }
    const body = listener.onResponseHead(text, head, EMPTY, endsHere);
    if (!endsHere && this.listener) this.body = body;
    return undefined;
  }

  /** @param text of the switch that the endpoint's success stands for */
  private onTaken(text: Buffer, listener: ResponseListener): string | undefined {
    const fault = head.parse(text, 0, text.length, this.connection.limits);
    if (fault) return fault.detail;
    return listener.onSwitch(text, head, EMPTY) ? undefined : 'a switch of protocols that was not asked for';
  }

  /** @internal */
  onData(data: Buffer, isLast: boolean): void {
    if (data.length > 0) this.body?.onResponseData(data);
    if (isLast) this.body?.onResponseEnd(undefined);
  }

  /** @internal */
  onTrailers(lines: Buffer | undefined): void {
    this.body?.onResponseEnd(lines);
  }

  /** @internal */
  onReset(code: ErrorCode): void {
    if (code === ErrorCode.REFUSED_STREAM) this.onUnprocessed('it takes no more requests at a time');
    else this.onBroken(`reset with ${ERROR_NAMES[code] ?? code}`);
  }

  /** @internal */
  onUnprocessed(detail: string): void {
    this.fail('stream_refused', detail, undefined);
  }

  /** @internal */
  onFault({ detail, limit }: Http2Fault): void {
    this.fail('upstream_protocol_error', detail, limit);
  }

  /** @internal */
  onBroken(detail: string): void {
    if (this.listener) this.connection.brokenInUse();
    this.fail('upstream_closed', detail, undefined);
  }

  /** @internal */
  onWritable(): void {
    (this.body ?? this.listener)?.onWritable();
  }

  private fail(code: BrokenCode, detail: string, limit: string | undefined): void {
    const { listener, body } = this;
    this.forget();
    this.release();
    if (body) body.onResponseBroken(detail, limit);
    else listener?.onResponseFailed(code, detail, limit);
  }

  private forget(): void {
    if (this.offer) this.connection.session.forgetWaiter(this);
    this.offer = undefined;
    this.stream = undefined;
    this.listener = undefined;
    this.body = undefined;
  }

  private release(): void {
    if (!this.reserved) return;
    this.reserved = false;
    this.connection.release();
  }
}
