/**
 * Decoder of the chunked transfer coding (RFC 9112 section 7.1): a state machine fed with whatever arrived, cut
 * anywhere. It hands out ranges of the caller's own buffer: the data of all chunks in it, moved together over the framing
 * between, so that a flood of chunks of one byte costs what one chunk does. Trailers are copied and written anew.
 *
 * Strict where two readers could differ: a size is hexadecimal digits, at most 13 of them behind zeros (so that readers which
 * count in doubles agree), and CRLF ends every line. White space and zeros that pad a size are taken, and extensions (`;name`,
 * `;name=token`, `;name="quoted"`) are checked and dropped; all of it is bounded.
 */
import { BACKSLASH, CR, EQUALS, HEX_VALUE, HTAB, IS_TOKEN, IS_VALUE, LF, QUOTE, SEMICOLON, SP } from './bytes';
import { Fault, fault, INCOMPLETE } from './fault';
import { FieldTable } from './fields';
import { FAULT_HEAD_TOO_LARGE, HeadBuffer, HeadLimits, HeadReader } from './head-buffer';
import { trailersOf } from './trailers';

export const FAULT_CHUNK_SIZE = fault('a chunk size that is not 1 to 13 hexadecimal digits, perhaps behind zeros and with white space behind it');
export const FAULT_CHUNK_END = fault('chunk data not followed by CRLF, or a chunk line that does not end in CRLF; write CR LF');
export const FAULT_CHUNK_EXTENSION = fault('a chunk extension that is not `;name`, `;name=token` or `;name="quoted"`');
export const FAULT_CHUNK_EXTENSION_TOO_LONG = fault('chunk extensions and padding longer than the limit', 'bad_request', 'maxHeadBytes');
export const FAULT_TRAILERS_TOO_LONG = fault('trailers longer than the limit', 'head_too_large', 'maxHeadBytes');

/** 16^12: a size that has come to this can have no further digit. */
const MOST_BEFORE_LAST_DIGIT = 0x1_0000_0000_0000;

/** Bytes of zeros and white space in one chunk line that count for nothing; servers that pad do so in each. */
const FREE_PADDING = 32;

/** What {@link ChunkedDecoder.next} came upon. */
export const enum Step {
  /** The input is used up and the body goes on. */
  MORE = 0,
  /** Bytes of the body: `dataStart` to `dataEnd`. Ask again for what comes behind them. */
  DATA,
  /** The body and its trailers are complete; `position` is behind them. */
  END,
  /** The coding is broken: `fault`. */
  FAULT,
}

const enum State {
  SIZE = 0,
  EXTENSION_START,
  EXTENSION_NAME,
  /** White space behind a name. */
  EXTENSION_NAME_END,
  EXTENSION_VALUE_START,
  EXTENSION_VALUE,
  EXTENSION_QUOTED,
  EXTENSION_ESCAPED,
  /** Behind a size or a value, perhaps with white space between. */
  EXTENSION_END,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER_START,
  TRAILER,
  TRAILER_END_LF,
  DONE,
}

export class ChunkedDecoder {
  position = 0;
  dataStart = 0;
  dataEnd = 0;
  fault: Fault | undefined;
  /** The trailer section in canonical form with its closing empty line, when there are trailers. */
  trailers: Buffer | undefined;

  private state: State = State.SIZE;
  private section: { readonly heads: HeadBuffer; readonly reader: TrailerReader } | undefined;
  private remaining = 0;
  private digits = 0;
  /** Zeros and white space in the present chunk line. */
  private padding = 0;
  private extensionBytes = 0;

  /** Makes the decoder ready for another body. */
  reset(): void {
    this.state = State.SIZE;
    this.remaining = 0;
    this.digits = 0;
    this.padding = 0;
    this.extensionBytes = 0;
    this.fault = undefined;
    this.trailers = undefined;
    this.section = undefined;
  }

  /**
   * Reads on at `position`, which the caller sets for each new buffer, up to the next thing worth knowing. Overwrites what it
   * has read.
   */
  next(buffer: Buffer, end: number, limits: HeadLimits): Step {
    this.dataStart = 0;
    this.dataEnd = 0;
    if (this.fault) return Step.FAULT;
    const step = this.read(buffer, end, limits);
    return this.dataEnd > 0 ? Step.DATA : step;
  }

  /** Reads to the end of the input, of the body, or to a fault; gathers data on the way. */
  private read(buffer: Buffer, end: number, limits: HeadLimits): Step {
    while (this.position < end) {
      const byte = buffer[this.position]!;
      switch (this.state) {
        case State.SIZE: {
          const value = HEX_VALUE[byte]!;
          this.position += 1;
          if (value !== 255) {
            if (this.remaining >= MOST_BEFORE_LAST_DIGIT) return this.fail(FAULT_CHUNK_SIZE);
            if (this.remaining === 0 && this.digits > 0 && this.pads(limits)) return this.fail(FAULT_CHUNK_EXTENSION_TOO_LONG);
            this.remaining = this.remaining * 16 + value;
            this.digits += 1;
            break;
          }
          const next = this.digits === 0 ? undefined : behindParameter(byte);
          if (next === undefined) return this.fail(byte === LF && this.digits > 0 ? FAULT_CHUNK_END : FAULT_CHUNK_SIZE);
          this.state = next;
          break;
        }
        case State.EXTENSION_START:
        case State.EXTENSION_NAME:
        case State.EXTENSION_NAME_END:
        case State.EXTENSION_VALUE_START:
        case State.EXTENSION_VALUE:
        case State.EXTENSION_QUOTED:
        case State.EXTENSION_ESCAPED:
        case State.EXTENSION_END: {
          const next = behindExtension(this.state, byte);
          if (next === undefined) return this.fail(byte === LF ? FAULT_CHUNK_END : FAULT_CHUNK_EXTENSION);
          this.state = next;
          this.position += 1;
          if (isSpace(byte) ? this.pads(limits) : this.extends(limits)) return this.fail(FAULT_CHUNK_EXTENSION_TOO_LONG);
          break;
        }
        case State.SIZE_LF:
          if (byte !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.digits = 0;
          this.padding = 0;
          this.state = this.remaining === 0 ? State.TRAILER_START : State.DATA;
          break;
        case State.DATA: {
          const available = Math.min(this.remaining, end - this.position);
          const from = this.position;
          this.position += available;
          this.remaining -= available;
          if (this.remaining === 0) this.state = State.DATA_CR;
          if (this.dataEnd === 0) this.dataStart = from;
          else buffer.copyWithin(this.dataEnd, from, this.position);
          this.dataEnd = this.dataEnd === 0 ? this.position : this.dataEnd + available;
          break;
        }
        case State.DATA_CR:
          if (byte !== CR) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.DATA_LF;
          break;
        case State.DATA_LF:
          if (byte !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.SIZE;
          break;
        case State.TRAILER_START:
          if (byte === CR) {
            this.position += 1;
            this.state = State.TRAILER_END_LF;
          } else {
            this.state = State.TRAILER;
          }
          break;
        case State.TRAILER_END_LF:
          if (byte !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.DONE;
          break;
        case State.TRAILER:
          return this.readTrailers(end === buffer.length ? buffer : buffer.subarray(0, end), limits);
        case State.DONE:
          return Step.END;
      }
    }
    return this.state === State.DONE ? Step.END : Step.MORE;
  }

  /** Gathers the trailer section up to its empty line, then checks it as a field section. */
  private readTrailers(buffer: Buffer, limits: HeadLimits): Step {
    this.section ??= { heads: new HeadBuffer(false), reader: new TrailerReader(limits.maxHeaderFields) };
    const { heads, reader } = this.section;
    const wrong = heads.feed(buffer, this.position, reader, limits);
    if (wrong === INCOMPLETE) {
      this.position = buffer.length;
      return Step.MORE;
    }
    if (wrong) return this.fail(wrong === FAULT_HEAD_TOO_LARGE ? FAULT_TRAILERS_TOO_LONG : wrong);
    this.position = buffer.length - (heads.buffer.length - heads.end);
    this.trailers = trailersOf(heads.buffer, reader.fields);
    this.section = undefined;
    this.state = State.DONE;
    return Step.END;
  }

  /** Counts a byte of padding. True: there is too much of it. */
  private pads(limits: HeadLimits): boolean {
    this.padding += 1;
    return this.padding > FREE_PADDING && this.extends(limits);
  }

  private extends(limits: HeadLimits): boolean {
    this.extensionBytes += 1;
    return this.extensionBytes > limits.maxHeadBytes;
  }

  private fail(what: Fault): Step {
    this.fault = what;
    return Step.FAULT;
  }
}

class TrailerReader implements HeadReader {
  readonly takesLf = false;
  readonly fields: FieldTable;

  constructor(private readonly maxHeaderFields: number) {
    this.fields = new FieldTable(maxHeaderFields);
  }

  get end(): number {
    return this.fields.end;
  }

  parse(buffer: Buffer, start: number, end: number): Fault | undefined {
    return this.fields.scan(buffer, start, end, this.maxHeaderFields);
  }
}

/** Where a byte leads from within an extension; undefined when it may not be there. White space may be between any two parts. */
function behindExtension(state: State, byte: number): State | undefined {
  switch (state) {
    case State.EXTENSION_START:
      if (IS_TOKEN[byte] === 1) return State.EXTENSION_NAME;
      // RFC 9112 wants a name; without one there is nothing to read in two ways.
      return isSpace(byte) ? state : behindParameter(byte);
    case State.EXTENSION_NAME:
      if (IS_TOKEN[byte] === 1) return state;
      return behindName(byte);
    case State.EXTENSION_NAME_END: return behindName(byte);
    case State.EXTENSION_VALUE_START:
      if (byte === QUOTE) return State.EXTENSION_QUOTED;
      if (isSpace(byte)) return state;
      return IS_TOKEN[byte] === 1 ? State.EXTENSION_VALUE : undefined;
    case State.EXTENSION_VALUE: return IS_TOKEN[byte] === 1 ? state : behindParameter(byte);
    case State.EXTENSION_QUOTED:
      if (byte === QUOTE) return State.EXTENSION_END;
      if (byte === BACKSLASH) return State.EXTENSION_ESCAPED;
      return IS_VALUE[byte] === 1 ? state : undefined;
    case State.EXTENSION_ESCAPED: return IS_VALUE[byte] === 1 ? State.EXTENSION_QUOTED : undefined;
    case State.EXTENSION_END: return behindParameter(byte);
    default: return undefined;
  }
}

function behindName(byte: number): State | undefined {
  if (byte === EQUALS) return State.EXTENSION_VALUE_START;
  return isSpace(byte) ? State.EXTENSION_NAME_END : behindParameter(byte);
}

function behindParameter(byte: number): State | undefined {
  if (byte === SEMICOLON) return State.EXTENSION_START;
  if (byte === CR) return State.SIZE_LF;
  return isSpace(byte) ? State.EXTENSION_END : undefined;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
