/**
 * Decoder of the chunked transfer coding (RFC 9112 section 7.1): a state machine fed with whatever arrived, cut
 * anywhere. It hands out ranges of the caller's own buffer and copies nothing but trailers.
 *
 * Strict: sizes are 1 to 13 hexadecimal digits (so that readers which count in doubles agree), CRLF ends every line,
 * extensions are bounded, checked and dropped.
 */
import { BACKSLASH, CR, HEX_VALUE, IS_VALUE, LF, QUOTE, SEMICOLON } from './bytes';
import { Fault, fault } from './fault';
import { FieldTable, Kind } from './fields';

export const FAULT_CHUNK_SIZE = fault('a chunk size that is not 1 to 13 hexadecimal digits');
export const FAULT_CHUNK_END = fault('chunk data not followed by CRLF, or a chunk line that does not end in CRLF');
export const FAULT_CHUNK_EXTENSION = fault('a chunk extension with a control character or an unclosed quote');
export const FAULT_CHUNK_EXTENSION_TOO_LONG = fault('chunk extensions longer than the limit');
export const FAULT_TRAILERS_TOO_LONG = fault('trailers longer than the limit', 'head_too_large');
export const FAULT_TRAILER = fault('a trailer field that frames or routes');

const MAX_SIZE_DIGITS = 13;

/** What {@link ChunkedDecoder.next} came upon. */
export const enum Step {
  /** The input is used up and the body goes on. */
  MORE = 0,
  /** Octets of the body: `dataStart` to `dataEnd`. */
  DATA,
  /** The body and its trailers are complete; `position` is behind them. */
  END,
  /** The coding is broken: `fault`. */
  FAULT,
}

const enum State {
  SIZE = 0,
  EXTENSION,
  EXTENSION_QUOTED,
  EXTENSION_ESCAPED,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER,
  DONE,
}

export interface ChunkLimits {
  /** Bounds the extensions of one body, and its trailers. */
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
}

export class ChunkedDecoder {
  position = 0;
  dataStart = 0;
  dataEnd = 0;
  fault: Fault | undefined;
  /** The trailer section with its closing empty line, when there are trailers; copied, for it may arrive in pieces. */
  trailers: Buffer | undefined;

  private state: State = State.SIZE;
  private remaining = 0;
  private digits = 0;
  private extensionBytes = 0;

  /** Makes the decoder ready for another body. */
  reset(): void {
    this.state = State.SIZE;
    this.remaining = 0;
    this.digits = 0;
    this.extensionBytes = 0;
    this.fault = undefined;
    this.trailers = undefined;
  }

  /** Reads on at `position`, which the caller sets for each new buffer, up to the next thing worth knowing. */
  next(buffer: Buffer, end: number, limits: ChunkLimits): Step {
    while (this.position < end) {
      const octet = buffer[this.position]!;
      switch (this.state) {
        case State.SIZE: {
          const value = HEX_VALUE[octet]!;
          this.position += 1;
          if (value !== 255) {
            if (this.digits === MAX_SIZE_DIGITS) return this.fail(FAULT_CHUNK_SIZE);
            this.remaining = this.remaining * 16 + value;
            this.digits += 1;
            break;
          }
          if (this.digits === 0) return this.fail(FAULT_CHUNK_SIZE);
          if (octet === CR) this.state = State.SIZE_LF;
          else if (octet === SEMICOLON) this.state = State.EXTENSION;
          else return this.fail(octet === LF ? FAULT_CHUNK_END : FAULT_CHUNK_SIZE);
          break;
        }
        case State.EXTENSION:
        case State.EXTENSION_QUOTED:
        case State.EXTENSION_ESCAPED: {
          this.position += 1;
          this.extensionBytes += 1;
          if (this.extensionBytes > limits.maxHeadBytes) return this.fail(FAULT_CHUNK_EXTENSION_TOO_LONG);
          if (octet === CR && this.state === State.EXTENSION) this.state = State.SIZE_LF;
          else if (IS_VALUE[octet] !== 1) return this.fail(octet === LF ? FAULT_CHUNK_END : FAULT_CHUNK_EXTENSION);
          else this.state = extensionState(this.state, octet);
          break;
        }
        case State.SIZE_LF:
          if (octet !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.digits = 0;
          this.state = this.remaining === 0 ? State.TRAILER : State.DATA;
          break;
        case State.DATA: {
          const available = Math.min(this.remaining, end - this.position);
          this.dataStart = this.position;
          this.dataEnd = this.position + available;
          this.position = this.dataEnd;
          this.remaining -= available;
          if (this.remaining === 0) this.state = State.DATA_CR;
          return Step.DATA;
        }
        case State.DATA_CR:
          if (octet !== CR) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.DATA_LF;
          break;
        case State.DATA_LF:
          if (octet !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.SIZE;
          break;
        case State.TRAILER:
          return this.readTrailers(buffer, end, limits);
        case State.DONE:
          return Step.END;
      }
    }
    return this.state === State.DONE ? Step.END : Step.MORE;
  }

  /** Gathers the trailer section up to its empty line, then checks it as a field section. */
  private readTrailers(buffer: Buffer, end: number, limits: ChunkLimits): Step {
    const gathered = this.trailers;
    if (!gathered && buffer[this.position] === CR && this.position + 1 < end) {
      if (buffer[this.position + 1] !== LF) return this.fail(FAULT_CHUNK_END);
      this.position += 2;
      this.state = State.DONE;
      return Step.END;
    }
    const before = gathered?.length ?? 0;
    const room = limits.maxHeadBytes - before;
    const section = Buffer.concat([gathered ?? Buffer.alloc(0), buffer.subarray(this.position, Math.min(end, this.position + room))]);
    const length = sectionLength(section);
    if (length < 0) {
      if (end - this.position >= room) return this.fail(FAULT_TRAILERS_TOO_LONG);
      this.trailers = section;
      this.position = end;
      return Step.MORE;
    }
    this.position += length - before;
    this.state = State.DONE;
    this.trailers = length > 2 ? section.subarray(0, length) : undefined;
    if (!this.trailers) return section[1] === LF ? Step.END : this.fail(FAULT_CHUNK_END);

    const fields = new FieldTable(limits.maxHeaderFields);
    const broken = fields.scan(section, 0, length, limits.maxHeaderFields);
    if (broken) return this.fail(broken);
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] !== Kind.OTHER) return this.fail(FAULT_TRAILER);
    }
    return Step.END;
  }

  private fail(what: Fault): Step {
    this.fault = what;
    return Step.FAULT;
  }
}

function extensionState(state: State, octet: number): State {
  if (state === State.EXTENSION_ESCAPED) return State.EXTENSION_QUOTED;
  if (state === State.EXTENSION_QUOTED) {
    if (octet === BACKSLASH) return State.EXTENSION_ESCAPED;
    return octet === QUOTE ? State.EXTENSION : State.EXTENSION_QUOTED;
  }
  return octet === QUOTE ? State.EXTENSION_QUOTED : State.EXTENSION;
}

/** Length of a field section with its closing empty line, -1 when that has not arrived. */
function sectionLength(section: Buffer): number {
  if (section.length >= 2 && section[0] === CR) return 2;
  const at = section.indexOf('\r\n\r\n');
  return at < 0 ? -1 : at + 4;
}
