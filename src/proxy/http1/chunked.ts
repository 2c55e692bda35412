/**
 * Decoder of the chunked transfer coding (RFC 9112 section 7.1): a state machine fed with whatever arrived, cut
 * anywhere. It hands out ranges of the caller's own buffer: the data of all chunks in it, moved together over the framing
 * between, so that a flood of chunks of one octet costs what one chunk does. Trailers are copied and written anew.
 *
 * Strict: sizes are 1 to 13 hexadecimal digits (so that readers which count in doubles agree), CRLF ends every line,
 * extensions (`;name`, `;name=token`, `;name="quoted"`, without white space) are bounded, checked and dropped.
 */
import { BACKSLASH, CR, EQUALS, HEX_VALUE, IS_TOKEN, IS_VALUE, LF, QUOTE, SEMICOLON } from './bytes';
import { Fault, fault } from './fault';
import { FieldTable, Kind, nameList } from './fields';
import { FAULT_HEAD_TOO_LARGE, HeadBuffer } from './head-buffer';

export const FAULT_CHUNK_SIZE = fault('a chunk size that is not 1 to 13 hexadecimal digits');
export const FAULT_CHUNK_END = fault('chunk data not followed by CRLF, or a chunk line that does not end in CRLF');
export const FAULT_CHUNK_EXTENSION = fault('a chunk extension that is not `;name`, `;name=token` or `;name="quoted"`');
export const FAULT_CHUNK_EXTENSION_TOO_LONG = fault('chunk extensions longer than the limit', 'bad_request', 'maxHeadBytes');
export const FAULT_TRAILERS_TOO_LONG = fault('trailers longer than the limit', 'head_too_large', 'maxHeadBytes');
export const FAULT_TRAILER = fault('a trailer field that frames, routes, authorizes or modifies: it belongs in the head');

/** What RFC 9110 section 6.5.1 wants to be known before the body, beside the fields that are hop-by-hop. */
const isHeadOnly = nameList([
  'authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate', 'cookie', 'set-cookie', 'forwarded', 'x-forwarded-',
  'x-real-ip', 'via', 'origin', 'content-encoding', 'content-type', 'content-range', 'cache-control', 'max-forwards', 'pragma', 'range',
  'if-', 'age', 'expires', 'location', 'retry-after', 'vary', 'http2-settings',
]);

const MAX_SIZE_DIGITS = 13;

/** What {@link ChunkedDecoder.next} came upon. */
export const enum Step {
  /** The input is used up and the body goes on. */
  MORE = 0,
  /** Octets of the body: `dataStart` to `dataEnd`. Ask again for what comes behind them. */
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
  EXTENSION_VALUE_START,
  EXTENSION_VALUE,
  EXTENSION_QUOTED,
  EXTENSION_ESCAPED,
  EXTENSION_QUOTED_END,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER_START,
  TRAILER,
  TRAILER_END_LF,
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
  /** The trailer section in canonical form with its closing empty line, when there are trailers. */
  trailers: Buffer | undefined;

  private state: State = State.SIZE;
  private section: HeadBuffer | undefined;
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
    this.section = undefined;
  }

  /**
   * Reads on at `position`, which the caller sets for each new buffer, up to the next thing worth knowing. Overwrites what it
   * has read.
   */
  next(buffer: Buffer, end: number, limits: ChunkLimits): Step {
    this.dataStart = 0;
    this.dataEnd = 0;
    if (this.fault) return Step.FAULT;
    const step = this.read(buffer, end, limits);
    return this.dataEnd > 0 ? Step.DATA : step;
  }

  /** Reads to the end of the input, of the body, or to a fault; gathers data on the way. */
  private read(buffer: Buffer, end: number, limits: ChunkLimits): Step {
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
          else if (octet === SEMICOLON) this.state = State.EXTENSION_START;
          else return this.fail(octet === LF ? FAULT_CHUNK_END : FAULT_CHUNK_SIZE);
          break;
        }
        case State.EXTENSION_START:
        case State.EXTENSION_NAME:
        case State.EXTENSION_VALUE_START:
        case State.EXTENSION_VALUE:
        case State.EXTENSION_QUOTED:
        case State.EXTENSION_ESCAPED:
        case State.EXTENSION_QUOTED_END: {
          const next = behindExtension(this.state, octet);
          if (next === undefined) return this.fail(octet === LF ? FAULT_CHUNK_END : FAULT_CHUNK_EXTENSION);
          this.state = next;
          this.position += 1;
          this.extensionBytes += 1;
          if (this.extensionBytes > limits.maxHeadBytes) return this.fail(FAULT_CHUNK_EXTENSION_TOO_LONG);
          break;
        }
        case State.SIZE_LF:
          if (octet !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.digits = 0;
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
          if (octet !== CR) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.DATA_LF;
          break;
        case State.DATA_LF:
          if (octet !== LF) return this.fail(FAULT_CHUNK_END);
          this.position += 1;
          this.state = State.SIZE;
          break;
        case State.TRAILER_START:
          if (octet === CR) {
            this.position += 1;
            this.state = State.TRAILER_END_LF;
          } else {
            this.state = State.TRAILER;
          }
          break;
        case State.TRAILER_END_LF:
          if (octet !== LF) return this.fail(FAULT_CHUNK_END);
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
  private readTrailers(buffer: Buffer, limits: ChunkLimits): Step {
    const section = this.section ??= new HeadBuffer(false);
    const complete = section.feed(buffer, this.position, limits.maxHeadBytes);
    if (complete === false) {
      this.position = buffer.length;
      return Step.MORE;
    }
    if (complete !== true) return this.fail(complete === FAULT_HEAD_TOO_LARGE ? FAULT_TRAILERS_TOO_LONG : complete);
    this.position = buffer.length - (section.buffer.length - section.end);
    const fields = new FieldTable(limits.maxHeaderFields);
    const broken = fields.scan(section.buffer, section.start, section.end, limits.maxHeaderFields);
    if (broken) return this.fail(broken);
    for (let i = 0; i < fields.count; i += 1) {
      const kind = fields.kinds[i];
      // A load report is known only at the end by some; it is passed on, and not read.
      if (kind === Kind.LOAD_METRICS) continue;
      if (kind !== Kind.OTHER || isHeadOnly(section.buffer, fields.nameStart(i), fields.nameEnd(i))) return this.fail(FAULT_TRAILER);
    }
    this.trailers = rewritten(section.buffer, fields);
    this.section = undefined;
    this.state = State.DONE;
    return Step.END;
  }

  private fail(what: Fault): Step {
    this.fault = what;
    return Step.FAULT;
  }
}

/** Where an octet leads from within an extension; undefined when it may not be there. */
function behindExtension(state: State, octet: number): State | undefined {
  switch (state) {
    case State.EXTENSION_START: return IS_TOKEN[octet] === 1 ? State.EXTENSION_NAME : undefined;
    case State.EXTENSION_NAME:
      if (IS_TOKEN[octet] === 1) return state;
      return octet === EQUALS ? State.EXTENSION_VALUE_START : behindParameter(octet);
    case State.EXTENSION_VALUE_START:
      if (octet === QUOTE) return State.EXTENSION_QUOTED;
      return IS_TOKEN[octet] === 1 ? State.EXTENSION_VALUE : undefined;
    case State.EXTENSION_VALUE: return IS_TOKEN[octet] === 1 ? state : behindParameter(octet);
    case State.EXTENSION_QUOTED:
      if (octet === QUOTE) return State.EXTENSION_QUOTED_END;
      if (octet === BACKSLASH) return State.EXTENSION_ESCAPED;
      return IS_VALUE[octet] === 1 ? state : undefined;
    case State.EXTENSION_ESCAPED: return IS_VALUE[octet] === 1 ? State.EXTENSION_QUOTED : undefined;
    case State.EXTENSION_QUOTED_END: return behindParameter(octet);
    default: return undefined;
  }
}

function behindParameter(octet: number): State | undefined {
  if (octet === SEMICOLON) return State.EXTENSION_START;
  return octet === CR ? State.SIZE_LF : undefined;
}

/** The fields as a section of our own: `name: value` and CRLF, and an empty line. */
function rewritten(buffer: Buffer, fields: FieldTable): Buffer {
  let text = '';
  for (let i = 0; i < fields.count; i += 1) {
    const name = buffer.toString('latin1', fields.nameStart(i), fields.nameEnd(i));
    text += `${name}: ${buffer.toString('latin1', fields.valueStart(i), fields.valueEnd(i))}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}
