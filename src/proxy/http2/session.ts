/**
 * One HTTP/2 connection (RFC 9113), either side of it: frames, streams, flow control, settings, and how it ends. What a header block says is
 * the subclass's to read, for that differs between requests and responses.
 *
 * Flow control is tied to backpressure: a stream gives credit for what it took only while its receiver wants more, and the connection at
 * once, for what all streams hold together is bounded by their windows. What this side sends waits in its stream when the peer gives
 * none, and its sender is told to hold back, as when a socket is full.
 *
 * Bounded: streams by what was announced, a header block by `maxHeadBytes`, frames that get nothing done by buckets (session-limits.ts), what
 * is held for a stream by one window in each direction.
 */
import type { Socket } from 'node:net';
import { FrameListener, FrameReader } from './frame-reader';
import { ErrorCode, Flag, FrameType, Http2Fault, MAX_WINDOW, Setting } from './frames';
import { NO_PAYLOAD, writeDataEnd, writeGoAway, writeHeaders, writePing, writeReset, writeSettings, writeSettingsAck } from './frame-writer';
import { trailerBlock } from './head-block';
import { HeaderBlock } from './header-block';
import { HpackDecoder } from './hpack/decoder';
import { HpackEncoder } from './hpack/encoder';
import { Inflow } from './inflow';
import { Outflow } from './outflow';
import { PeerSettings, SettingsListener } from './peer-settings';
import { ResetStreams } from './reset-streams';
import {
  FAULT_PREFACE, FAULT_INTERLEAVED, FAULT_STREAM_ZERO, FAULT_NOT_STREAM_ZERO, FAULT_IDLE, FAULT_CLOSED, FAULT_PADDING, FAULT_SIZE,
  FAULT_WINDOW, FAULT_OVERSENT, FAULT_ZERO_INCREMENT, FAULT_PUSH, FAULT_SELF, FAULT_LENGTH, FAULT_RESETS, FAULT_IDLE_FRAMES,
} from './session-faults';
import { Bucket, SessionSettings } from './session-limits';
import type { Http2Stream, StreamListener } from './stream';

const EMPTY = Buffer.alloc(0);

export abstract class Http2Session implements FrameListener, SettingsListener {
  readonly streams = new Map<number, Http2Stream>();
  /** It takes no new streams of the peer: which is the last that it takes. */
  protected lastTaken = 0;
  protected leaving = false;
  /** Nothing more is read or sent. */
  closed = false;
  protected readonly encoder = new HpackEncoder();
  protected readonly decoder = new HpackDecoder();
  readonly peer: PeerSettings;
  /** Resets, by either side, of streams that came to nothing. */
  protected readonly resets: Bucket;
  private readonly idleFrames: Bucket;
  private readonly reader = new FrameReader(this);
  private readonly outflow: Outflow;
  private readonly inflow: Inflow;
  private readonly block: HeaderBlock;
  private readonly forgotten = new ResetStreams();

  constructor(protected readonly socket: Socket, protected readonly settings: SessionSettings, private readonly isClient: boolean) {
    this.peer = new PeerSettings(isClient, this);
    this.resets = new Bucket(settings.maxStreamResets);
    this.idleFrames = new Bucket(settings.maxIdleFrames);
    this.outflow = new Outflow(socket);
    this.block = new HeaderBlock(settings.maxHeadBytes);
    this.inflow = new Inflow(socket, settings);
    const own: [Setting, number][] = [
      [Setting.MAX_CONCURRENT_STREAMS, isClient ? 0 : settings.maxConcurrentStreams],
      [Setting.INITIAL_WINDOW_SIZE, settings.streamWindowBytes],
      [Setting.MAX_HEADER_LIST_SIZE, settings.maxHeadBytes],
    ];
    own.push(isClient ? [Setting.ENABLE_PUSH, 0] : [Setting.ENABLE_CONNECT_PROTOCOL, 1]);
    writeSettings(socket, own, isClient);
    this.inflow.open();
  }

  /** Bytes that are kept: of what was read, and of what waits for credit. */
  get heldBytes(): number {
    let bytes = this.reader.heldBytes + this.block.heldBytes;
    for (const stream of this.streams.values()) bytes += stream.waitingBytes;
    return bytes;
  }

  /** Takes what was read. */
  feed(bytes: Buffer): void {
    if (this.closed) return;
    const fault = this.reader.feed(bytes);
    if (fault) this.fail(fault);
  }

  /** @internal */
  onFrame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (this.closed) return undefined;
    if (!this.peer.known && (type !== FrameType.SETTINGS || (flags & Flag.END_STREAM_OR_ACK) !== 0)) return FAULT_PREFACE;
    if (this.block.isOpen !== (type === FrameType.CONTINUATION) || (this.block.isOpen && streamId !== this.block.streamId)) return FAULT_INTERLEAVED;
    switch (type) {
      case FrameType.DATA: return this.onData(flags, streamId, buffer, start, end);
      case FrameType.HEADERS: return this.onBlock(this.block.begin(flags, streamId, buffer, start, end));
      case FrameType.CONTINUATION: return this.onBlock(this.block.append(flags, buffer, start, end));
      case FrameType.RST_STREAM: return this.onResetFrame(streamId, buffer, start, end);
      case FrameType.WINDOW_UPDATE: return this.onWindowUpdate(streamId, buffer, start, end);
      case FrameType.SETTINGS: return this.onSettings(flags, streamId, buffer, start, end);
      case FrameType.PING: return this.onPing(flags, streamId, buffer, start, end);
      case FrameType.GOAWAY:
        if (streamId !== 0) return FAULT_NOT_STREAM_ZERO;
        if (end - start < 8) return FAULT_SIZE;
        this.onGoAway(buffer.readUInt32BE(start) & MAX_WINDOW);
        return undefined;
      case FrameType.PUSH_PROMISE: return FAULT_PUSH;
      case FrameType.PRIORITY: return this.onPriority(streamId, buffer, start, end);
      default: return this.idle();
    }
  }

  /**
   * Sends a header block.
   *
   * @param isLast nothing of the stream follows
   * @returns false: hold back until `onWritable`
   */
  protected sendHeaders(stream: Http2Stream, block: Buffer, isLast: boolean): boolean {
    const open = writeHeaders(this.socket, stream.id, block, isLast);
    if (isLast) this.endLocally(stream);
    return open || stream.owe();
  }

  /**
   * Sends bytes of a body, which are valid during the call only.
   *
   * @returns false: hold back until `onWritable`
   */
  sendData(stream: Http2Stream, data: Buffer): boolean {
    return stream.closed || stream.localEnded || this.outflow.send(stream, data);
  }

  /** The same with the last bytes of the stream. */
  sendLast(stream: Http2Stream, data: Buffer): void {
    if (stream.closed || stream.localEnded) return;
    if (this.outflow.sendWhole(stream, data)) {
      this.endLocally(stream);
    } else {
      this.outflow.send(stream, data);
      this.sendEnd(stream);
    }
  }

  /** Trailers end the stream, once all of its bytes have left: a block is written only when it is sent, for the order of blocks is the table's. */
  sendTrailers(stream: Http2Stream, lines: Buffer): void {
    if (stream.closed || stream.localEnded) return;
    if (stream.waitingBytes > 0) {
      const kept = Buffer.from(lines); // The lines are valid during the call only.
      stream.ending = () => { this.sendHeaders(stream, trailerBlock(this.encoder, kept), true); };
    } else {
      this.sendHeaders(stream, trailerBlock(this.encoder, lines), true);
    }
  }

  /** Nothing of the stream follows what was sent. */
  sendEnd(stream: Http2Stream): void {
    if (stream.closed || stream.localEnded) return;
    if (stream.waitingBytes > 0) stream.ending = () => this.writeEnd(stream);
    else this.writeEnd(stream);
  }

  /** Breaks off a stream. Its listener hears no more. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    if (stream.closed) return;
    if (!stream.localEnded || !stream.remoteEnded) {
      writeReset(this.socket, stream.id, code);
      this.forgotten.add(stream.id);
    }
    this.close(stream);
  }

  /** The receiver of a stream takes no more for now. */
  pause(stream: Http2Stream): void { stream.paused = true; }

  /** It takes more again. */
  resume(stream: Http2Stream): void {
    stream.paused = false;
    this.inflow.credit(stream);
  }

  /** The socket takes bytes again. */
  onDrain(): void { this.outflow.onDrain(this.streams.values()); }

  /** The socket is gone. */
  onSocketClosed(detail: string): void {
    this.closed = true;
    this.closeAll((listener) => listener.onBroken(detail));
  }

  /** Ends the connection because of what the peer did, and says why. */
  protected fail(fault: Http2Fault): void {
    if (this.closed) return;
    writeGoAway(this.socket, this.lastTaken, fault.code);
    this.closed = true;
    this.onFault(fault);
    this.closeAll((listener) => listener.onFault(fault));
  }

  protected closeAll(tell: (listener: StreamListener) => void): void {
    for (const stream of this.streams.values()) {
      this.close(stream);
      tell(stream.listener);
    }
  }

  /** The connection is over because of what the peer did; the socket is still to be closed. */
  protected abstract onFault(fault: Http2Fault): void;

  /**
   * A whole header block has come.
   *
   * @param stream undefined: there is none of that number, or no more
   */
  protected abstract onHeaders(streamId: number, stream: Http2Stream | undefined, block: HeaderBlock): Http2Fault | undefined;

  /** The peer will take no stream above `lastStreamId`. */
  protected abstract onGoAway(lastStreamId: number): void;

  /** The peer may open a stream of this number, and has not. */
  protected abstract isIdle(streamId: number): boolean;

  /** A stream is over. */
  protected abstract onStreamClosed(stream: Http2Stream): void;

  /** Makes the session's record of a stream. */
  protected admit(stream: Http2Stream): void { this.streams.set(stream.id, stream); }

  /** What a new stream may send. */
  protected get firstWindow(): number { return this.outflow.firstWindow; }

  /** The peer sends no more of a stream. */
  protected endRemotely(stream: Http2Stream): void {
    stream.remoteEnded = true;
    if (stream.localEnded) this.close(stream);
  }

  /** Whether frames of a closed stream may still come, for it was reset here. */
  protected wasReset(streamId: number): boolean { return this.forgotten.has(streamId); }

  /** A stream is refused that has no record. */
  protected refuse(streamId: number, code: ErrorCode): Http2Fault | undefined {
    writeReset(this.socket, streamId, code);
    this.forgotten.add(streamId);
    return this.resets.take(this.settings.now()) ? undefined : FAULT_RESETS;
  }

  /** A stream is broken off because of what the peer did, which counts as if the peer had done it. */
  protected failStream(stream: Http2Stream, fault: Http2Fault): Http2Fault | undefined {
    this.reset(stream, fault.code);
    stream.listener.onFault(fault);
    return this.resets.take(this.settings.now()) ? undefined : FAULT_RESETS;
  }

  private onData(flags: number, streamId: number, buffer: Buffer, from: number, to: number): Http2Fault | undefined {
    if (streamId === 0) return FAULT_STREAM_ZERO;
    const length = to - from;
    let start = from;
    let end = to;
    if ((flags & Flag.PADDED) !== 0) {
      const padding = length > 0 ? buffer[start]! : 0;
      if (padding >= length) return FAULT_PADDING;
      start += 1;
      end -= padding;
    }
    if (!this.inflow.take(length)) return FAULT_OVERSENT;
    const stream = this.streams.get(streamId);
    if (!stream || stream.remoteEnded) return this.onStray(streamId, stream);
    if (!this.inflow.takeOf(stream, length)) return this.failStream(stream, FAULT_OVERSENT);
    const isLast = (flags & Flag.END_STREAM_OR_ACK) !== 0;
    if (end === start && !isLast) return this.idle();
    stream.received += end - start;
    if (stream.announced >= 0 && (stream.received > stream.announced || (isLast && stream.received < stream.announced))) {
      return this.failStream(stream, FAULT_LENGTH);
    }
    if (isLast) stream.remoteEnded = true;
    else if (!stream.paused) this.inflow.credit(stream);
    stream.listener.onData(end === start ? EMPTY : buffer.subarray(start, end), isLast);
    if (isLast && stream.localEnded) this.close(stream);
    return undefined;
  }

  /** A frame of a stream that takes none. One that was on its way when the stream was reset is no mistake, but only the last ones are known. */
  protected onStray(streamId: number, stream: Http2Stream | undefined): Http2Fault | undefined {
    if (stream) return this.failStream(stream, FAULT_CLOSED);
    if (this.isIdle(streamId)) return FAULT_IDLE;
    return this.wasReset(streamId) ? undefined : this.refuse(streamId, ErrorCode.STREAM_CLOSED);
  }

  /** HEADERS, or a CONTINUATION of them. */
  private onBlock(fault: Http2Fault | undefined): Http2Fault | undefined {
    const { block } = this;
    return fault ?? (block.complete ? this.onHeaders(block.streamId, this.streams.get(block.streamId), block) : undefined);
  }

  private onResetFrame(streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (streamId === 0) return FAULT_STREAM_ZERO;
    if (end - start !== 4) return FAULT_SIZE;
    if (this.isIdle(streamId)) return FAULT_IDLE;
    const stream = this.streams.get(streamId);
    if (!stream) return this.idle();
    this.close(stream);
    stream.listener.onReset(buffer.readUInt32BE(start));
    return this.isClient || this.resets.take(this.settings.now()) ? undefined : FAULT_RESETS;
  }

  private onWindowUpdate(streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (end - start !== 4) return FAULT_SIZE;
    const increment = buffer.readUInt32BE(start) & MAX_WINDOW;
    if (streamId === 0) {
      if (increment === 0) return FAULT_ZERO_INCREMENT;
      return this.outflow.widen(increment) ? this.repliesToData() : FAULT_WINDOW;
    }
    const stream = this.streams.get(streamId);
    if (!stream) return this.isIdle(streamId) ? FAULT_IDLE : this.repliesToData();
    if (increment === 0) return this.failStream(stream, FAULT_ZERO_INCREMENT);
    return this.outflow.widenStream(stream, increment) ? this.repliesToData() : this.failStream(stream, FAULT_WINDOW);
  }

  private onSettings(flags: number, streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (streamId !== 0) return FAULT_NOT_STREAM_ZERO;
    if ((flags & Flag.END_STREAM_OR_ACK) !== 0) return end === start ? undefined : FAULT_SIZE;
    const fault = this.peer.read(buffer, start, end);
    if (fault) return fault;
    writeSettingsAck(this.socket);
    if (this.peer.known) return this.idle();
    this.peer.known = true;
    this.onSettled();
    return undefined;
  }

  /** @internal */
  onFirstWindow(bytes: number): boolean {
    return this.outflow.changeFirstWindow(bytes, this.streams.values());
  }

  /** @internal */
  onTableSize(bytes: number): void { this.encoder.resize(bytes); }

  private onPing(flags: number, streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (streamId !== 0) return FAULT_NOT_STREAM_ZERO;
    if (end - start !== 8) return FAULT_SIZE;
    if ((flags & Flag.END_STREAM_OR_ACK) !== 0) {
      this.onPingAnswered();
      return undefined;
    }
    writePing(this.socket, buffer.subarray(start, end), true);
    return this.repliesToData();
  }

  /** The peer's settings are known. */
  protected onSettled(): void {}

  /** @internal The peer has said how many streams it takes at a time. */
  onCapacity(): void {}

  /** The peer has answered a ping. */
  protected onPingAnswered(): void {}

  /** Asks the peer whether it is there. */
  ping(): void { if (!this.closed) writePing(this.socket, NO_PAYLOAD, false); }

  /** Priorities are not used (RFC 9113 section 5.3.2), but must make sense. */
  private onPriority(streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (streamId === 0) return FAULT_STREAM_ZERO;
    const stream = this.streams.get(streamId);
    if (end - start !== 5) return stream ? this.failStream(stream, FAULT_SIZE) : this.refuse(streamId, ErrorCode.FRAME_SIZE_ERROR);
    if ((buffer.readUInt32BE(start) & MAX_WINDOW) === streamId) {
      return stream ? this.failStream(stream, FAULT_SELF) : this.refuse(streamId, ErrorCode.PROTOCOL_ERROR);
    }
    return this.idle();
  }

  /** A frame has come of a kind that an honest peer sends in proportion to the data that it gets: for credit, or to measure the time of a round. */
  private repliesToData(): Http2Fault | undefined {
    return this.outflow.takeReply() ? undefined : this.idle();
  }

  /** A frame has come that carries nothing. */
  private idle(): Http2Fault | undefined {
    return this.idleFrames.take(this.settings.now()) ? undefined : FAULT_IDLE_FRAMES;
  }

  private writeEnd(stream: Http2Stream): void {
    writeDataEnd(this.socket, stream.id);
    this.endLocally(stream);
  }

  private endLocally(stream: Http2Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.close(stream);
    // RFC 9113 section 8.1: what is left of a request is for nothing once it is answered.
    else if (!this.isClient && !stream.tunnels) this.reset(stream, ErrorCode.NO_ERROR);
  }

  protected close(stream: Http2Stream): void {
    if (stream.closed) return;
    this.outflow.forget(stream);
    this.streams.delete(stream.id);
    stream.end();
    this.onStreamClosed(stream);
  }
}
