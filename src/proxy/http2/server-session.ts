/**
 * The server's side of an HTTP/2 connection: reads requests, and refuses what can't become one.
 *
 * It ends in two steps (RFC 9113 section 6.8): it first says that it is about to, so that the client opens streams elsewhere, and, when the
 * client has heard that, which stream is the last.
 */
import type { Socket } from 'node:net';
import { ErrorCode, Http2Fault, MAX_STREAM_ID } from './frames';
import { writeGoAway, writePing } from './frame-writer';
import type { HeaderBlock } from './header-block';
import { RequestText } from './request-text';
import { FAULT_CLOSED, FAULT_COMPRESSION, FAULT_MALFORMED, FAULT_STREAM_ID, FAULT_TRAILERS } from './session-faults';
import { Http2Session } from './session';
import type { SessionSettings } from './session-limits';
import { Http2Stream, StreamListener } from './stream';
import { TrailerText } from './trailer-text';

const EMPTY = Buffer.alloc(0);
const PING_PAYLOAD = Buffer.from('mesh-end');

/** Blocks are read and dealt with in one turn, so one of each is enough. */
const requestText = new RequestText();
const trailerText = new TrailerText();

/** Hears of a request's body. */
export interface RequestStreamListener extends StreamListener {
  /** All of the body has come. @param lines valid during the call; undefined: no trailer that may be passed on */
  onTrailers(lines: Buffer | undefined): void;
}

/** What becomes of requests. */
export interface RequestHandler {
  /**
   * A request has come.
   *
   * @param text     its head in HTTP/1.1, valid during the call; a byte behind it can be read. Empty when it is larger than the limit
   * @param endsHere no body follows
   * @param key      of a WebSocket by extended CONNECT: the key that `text` has; undefined of other requests
   * @returns its stream; undefined when the message is malformed
   */
  onRequest(streamId: number, text: Buffer, endsHere: boolean, key: string | undefined): Http2Stream | undefined;
  onStreamClosed(stream: Http2Stream): void;
  /** A limit was reached, by a stream that is refused for it. */
  onLimit(limit: string): void;
  /** The client has broken the protocol: the connection is to be closed when what was written has left. */
  onFault(fault: Http2Fault): void;
}

/** How far it has got in ending. */
const enum Ending {
  NO = 0,
  ANNOUNCED,
  /** Streams above the last one are refused. */
  LAST_SAID,
}

export class ServerSession extends Http2Session {
  private lastOpened = 0;
  private ending: Ending = Ending.NO;

  constructor(socket: Socket, settings: SessionSettings, private readonly handler: RequestHandler) {
    super(socket, settings, false);
  }

  /** It is about to end: the client is told so, once. */
  announceEnd(): void {
    if (this.ending !== Ending.NO || this.closed) return;
    this.ending = Ending.ANNOUNCED;
    writeGoAway(this.socket, MAX_STREAM_ID, ErrorCode.NO_ERROR);
    writePing(this.socket, PING_PAYLOAD, false);
  }

  /** It takes no more streams, and the client is told which one is the last. */
  end(): void {
    if (this.ending === Ending.LAST_SAID || this.closed) return;
    this.ending = Ending.LAST_SAID;
    this.lastTaken = this.lastOpened;
    writeGoAway(this.socket, this.lastTaken, ErrorCode.NO_ERROR);
  }

  /** It has said that it ends. */
  get endAnnounced(): boolean { return this.ending !== Ending.NO; }

  /**
   * Sends the head of a response, or one of an interim response.
   *
   * @param block of HPACK
   * @param isLast it is all of the response
   */
  respond(stream: Http2Stream, block: Buffer, isLast: boolean): boolean {
    return stream.closed || this.sendHeaders(stream, block, isLast);
  }

  /**
   * Opens the stream of a request.
   *
   * @param announced the length of its body; -1: it does not say
   */
  open(streamId: number, listener: RequestStreamListener, announced: number, endsHere: boolean): Http2Stream {
    const stream = new Http2Stream(streamId, this.firstWindow, this.settings.streamWindowBytes, listener);
    stream.announced = announced;
    stream.remoteEnded = endsHere;
    this.admit(stream);
    return stream;
  }

  /** What is under way on a stream is given up. */
  cancel(stream: Http2Stream): void { this.reset(stream, ErrorCode.CANCEL); }

  /** What writes its blocks. */
  get hpack(): Http2Session['encoder'] { return this.encoder; }

  protected override onPingAnswered(): void {
    if (this.ending === Ending.ANNOUNCED) this.end();
  }

  protected onHeaders(streamId: number, stream: Http2Stream | undefined, block: HeaderBlock): Http2Fault | undefined {
    if (stream) return this.onTrailers(stream, block);
    if (streamId % 2 === 0) return FAULT_STREAM_ID;
    if (streamId <= this.lastOpened) return this.wasReset(streamId) ? this.skip(block) : FAULT_CLOSED;
    this.lastOpened = streamId;
    const full = this.streams.size >= this.settings.maxConcurrentStreams;
    if (full) this.handler.onLimit('maxConcurrentStreams');
    if (full || this.ending === Ending.LAST_SAID) {
      return this.skip(block) ?? this.refuse(streamId, ErrorCode.REFUSED_STREAM);
    }
    requestText.begin(this.settings.maxHeadBytes);
    if (this.decoder.decode(block.buffer, block.start, block.end, requestText) !== undefined) return FAULT_COMPRESSION;
    const text = requestText.tooLarge ? EMPTY : requestText.finish(!block.isLast);
    if (requestText.malformed !== undefined) return this.refuse(streamId, ErrorCode.PROTOCOL_ERROR);
    return this.handler.onRequest(streamId, text, block.isLast, requestText.key) ? undefined : this.refuse(streamId, ErrorCode.PROTOCOL_ERROR);
  }

  protected onFault(fault: Http2Fault): void {
    this.lastTaken = this.lastOpened;
    this.handler.onFault(fault);
  }

  /** A client that goes takes no pushed streams, and there are none. */
  protected onGoAway(): void {}

  protected isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > this.lastOpened;
  }

  protected onStreamClosed(stream: Http2Stream): void {
    this.handler.onStreamClosed(stream);
  }

  private onTrailers(stream: Http2Stream, block: HeaderBlock): Http2Fault | undefined {
    trailerText.begin(this.settings.maxHeadBytes);
    if (this.decoder.decode(block.buffer, block.start, block.end, trailerText) !== undefined) return FAULT_COMPRESSION;
    const lines = trailerText.finish();
    if (stream.remoteEnded) return this.failStream(stream, FAULT_CLOSED);
    if (stream.tunnels) return this.failStream(stream, FAULT_TRAILERS);
    if (!block.isLast || trailerText.malformed !== undefined || trailerText.tooLarge) return this.failStream(stream, FAULT_TRAILERS);
    if (stream.announced >= 0 && stream.received < stream.announced) return this.failStream(stream, FAULT_MALFORMED);
    (stream.listener as RequestStreamListener).onTrailers(lines);
    this.endRemotely(stream);
    return undefined;
  }

  /** Reads a block for the table's sake. */
  private skip(block: HeaderBlock): Http2Fault | undefined {
    trailerText.begin(0);
    return this.decoder.decode(block.buffer, block.start, block.end, trailerText) === undefined ? undefined : FAULT_COMPRESSION;
  }
}
