/**
 * Spans in the JSON form of OTLP (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are hexadecimal, 64-bit numbers are
 * strings, enumerations are numbers. Each span is written into its batch when it ends, which spreads the work, and as bytes: one span in a
 * hundred requests is code that is never warm, and texts made for it cost more than all else about a request. Texts from peers are cut,
 * so a span has a bounded size.
 */
import type { ByteLine } from '../telemetry/byte-line';
import { KeptPieces } from '../telemetry/kept-pieces';
import { TRACE_ID_DIGITS } from '../telemetry/trace-id-source';
import { Id, SPAN_ID_DIGITS, writeId } from './trace-ids';

/** Longest text of an attribute, in characters. */
export const MAX_ATTRIBUTE_LENGTH = 1_024;

export const enum SpanKind {
  SERVER = 2,
  CLIENT = 3,
}

export interface SpanHead {
  readonly traceId: Id;
  readonly spanId: Id;
  readonly parentSpanId: Id | undefined;
  /** The parent is a span of another process. */
  readonly remoteParent: boolean;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}

/** Bit of the flags: it is known whether the parent is another process's. And: it is. */
const PARENT_KNOWN = 0x100;
const PARENT_IS_REMOTE = 0x200;

const COMMA = 0x2c;
const piece = (text: string): Buffer => Buffer.from(text);

/** An attribute of this name. Each method writes it with a comma behind it, and nothing for a value that is absent. */
export class Attribute {
  private readonly names: KeptPieces;
  private readonly beforeText: Buffer;
  private readonly beforeInteger: Buffer;
  private readonly flags: readonly [no: Buffer, yes: Buffer];

  /** @param key needs no escapes */
  constructor(key: string) {
    const before = `{"key":"${key}","value":{`;
    this.names = new KeptPieces((name) => `${before}"stringValue":${bounded(name)}}},`);
    this.beforeText = piece(`${before}"stringValue":"`);
    this.beforeInteger = piece(`${before}"intValue":"`);
    this.flags = [piece(`${before}"boolValue":false}},`), piece(`${before}"boolValue":true}},`)];
  }

  /** A text that comes again and again. */
  name(line: ByteLine, value: string | undefined): void {
    this.names.write(line, value);
  }

  /** One that may never come again. */
  text(line: ByteLine, value: string | undefined): void {
    if (value === undefined) return;
    line.piece(this.beforeText);
    line.text(bounded(value).slice(1, -1));
    line.piece(AFTER_TEXT);
  }

  /** Out of a request, each byte as a character. */
  bytes(line: ByteLine, source: Buffer, start: number, end: number): void {
    if (start >= end) return;
    line.piece(this.beforeText);
    endCharacters(line, source, start, end);
  }

  integer(line: ByteLine, value: number | undefined): void {
    if (value === undefined) return;
    line.piece(this.beforeInteger);
    line.integer(value);
    line.piece(AFTER_TEXT);
  }

  flag(line: ByteLine, value: boolean): void {
    line.piece(this.flags[value ? 1 : 0]);
  }
}

const AFTER_TEXT = piece('"}},');

/** Writes the rest of an attribute's text, each byte as a character, and ends the attribute. */
export function endCharacters(line: ByteLine, source: Buffer, start: number, end: number): void {
  line.characters(source, start, Math.min(end, start + MAX_ATTRIBUTE_LENGTH));
  line.piece(AFTER_TEXT);
}

const TRACE_ID = piece('{"traceId":"');
const SPAN_ID = piece('","spanId":"');
const PARENT_ID = piece('","parentSpanId":"');
const FLAGS = piece('","flags":');
const NAMES = new KeptPieces((name) => `,"name":${JSON.stringify(name)},"kind":`);
const START = piece(',"startTimeUnixNano":"');
const END = piece('000","endTimeUnixNano":"');
const ATTRIBUTES = piece('000","attributes":[');
const EVENTS = piece('],"events":[');
const EVENT_TIME = piece('{"timeUnixNano":"');
const EVENT_NAMES = new KeptPieces((name) => `000","name":${JSON.stringify(name)},"attributes":[`);
const EVENT_END = piece(']},');
const STATUS_ERROR = piece('],"status":{"code":2,"message":"');
const STATUS_END = piece('"}}');
const SPAN_END = piece(']}');

/** Writes a span up to its attributes, which come next. */
export function writeSpanHead(line: ByteLine, { traceId, spanId, parentSpanId, remoteParent, flags, name, kind, start, end }: SpanHead): void {
  line.piece(TRACE_ID);
  writeDigits(line, traceId, TRACE_ID_DIGITS);
  line.piece(SPAN_ID);
  writeDigits(line, spanId, SPAN_ID_DIGITS);
  if (parentSpanId !== undefined) {
    line.piece(PARENT_ID);
    writeDigits(line, parentSpanId, SPAN_ID_DIGITS);
  }
  line.piece(FLAGS);
  line.integer(flags | PARENT_KNOWN | (remoteParent ? PARENT_IS_REMOTE : 0));
  NAMES.write(line, name);
  line.integer(kind);
  line.piece(START);
  line.integer(microseconds(start));
  line.piece(END);
  line.integer(microseconds(end));
  line.piece(ATTRIBUTES);
}

/** Behind the attributes: events come next. */
export function beginEvents(line: ByteLine): void {
  dropComma(line);
  line.piece(EVENTS);
}

/** Writes an event up to its attributes, which come next. @param at milliseconds since 1970 */
export function writeEventHead(line: ByteLine, name: string, at: number): void {
  line.piece(EVENT_TIME);
  line.integer(microseconds(at));
  EVENT_NAMES.write(line, name);
}

export function endEvent(line: ByteLine): void {
  dropComma(line);
  line.piece(EVENT_END);
}

/** Ends a span behind its attributes or its events. @param error what went wrong; undefined when nothing did */
export function endSpan(line: ByteLine, error: string | undefined): void {
  dropComma(line);
  if (error === undefined) {
    line.piece(SPAN_END);
    return;
  }
  line.piece(STATUS_ERROR);
  line.text(bounded(error).slice(1, -1));
  line.piece(STATUS_END);
}

/** What is before and behind the spans of a batch. @param resource attributes of the process */
export function envelope(resource: Readonly<Record<string, string | undefined>>): readonly [before: string, after: string] {
  const attributes = Object.entries(resource).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: { stringValue: value } }]));
  return [
    `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(attributes)}},"scopeSpans":[{"scope":{"name":"cdk8s-mesh"},"spans":[`,
    ']}]}]}',
  ];
}

function writeDigits(line: ByteLine, id: Id, digits: number): void {
  // Room may be new memory.
  const at = line.take(digits);
  writeId(id, line.bytes, at);
}

/** The one behind the last member of a list. */
function dropComma(line: ByteLine): void {
  if (line.bytes[line.length - 1] === COMMA) line.length -= 1;
}

/** As JSON. Half of a pair of surrogates would be no text; JSON.stringify escapes it. */
function bounded(text: string): string {
  return JSON.stringify(text.length > MAX_ATTRIBUTE_LENGTH ? text.slice(0, MAX_ATTRIBUTE_LENGTH) : text);
}

/** They are as fine as a number of milliseconds since 1970 can be; three digits of nanoseconds are written behind them. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000);
}
