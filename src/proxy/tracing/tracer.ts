/**
 * Decides which requests are recorded, and makes their spans: one of kind SERVER for the request, and one of kind CLIENT for each attempt,
 * with the attributes of OpenTelemetry's HTTP conventions (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). What the proxy
 * knows besides has names that begin with `mesh.`. The query is left out of paths: it is where tokens and people's data are found.
 *
 * Sampling is that of the trace's root. Failures and slow requests are recorded besides, within a budget, but what the next hop is told
 * stays as it was decided, or one failing callee would have everything traced.
 */
import type { NodeIdentity, ResolvedTracing } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { ReasonCode } from '../telemetry/reasons';
import type { ExchangeTrace, TracedAttempt } from './exchange-trace';
import { Attributes, SpanEvent, SpanKind, spanText } from './otlp';
import type { SpanExporter } from './span-exporter';
import { drawId, Id, isAmong, newSpanId, textOfId } from './trace-ids';

/** Requests a second that are recorded for how they went alone, and how many at once. */
export const MAX_RECORDED_FAILURES_PER_SECOND = 20;

/** A request that is over. */
export interface TracedRequest {
  readonly listener: string;
  /** The client's address, where it comes from outside. */
  readonly client: string | undefined;
  readonly secure: boolean;
  /** Of the known methods, or `_OTHER`. */
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly reason: ReasonCode | undefined;
  readonly detail: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

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
    const { description } = trace;
    const path = pathOf(description.slice(description.indexOf(' ') + 1));
    const events: SpanEvent[] = [];
    for (let i = 0; i < trace.count; i += 1) {
      const attempt = trace.attemptAt(i);
      exporter.add(this.attemptSpan(trace, spanId, attempt, i, request.method, path, since));
      events.push({
        name: 'mesh.attempt', at: since + attempt.startedAt, attributes: {
          'mesh.cluster': attempt.cluster, 'mesh.endpoint': attempt.endpoint, 'mesh.outcome': String(attempt.outcome),
          'mesh.retry': i > 0 && !attempt.isHedge, 'mesh.hedge': attempt.isHedge,
        },
      });
    }
    const known = request.method !== '_OTHER';
    const originalMethod = description.split(' ', 1)[0];
    exporter.add(spanText({
      traceId, spanId, parentSpanId: context.hasParent ? textOfId(context.parentId) : undefined, flags: context.flags,
      name: known ? request.method : 'HTTP', kind: SpanKind.SERVER, start: since + request.startedAt, end: since + request.startedAt + request.durationMs,
      attributes: {
        'http.request.method': request.method,
        'http.request.method_original': known || originalMethod === '' ? undefined : originalMethod,
        'url.scheme': request.secure ? 'https' : 'http',
        'url.path': path === '' ? undefined : path,
        'http.response.status_code': request.status || undefined,
        'error.type': errorType(request.status, request.reason, 500),
        'client.address': request.client,
        'http.request.body.size': request.requestBytes,
        'http.response.body.size': request.responseBytes,
        'mesh.listener': request.listener,
        'mesh.route': request.route,
        'mesh.reason': request.reason,
        'mesh.attempts': trace.count,
      },
      events,
      // A client that goes away is no error of who serves it.
      error: request.reason === 'client_abort' || errorType(request.status, request.reason, 500) === undefined ? undefined : request.detail,
    }, context.hasParent));
  }

  /** Of the request: nobody needs it before. */
  private newSpanId(): string {
    const id = newSpanId();
    drawId(id, this.random);
    return textOfId(id);
  }

  private attemptSpan(
    trace: ExchangeTrace, parentSpanId: string, attempt: TracedAttempt, index: number, method: string, path: string, since: number,
  ): string {
    const { endpoint, outcome } = attempt;
    const colon = endpoint.lastIndexOf(':');
    const address = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    const port = Number(endpoint.slice(colon + 1));
    const status = typeof outcome === 'number' ? outcome : undefined;
    // One that was not needed any more has not failed.
    const unneeded = outcome === 'hedge_lost' || outcome === 'client_abort';
    const error = unneeded ? undefined : status === undefined ? String(outcome) : errorType(status, undefined, 400);
    const attributes: Attributes = {
      'http.request.method': method,
      'url.full': path === '' ? undefined : `http://${endpoint}${path}`,
      'server.address': address,
      'server.port': port,
      'network.peer.address': address,
      'network.peer.port': port,
      'http.response.status_code': status,
      'error.type': error,
      'http.request.resend_count': index > 0 ? index : undefined,
      'mesh.cluster': attempt.cluster,
      'mesh.outcome': status === undefined ? String(outcome) : undefined,
      'mesh.hedge': attempt.isHedge || undefined,
    };
    return spanText({
      traceId: trace.traceId, spanId: textOfId(attempt.spanId), parentSpanId, flags: trace.context.flags,
      name: method === '_OTHER' ? 'HTTP' : method, kind: SpanKind.CLIENT, start: since + attempt.startedAt, end: since + attempt.endedAt, attributes,
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

/** What all spans of a proxy say of it. */
export function resourceOf({ service, namespace, version }: NodeIdentity, pod: string): Attributes {
  return {
    'service.name': service, 'service.namespace': namespace, 'service.version': version,
    'service.instance.id': pod === '' ? undefined : `${namespace}.${pod}`, 'k8s.pod.name': pod === '' ? undefined : pod, 'k8s.namespace.name': namespace,
  };
}
