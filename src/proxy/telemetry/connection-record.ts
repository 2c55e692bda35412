/** What the access log is told of a connection of TCP that is over, and its line: one a connection, beside those of requests. */
import type { AccessLogMode } from '../../contract';
import { AttemptRecord, attemptText } from './attempt-record';
import { column, milliseconds } from './log-columns';
import type { ReasonCode } from './reasons';

/** Wants to know of every connection of TCP that is over; must neither throw nor take long. */
export type ConnectionListener = (connection: FinishedConnection) => void;

/** A connection of TCP that is over, as the access log sees it. */
export interface FinishedConnection {
  readonly listener: string;
  /** Which connections its route has logged. */
  readonly accessLog: AccessLogMode | undefined;
  /** Address of the client, where it comes from outside. */
  readonly client: string | undefined;
  /** SPIFFE id that the client has proved. */
  readonly caller: string | undefined;
  /** Why the proxy closed it, or which side broke it; undefined when both sides have ended it in order. */
  readonly reason: ReasonCode | undefined;
  /** The route that its server name chose; undefined where there is nothing to choose by, or none takes it. */
  readonly route: string | undefined;
  /** The name that a client of TLS asks for; undefined where it is not read, or it asks for none. */
  readonly serverName: string | undefined;
  /** Words about the reason. */
  readonly detail: string;
  /** From when it was accepted. */
  readonly durationMs: number;
  /** Until there was a connection to an endpoint; undefined when there never was one. */
  readonly connectMs: number | undefined;
  readonly cluster: string | undefined;
  /** Address and port. */
  readonly endpoint: string | undefined;
  /** Endpoints that were tried. */
  readonly attempts: number;
  /** Those that failed, in order. */
  readonly attemptRecords: readonly AttemptRecord[];
  /** Bytes from the client, and to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * One line of text, without its end. The columns are those of a request as far as they apply:
 *
 *     time "TCP -" - reason durationMs bytesIn bytesOut attempts listener route cluster endpoint client caller traceId
 */
export function formatConnectionText(connection: FinishedConnection, wallTime: number): string {
  const { reason, durationMs, bytesIn, bytesOut, attempts, listener, route, cluster, endpoint, client, caller } = connection;
  return [
    new Date(wallTime).toISOString(), '"TCP -"', '-', reason ?? '-', milliseconds(durationMs), bytesIn, bytesOut, attempts,
    ...[listener, route, cluster, endpoint, client, caller, undefined].map(column),
  ].join(' ');
}

/** One line of JSON, without its end. */
export function formatConnection({ connectMs, attemptRecords, ...connection }: FinishedConnection, wallTime: number): string {
  const { listener, client, caller, serverName, reason, detail, durationMs, route, cluster, endpoint, attempts, bytesIn, bytesOut } = connection;
  return JSON.stringify({
    time: new Date(wallTime).toISOString(),
    level: 'info',
    event: 'connection',
    listener,
    client,
    caller,
    serverName,
    reason,
    detail: detail === '' ? undefined : detail,
    durationMs: milliseconds(durationMs),
    connectMs: connectMs === undefined ? undefined : milliseconds(connectMs),
    route,
    cluster,
    endpoint,
    attempts,
    tried: attemptRecords.length > 0 ? attemptRecords.map(attemptText) : undefined,
    bytesIn,
    bytesOut,
  });
}
