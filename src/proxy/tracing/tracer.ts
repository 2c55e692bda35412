/**
 * Decides which requests are recorded, and makes their spans: one of kind SERVER for the request, and one of kind CLIENT for each attempt.
 * The query is left out of paths: it is where tokens and people's data are found.
 *
 * Sampling is that of the trace's root. Failures and slow requests are recorded besides, within a budget, but what the next hop is told
 * stays as it was decided, or one failing callee would have everything traced.
 */
import type { ResolvedTracing } from '../../contract';
import { Method, METHOD_NAMES } from '../http1/request-head';
import type { Clock } from '../runtime/clock';
import type { ReasonCode } from '../telemetry/reasons';
import type { ExchangeTrace } from './exchange-trace';
import { beginEvents, endSpan, SpanKind, writeSpanHead } from './otlp';
import { RandomWords } from './random-words';
import { writeAttemptAttributes, writeAttemptEvent, writeRequestAttributes } from './span-attributes';
import type { SpanExporter } from './span-exporter';
import type { TracedPath, TracedRequest } from './traced-request';
import { drawId, Id, isAmong, newSpanId } from './trace-ids';

/** Requests a second that are recorded for how they went alone, and how many at once. */
export const MAX_RECORDED_FAILURES_PER_SECOND = 20;

const OTHER_METHOD = METHOD_NAMES[Method.OTHER]!;
const SPACE = 0x20;
const SLASH = 0x2f;
const QUERY = 0x3f;
/** What is before the path of a target in absolute form. */
const ABSOLUTE = /^https?:\/\/[^/?]*/i;

export interface TracerDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly exporter: SpanExporter;
  /** Counts a request that was not recorded, for the budget of failures was used up. */
  onBudget(): void;
}

export class Tracer {
  readonly usesB3: boolean;
  readonly words: RandomWords;
  private failures = MAX_RECORDED_FAILURES_PER_SECOND;
  private filledAt: number;
  /** Of the span of a request while it is written. */
  private readonly spanId = newSpanId();

  constructor(readonly config: ResolvedTracing, private readonly dependencies: TracerDependencies) {
    this.usesB3 = config.b3;
    this.words = new RandomWords(dependencies.random);
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

  /** Writes the spans of a request, if there is room for all of them. */
  record(trace: ExchangeTrace, request: TracedRequest): void {
    const { exporter, clock } = this.dependencies;
    if (!exporter.hasRoom(1 + trace.count)) return;
    const { context, description } = trace;
    const since = clock.wallTimeAt(0);
    const path = pathIn(description.bytes, description.length);
    // Nobody needs it before.
    drawId(this.spanId, this.words);
    for (let i = 0; i < trace.count; i += 1) this.writeAttempt(trace, i, request.method, path, since);
    const error = errorType(request.status, request.reason, 500);
    const line = exporter.next();
    const { traceId, hasParent, parentId, flags } = context;
    writeSpanHead(line, {
      traceId, spanId: this.spanId, parentSpanId: hasParent ? parentId : undefined, remoteParent: hasParent, flags,
      name: nameOf(request.method), kind: SpanKind.SERVER, start: since + request.startedAt,
      // Added up in this order, the end of an attempt at the same moment is the same number.
      end: since + (request.startedAt + request.durationMs),
    });
    const originalMethod = request.method === OTHER_METHOD ? description.toString().split(' ', 1)[0] || undefined : undefined;
    writeRequestAttributes(line, request, path, originalMethod, error, trace.count);
    if (trace.count > 0) beginEvents(line);
    for (let i = 0; i < trace.count; i += 1) writeAttemptEvent(line, trace.attemptAt(i), i, since);
    // A client that goes away is no error of who serves it.
    endSpan(line, request.reason === 'client_abort' || error === undefined ? undefined : request.detail);
    exporter.added();
  }

  private writeAttempt(trace: ExchangeTrace, index: number, method: string, path: TracedPath, since: number): void {
    const { exporter } = this.dependencies;
    const { context: { traceId, flags } } = trace;
    const attempt = trace.attemptAt(index);
    const { outcome } = attempt;
    // One that was not needed any more has not failed.
    const unneeded = outcome === 'hedge_lost' || outcome === 'client_abort';
    const error = unneeded ? undefined : typeof outcome === 'number' ? errorType(outcome, undefined, 400) : outcome;
    const line = exporter.next();
    writeSpanHead(line, {
      traceId, spanId: attempt.spanId, parentSpanId: this.spanId, remoteParent: false, flags, name: nameOf(method), kind: SpanKind.CLIENT,
      start: since + attempt.startedAt, end: since + attempt.endedAt,
    });
    writeAttemptAttributes(line, attempt, index, method, path, error);
    endSpan(line, error === undefined ? undefined : '');
    exporter.added();
  }
}

/** As the conventions have it. */
function nameOf(method: string): string {
  return method === OTHER_METHOD ? 'HTTP' : method;
}

/** Where the path is in a method and a target of any form, one space between. */
function pathIn(description: Buffer, length: number): TracedPath {
  let start = 0;
  while (start < length && description[start] !== SPACE) start += 1;
  start += 1;
  if (start < length && description[start] !== SLASH) start += ABSOLUTE.exec(description.toString('latin1', start, length))?.[0].length ?? 0;
  let end = start;
  while (end < length && description[end] !== QUERY) end += 1;
  return { bytes: description, start, end };
}

/** What an error is told by: a reason of ours, or the status. */
function errorType(status: number, reason: ReasonCode | undefined, least: number): string | undefined {
  if (reason !== undefined && (status >= least || status === 0)) return reason;
  return status >= least ? String(status) : undefined;
}
