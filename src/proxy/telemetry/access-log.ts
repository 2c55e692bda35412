/**
 * The access log: one JSON line a request, when it is over. Off by default, and then nothing of it runs.
 *
 * The query is left out of the path: it is where tokens and people's data are found. Fields that don't apply are absent.
 */
import type { AccessLogConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { LineWriter } from './line-writer';
import { ReasonCode, REASONS } from './reasons';
import { AttemptRecord, attemptText } from './attempt-record';

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
  /** Name of the route that took it. */
  readonly route?: string | undefined;
  /** Sent to the client; 499 when it went away before. */
  readonly status: number;
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
  constructor(private readonly writer: LineWriter, private readonly clock: Clock, private readonly mode: AccessLogConfig['mode']) {}

  record(request: AccessRecord): void {
    if (this.mode === 'all' || (this.mode === 'errors' && isError(request))) this.writer.write(formatAccess(request, this.clock.wallTime()));
  }
}

/** Status 500 and above, and what broke after a better status had been sent or before any could be. */
export function isError({ status, reason }: Pick<AccessRecord, 'status' | 'reason'>): boolean {
  if (status >= 500) return true;
  // Their status is what the configuration says.
  if (reason === 'redirect' || reason === 'direct_response') return false;
  return reason !== undefined && (REASONS[reason].outcome !== 'answered' || REASONS[reason].status !== status);
}

/** One line, without its end. */
export function formatAccess(request: AccessRecord, wallTime: number): string {
  const space = request.description.indexOf(' ');
  const target = request.description.slice(space + 1);
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return JSON.stringify({
    time: new Date(wallTime).toISOString(),
    level: 'info',
    event: 'request',
    listener: request.listener,
    method: space < 0 ? undefined : request.description.slice(0, space),
    path: space < 0 ? undefined : path.slice(0, MAX_PATH),
    client: request.client,
    caller: request.caller,
    route: request.route,
    status: request.status,
    reason: request.reason,
    detail: request.detail === '' ? undefined : request.detail,
    durationMs: Math.round(request.durationMs * 1_000) / 1_000,
    cluster: request.cluster,
    endpoint: request.endpoint,
    attempts: request.attempts,
    tried: request.attemptRecords.length > 1 ? request.attemptRecords.map(attemptText) : undefined,
    bytesIn: request.bytesIn,
    bytesOut: request.bytesOut,
  });
}
