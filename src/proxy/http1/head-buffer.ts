/**
 * Gathers the octets of a head that may arrive cut anywhere. The usual head arrives whole and is parsed where it lies;
 * only a head in pieces is copied. Bounded by `maxHeadBytes`; a line that ends in a bare LF is refused as soon as it is
 * seen, for the sender will never send the CRLFCRLF that this waits for.
 */
import { CR, LF } from './bytes';
import { Fault, fault } from './fault';
import { FAULT_LINE_END } from './fields';

export const FAULT_HEAD_TOO_LARGE = fault('the head is longer than the limit', 'head_too_large');

const EMPTY = Buffer.alloc(0);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

export class HeadBuffer {
  /** Where the head lies, after {@link feed} returned its length. */
  buffer: Buffer = EMPTY;
  start = 0;
  /** First octet of `buffer` behind the head. */
  end = 0;

  private gathered: Buffer | undefined;

  /** A part of a head has arrived. */
  get partial(): boolean {
    return this.gathered !== undefined;
  }

  /** Lets go of what was gathered and of the buffer that the last head lies in. */
  clear(): void {
    this.gathered = undefined;
    this.buffer = EMPTY;
  }

  /**
   * Takes `chunk[from, ...)`. True when a head is complete: it lies in `buffer[start, end)`, and what follows it (the
   * body, the next message) from `end` on. False when more is needed.
   */
  feed(chunk: Buffer, from: number, maxHeadBytes: number): boolean | Fault {
    const gathered = this.gathered;
    const buffer = gathered ? Buffer.concat([gathered, from === 0 ? chunk : chunk.subarray(from)]) : chunk;
    const start = gathered ? 0 : skipEmptyLine(buffer, from);
    const known = gathered ? Math.max(0, gathered.length - 3) : start;
    const at = buffer.indexOf(END_OF_HEAD, known);
    if (at >= 0) {
      this.gathered = undefined;
      this.buffer = buffer;
      this.start = gathered ? skipEmptyLine(buffer, 0) : start;
      this.end = at + 4;
      return this.end - this.start > maxHeadBytes ? FAULT_HEAD_TOO_LARGE : true;
    }
    if (hasBareLineFeed(buffer, known)) return FAULT_LINE_END;
    if (buffer.length - start > maxHeadBytes) return FAULT_HEAD_TOO_LARGE;
    if (start < buffer.length) this.gathered = start === 0 ? buffer : buffer.subarray(start);
    return false;
  }
}

/** RFC 9112 section 2.2: a server should ignore one empty line before a request line. */
function skipEmptyLine(buffer: Buffer, from: number): number {
  return buffer[from] === CR && buffer[from + 1] === LF ? from + 2 : from;
}

function hasBareLineFeed(buffer: Buffer, from: number): boolean {
  for (let at = buffer.indexOf(LF, from); at >= 0; at = buffer.indexOf(LF, at + 1)) {
    if (at === 0 || buffer[at - 1] !== CR) return true;
  }
  return false;
}
