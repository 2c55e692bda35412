/** A request on a stream of an HTTP/2 connection to an endpoint. */
import type { Socket } from 'node:net';
import { HeadLimits } from '../../http1/head-buffer';
import { ResponseHead } from '../../http1/response-head';
import { Framing } from '../../http1/framing';
import type { ClientSession, ResponseStreamListener } from '../../http2/client-session';
import { ERROR_NAMES, ErrorCode, Http2Fault } from '../../http2/frames';
import type { Http2Stream } from '../../http2/stream';
import type { BodyListener, BrokenCode, OutgoingRequest, PooledCarrier, ResponseListener } from '../carrier';

/** Heads are parsed and dealt with in one turn, so one instance is enough; it holds as many fields as any limit allows. */
const head = new ResponseHead(1_000);
const EMPTY = Buffer.alloc(0);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** The connection that it is on. */
export interface CarrierSession {
  readonly session: ClientSession;
  readonly limits: HeadLimits;
  /** It has carried requests before. */
  readonly used: boolean;
  readonly idleSince: number;
  /** The socket holds bytes back. */
  readonly holdsBack: boolean;
  /** A request is under way or about to be; and one less. */
  reserve(): void;
  release(): void;
  brokenInUse(): void;
}

export class Http2Carrier implements PooledCarrier, ResponseStreamListener {
  readonly openBefore: boolean;
  readonly idleSince: number;
  answered = false;

  private stream: Http2Stream | undefined;
  private listener: ResponseListener | undefined;
  private body: BodyListener | undefined;
  private toHead = false;
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
    const { session } = this.connection;
    const message = request.http1();
    const bodyStart = message.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    const { whole } = request;
    const hasBody = bodyStart < message.length;
    this.stream = session.request(message, whole && !hasBody, this);
    if (!hasBody) return !this.holdsBack;
    if (!whole) return session.sendData(this.stream, message.subarray(bodyStart));
    session.sendLast(this.stream, message.subarray(bodyStart));
    return true;
  }

  sendBody(data: Buffer): boolean {
    return this.stream === undefined || this.connection.session.sendData(this.stream, data);
  }

  endBody(trailers: Buffer | undefined): void {
    const { stream, connection: { session } } = this;
    if (!stream || stream.ending) return;
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
    if (stream) this.connection.session.cancel(stream);
    this.release();
  }

  /** HTTP/2 has no switch of protocols, and none is asked for. */
  detach(): Socket {
    throw new Error('a stream of HTTP/2 was to become a tunnel');
  }

  /** @internal */
  onHead(text: Buffer, endsHere: boolean): string | undefined {
    const { listener, stream } = this;
    if (!listener) return undefined;
    this.answered = true;
    head.toHead = this.toHead;
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
