/**
 * Writes the responses of one client connection in HTTP/1.1: framing, and what the connection says of its own future, are decided
 * here. A connection has one and uses it again for each request.
 */
import type { Socket } from 'node:net';
import { gather, gatherText, write } from '../../net/direct-write';
import { joined } from '../../http1/bytes';
import { Framing } from '../../http1/framing';
import { Method, RequestHead } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import { lastChunk, Persistence, serializeResponse } from '../../http1/serialize';
import { writeCopy } from '../../net/shared-read';
import type { ServeContext } from '../context';
import { localResponse } from './local-response';
import type { LocalAnswer, ResponseSink } from '../exchange/response-sink';

/** A body up to this size leaves in one write with its head, which costs a copy; a larger one is not copied. */
const COPY_BYTES = 4_096;

const EMPTY = Buffer.alloc(0);
const CRLF = Buffer.from('\r\n');
const NO_BODY = Buffer.from('content-length: 0\r\n');

export class ResponseWriter implements ResponseSink {
  readonly mustSwitch = false;
  /** The connection ends behind the response that was begun. */
  closes = false;

  private isHttp10 = false;
  private toHead = false;
  private acceptsTrailers = false;
  private chunked = false;

  /** @param isLast whether a response that begins now is the last of its connection */
  constructor(private readonly socket: Socket, private readonly context: ServeContext, private readonly isLast: () => boolean) {}

  /** For the response to this request. */
  begin(head: RequestHead): void {
    this.isHttp10 = head.isHttp10;
    this.toHead = head.method === Method.HEAD;
    this.acceptsTrailers = head.acceptsTrailers;
    this.chunked = false;
    this.closes = false;
  }

  sendInterim(buffer: Buffer, head: ResponseHead): boolean {
    if (this.isHttp10) return true;
    return write(this.socket, serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', EMPTY, EMPTY));
  }

  /** The client itself judges it. */
  takesSwitch(): boolean { return true; }

  sendSwitch(buffer: Buffer, head: ResponseHead, added: Buffer): void {
    write(this.socket, serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', added, EMPTY));
  }

  sendHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean, added: Buffer): boolean {
    const { socket, isHttp10 } = this;
    const unknownLength = !complete && head.framing !== Framing.LENGTH;
    this.chunked = unknownLength && !isHttp10;
    this.closes = this.isLast() || (unknownLength && isHttp10);
    const persistence = this.closes ? Persistence.CLOSE : isHttp10 ? Persistence.KEEP_ALIVE : Persistence.DEFAULT;
    const small = body.length <= COPY_BYTES;
    const trailers = this.chunked && this.acceptsTrailers;
    // Of HTTP/2, where a message may end without having said that it is empty.
    const lines = complete && head.framing === Framing.CLOSE ? joined(added, NO_BODY) : added;
    const message = serializeResponse(buffer, head, this.chunked, trailers, persistence, this.context.date(), lines, small ? body : EMPTY);
    if (unknownLength) {
      // Chunks of the same turn leave with it.
      return gather(socket, message);
    }
    return small ? write(socket, message) : writeCopy(socket, message, body);
  }

  sendData(data: Buffer): boolean {
    const { socket } = this;
    if (!this.chunked) return writeCopy(socket, EMPTY, data);
    gatherText(socket, `${data.length.toString(16)}\r\n`);
    gather(socket, data);
    return gather(socket, CRLF);
  }

  sendEnd(trailers: Buffer | undefined): void {
    if (this.chunked) gather(this.socket, lastChunk(this.acceptsTrailers ? trailers : undefined));
  }

  /** The proxy's own response. */
  sendLocal(answer: LocalAnswer): void {
    this.closes = this.isLast() || this.isHttp10;
    write(this.socket, localResponse(answer, this.context, this.toHead, this.closes));
  }

  /** The same to bytes that never became a request. */
  sendLast(answer: LocalAnswer, toHead: boolean): void {
    write(this.socket, localResponse(answer, this.context, toHead, true));
  }
}
