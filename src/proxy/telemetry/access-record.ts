/** What the access log is told of a request that is over, and its line, as JSON or as text. Fields that don't apply are absent. */
import type { AccessLogMode } from '../../contract';
import type { KeptText } from '../runtime/kept-text';
import { AttemptRecord, attemptText } from './attempt-record';
import type { ByteLine } from './byte-line';
import { keptMember } from './kept-pieces';
import { column, milliseconds } from './log-columns';
import type { ReasonCode } from './reasons';
import { timeText, writeTime } from './time-text';
import { TRACE_ID_DIGITS, TraceIdSource } from './trace-id-source';

/** Longest path in a line. */
export const MAX_PATH = 1_024;

/** What is logged of a request that is over. */
export interface AccessRecord {
  readonly listener: string;
  /** As it came; undefined when the head could not be read. */
  readonly method: string | undefined;
  /** In normal form, without its query, which is where tokens and people's data are found. */
  readonly path: KeptText;
  /** Address of the client, where it comes from outside. */
  readonly client?: string | undefined;
  /** SPIFFE id that the client has proved. */
  readonly caller?: string | undefined;
  /** Undefined while nothing is traced. */
  readonly trace?: TraceIdSource | undefined;
  /** Name of the route that took it. */
  readonly route?: string | undefined;
  /** Which requests that route has logged. */
  readonly accessLog?: AccessLogMode | undefined;
  /** Sent to the client; 499 when it went away before. Of a gRPC call, the one that stands for its own. */
  readonly status: number;
  /** Of a gRPC call; absent of what is none, and of one that did not come so far. */
  readonly grpcStatus?: number | undefined;
  /** Why the proxy answered or broke off by itself. */
  readonly reason: ReasonCode | undefined;
  /** Words about the reason. */
  readonly detail: string;
  readonly durationMs: number;
  readonly cluster: string | undefined;
  /** Address and port. */
  readonly endpoint: string | undefined;
  readonly attempts: number;
  /** What was tried, in order. */
  readonly attemptRecords: readonly AttemptRecord[];
  /** Bytes of the bodies, from and to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const piece = (text: string): Buffer => Buffer.from(text);
const TIME = piece('{"time":"');
const LISTENER = keptMember('","level":"info","event":"request","listener":');
const METHOD = keptMember(',"method":');
const PATH = piece(',"path":');
const CLIENT = keptMember(',"client":');
const CALLER = keptMember(',"caller":');
const ROUTE = keptMember(',"route":');
const STATUS = piece(',"status":');
const GRPC_STATUS = piece(',"grpcStatus":');
const DURATION = piece(',"durationMs":');
const CLUSTER = keptMember(',"cluster":');
const ENDPOINT = keptMember(',"endpoint":');
const ATTEMPTS = piece(',"attempts":');
const BYTES_IN = piece(',"bytesIn":');
const BYTES_OUT = piece(',"bytesOut":');
const TRACE_ID = piece(',"traceId":"');
const QUOTE = 0x22;
const END = 0x7d;

/** Writes one line of JSON, without its end. */
export function writeAccess(line: ByteLine, request: AccessRecord, wallTime: number): void {
  const { method, grpcStatus, reason, attemptRecords, trace } = request;
  line.piece(TIME);
  writeTime(line, wallTime);
  LISTENER.write(line, request.listener);
  if (method !== undefined) {
    METHOD.write(line, method);
    line.piece(PATH);
    line.quoted(request.path.bytes, 0, request.path.length);
  }
  CLIENT.write(line, request.client);
  CALLER.write(line, request.caller);
  ROUTE.write(line, request.route);
  line.piece(STATUS);
  line.integer(request.status);
  if (grpcStatus !== undefined) {
    line.piece(GRPC_STATUS);
    line.integer(grpcStatus);
  }
  if (reason !== undefined) line.text(`,"reason":"${reason}"`);
  if (request.detail !== '') line.text(`,"detail":${JSON.stringify(request.detail)}`);
  line.piece(DURATION);
  line.thousandths(request.durationMs);
  CLUSTER.write(line, request.cluster);
  ENDPOINT.write(line, request.endpoint);
  line.piece(ATTEMPTS);
  line.integer(request.attempts);
  if (attemptRecords.length > 1) line.text(`,"tried":${JSON.stringify(attemptRecords.map(attemptText))}`);
  line.piece(BYTES_IN);
  line.integer(request.bytesIn);
  line.piece(BYTES_OUT);
  line.integer(request.bytesOut);
  if (trace) {
    line.piece(TRACE_ID);
    const at = line.take(TRACE_ID_DIGITS);
    trace.writeTraceId(line.bytes, at);
    line.byte(QUOTE);
  }
  line.byte(END);
}

/**
 * One line of text, without its end. Fields keep their places, and `-` stands for what does not apply, so that columns can be cut out:
 *
 *     time "method path" status reason durationMs bytesIn bytesOut attempts listener route cluster endpoint client caller traceId
 *
 * What comes from a peer is quoted and escaped, and names have no white space, so that nobody can make lines or columns.
 */
export function accessText(request: AccessRecord, wallTime: number): string {
  const { method, path, trace } = request;
  const line = method === undefined ? '-' : `${method} ${path.toString()}`;
  return [
    timeText(wallTime), `"${line.replace(UNSAFE, escape)}"`, request.status, request.reason ?? '-', milliseconds(request.durationMs),
    request.bytesIn, request.bytesOut, request.attempts, ...[
      request.listener, request.route, request.cluster, request.endpoint, request.client, request.caller, trace?.traceId,
    ].map(column),
  ].join(' ');
}

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\"]/g;

function escape(character: string): string {
  return character === '"' || character === '\\' ? `\\${character}` : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
