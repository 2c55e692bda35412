/**
 * What makes a request a gRPC call, and how long its caller waits (gRPC's PROTOCOL-HTTP2.md). Nothing else of a call is read: a message passes
 * as bytes.
 */
import { isWord, parseDecimal, word } from '../http1/bytes';
import { MAX_DEADLINE_MS } from '../http1/mesh-fields';
import type { FieldTable } from '../http1/fields';
import { Method, RequestHead } from '../http1/request-head';

const CONTENT_TYPE = word('content-type');
const GRPC = word('application/grpc');
const TIMEOUT = word('grpc-timeout');
const PLUS = 0x2b;
const SEMICOLON = 0x3b;

/** Most digits of a timeout. */
const MAX_DIGITS = 8;
/** Milliseconds of each unit. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** Whether it is a call. `application/grpc-web` is not: it is plain HTTP to a proxy. */
export function isCall(source: Buffer, { method, fields }: RequestHead): boolean {
  if (method !== Method.POST) return false;
  const i = fieldOf(source, fields, CONTENT_TYPE);
  if (i < 0) return false;
  const start = fields.valueStart(i);
  const end = fields.valueEnd(i);
  const typeEnd = start + GRPC.length;
  if (end < typeEnd || !isWord(source, start, typeEnd, GRPC)) return false;
  return end === typeEnd || source[typeEnd] === PLUS || source[typeEnd] === SEMICOLON;
}

/**
 * Takes the caller's timeout out of the head, where it becomes the deadline unless that is earlier. A timeout that is none, or is further away
 * than deadlines are, is passed on as it is.
 *
 * @returns the timeout in milliseconds; Infinity when none was taken
 */
export function takeTimeout(source: Buffer, head: RequestHead): number {
  const i = fieldOf(source, head.fields, TIMEOUT);
  if (i < 0) return Infinity;
  const timeoutMs = timeoutOf(source, head.fields.valueStart(i), head.fields.valueEnd(i));
  if (timeoutMs < 0 || timeoutMs > MAX_DEADLINE_MS) return Infinity;
  head.fields.hide(i);
  if (head.deadlineMs < 0 || timeoutMs < head.deadlineMs) head.deadlineMs = timeoutMs;
  return timeoutMs;
}

/** The field line that says how long the caller waits from now on. */
export function timeoutField(milliseconds: number): string {
  return `grpc-timeout: ${Math.max(1, Math.round(milliseconds))}m\r\n`;
}

/** In whole milliseconds, rounded up; -1 when it is no timeout. */
function timeoutOf(source: Buffer, start: number, end: number): number {
  const unit = UNITS[String.fromCharCode(source[end - 1]!)];
  const digits = end - 1 - start;
  const count = digits > MAX_DIGITS ? -1 : parseDecimal(source, start, end - 1);
  return unit === undefined || count < 0 ? -1 : Math.ceil(count * unit);
}

/** Index of the first field of this name; -1 when there is none. */
function fieldOf(source: Buffer, fields: FieldTable, name: Uint8Array): number {
  for (let i = 0; i < fields.count; i += 1) if (isWord(source, fields.nameStart(i), fields.nameEnd(i), name)) return i;
  return -1;
}
