/**
 * The access log: one line a request, or a connection of TCP, when it is over, as JSON or as text. Off by default, and then nothing of it runs.
 *
 * The query is left out of the path: it is where tokens and people's data are found. Fields that don't apply are absent.
 */
import type { AccessLogConfig, AccessLogMode } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { LineWriter } from './line-writer';
import { ReasonCode, REASONS } from './reasons';
import { AttemptRecord, attemptText } from './attempt-record';
import { FinishedConnection, formatConnection, formatConnectionText } from './connection-record';
import { KeptMember, quoted } from './json-text';
import { column, milliseconds } from './log-columns';
import { timeText } from './time-text';

/** Longest path in a line. */
export const MAX_PATH = 1_024;

/** What is logged of a request that is over. */
export interface AccessRecord {
  readonly listener: string;
  /** Method and target, its path in normal form, one space between; empty when the head could not be read. */
  readonly description: string;
  /** Address of the client, where it comes from outside. */
  readonly client?: string | undefined;
  /** SPIFFE id that the client has proved. */
  readonly caller?: string | undefined;
  /** Of its trace; undefined while nothing is traced. */
  readonly traceId?: string | undefined;
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

export class AccessLog {
  private readonly format: (request: AccessRecord, wallTime: number) => string;

  constructor(
    private readonly writer: LineWriter, private readonly clock: Clock, private readonly config: AccessLogConfig,
    private readonly random: () => number,
  ) {
    this.format = config.format === 'text' ? formatText : formatAccess;
  }

  record(request: AccessRecord): void {
    if (this.wants(request)) this.write(request);
  }

  /** Writes one that is wanted. */
  write(request: AccessRecord): void {
    this.writer.collect(this.format(request, this.clock.wallTime()), this.clock);
  }

  /** Writes a line for a connection of TCP, if that is wanted: with `errors`, of those that did not end in order. */
  recordConnection(connection: FinishedConnection): void {
    const { format, samplePercent = 0 } = this.config;
    const mode = connection.accessLog ?? this.config.mode;
    const wanted = mode === 'all' || (mode === 'errors' && (connection.reason !== undefined || (samplePercent > 0 && this.random() * 100 < samplePercent)));
    if (!wanted) return;
    const line = format === 'text' ? formatConnectionText : formatConnection;
    this.writer.collect(line(connection, this.clock.wallTime()), this.clock);
  }

  /** Whether a request is logged, which is known before anything is made of it. */
  wants(request: Pick<AccessRecord, 'status' | 'reason' | 'durationMs' | 'accessLog'>): boolean {
    const { slowMs = 0, samplePercent = 0 } = this.config;
    const mode = request.accessLog ?? this.config.mode;
    if (mode !== 'errors') return mode === 'all';
    return isError(request) || (slowMs > 0 && request.durationMs >= slowMs) || (samplePercent > 0 && this.random() * 100 < samplePercent);
  }
}

/** Status 500 and above, and what broke after a better status had been sent or before any could be. */
export function isError({ status, reason }: Pick<AccessRecord, 'status' | 'reason'>): boolean {
  if (status >= 500) return true;
  // Their status is what the configuration says.
  if (reason === 'redirect' || reason === 'direct_response') return false;
  return reason !== undefined && (REASONS[reason].outcome !== 'answered' || REASONS[reason].status !== status);
}

/** Method and path without query; undefined when the head could not be read. */
function requestOf(description: string): { readonly method: string; readonly path: string } | undefined {
  const space = description.indexOf(' ');
  if (space < 0) return undefined;
  const query = description.indexOf('?', space);
  const end = query < 0 ? description.length : query;
  return { method: description.slice(0, space), path: description.slice(space + 1, Math.min(end, space + 1 + MAX_PATH)) };
}

/**
 * One line of text, without its end. Fields keep their places, and `-` stands for what does not apply, so that columns can be cut out:
 *
 *     time "method path" status reason durationMs bytesIn bytesOut attempts listener route cluster endpoint client caller traceId
 *
 * What comes from a peer is quoted and escaped, and names have no white space, so that nobody can make lines or columns.
 */
export function formatText(request: AccessRecord, wallTime: number): string {
  const asked = requestOf(request.description);
  const line = asked ? `${asked.method} ${asked.path}` : '-';
  return [
    timeText(wallTime), `"${line.replace(UNSAFE, escape)}"`, request.status, request.reason ?? '-', milliseconds(request.durationMs),
    request.bytesIn, request.bytesOut, request.attempts, ...[
      request.listener, request.route, request.cluster, request.endpoint, request.client, request.caller, request.traceId,
    ].map(column),
  ].join(' ');
}

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\"]/g;

function escape(character: string): string {
  return character === '"' || character === '\\' ? `\\${character}` : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

const LISTENER = new KeptMember('","level":"info","event":"request","listener":');
const CLIENT = new KeptMember(',"client":');
const CALLER = new KeptMember(',"caller":');
const ROUTE = new KeptMember(',"route":');
const CLUSTER = new KeptMember(',"cluster":');
const ENDPOINT = new KeptMember(',"endpoint":');

/** One line of JSON, without its end. */
export function formatAccess(request: AccessRecord, wallTime: number): string {
  const asked = requestOf(request.description);
  const { grpcStatus, reason, detail, attemptRecords, traceId } = request;
  const wanted = asked ? `,"method":${quoted(asked.method)},"path":${quoted(asked.path)}` : '';
  const call = grpcStatus === undefined ? '' : `,"grpcStatus":${grpcStatus}`;
  const why = (reason === undefined ? '' : `,"reason":"${reason}"`) + (detail === '' ? '' : `,"detail":${quoted(detail)}`);
  const tried = attemptRecords.length > 1 ? `,"tried":[${attemptRecords.map((attempt) => quoted(attemptText(attempt))).join()}]` : '';
  const trace = traceId === undefined ? '' : `,"traceId":"${traceId}"`;
  return `{"time":"${timeText(wallTime)}${LISTENER.of(request.listener)}${wanted}${CLIENT.of(request.client)}${CALLER.of(request.caller)}`
    + `${ROUTE.of(request.route)},"status":${request.status}${call}${why},"durationMs":${milliseconds(request.durationMs)}`
    + `${CLUSTER.of(request.cluster)}${ENDPOINT.of(request.endpoint)},"attempts":${request.attempts}${tried}`
    + `,"bytesIn":${request.bytesIn},"bytesOut":${request.bytesOut}${trace}}`;
}
