/**
 * Distributed tracing: which requests are traced, and who collects their spans.
 */
import type { Integer } from './scalars';

/**
 * Spans of requests, sent to an OpenTelemetry collector by OTLP over HTTP, as JSON. Trace contexts of requests (W3C `traceparent`) are
 * continued, or begun where there is none. Absent: nothing is traced, and trace contexts pass through as they are.
 */
export interface TracingConfig {
  /**
   * URL of the collector. Without a path, `/v1/traces` is added, as in `http://otel-collector.observability:4318`.
   * @pattern ^https?://[^/?#\s@]+(/[^?#\s]*)?$
   * @maxLength 2048
   */
  readonly endpoint: string;
  /**
   * Percentage of traces that are sampled, of those that begin here. A request of a service of the mesh that has a trace context keeps the
   * decision that its caller made; one from outside, at a listener of an edge, does not.
   *
   * @minimum 0
   * @maximum 100
   * @default 1
   */
  readonly samplingPercent?: number;
  /**
   * Whether spans of requests that failed (status 500 or above, or broken off by the proxy) or were slow are recorded even if their trace is
   * not sampled. The decision that others see in the trace context stays as it is.
   *
   * @default true
   */
  readonly recordFailures?: boolean;
  /**
   * A request that takes at least so long is slow, for `recordFailures`; 0 means that none is.
   *
   * @default 1000
   */
  readonly slowMs?: Integer;
  /**
   * Whether B3 (Zipkin) is spoken besides W3C Trace Context: it is read where there is no valid `traceparent`, and written besides.
   *
   * @default false
   */
  readonly b3?: boolean;
  /**
   * Maximum number of spans that wait to be sent. Further spans are dropped. Applies to each worker.
   *
   * @minimum 1
   * @maximum 65536
   * @default 2048
   */
  readonly maxQueuedSpans?: Integer;
  /**
   * Maximum number of spans that are sent at a time.
   *
   * @minimum 1
   * @maximum 8192
   * @default 512
   */
  readonly maxBatchSpans?: Integer;
  /**
   * Maximum time that a span waits for others to be sent with.
   *
   * @minimum 1
   * @default 5000
   */
  readonly exportIntervalMs?: Integer;
  /**
   * Timeout of one export.
   *
   * @minimum 1
   * @default 10000
   */
  readonly exportTimeoutMs?: Integer;
}

/** A {@link TracingConfig} with every default filled in. */
export type ResolvedTracing = Required<TracingConfig>;

/** Default of `tracing`. Queue, batch, interval and timeout are those of OpenTelemetry's batch span processor and of OTLP. */
export const DEFAULT_TRACING: Required<Omit<TracingConfig, 'endpoint'>> = {
  // #region generated defaults of TracingConfig
  samplingPercent: 1,
  recordFailures: true,
  slowMs: 1_000,
  b3: false,
  maxQueuedSpans: 2_048,
  maxBatchSpans: 512,
  exportIntervalMs: 5_000,
  exportTimeoutMs: 10_000,
  // #endregion
};
