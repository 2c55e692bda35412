/**
 * Writes the heads that the proxy forwards. Start line, framing and connection fields are always our own; the other
 * fields keep their order, case and value. Fields that stand in canonical form (`name: value CRLF`) are copied in runs,
 * several at a time, the rest one by one.
 */
// The global of this name is a getter, which costs the hot path a call each time.
import { Buffer } from 'node:buffer';
import { COLON, CR, LF, SP } from './bytes';
import { FieldTable, Kind } from './fields';
import { Framing } from './framing';
import { MAX_ENTRIES, writeEntries } from './mesh-via';
import { Method, RequestHead } from './request-head';
import type { ResponseHead } from './response-head';

const HTTP_1_1 = Buffer.from(' HTTP/1.1\r\n');
const STATUS_LINE = Buffer.from('HTTP/1.1 ');
const CRLF = Buffer.from('\r\n');
const HOST = Buffer.from('host: ');
const TE_TRAILERS = Buffer.from('te: trailers\r\nconnection: te\r\n');
const UPGRADE = Buffer.from('connection: upgrade\r\nupgrade: ');
const MAX_FORWARDS = Buffer.from('max-forwards: ');
const CHUNKED = Buffer.from('transfer-encoding: chunked\r\n');
const CLOSE = Buffer.from('connection: close\r\n');
const KEEP_ALIVE = Buffer.from('connection: keep-alive\r\n');
const DATE = Buffer.from('date: ');
const MESH_VIA = Buffer.from('x-mesh-via: ');
const MESH_VIA_LINE = Buffer.from('\r\nx-mesh-via: ');

/** Kinds of fields that are forwarded, as bits. */
const KEPT = (1 << Kind.OTHER) | (1 << Kind.HOST) | (1 << Kind.CONTENT_LENGTH) | (1 << Kind.EXPECT) | (1 << Kind.DATE) | (1 << Kind.VIA)
  | (1 << Kind.LOAD_METRICS) | (1 << Kind.LOAD_METRICS_BIN) | (1 << Kind.LOAD_METRICS_FORMAT) | (1 << Kind.GRPC_STATUS);

/** Room for everything that is added to a head. */
const ADDED_BYTES = 512 + MAX_ENTRIES;

/** How the connection to the client goes on after a response. */
export const enum Persistence {
  /** As HTTP/1.1 does unless told otherwise. */
  DEFAULT = 0,
  /** Say that it stays open, for an HTTP/1.0 client that asked. */
  KEEP_ALIVE,
  /** Say that it will be closed. */
  CLOSE,
}

/** What a listener adds to all requests, made once. */
export interface ViaFields {
  /** Host for an HTTP/1.0 request without one. */
  readonly defaultHost: string;
  /** Its entry in `x-mesh-via`. */
  readonly entry: Buffer;
  /** The field `x-mesh-via`, with its CRLF, for a request that has passed no sidecar. */
  readonly meshVia: Buffer;
  /** The Via field, with its CRLF, for a request that came by HTTP/1.1. */
  readonly via: Buffer;
  /** The same for HTTP/1.0. */
  readonly viaHttp10: Buffer;
  /** Requests go to the app beside the proxy, which may want to know which attempt it sees. */
  readonly inbound: boolean;
}

/** Which fields say that a request has passed here, as bits. */
export const enum Marks {
  NONE = 0,
  /** `x-mesh-via`, for sidecars of the mesh. */
  MESH_VIA = 1,
  VIA = 2,
}

let out: Buffer = Buffer.allocUnsafe(32 * 1024);
let at = 0;

/**
 * The request to forward, from `buffer`, in which `head` was parsed.
 *
 * @param marks which fields say that it has passed here
 * @param offersUpgrade the protocols that the client would switch to are offered to the backend, too
 * @param added field lines for this request, each with its CRLF
 * @param lines the same, for this attempt: the last ones of the head, behind `x-mesh-via`
 * @param body first bytes of the body, to leave in the same write; empty when there are none
 */
export function serializeRequest(
  buffer: Buffer, head: RequestHead, via: ViaFields, marks: Marks, offersUpgrade: boolean, added: Buffer, lines: Buffer, body: Buffer,
): Buffer {
  const { targetPrefix, newHost } = head;
  begin(head.fields, buffer.length + head.rawBytes * 2 + targetPrefix.length + newHost.length + added.length + lines.length + body.length);
  append(buffer, head.methodStart, head.methodEnd);
  out[at++] = SP;
  if (targetPrefix.length > 0) appendAll(targetPrefix);
  // RFC 9112 section 3.2.4: a URL without path and query means the server itself when asked for its OPTIONS.
  else if (head.targetStart === head.targetEnd && head.method === Method.OPTIONS) out[at++] = 0x2a;
  else if (head.targetStart === head.targetEnd || buffer[head.targetStart] === 0x3f) out[at++] = 0x2f;
  if (head.rawBytes === 0) append(buffer, head.targetStart, head.targetEnd);
  else appendEncoded(buffer, head.targetStart, head.targetEnd);
  appendAll(HTTP_1_1);
  const hasAuthority = head.authorityEnd > head.authorityStart;
  if (hasAuthority || newHost.length > 0 || !head.hasHost) {
    appendAll(HOST);
    if (newHost.length > 0) appendAll(newHost);
    else if (hasAuthority) append(buffer, head.authorityStart, head.authorityEnd);
    else at += out.write(via.defaultHost, at, 'latin1');
    appendAll(CRLF);
  }
  const chunked = head.framing === Framing.CHUNKED;
  const kept = (via.inbound ? KEPT | (1 << Kind.MESH_ATTEMPT) | (1 << Kind.MESH_MIRROR) : KEPT) | (chunked ? 1 << Kind.TRAILER : 0);
  appendFields(buffer, head.fields, hasAuthority || newHost.length > 0 ? kept & ~(1 << Kind.HOST) : kept, chunked);
  if ((marks & Marks.VIA) !== 0) appendAll(head.isHttp10 ? via.viaHttp10 : via.via);
  if (head.acceptsTrailers) appendAll(TE_TRAILERS);
  if (head.maxForwards > 0) {
    appendAll(MAX_FORWARDS);
    appendDecimal(head.maxForwards - 1);
    appendAll(CRLF);
  }
  if (offersUpgrade) {
    appendAll(UPGRADE);
    append(buffer, head.upgradeStart, head.upgradeEnd);
    appendAll(CRLF);
  }
  appendAll(added);
  if ((marks & Marks.MESH_VIA) !== 0) appendMeshVia(buffer, head, via);
  appendAll(lines);
  appendAll(CRLF);
  appendAll(body);
  return take();
}

/** A request to forward without `x-mesh-via`, which is the last field before those at `lines`. */
export function withoutMeshVia(message: Buffer, lines: number): Buffer {
  // At `lines` itself may be the end of the head, and behind it a body that begins like the field.
  const start = message.lastIndexOf(MESH_VIA_LINE, lines - 1) + CRLF.length;
  return Buffer.concat([message.subarray(0, start), message.subarray(lines)]);
}

/**
 * The response to forward.
 *
 * @param chunked the body follows in chunks made here
 * @param trailers trailers will be forwarded, and so is what announces them
 * @param date `Date` to add when the backend sent none
 * @param added field lines of the proxy's own, each with its CRLF
 * @param body first bytes of the body, already framed, to leave in the same write
 */
export function serializeResponse(
  buffer: Buffer, head: ResponseHead, chunked: boolean, trailers: boolean, persistence: Persistence, date: string, added: Buffer, body: Buffer,
): Buffer {
  begin(head.fields, buffer.length + added.length + body.length);
  appendAll(STATUS_LINE);
  appendDecimal(head.status);
  out[at++] = SP;
  append(buffer, head.reasonStart, head.reasonEnd);
  appendAll(CRLF);
  const hasLength = head.status >= 200 && head.status !== 204;
  const kept = (hasLength ? KEPT : KEPT & ~(1 << Kind.CONTENT_LENGTH)) | (trailers ? 1 << Kind.TRAILER : 0);
  appendFields(buffer, head.fields, kept, chunked);
  // An upgrade that happens, and one that is required (426), are said anew: both fields are of this connection only.
  if ((head.status === 101 || head.status === 426) && head.upgradeEnd > head.upgradeStart) {
    appendAll(UPGRADE);
    append(buffer, head.upgradeStart, head.upgradeEnd);
    appendAll(CRLF);
  }
  if (persistence === Persistence.CLOSE) appendAll(CLOSE);
  else if (persistence === Persistence.KEEP_ALIVE) appendAll(KEEP_ALIVE);
  if (!head.hasDate && !head.interim) {
    appendAll(DATE);
    at += out.write(date, at, 'latin1');
    appendAll(CRLF);
  }
  appendAll(added);
  appendAll(CRLF);
  appendAll(body);
  return take();
}

/** Bytes of a body as one chunk of our own. */
export function frameChunk(data: Buffer): Buffer {
  const size = data.length.toString(16);
  const chunk = Buffer.allocUnsafe(size.length + data.length + 4);
  let end = chunk.write(size, 0, 'latin1');
  chunk[end++] = CR;
  chunk[end++] = LF;
  end += data.copy(chunk, end);
  chunk[end++] = CR;
  chunk[end] = LF;
  return chunk;
}

/** A size in hexadecimal digits, and its CRLF. */
const BEFORE_CHUNK_BYTES = 10;

/** A copy of bytes with room around it, in which {@link frameKept} writes the framing. */
export function keepChunk(data: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(BEFORE_CHUNK_BYTES + data.length + CRLF.length);
  data.copy(whole, BEFORE_CHUNK_BYTES);
  return whole.subarray(BEFORE_CHUNK_BYTES, BEFORE_CHUNK_BYTES + data.length);
}

/** The same as {@link frameChunk} for bytes from {@link keepChunk}, which are not copied again. */
export function frameKept(data: Buffer): Buffer {
  const size = data.length.toString(16);
  const before = size.length + CRLF.length;
  const chunk = Buffer.from(data.buffer, data.byteOffset - before, before + data.length + CRLF.length);
  chunk.write(size, 0, 'latin1');
  CRLF.copy(chunk, size.length);
  CRLF.copy(chunk, before + data.length);
  return chunk;
}

/** The end of a chunked body; trailers come with their closing empty line. */
export function lastChunk(trailers: Buffer | undefined): Buffer {
  return trailers ? Buffer.concat([LAST_CHUNK_SIZE, trailers]) : LAST_CHUNK;
}

const LAST_CHUNK_SIZE = Buffer.from('0\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * Copies what is forwarded of the fields. A run is a stretch of adjacent canonical fields; it ends at a field that is
 * left out or must be written anew.
 */
function appendFields(buffer: Buffer, fields: FieldTable, keep: number, chunked: boolean): void {
  let runStart = -1;
  let runEnd = -1;
  for (let i = 0; i < fields.count; i += 1) {
    const nameStart = fields.nameStart(i);
    const nameEnd = fields.nameEnd(i);
    const valueStart = fields.valueStart(i);
    const valueEnd = fields.valueEnd(i);
    const kind = fields.kinds[i]!;
    const kept = (keep & (1 << kind)) !== 0;
    const canonical = valueStart === nameEnd + 2 && buffer[nameEnd + 1] === SP && buffer[valueEnd] === CR
      && !(kind === Kind.CONTENT_LENGTH && buffer[valueStart] === 0x30);
    if (kept && canonical && nameStart === runEnd) {
      runEnd = valueEnd + 2;
      continue;
    }
    if (runStart >= 0) append(buffer, runStart, runEnd);
    runStart = -1;
    runEnd = -1;
    if (!kept) continue;
    if (canonical) {
      runStart = nameStart;
      runEnd = valueEnd + 2;
    } else {
      append(buffer, nameStart, nameEnd);
      out[at++] = COLON;
      out[at++] = SP;
      if (kind === Kind.CONTENT_LENGTH) appendWithoutZeros(buffer, valueStart, valueEnd);
      else append(buffer, valueStart, valueEnd);
      out[at++] = CR;
      out[at++] = LF;
    }
  }
  if (runStart >= 0) append(buffer, runStart, runEnd);
  if (chunked) appendAll(CHUNKED);
}

function appendMeshVia(buffer: Buffer, head: RequestHead, via: ViaFields): void {
  if (!head.hasMeshVia) {
    appendAll(via.meshVia);
    return;
  }
  appendAll(MESH_VIA);
  at = writeEntries(out, at, buffer, head.fields, via.entry);
  appendAll(CRLF);
}

/** A length without leading zeros, which some readers take for octal. */
function appendWithoutZeros(buffer: Buffer, start: number, end: number): void {
  let first = start;
  while (first < end - 1 && buffer[first] === 0x30) first += 1;
  append(buffer, first, end);
}

/** A head never grows by more than two bytes a field and what is added by name. */
function begin(fields: FieldTable, inputBytes: number): void {
  const most = inputBytes + fields.count * 2 + ADDED_BYTES;
  if (out.length < most) out = Buffer.allocUnsafe(most);
  at = 0;
}

/** A short stretch is copied byte by byte: up to there a call into native code costs more (bench/codec.mjs). */
const LOOP_BYTES = 48;

function append(from: Buffer, start: number, end: number): void {
  const to = out;
  let position = at;
  if (end - start > LOOP_BYTES) from.copy(to, position, start, end);
  else for (let i = start; i < end; i += 1) to[position++] = from[i]!;
  at += end - start;
}

function appendAll(from: Buffer): void {
  append(from, 0, from.length);
}

/** Bytes above 0x7f as `%` and two digits. */
function appendEncoded(from: Buffer, start: number, end: number): void {
  for (let i = start; i < end; i += 1) {
    const byte = from[i]!;
    if (byte > 0x7f) at += out.write(`%${byte.toString(16).toUpperCase()}`, at, 'latin1');
    else out[at++] = byte;
  }
}

function appendDecimal(value: number): void {
  at += out.write(String(value), at, 'latin1');
}

/** What was written, copied out of the scratch space at its exact size. */
function take(): Buffer {
  const message = Buffer.allocUnsafe(at);
  out.copy(message, 0, 0, at);
  return message;
}
