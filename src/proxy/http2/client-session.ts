/**
 * The client's side of an HTTP/2 connection: opens streams for requests, and reads their responses.
 *
 * A server counts streams that its client breaks off, and closes the connection of one that breaks off many (nghttp2 after a thousand, Envoy
 * after some hundred). A proxy breaks off for its clients, by deadlines and hedges, and has done nothing wrong: so a session that has come
 * half of the way to its own limit takes no new streams, and another one is opened.
 */
import type { Socket } from 'node:net';
import { ErrorCode, Http2Fault, MAX_STREAM_ID } from './frames';
import { writeGoAway } from './frame-writer';
import { requestBlock } from './head-block';
import type { HeaderBlock } from './header-block';
import { ResponseText } from './response-text';
import { FAULT_COMPRESSION, FAULT_INTERIM_END, FAULT_LARGE_HEAD, FAULT_MALFORMED, FAULT_STREAM_ID, FAULT_TRAILERS } from './session-faults';
import { Http2Session } from './session';
import type { SessionSettings } from './session-limits';
import { Http2Stream, StreamListener } from './stream';
import { TrailerText } from './trailer-text';

/** Blocks are read and dealt with in one turn, so one of each is enough. */
const responseText = new ResponseText();
const trailerText = new TrailerText();

/** Hears of a response. Buffers are valid during a call only. */
export interface ResponseStreamListener extends StreamListener {
  /**
   * The head of a response, final or interim.
   *
   * @param text in HTTP/1.1; a byte behind it can be read
   * @returns what is wrong with it
   */
  onHead(text: Buffer, endsHere: boolean): string | undefined;
  /** All of the body has come. @param lines undefined: no trailer that may be passed on */
  onTrailers(lines: Buffer | undefined): void;
  /** The server has not looked at the request, and never will. The stream is gone. */
  onUnprocessed(detail: string): void;
}

/** Waits for the server's settings, and hears if they don't come. */
export interface SettingsWaiter extends StreamListener {
  onSettled(): void;
}

export interface SessionOwner {
  /** A stream is over: there is room for another one. */
  onStreamClosed(): void;
  /** No new streams: the server is about to close, or has broken the protocol. */
  onLeaving(): void;
  /** The server has said how many streams it takes at a time. */
  onCapacity(): void;
  /** What the server did ends the connection: it is to be closed when what was written has left. */
  onFault(fault: Http2Fault): void;
}

export class ClientSession extends Http2Session {
  private nextId = 1;
  /** Who waits for the server's settings. */
  private readonly unsettled = new Set<SettingsWaiter>();

  constructor(socket: Socket, settings: SessionSettings, private readonly owner: SessionOwner, private readonly isSecure: boolean) {
    super(socket, settings, true);
  }

  /** How many more streams can be opened. */
  get room(): number {
    if (this.closed || this.leaving || this.spent) return 0;
    return Math.min(this.peer.maxStreams, this.settings.maxConcurrentStreams) - this.streams.size;
  }

  /** It will have no more room. */
  get spent(): boolean { return this.nextId > MAX_STREAM_ID || this.resets.low; }

  /**
   * Sends the head of a request.
   *
   * @param message its head in HTTP/1.1, and perhaps what follows it
   * @param isLast  nothing follows the head
   * @param isHandshake it asks for a WebSocket, by extended CONNECT
   */
  request(message: Buffer, isLast: boolean, listener: ResponseStreamListener, isHandshake = false): Http2Stream {
    const stream = new Http2Stream(this.nextId, this.firstWindow, this.settings.streamWindowBytes, listener);
    this.nextId += 2;
    this.admit(stream);
    this.sendHeaders(stream, requestBlock(this.encoder, message, this.isSecure, isHandshake), isLast);
    return stream;
  }

  /** Says when the server's settings are known, which is not yet. */
  awaitSettings(waiter: SettingsWaiter): void {
    this.unsettled.add(waiter);
  }

  /** Who has waited for them does no more. */
  forgetWaiter(waiter: SettingsWaiter): void {
    this.unsettled.delete(waiter);
  }

  /** The response is complete. What is left of the request is given up. */
  finish(stream: Http2Stream): void {
    if (stream.localEnded) this.reset(stream, ErrorCode.NO_ERROR);
    else this.cancel(stream);
  }

  /** The request is given up. */
  cancel(stream: Http2Stream): void {
    if (stream.closed) return;
    this.resets.take(this.settings.now());
    this.reset(stream, ErrorCode.CANCEL);
  }

  /** It takes no new streams, and the server is told so. */
  end(): void {
    if (this.leaving || this.closed) return;
    this.leaving = true;
    writeGoAway(this.socket, 0, ErrorCode.NO_ERROR);
  }

  protected onHeaders(streamId: number, stream: Http2Stream | undefined, block: HeaderBlock): Http2Fault | undefined {
    if (stream?.answered) return this.onTrailers(stream, block);
    responseText.begin(this.settings.maxHeadBytes);
    if (this.decoder.decode(block.buffer, block.start, block.end, responseText) !== undefined) return FAULT_COMPRESSION;
    if (!stream) return this.onStray(streamId, undefined);
    if (stream.remoteEnded) return this.onStray(streamId, stream);
    const listener = stream.listener as ResponseStreamListener;
    const text = responseText.finish();
    const interim = responseText.status < 200;
    if (responseText.tooLarge) return this.failStream(stream, FAULT_LARGE_HEAD);
    if (responseText.malformed !== undefined) return this.failStream(stream, { ...FAULT_MALFORMED, detail: responseText.malformed });
    if (interim && block.isLast) return this.failStream(stream, FAULT_INTERIM_END);
    stream.answered = !interim;
    stream.remoteEnded = block.isLast;
    const detail = listener.onHead(text, block.isLast);
    if (detail !== undefined) return this.failStream(stream, { ...FAULT_MALFORMED, detail });
    if (block.isLast) this.endRemotely(stream);
    return undefined;
  }

  protected onGoAway(lastStreamId: number): void {
    this.leaving = true;
    for (const stream of [...this.streams.values()]) {
      if (stream.id <= lastStreamId) continue;
      this.close(stream);
      // A tunnel hears of its end from the stream, and that it was opened shows that somebody has looked at it.
      if (!stream.tunnels) (stream.listener as ResponseStreamListener).onUnprocessed('the server is about to close the connection');
    }
    this.owner.onLeaving();
  }

  protected onFault(fault: Http2Fault): void {
    this.leaving = true;
    this.owner.onFault(fault);
  }

  protected override onSettled(): void {
    for (const waiter of this.unsettled) waiter.onSettled();
    this.unsettled.clear();
  }

  protected override closeAll(tell: (listener: StreamListener) => void): void {
    super.closeAll(tell);
    for (const waiter of this.unsettled) tell(waiter);
    this.unsettled.clear();
  }

  override onCapacity(): void {
    this.owner.onCapacity();
  }

  protected isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.nextId;
  }

  protected onStreamClosed(): void {
    this.owner.onStreamClosed();
  }

  private onTrailers(stream: Http2Stream, block: HeaderBlock): Http2Fault | undefined {
    trailerText.begin(this.settings.maxHeadBytes);
    if (this.decoder.decode(block.buffer, block.start, block.end, trailerText) !== undefined) return FAULT_COMPRESSION;
    const lines = trailerText.finish();
    if (stream.remoteEnded) return FAULT_STREAM_ID;
    if (stream.tunnels) return this.failStream(stream, FAULT_TRAILERS);
    const short = stream.announced >= 0 && stream.received < stream.announced;
    if (!block.isLast || trailerText.malformed !== undefined || trailerText.tooLarge || short) return this.failStream(stream, FAULT_TRAILERS);
    stream.remoteEnded = true;
    (stream.listener as ResponseStreamListener).onTrailers(lines);
    this.endRemotely(stream);
    return undefined;
  }
}
