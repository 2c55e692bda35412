/** Ties an exchange to its trace: begins one when the request does, and has it recorded when the request is over. */
import type { RequestHead } from '../../http1/request-head';
import { isError } from '../../telemetry/access-log';
import { ExchangeTrace } from '../../tracing/exchange-trace';
import type { Tracer } from '../../tracing/tracer';
import type { ExchangeRecord } from './exchange-record';
import type { Downstream } from './response-sink';

/**
 * @param kept the trace of a request before, to be used again
 * @returns undefined while nothing is traced
 */
export function beginTrace(
  kept: ExchangeTrace | undefined, tracer: Tracer | undefined, source: Buffer, head: RequestHead, { listener }: Downstream,
): ExchangeTrace | undefined {
  if (!tracer) return undefined;
  const trace = kept ?? new ExchangeTrace();
  // Who comes from outside may want all of its requests traced.
  trace.begin(tracer, source, head, !listener.isEdge);
  return trace;
}

/** @param tracer the one in force now; undefined when tracing has ended meanwhile */
export function endTrace(trace: ExchangeTrace, tracer: Tracer | undefined, record: ExchangeRecord, { listener, peer, secure }: Downstream): void {
  if (!tracer?.records(trace, record.status, isError(record), record.durationMs)) return;
  const { method, route, status, reason, detail, startedAt, durationMs, requestBytes, responseBytes } = record;
  tracer.record(trace, {
    listener: listener.name, client: listener.edge?.namesClients ? peer.address : undefined, secure,
    method, route, status, reason, detail, startedAt, durationMs, requestBytes, responseBytes,
  });
}
