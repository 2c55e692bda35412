/**
 * A request that is over and has no line yet. Its line is made together with those of others, by code that is warm then, which takes less
 * than half the time. The memory is used again, and has all that a line needs: by then the request's connection has others.
 */
import { KeptText } from '../runtime/kept-text';
import { AccessRecord, MAX_PATH } from './access-record';
import { NO_ATTEMPTS } from './attempt-record';
import type { ReasonCode } from './reasons';
import { TRACE_ID_DIGITS, TraceIdSource } from './trace-id-source';

export class NotedRequest implements AccessRecord {
  listener = '';
  method: string | undefined;
  readonly path = new KeptText(MAX_PATH);
  client: string | undefined;
  caller: string | undefined;
  trace: TraceIdSource | undefined;
  route: string | undefined;
  status = 0;
  grpcStatus: number | undefined;
  reason: ReasonCode | undefined;
  detail = '';
  durationMs = 0;
  /** In monotonic milliseconds. */
  endedAt = 0;
  cluster: string | undefined;
  endpoint: string | undefined;
  attempts = 0;
  attemptRecords = NO_ATTEMPTS;
  bytesIn = 0;
  bytesOut = 0;
  private readonly keptTrace = new KeptTraceId();

  /** @param trace is only looked at now */
  keepTrace(trace: TraceIdSource | undefined): void {
    this.trace = trace && this.keptTrace.keep(trace);
  }
}

/** An id of a trace, for longer than the trace is there. */
class KeptTraceId implements TraceIdSource {
  private readonly digits = Buffer.alloc(TRACE_ID_DIGITS);

  keep(trace: TraceIdSource): this {
    trace.writeTraceId(this.digits, 0);
    return this;
  }

  get traceId(): string { return this.digits.toString('latin1'); }

  writeTraceId(target: Buffer, start: number): void {
    this.digits.copy(target, start);
  }
}
