/**
 * Gathers a header block out of HEADERS and CONTINUATION frames (RFC 9113 sections 6.2 and 6.10). One in a single frame is read where it
 * lies. Bounded in bytes and in frames, for it can't be left before its end: CVE-2024-27316 is a block without one.
 */
import { Flag, Http2Fault, MAX_WINDOW } from './frames';
import { FAULT_CONTINUATIONS, FAULT_HEAD, FAULT_INTERLEAVED, FAULT_PADDING, FAULT_SELF, FAULT_STREAM_ZERO } from './session-faults';

/** No honest peer needs more: each of them takes 16 KiB. */
const MAX_CONTINUATIONS = 32;
const EMPTY = Buffer.alloc(0);

export class HeaderBlock {
  streamId = 0;
  /** Nothing of the stream follows. */
  isLast = false;
  /** All of it is here, in `buffer[start, end)`. */
  complete = false;
  buffer: Buffer = EMPTY;
  start = 0;
  end = 0;
  /** Its end has not come, and nothing else may. */
  isOpen = false;
  private continuations = 0;

  constructor(private readonly maxBytes: number) {}

  /** Bytes that are kept. */
  get heldBytes(): number { return this.isOpen ? this.buffer.length : 0; }

  begin(flags: number, streamId: number, buffer: Buffer, from: number, to: number): Http2Fault | undefined {
    if (streamId === 0) return FAULT_STREAM_ZERO;
    let start = from;
    let end = to;
    if ((flags & Flag.PADDED) !== 0) {
      const padding = end > start ? buffer[start]! : 0;
      if (padding >= end - start) return FAULT_PADDING;
      start += 1;
      end -= padding;
    }
    if ((flags & Flag.PRIORITY) !== 0) {
      if (end - start < 5) return FAULT_PADDING;
      if ((buffer.readUInt32BE(start) & MAX_WINDOW) === streamId) return FAULT_SELF;
      start += 5;
    }
    if (end - start > this.maxBytes) return FAULT_HEAD;
    this.streamId = streamId;
    this.isLast = (flags & Flag.END_STREAM_OR_ACK) !== 0;
    this.complete = (flags & Flag.END_HEADERS) !== 0;
    this.isOpen = !this.complete;
    this.continuations = 0;
    if (this.complete) this.lie(buffer, start, end);
    else this.lie(Buffer.from(buffer.subarray(start, end)), 0, end - start);
    return undefined;
  }

  append(flags: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if (!this.isOpen) return FAULT_INTERLEAVED;
    this.continuations += 1;
    if (this.continuations > MAX_CONTINUATIONS) return FAULT_CONTINUATIONS;
    if (this.end + end - start > this.maxBytes) return FAULT_HEAD;
    const longer = Buffer.concat([this.buffer, buffer.subarray(start, end)]);
    this.lie(longer, 0, longer.length);
    this.complete = (flags & Flag.END_HEADERS) !== 0;
    this.isOpen = !this.complete;
    return undefined;
  }

  /** It has been read. */
  forget(): void {
    this.buffer = EMPTY;
    this.complete = false;
  }

  private lie(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
  }
}
