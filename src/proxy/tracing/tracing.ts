/** Keeps the tracer that the configuration asks for: a reload with the same tracing keeps its queue and connection. */
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { FAMILIES } from '../telemetry/catalog';
import type { MetricRegistry } from '../telemetry/registry';
import { Collector, HttpCollector } from './collector';
import { envelope } from './otlp';
import { resourceOf } from './span-attributes';
import { SpanExporter } from './span-exporter';
import { Tracer } from './tracer';

export interface TracingDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly registry: MetricRegistry;
  /** Name of the pod; empty outside of one. */
  readonly pod: string;
  onProblem(endpoint: string, problem: string): void;
  /** Absent: by HTTP. */
  collector?(endpoint: string, timeoutMs: number): Collector;
}

export class Tracing {
  /** Undefined while nothing is traced. */
  tracer: Tracer | undefined;
  private exporter: SpanExporter | undefined;
  private inForce: string | undefined;

  constructor(private readonly dependencies: TracingDependencies) {}

  apply({ tracing, node }: Pick<ResolvedProxyConfig, 'tracing' | 'node'>): void {
    const text = tracing && JSON.stringify([tracing, node]);
    if (text === this.inForce) return;
    this.inForce = text;
    this.exporter?.drop();
    this.exporter = undefined;
    this.tracer = undefined;
    if (!tracing) return;
    const { clock, random, registry, pod, onProblem, collector } = this.dependencies;
    const { endpoint, exportTimeoutMs } = tracing;
    const exporter = new SpanExporter(tracing, {
      clock, random,
      collector: collector?.(endpoint, exportTimeoutMs) ?? new HttpCollector(endpoint, exportTimeoutMs),
      envelope: envelope(resourceOf(node, pod)),
      count: (result, spans) => { registry.counter(FAMILIES.spans, { result }).value += spans; },
      onProblem: (problem) => onProblem(endpoint, problem),
    });
    this.exporter = exporter;
    registry.observe(FAMILIES.spansQueued, {}, () => exporter.queued);
    this.tracer = new Tracer(tracing, {
      clock, random, exporter, onBudget: () => { registry.counter(FAMILIES.limitReached, { limit: 'recordedFailures' }).value += 1; },
    });
  }

  /** Sends what there is, and stops. */
  async close(withinMs: number): Promise<void> {
    this.tracer = undefined;
    await this.exporter?.close(withinMs);
  }

  /** Stops at once. */
  drop(): void {
    this.tracer = undefined;
    this.exporter?.drop();
  }
}
