/**
 * Cuts what is read into frames (RFC 9113 section 4.1). A frame that lies whole in what was read is passed on where it lies; only one that
 * is cut is copied. So a frame's bytes are valid during a call only, and what is kept of a cut one is bounded by the largest payload.
 */
import { ErrorCode, FRAME_HEAD_BYTES, Http2Fault, http2Fault, MAX_PAYLOAD_BYTES } from './frames';

const FAULT_TOO_LARGE = http2Fault(ErrorCode.FRAME_SIZE_ERROR, 'a frame that is larger than the 16,384 bytes announced');
const FIRST_CAPACITY = 1_024;

export interface FrameListener {
  /**
   * A frame, with its payload in `buffer[start, end)`.
   *
   * @returns what is wrong with the connection
   */
  onFrame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): Http2Fault | undefined;
}

export class FrameReader {
  /** The beginning of a frame whose rest has not come. */
  private partial: Buffer | undefined;
  private length = 0;

  constructor(private readonly listener: FrameListener) {}

  /** Bytes that are kept until the rest of a frame comes. */
  get heldBytes(): number { return this.partial?.length ?? 0; }

  /** Takes what was read. Returns what is wrong with the connection, and then takes no more. */
  feed(chunk: Buffer): Http2Fault | undefined {
    let position = 0;
    while (this.length > 0) {
      position = this.complete(chunk, position);
      if (position < 0) return FAULT_TOO_LARGE;
      if (position === chunk.length && !this.isWhole()) return undefined;
      const frame = this.partial!;
      this.partial = undefined;
      this.length = 0;
      const fault = this.pass(frame, 0);
      if (fault) return fault;
    }
    while (chunk.length - position >= FRAME_HEAD_BYTES) {
      const length = payloadLength(chunk, position);
      if (length > MAX_PAYLOAD_BYTES) return FAULT_TOO_LARGE;
      const end = position + FRAME_HEAD_BYTES + length;
      if (end > chunk.length) break;
      const fault = this.pass(chunk, position);
      if (fault) return fault;
      position = end;
    }
    if (position < chunk.length) this.append(chunk, position, chunk.length);
    return undefined;
  }

  private pass(buffer: Buffer, at: number): Http2Fault | undefined {
    const streamId = (buffer[at + 5]! & 0x7f) << 24 | buffer[at + 6]! << 16 | buffer[at + 7]! << 8 | buffer[at + 8]!;
    const start = at + FRAME_HEAD_BYTES;
    return this.listener.onFrame(buffer[at + 3]!, buffer[at + 4]!, streamId, buffer, start, start + payloadLength(buffer, at));
  }

  /** Adds what the partial frame lacks. Returns where the rest of the chunk begins; -1 when the frame is too large. */
  private complete(chunk: Buffer, from: number): number {
    let position = from;
    if (this.length < FRAME_HEAD_BYTES) {
      const end = Math.min(chunk.length, position + FRAME_HEAD_BYTES - this.length);
      this.append(chunk, position, end);
      position = end;
      if (this.length < FRAME_HEAD_BYTES) return position;
    }
    const length = payloadLength(this.partial!, 0);
    if (length > MAX_PAYLOAD_BYTES) return -1;
    const end = Math.min(chunk.length, position + FRAME_HEAD_BYTES + length - this.length);
    this.append(chunk, position, end);
    return end;
  }

  private isWhole(): boolean {
    return this.length >= FRAME_HEAD_BYTES && this.length === FRAME_HEAD_BYTES + payloadLength(this.partial!, 0);
  }

  private append(chunk: Buffer, start: number, end: number): void {
    const length = this.length + end - start;
    if (!this.partial || this.partial.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, length * 2));
      this.partial?.copy(grown, 0, 0, this.length);
      this.partial = grown;
    }
    chunk.copy(this.partial, this.length, start, end);
    this.length = length;
  }
}

function payloadLength(buffer: Buffer, at: number): number {
  return buffer[at]! << 16 | buffer[at + 1]! << 8 | buffer[at + 2]!;
}
