/**
 * The trace context of one request: read from its fields by W3C Trace Context (https://www.w3.org/TR/trace-context/) and, where asked for,
 * B3 (https://github.com/openzipkin/b3-propagation), and written for the next hop.
 *
 * What is malformed is never repaired. An invalid `traceparent` begins a new trace, and then `tracestate` is not passed on, for it belongs
 * to another one. `tracestate` and `baggage` that are larger than what everybody has to pass on are left out, so that nobody makes every
 * hop carry more.
 */
import { isWord, word } from '../http1/bytes';
import { Kind } from '../http1/fields';
import type { RequestHead } from '../http1/request-head';
import { TRACE_ID_DIGITS } from '../telemetry/trace-id-source';
import type { RandomWords } from './random-words';
import {
  drawId, hexValue, Id, isHex, newSpanId, newTraceId, readId, SPAN_ID_DIGITS, textOfId, writeId, ZERO_DIGIT,
} from './trace-ids';

/** What every proxy has to pass on at least, and this one at most. */
export const MAX_TRACESTATE_BYTES = 512;
export const MAX_TRACESTATE_MEMBERS = 32;
export const MAX_BAGGAGE_BYTES = 8_192;
export const MAX_BAGGAGE_MEMBERS = 64;

/** Bits of the flags. */
export const SAMPLED = 1;
export const RANDOM_ID = 2;

const TRACEPARENT = word('traceparent');
const TRACESTATE = word('tracestate');
const BAGGAGE = word('baggage');
const B3 = word('b3');
const B3_TRACE_ID = word('x-b3-traceid');
const B3_SPAN_ID = word('x-b3-spanid');
const B3_SAMPLED = word('x-b3-sampled');
const B3_FLAGS = word('x-b3-flags');
const B3_PARENT = word('x-b3-parentspanid');

const COMMA = 0x2c;
const DASH = 0x2d;
const ONE = 0x31;
const LOWER_D = 0x64;
const TRACEPARENT_LENGTH = 55;

const LINE = Buffer.from(`traceparent: 00-${'0'.repeat(TRACE_ID_DIGITS)}-${'0'.repeat(SPAN_ID_DIGITS)}-00\r\n`);
const TRACE_ID_AT = 'traceparent: 00-'.length;
const SPAN_ID_AT = TRACE_ID_AT + TRACE_ID_DIGITS + 1;
const FLAGS_AT = SPAN_ID_AT + SPAN_ID_DIGITS + 2;
const EMPTY = Buffer.alloc(0);

export class TraceContext {
  readonly traceId = newTraceId();
  /** Of the span that the caller sent the request from; of no meaning without `hasParent`. */
  readonly parentId = newSpanId();
  hasParent = false;
  flags = 0;
  /** The caller has decided whether the trace is sampled. */
  decided = false;

  private usesB3 = false;
  /** The line of the trace, written in place since each request has another, and behind it `others`, which mostly are the same. */
  private line: Buffer = Buffer.from(LINE);
  private others: Buffer = EMPTY;
  /** The line has the id of this trace. */
  private written = false;

  get sampled(): boolean { return (this.flags & SAMPLED) !== 0; }

  /** Takes the context of a request, and its fields out of what is sent on; begins a trace when it has none. */
  read(buffer: Buffer, head: RequestHead, usesB3: boolean, words: RandomWords): void {
    this.hasParent = false;
    this.decided = false;
    this.flags = 0;
    this.written = false;
    this.usesB3 = usesB3;
    const { fields } = head;
    let parent = -1;
    let parents = 0;
    let b3 = -1;
    let stateBytes = 0;
    let stateMembers = 0;
    let baggageBytes = 0;
    let baggageMembers = 0;
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] !== Kind.OTHER) continue;
      const start = fields.nameStart(i);
      const end = fields.nameEnd(i);
      // Of most fields this is all that is looked at.
      switch (end - start) {
        case TRACEPARENT.length:
          if (!isWord(buffer, start, end, TRACEPARENT)) break;
          parent = i;
          parents += 1;
          fields.kinds[i] = Kind.HOP_BY_HOP;
          break;
        case TRACESTATE.length:
          if (!isWord(buffer, start, end, TRACESTATE)) break;
          stateBytes += fields.valueEnd(i) - fields.valueStart(i);
          stateMembers += membersOf(buffer, fields.valueStart(i), fields.valueEnd(i));
          break;
        case BAGGAGE.length:
          if (!isWord(buffer, start, end, BAGGAGE)) break;
          baggageBytes += fields.valueEnd(i) - fields.valueStart(i);
          baggageMembers += membersOf(buffer, fields.valueStart(i), fields.valueEnd(i));
          break;
        case B3.length:
          if (!usesB3 || !isWord(buffer, start, end, B3)) break;
          b3 = i;
          fields.kinds[i] = Kind.HOP_BY_HOP;
          break;
        default:
      }
    }
    const valid = parents === 1 && this.readTraceparent(buffer, fields.valueStart(parent), fields.valueEnd(parent));
    if (usesB3) this.readB3(buffer, head, b3, valid);
    if (!this.hasParent) this.begin(words);
    const stateTooLarge = stateBytes > MAX_TRACESTATE_BYTES || stateMembers > MAX_TRACESTATE_MEMBERS;
    if (stateMembers > 0 && (!valid || stateTooLarge)) leaveOut(buffer, head, TRACESTATE);
    if (baggageBytes > MAX_BAGGAGE_BYTES || baggageMembers > MAX_BAGGAGE_MEMBERS) leaveOut(buffer, head, BAGGAGE);
  }

  /** Decides whether the trace is sampled, where the caller has not. */
  decide(sampled: boolean): void {
    this.flags = sampled ? this.flags | SAMPLED : this.flags & ~SAMPLED;
  }

  /**
   * Field lines for the next hop, each with its CRLF. Valid until the next call.
   *
   * @param others lines that go behind them
   */
  lines(spanId: Id, others: Buffer): Buffer {
    if (others !== this.others) this.append(others);
    const { line } = this;
    if (!this.written) writeId(this.traceId, line, TRACE_ID_AT);
    this.written = true;
    writeId(spanId, line, SPAN_ID_AT);
    line[FLAGS_AT] = ZERO_DIGIT + this.flags;
    if (!this.usesB3) return line;
    const b3 = `b3: ${textOfId(this.traceId)}-${textOfId(spanId)}-${this.sampled ? 1 : 0}\r\n`;
    return Buffer.concat([line, Buffer.from(b3, 'latin1')]);
  }

  private append(others: Buffer): void {
    if (others.length === this.others.length) others.copy(this.line, LINE.length);
    else {
      this.line = Buffer.concat([LINE, others]);
      this.written = false;
    }
    this.others = others;
  }

  private begin(words: RandomWords): void {
    drawId(this.traceId, words);
    this.flags |= RANDOM_ID;
  }

  private readTraceparent(buffer: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (length < TRACEPARENT_LENGTH || !isHex(buffer, start, 2)) return false;
    const version = hexValue(buffer[start]!) * 16 + hexValue(buffer[start + 1]!);
    // A version that comes after this one may have more behind the flags.
    if (version === 0xff || (length > TRACEPARENT_LENGTH && (version === 0 || buffer[start + TRACEPARENT_LENGTH] !== DASH))) return false;
    const traceId = start + 3;
    const spanId = traceId + TRACE_ID_DIGITS + 1;
    const flags = spanId + SPAN_ID_DIGITS + 1;
    if (buffer[traceId - 1] !== DASH || buffer[spanId - 1] !== DASH || buffer[flags - 1] !== DASH || !isHex(buffer, flags, 2)) return false;
    if (!this.takeIds(buffer, traceId, TRACE_ID_DIGITS, spanId)) return false;
    this.flags = hexValue(buffer[flags + 1]!) & (SAMPLED | RANDOM_ID);
    this.decided = true;
    return true;
  }

  private takeIds(buffer: Buffer, traceId: number, digits: number, spanId: number): boolean {
    this.hasParent = readId(buffer, traceId, digits, this.traceId) && readId(buffer, spanId, SPAN_ID_DIGITS, this.parentId);
    return this.hasParent;
  }

  /** The single field counts before those of Zipkin; both are taken out, since they name another span than the next one's parent. */
  private readB3(buffer: Buffer, head: RequestHead, single: number, hasTraceparent: boolean): void {
    const { fields } = head;
    if (!hasTraceparent && single >= 0) this.readSingle(buffer, fields.valueStart(single), fields.valueEnd(single));
    const traceId = leaveOut(buffer, head, B3_TRACE_ID);
    const spanId = leaveOut(buffer, head, B3_SPAN_ID);
    const sampled = leaveOut(buffer, head, B3_SAMPLED);
    const debug = leaveOut(buffer, head, B3_FLAGS);
    leaveOut(buffer, head, B3_PARENT);
    if (hasTraceparent || this.decided || this.hasParent) return;
    const digits = traceId < 0 ? 0 : fields.valueEnd(traceId) - fields.valueStart(traceId);
    if ((digits === 16 || digits === 32) && spanId >= 0 && fields.valueEnd(spanId) - fields.valueStart(spanId) === SPAN_ID_DIGITS) {
      this.takeIds(buffer, fields.valueStart(traceId), digits, fields.valueStart(spanId));
    }
    if (sampled >= 0) this.takeDecision(buffer[fields.valueStart(sampled)]!, fields.valueEnd(sampled) - fields.valueStart(sampled) === 1);
    else if (debug >= 0) this.takeDecision(buffer[fields.valueStart(debug)]!, buffer[fields.valueStart(debug)] === ONE);
  }

  /** `TRACE-SPAN-DECISION-PARENT`, of which the last two may be missing, or the decision alone. */
  private readSingle(buffer: Buffer, start: number, end: number): void {
    if (end - start === 1) {
      this.takeDecision(buffer[start]!, true);
      return;
    }
    const digits = buffer[start + 16] === DASH ? 16 : 32;
    const spanId = start + digits + 1;
    const behind = spanId + SPAN_ID_DIGITS;
    if (end < behind || buffer[spanId - 1] !== DASH || (end > behind && buffer[behind] !== DASH)) return;
    if (!this.takeIds(buffer, start, digits, spanId) || end <= behind + 1) return;
    this.takeDecision(buffer[behind + 1]!, end === behind + 2 || buffer[behind + 2] === DASH);
  }

  private takeDecision(byte: number, wellFormed: boolean): void {
    if (!wellFormed || (byte !== ZERO_DIGIT && byte !== ONE && byte !== LOWER_D)) return;
    this.decided = true;
    this.decide(byte !== ZERO_DIGIT);
  }
}

/** Members of a list, with those that are empty. */
function membersOf(buffer: Uint8Array, start: number, end: number): number {
  let members = 1;
  for (let i = start; i < end; i += 1) if (buffer[i] === COMMA) members += 1;
  return members;
}

/** Takes fields of a name out of what is sent on. Returns the last one; -1 when there was none. */
function leaveOut(buffer: Buffer, { fields }: RequestHead, name: Uint8Array): number {
  let found = -1;
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(buffer, fields.nameStart(i), fields.nameEnd(i), name)) continue;
    fields.kinds[i] = Kind.HOP_BY_HOP;
    found = i;
  }
  return found;
}
