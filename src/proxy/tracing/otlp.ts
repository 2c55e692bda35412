/**
 * Spans in the JSON form of OTLP (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are hexadecimal, 64-bit numbers are
 * strings, enumerations are numbers. Each span becomes text when it ends, which spreads the work; a batch only puts texts together. The text
 * is put together by hand: that takes a third of the time of objects and JSON.stringify, which sees only what may need escapes.
 * Texts from peers are cut, so a span has a bounded size.
 */

/** Longest text of an attribute. */
export const MAX_ATTRIBUTE_LENGTH = 1_024;

export const enum SpanKind {
  SERVER = 2,
  CLIENT = 3,
}

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly attributes: Attributes;
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
  readonly attributes: Attributes;
  readonly events?: readonly SpanEvent[];
  /** What went wrong; undefined when nothing did. */
  readonly error: string | undefined;
}

/** Number of STATUS_CODE_ERROR. */
const STATUS_ERROR = 2;

/** Bit of the flags: it is known whether the parent is another process's. And: it is. */
const PARENT_KNOWN = 0x100;
const PARENT_IS_REMOTE = 0x200;

/** @param remoteParent the parent is a span of another process */
export function spanText(span: Span, remoteParent: boolean): string {
  const { traceId, spanId, parentSpanId, flags, name, kind, start, end, attributes, events, error } = span;
  const parent = parentSpanId === undefined ? '' : `"parentSpanId":"${parentSpanId}",`;
  const allFlags = flags | PARENT_KNOWN | (remoteParent ? PARENT_IS_REMOTE : 0);
  const eventsText = events && events.length > 0 ? `,"events":[${events.map(eventText).join(',')}]` : '';
  const status = error === undefined ? '' : `,"status":{"code":${STATUS_ERROR},"message":${quoted(error)}}`;
  return `{"traceId":"${traceId}","spanId":"${spanId}",${parent}"flags":${allFlags},"name":${quoted(name)},"kind":${kind},`
    + `"startTimeUnixNano":"${nanos(start)}","endTimeUnixNano":"${nanos(end)}","attributes":${attributesText(attributes)}${eventsText}${status}}`;
}

/** What is before and behind the spans of a request. */
export function envelope(resource: Attributes): readonly [before: string, after: string] {
  return [
    `{"resourceSpans":[{"resource":{"attributes":${attributesText(resource)}},"scopeSpans":[{"scope":{"name":"cdk8s-mesh"},"spans":[`,
    ']}]}]}',
  ];
}

function eventText({ name, at, attributes }: SpanEvent): string {
  return `{"timeUnixNano":"${nanos(at)}","name":${quoted(name)},"attributes":${attributesText(attributes)}}`;
}

/** Keys are our own, and need no escapes. */
function attributesText(attributes: Attributes): string {
  let text = '';
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) text += `${text === '' ? '[' : ','}{"key":"${key}","value":${valueText(value)}}`;
  }
  return text === '' ? '[]' : `${text}]`;
}

function valueText(value: string | number | boolean): string {
  if (typeof value === 'string') return `{"stringValue":${quoted(value)}}`;
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  return Number.isInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${value}}`;
}

/** Half of a pair of surrogates would be no text. Texts from heads are Latin-1, which has none. */
function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_ATTRIBUTE_LENGTH ? text.slice(0, MAX_ATTRIBUTE_LENGTH) : text);
}

/** Microseconds are as fine as a number of milliseconds since 1970 can be. */
function nanos(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
