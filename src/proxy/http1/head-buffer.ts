/**
 * Gathers the bytes of a head, or of a trailer section, that may arrive cut anywhere, and has it read when it is complete. The
 * usual head arrives whole and is read where it lies; only a head in pieces is copied, into a buffer that doubles, so that a
 * sender of single bytes costs no more than one of whole packets. Bounded by `maxHeadBytes`.
 *
 * A head in pieces is also read while it is not complete, so what can't become one is refused at once, and not when its end has come,
 * which for another protocol is never. That reads the same bytes again with each piece, so it is bounded: up to
 * {@link EARLY_BYTES} in all, and from then on each time that the head has doubled.
 *
 * What becomes of a head does not depend on how it was cut: a reader reports the first line that is wrong, and looks at no line
 * before those in front of it.
 */
import { CR, LF } from './bytes';
import { Fault, fault, INCOMPLETE } from './fault';

export const FAULT_HEAD_TOO_LARGE = fault('the head is longer than the limit', 'head_too_large', 'maxHeadBytes');
export const FAULT_EMPTY_LINES = fault('more empty lines before the request than the limit of a head', 'head_too_large', 'maxHeadBytes');

export interface HeadLimits {
  readonly maxStartLineBytes: number;
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
}

/** Reads heads of one kind. */
export interface HeadReader {
  /** LF alone ends a line, too. */
  readonly takesLf: boolean;
  /** Where the head that was read last ends. */
  readonly end: number;
  /**
   * Reads what begins at `start`: a head that ends at or before `end`, or {@link INCOMPLETE} when `buffer[start, end)` may be the
   * beginning of one. The byte at `end` is readable.
   */
  parse(buffer: Buffer, start: number, end: number, limits: HeadLimits): Fault | undefined;
}

const EMPTY = Buffer.alloc(0);
const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** Ends of a head whose last line ends in LF alone. */
const LF_ENDS = [Buffer.from('\n\n'), Buffer.from('\n\r\n')];
const FIRST_CAPACITY = 1_024;

/** Bytes of a head in pieces that are read before its end has come, each as often as it is read: about a millisecond's work. */
const EARLY_BYTES = 1_048_576;

export class HeadBuffer {
  /** Where the head lies once it is complete, and until then what there is of it. */
  buffer: Buffer = EMPTY;
  start = 0;
  /** First byte of `buffer` behind it. */
  end = 0;

  /** Bytes that came before, with room for more, and for one that ends what is read. */
  private gathered: Buffer | undefined;
  private length = 0;
  /** Bytes of empty lines in front of the head. */
  private skipped = 0;
  /** Bytes that were read before the end had come, and how many there were the last time. */
  private readEarly = 0;
  private lengthRead = 0;

  /** @param skipsEmptyLines whether empty lines in front are ignored: RFC 9112 section 2.2 wants at least one to be, before a request line */
  constructor(private readonly skipsEmptyLines: boolean) {}

  /** A part of a head has arrived. */
  get partial(): boolean {
    return this.length > 0;
  }

  /** Bytes that are kept until the rest of the head comes. */
  get heldBytes(): number {
    return this.gathered?.length ?? 0;
  }

  /** Whether it begins with `bytes`; undefined while there is not enough of it to tell. */
  beginsWith(bytes: Uint8Array): boolean | undefined {
    for (let i = 0; i < bytes.length; i += 1) {
      if (this.start + i >= this.end) return undefined;
      if (this.buffer[this.start + i] !== bytes[i]) return false;
    }
    return true;
  }

  /** Lets go of what was gathered and of the buffer that the last head lies in. */
  clear(): void {
    this.forget();
    this.buffer = EMPTY;
    this.start = 0;
    this.end = 0;
  }

  /**
   * Takes `chunk[from, ...)`. Undefined when `reader` has read a head: it lies in `buffer[start, end)`, and what follows it (the
   * body, the next message) from `end` on. {@link INCOMPLETE} when more is needed, or why no head can come of it.
   */
  feed(chunk: Buffer, from: number, reader: HeadReader, limits: HeadLimits): Fault | undefined {
    const before = this.length;
    const buffer = before > 0 ? this.append(chunk, from) : chunk;
    let start = before > 0 ? 0 : from;
    if (this.skipsEmptyLines && buffer[start]! <= CR) {
      start = this.skip(buffer, start);
      if (this.skipped > limits.maxHeadBytes) return FAULT_EMPTY_LINES;
    }
    const known = before > 3 ? before - 3 : start;
    const end = endWithin(buffer, known, start + limits.maxHeadBytes, reader.takesLf);
    if (end < 0) return this.gather(buffer, start, reader, limits);

    this.buffer = buffer;
    this.start = start;
    const wrong = reader.parse(buffer, start, end, limits);
    this.end = wrong ? end : reader.end;
    if (!wrong) this.forget();
    return wrong;
  }

  /** Keeps what came, unless it can't become a head. */
  private gather(buffer: Buffer, start: number, reader: HeadReader, limits: HeadLimits): Fault {
    if (start === buffer.length) {
      this.length = 0;
      this.gathered = undefined;
      this.buffer = EMPTY;
      this.start = 0;
      this.end = 0;
      return INCOMPLETE;
    }
    if (this.length === 0 || start > 0) {
      this.length = 0;
      this.append(buffer, start);
    }
    const gathered = this.gathered!;
    const length = Math.min(this.length, limits.maxHeadBytes);
    this.buffer = gathered;
    this.start = 0;
    this.end = length;
    const tooLarge = this.length >= limits.maxHeadBytes;
    const mayBeEmptyLine = this.skipsEmptyLines && length === 1 && gathered[0] === CR;
    if (!tooLarge && (mayBeEmptyLine || !this.isDue(length))) return INCOMPLETE;
    gathered[length] = 0;
    const wrong = reader.parse(gathered, 0, length, limits) ?? INCOMPLETE;
    return wrong === INCOMPLETE && tooLarge ? FAULT_HEAD_TOO_LARGE : wrong;
  }

  /** Whether a head of which there is so much is read before its end has come. */
  private isDue(length: number): boolean {
    if (this.readEarly + length > EARLY_BYTES && length < this.lengthRead * 2) return false;
    this.readEarly += length;
    this.lengthRead = length;
    return true;
  }

  /** Where the first line begins that is not empty. */
  private skip(buffer: Buffer, from: number): number {
    let position = from;
    while (buffer[position] === LF || (buffer[position] === CR && buffer[position + 1] === LF)) position += buffer[position] === LF ? 1 : 2;
    this.skipped += position - from;
    return position;
  }

  private forget(): void {
    this.gathered = undefined;
    this.length = 0;
    this.skipped = 0;
    this.readEarly = 0;
    this.lengthRead = 0;
  }

  /** All that was gathered, with `chunk[from, ...)` at its end. */
  private append(chunk: Buffer, from: number): Buffer {
    const length = this.length + chunk.length - from;
    if (!this.gathered || this.gathered.length <= length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, length * 2));
      this.gathered?.copy(grown, 0, 0, this.length);
      this.gathered = grown;
    }
    chunk.copy(this.gathered, this.length, from);
    this.length = length;
    return this.gathered.subarray(0, length);
  }
}

/** An end of a head that is not behind `most`; -1 when there is none. With `takesLf`, the head may end before it. */
function endWithin(buffer: Buffer, from: number, most: number, takesLf: boolean): number {
  const at = buffer.indexOf(END_OF_HEAD, from);
  if (at >= 0 && at + END_OF_HEAD.length <= most) return at + END_OF_HEAD.length;
  if (!takesLf) return -1;
  for (const end of LF_ENDS) {
    const found = buffer.indexOf(end, from);
    if (found >= 0 && found + end.length <= most) return found + end.length;
  }
  return -1;
}
