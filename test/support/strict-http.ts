/**
 * A parser of what the proxy sends, written apart from the proxy's own and as narrow as it can be: it takes nothing but the
 * one form that the proxy is meant to write. Whatever it does not take, some backend or client could read differently.
 */

export interface StrictMessage {
  /** First line: `GET /a` of a request, the status of a response. */
  readonly line: string;
  /** Field lines, as they are. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Trailer lines. */
  readonly trailers: readonly string[];
}

export interface StrictReading {
  readonly messages: readonly StrictMessage[];
  /** The beginning of a message whose end has not come; its first line may be read from it. */
  readonly rest: string;
  /** First line of the message in `rest`, once its head is there. */
  readonly begun: string | undefined;
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+ [!-~]+) HTTP\/1\.1$/;
const STATUS_LINE = /^HTTP\/1\.1 ([1-9][0-9][0-9]) [\t\x20-\x7e\x80-\xff]*$/;
const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: (?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const LENGTH = /^(0|[1-9][0-9]{0,15})$/;
const SIZE = /^[1-9a-f][0-9a-f]{0,12}$/;

/** Reads requests. @throws when the bytes are not strict HTTP/1.1 */
export function readRequests(text: string): StrictReading {
  return read(text, REQUEST_LINE, (fields) => {
    if (valuesOf(fields, 'host').length !== 1) throw new Error(`a request needs one Host: ${JSON.stringify(fields)}`);
    return framingOf(fields) ?? 0;
  });
}

/**
 * Reads responses to requests with these methods. `closed` says that the connection has ended, which ends a body without
 * a length.
 */
export function readResponses(text: string, methods: readonly string[], closed = false): StrictReading {
  let answered = 0;
  return read(text, STATUS_LINE, (fields, status) => {
    const framing = framingOf(fields);
    if (status < '200') return 0;
    const method = methods[answered];
    answered += 1;
    if (method === undefined) throw new Error(`a response to no request: ${status}`);
    if (status === '204' && framing !== undefined) throw new Error('a length of 204');
    if (method === 'HEAD' || status === '204' || status === '304') return 0;
    return framing ?? (closed ? 'close' : 'open');
  });
}

export function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.filter((field) => field.toLowerCase().startsWith(`${name}: `)).map((field) => field.slice(name.length + 2));
}

type Body = number | 'chunked' | 'close' | 'open';

function read(text: string, firstLine: RegExp, bodyOf: (fields: readonly string[], line: string) => Body): StrictReading {
  const messages: StrictMessage[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { messages, rest, begun: undefined };
    const [first, ...fields] = rest.slice(0, end).split('\r\n');
    const line = firstLine.exec(first!)?.[1];
    if (line === undefined) throw new Error(`not a first line: ${JSON.stringify(first)}`);
    for (const field of fields) if (!FIELD.test(field)) throw new Error(`not a field: ${JSON.stringify(field)}`);
    const body = readBody(rest.slice(end + 4), bodyOf(fields, line));
    if (!body) return { messages, rest, begun: line };
    messages.push({ line, fields, body: body.text, trailers: body.trailers });
    rest = body.rest;
  }
}

/** What frames the body: a length, chunks, or nothing. */
function framingOf(fields: readonly string[]): Body | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Error(`framed twice: ${JSON.stringify([...lengths, ...codings])}`);
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Error(`not a coding: ${codings[0]}`);
    return 'chunked';
  }
  if (lengths.length === 0) return undefined;
  if (!LENGTH.test(lengths[0]!)) throw new Error(`not a length: ${lengths[0]}`);
  return Number(lengths[0]);
}

interface ReadBody {
  readonly text: string;
  readonly trailers: readonly string[];
  readonly rest: string;
}

/** Undefined when the end has not come. */
function readBody(text: string, body: Body): ReadBody | undefined {
  if (body === 'open') return undefined;
  if (body === 'close') return { text, trailers: [], rest: '' };
  if (body !== 'chunked') return text.length < body ? undefined : { text: text.slice(0, body), trailers: [], rest: text.slice(body) };
  let data = '';
  let rest = text;
  for (;;) {
    const lineEnd = rest.indexOf('\r\n');
    if (lineEnd < 0) return undefined;
    const size = rest.slice(0, lineEnd);
    rest = rest.slice(lineEnd + 2);
    if (size === '0') break;
    if (!SIZE.test(size)) throw new Error(`not a chunk size: ${JSON.stringify(size)}`);
    const bytes = parseInt(size, 16);
    if (rest.length < bytes + 2) return undefined;
    if (rest.slice(bytes, bytes + 2) !== '\r\n') throw new Error(`a chunk that does not end where it says: ${JSON.stringify(rest.slice(bytes, bytes + 2))}`);
    data += rest.slice(0, bytes);
    rest = rest.slice(bytes + 2);
  }
  if (rest.startsWith('\r\n')) return { text: data, trailers: [], rest: rest.slice(2) };
  const end = rest.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const trailers = rest.slice(0, end).split('\r\n');
  for (const field of trailers) if (!FIELD.test(field)) throw new Error(`not a trailer: ${JSON.stringify(field)}`);
  return { text: data, trailers, rest: rest.slice(end + 4) };
}
