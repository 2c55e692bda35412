/**
 * Decides which requests are recorded, and makes their spans: one of kind SERVER for the request, and one of kind CLIENT for each attempt.
 * The query is left out of paths: it is where tokens and people's data are found.
 *
 * Sampling is that of the trace's root. Failures and slow requests are recorded besides, within a budget, but what the next hop is told
 * stays as it was decided, or one failing callee would have everything traced.
 */
import type { ResolvedTracing } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { ReasonCode } from '../telemetry/reasons';
import type { ExchangeTrace, TracedAttempt } from './exchange-trace';
import { SpanKind, spanText } from './otlp';
import { attemptAttributes, attemptEvent, requestAttributes } from './span-attributes';
import type { SpanExporter } from './span-exporter';
import type { TracedRequest } from './traced-request';
import { drawId, Id, isAmong, newSpanId, textOfId } from './trace-ids';

/** Requests a second that are recorded for how they went alone, and how many at once. */
export const MAX_RECORDED_FAILURES_PER_SECOND = 20;

export interface TracerDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly exporter: SpanExporter;
  /** Counts a request that was not recorded, for the budget of failures was used up. */
  onBudget(): void;
}

export class Tracer {
  readonly usesB3: boolean;
  readonly random: () => number;
  private failures = MAX_RECORDED_FAILURES_PER_SECOND;
  private filledAt: number;

  constructor(readonly config: ResolvedTracing, private readonly dependencies: TracerDependencies) {
    this.usesB3 = config.b3;
    this.random = dependencies.random;
    this.filledAt = dependencies.clock.now();
  }

  /** Whether a trace that begins here is sampled. */
  samples(traceId: Id): boolean {
    return isAmong(traceId, this.config.samplingPercent);
  }

  /** Whether a request that is over is recorded. To be asked once: it may take from a budget. */
  records(trace: ExchangeTrace, status: number, failed: boolean, durationMs: number): boolean {
    if (trace.context.sampled) return true;
    const { recordFailures, slowMs } = this.config;
    if (!recordFailures || !(failed || status >= 500 || (slowMs > 0 && durationMs >= slowMs))) return false;
    const now = this.dependencies.clock.now();
    this.failures = Math.min(MAX_RECORDED_FAILURES_PER_SECOND, this.failures + (now - this.filledAt) / 1_000 * MAX_RECORDED_FAILURES_PER_SECOND);
    this.filledAt = now;
    if (this.failures < 1) {
      this.dependencies.onBudget();
      return false;
    }
    this.failures -= 1;
    return true;
  }

  /** Makes the spans of a request, if there is room for all of them. */
  record(trace: ExchangeTrace, request: TracedRequest): void {
    const { exporter, clock } = this.dependencies;
    if (!exporter.hasRoom(1 + trace.count)) return;
    const { context } = trace;
    const since = clock.wallTimeAt(0);
    const { traceId } = trace;
    const spanId = this.newSpanId();
    const description = trace.description.toString();
    const path = pathOf(description.slice(description.indexOf(' ') + 1));
    let events = '';
    for (let i = 0; i < trace.count; i += 1) {
      const attempt = trace.attemptAt(i);
      exporter.add(this.attemptSpan(context.flags, traceId, spanId, attempt, i, request.method, path, since));
      events += attemptEvent(attempt, i, since);
    }
    const known = request.method !== '_OTHER';
    const originalMethod = known ? undefined : description.split(' ', 1)[0] || undefined;
    const error = errorType(request.status, request.reason, 500);
    exporter.add(spanText({
      traceId, spanId, parentSpanId: context.hasParent ? textOfId(context.parentId) : undefined, flags: context.flags,
      name: known ? request.method : 'HTTP', kind: SpanKind.SERVER, start: since + request.startedAt,
      // Added up in this order, the end of an attempt at the same moment is the same number.
      end: since + (request.startedAt + request.durationMs),
      attributes: requestAttributes(request, path, originalMethod, error, trace.count),
      events,
      // A client that goes away is no error of who serves it.
      error: request.reason === 'client_abort' || error === undefined ? undefined : request.detail,
    }, context.hasParent));
  }

  /** Of the request: nobody needs it before. */
  private newSpanId(): string {
    const id = newSpanId();
    drawId(id, this.random);
    return textOfId(id);
  }

  private attemptSpan(
    flags: number, traceId: string, parentSpanId: string, attempt: TracedAttempt, index: number, method: string, path: string, since: number,
  ): string {
    const { outcome } = attempt;
    // One that was not needed any more has not failed.
    const unneeded = outcome === 'hedge_lost' || outcome === 'client_abort';
    const error = unneeded ? undefined : typeof outcome === 'number' ? errorType(outcome, undefined, 400) : outcome;
    return spanText({
      traceId, spanId: textOfId(attempt.spanId), parentSpanId, flags, name: method === '_OTHER' ? 'HTTP' : method, kind: SpanKind.CLIENT,
      start: since + attempt.startedAt, end: since + attempt.endedAt, attributes: attemptAttributes(attempt, index, method, path, error), events: '',
      error: error === undefined ? undefined : '',
    }, false);
  }
}

/** Of a target in any form. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0]!;
}

/** What an error is told by: a reason of ours, or the status. */
function errorType(status: number, reason: ReasonCode | undefined, least: number): string | undefined {
  if (reason !== undefined && (status >= least || status === 0)) return reason;
  return status >= least ? String(status) : undefined;
}
