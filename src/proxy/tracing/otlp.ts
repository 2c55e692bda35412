/**
 * Spans in the JSON form of OTLP (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are hexadecimal, 64-bit numbers are
 * strings, enumerations are numbers. Each span becomes text when it ends, which spreads the work; a batch only puts texts together.
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
  return JSON.stringify({
    traceId,
    spanId,
    parentSpanId,
    flags: flags | PARENT_KNOWN | (remoteParent ? PARENT_IS_REMOTE : 0),
    name,
    kind,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    attributes: attributesOf(attributes),
    events: events && events.length > 0 ? events.map(eventOf) : undefined,
    status: error === undefined ? undefined : { code: STATUS_ERROR, message: cut(error) },
  });
}

/** What is before and behind the spans of a request. */
export function envelope(resource: Attributes): readonly [before: string, after: string] {
  return [
    `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(attributesOf(resource))}},"scopeSpans":[{"scope":{"name":"cdk8s-mesh"},"spans":[`,
    ']}]}]}',
  ];
}

function eventOf({ name, at, attributes }: SpanEvent): unknown {
  return { timeUnixNano: nanos(at), name, attributes: attributesOf(attributes) };
}

function attributesOf(attributes: Attributes): unknown[] {
  const list: unknown[] = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) list.push({ key, value: valueOf(value) });
  }
  return list;
}

function valueOf(value: string | number | boolean): unknown {
  if (typeof value === 'string') return { stringValue: cut(value) };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Half of a pair of surrogates would be no text. Texts from heads are Latin-1, which has none. */
function cut(text: string): string {
  return text.length > MAX_ATTRIBUTE_LENGTH ? text.slice(0, MAX_ATTRIBUTE_LENGTH) : text;
}

/** Microseconds are as fine as a number of milliseconds since 1970 can be. */
function nanos(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
