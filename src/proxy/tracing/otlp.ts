/**
 * Spans in the JSON form of OTLP (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are hexadecimal, 64-bit numbers are
 * strings, enumerations are numbers. Each span becomes text when it ends, which spreads the work; a batch only puts texts together. The text
 * is put together by hand: one span in a hundred requests is code that is never warm, and objects made for it cost as much as all else about
 * a request. Texts from peers are cut, so a span has a bounded size.
 */
import { quoted } from '../telemetry/json-text';

/** Longest text of an attribute. */
export const MAX_ATTRIBUTE_LENGTH = 1_024;

export const enum SpanKind {
  SERVER = 2,
  CLIENT = 3,
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** As {@link Attribute} makes them, with a comma behind each. */
  readonly attributes: string;
  /** As {@link eventText} makes them, with a comma behind each. */
  readonly events: string;
  /** What went wrong; undefined when nothing did. */
  readonly error: string | undefined;
}

/** Number of STATUS_CODE_ERROR. */
const STATUS_ERROR = 2;

/** Bit of the flags: it is known whether the parent is another process's. And: it is. */
const PARENT_KNOWN = 0x100;
const PARENT_IS_REMOTE = 0x200;

/** An attribute of this name. Each method makes its text, with a comma behind it; nothing for a value that is absent. */
export class Attribute {
  private readonly before: string;

  /** @param key needs no escapes */
  constructor(key: string) {
    this.before = `{"key":"${key}","value":{`;
  }

  text(value: string | undefined): string { return value === undefined ? '' : `${this.before}"stringValue":${bounded(value)}}},`; }
  integer(value: number | undefined): string { return value === undefined ? '' : `${this.before}"intValue":"${value}"}},`; }
  flag(value: boolean | undefined): string { return value === undefined ? '' : `${this.before}"boolValue":${value}}},`; }
}

/** @param remoteParent the parent is a span of another process */
export function spanText(span: Span, remoteParent: boolean): string {
  const { traceId, spanId, parentSpanId, flags, name, kind, start, end, attributes, events, error } = span;
  const parent = parentSpanId === undefined ? '' : `"parentSpanId":"${parentSpanId}",`;
  const allFlags = flags | PARENT_KNOWN | (remoteParent ? PARENT_IS_REMOTE : 0);
  const eventsText = events === '' ? '' : `,"events":[${listOf(events)}]`;
  const status = error === undefined ? '' : `,"status":{"code":${STATUS_ERROR},"message":${bounded(error)}}`;
  return `{"traceId":"${traceId}","spanId":"${spanId}",${parent}"flags":${allFlags},"name":${bounded(name)},"kind":${kind},"startTimeUnixNano":"${nanos(start)}",`
    + `"endTimeUnixNano":"${nanos(end)}","attributes":[${listOf(attributes)}]${eventsText}${status}}`;
}

/** @param at milliseconds since 1970 */
export function eventText(name: string, at: number, attributes: string): string {
  return `{"timeUnixNano":"${nanos(at)}","name":${bounded(name)},"attributes":[${listOf(attributes)}]},`;
}

/** What is before and behind the spans of a request. @param resource attributes of the process */
export function envelope(resource: string): readonly [before: string, after: string] {
  return [
    `{"resourceSpans":[{"resource":{"attributes":[${listOf(resource)}]},"scopeSpans":[{"scope":{"name":"cdk8s-mesh"},"spans":[`,
    ']}]}]}',
  ];
}

/** Without the comma behind the last one. */
function listOf(members: string): string {
  return members.slice(0, -1);
}

/** Half of a pair of surrogates would be no text. Texts from heads are Latin-1, which has none. */
function bounded(text: string): string {
  return quoted(text.length > MAX_ATTRIBUTE_LENGTH ? text.slice(0, MAX_ATTRIBUTE_LENGTH) : text);
}

/** Microseconds are as fine as a number of milliseconds since 1970 can be. */
function nanos(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
