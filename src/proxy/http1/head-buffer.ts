/**
 * Gathers the octets of a head, or of a trailer section, that may arrive cut anywhere. The usual head arrives whole and is
 * parsed where it lies; only a head in pieces is copied, into a buffer that doubles, so that a sender of single octets
 * costs no more than one of whole packets. Bounded by `maxHeadBytes`.
 *
 * What becomes of a head does not depend on how it was cut. A bare LF ends it at once, for the sender will never send the
 * CRLFCRLF that this waits for: what lies before is handed to the parser, which meets the LF at the latest, so it reports
 * the same fault as it would for the whole head.
 */
import { CR, LF } from './bytes';
import { Fault, fault } from './fault';

export const FAULT_HEAD_TOO_LARGE = fault('the head is longer than the limit', 'head_too_large', 'maxHeadBytes');
export const FAULT_URI_TOO_LONG = fault('the request line is longer than the limit', 'uri_too_long', 'maxStartLineBytes');

const EMPTY = Buffer.alloc(0);
const END_OF_LINE = Buffer.from('\r\n');
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const FIRST_CAPACITY = 1_024;

export class HeadBuffer {
  /** Where the head lies, after {@link feed} returned true. */
  buffer: Buffer = EMPTY;
  start = 0;
  /** First octet of `buffer` behind the head. */
  end = 0;

  /** Octets that came before, with room for more. */
  private gathered: Buffer | undefined;
  private length = 0;
  private skipped = false;

  /** @param skipsEmptyLine whether one empty line in front is ignored: RFC 9112 section 2.2 wants it before a request line */
  constructor(private readonly skipsEmptyLine: boolean) {}

  /** A part of a head has arrived. */
  get partial(): boolean {
    return this.length > 0;
  }

  /** Octets that are kept until the rest of the head comes. */
  get heldOctets(): number {
    return this.gathered?.length ?? 0;
  }

  /** Lets go of what was gathered and of the buffer that the last head lies in. */
  clear(): void {
    this.gathered = undefined;
    this.length = 0;
    this.skipped = false;
    this.buffer = EMPTY;
  }

  /**
   * Takes `chunk[from, ...)`. True when a head is there for the parser: it lies in `buffer[start, end)`, and what follows
   * it (the body, the next message) from `end` on. False when more is needed.
   *
   * @param maxStartLineBytes when given, a head that is too large because of its first line is told apart
   */
  feed(chunk: Buffer, from: number, maxHeadBytes: number, maxStartLineBytes = 0): boolean | Fault {
    const before = this.length;
    let start = before > 0 ? 0 : from;
    const buffer = before > 0 ? this.append(chunk, from) : chunk;
    if (this.skipsEmptyLine && !this.skipped && buffer[start] === CR && buffer[start + 1] === LF) {
      this.skipped = true;
      start += 2;
    }
    const known = before > 3 ? before - 3 : start;
    const at = buffer.indexOf(END_OF_HEAD, known);
    if (at >= 0 && at + 4 - start <= maxHeadBytes) return this.complete(buffer, start, at + 4);

    const bare = bareLineFeed(buffer, before > 0 ? before : start, Math.min(buffer.length, start + maxHeadBytes));
    if (bare >= 0) return this.complete(buffer, start, bare + 1);
    if (buffer.length - start >= maxHeadBytes) {
      const firstLine = buffer.subarray(start, start + Math.min(maxStartLineBytes, maxHeadBytes));
      return maxStartLineBytes > 0 && !firstLine.includes(END_OF_LINE) ? FAULT_URI_TOO_LONG : FAULT_HEAD_TOO_LARGE;
    }
    if (before === 0 || start > 0) {
      this.length = 0;
      if (start < buffer.length) this.append(buffer, start);
      else this.gathered = undefined;
    }
    return false;
  }

  private complete(buffer: Buffer, start: number, end: number): true {
    this.gathered = undefined;
    this.length = 0;
    this.skipped = false;
    this.buffer = buffer;
    this.start = start;
    this.end = end;
    return true;
  }

  /** All that was gathered, with `chunk[from, ...)` at its end. */
  private append(chunk: Buffer, from: number): Buffer {
    const length = this.length + chunk.length - from;
    if (!this.gathered || this.gathered.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, length * 2));
      this.gathered?.copy(grown, 0, 0, this.length);
      this.gathered = grown;
    }
    chunk.copy(this.gathered, this.length, from);
    this.length = length;
    return this.gathered.subarray(0, length);
  }
}

/** Position of the first LF in `buffer[from, end)` without a CR in front; -1 when there is none. */
function bareLineFeed(buffer: Buffer, from: number, end: number): number {
  for (let at = buffer.indexOf(LF, from); at >= 0 && at < end; at = buffer.indexOf(LF, at + 1)) {
    if (at === 0 || buffer[at - 1] !== CR) return at;
  }
  return -1;
}
