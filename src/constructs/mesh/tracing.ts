/**
 * Which requests are traced, and where their spans are sent.
 */
import { Duration } from 'cdk8s';
import { DEFAULT_TRACING, ProxyConfig, TracingConfig } from '../../contract';
import { checkQuantities, namesOf, Quantities, toConfig, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Options of `Tracing.otlp`.
 */
export interface TracingOptions {
  /**
   * URL of the OpenTelemetry collector. Without a path, `/v1/traces` is added. Example: `http://otel-collector.observability:4318`.
   */
  readonly endpoint: string;

  /**
   * Whether spans of requests that failed (status 500 or above, or broken off by the proxy) or were slow are recorded even if their trace is
   * not sampled. The decision that others see in the trace context stays as it is.
   *
   * @default true
   */
  readonly recordFailures?: boolean;

  /**
   * Whether B3 (Zipkin) is spoken besides W3C Trace Context: it is read where there is no valid `traceparent`, and written besides.
   *
   * @default false
   */
  readonly b3?: boolean;

  // #region generated props of TracingConfig
  /**
   * Percentage of traces that are sampled, of those that begin here. A request of a service of the mesh that has a trace context keeps the
   * decision that its caller made; one from outside, at a listener of an edge, does not. From 0 to 100.
   *
   * @default 1
   */
  readonly samplingPercent?: number;

  /**
   * A request that takes at least so long is slow, for `recordFailures`; 0 means that none is.
   *
   * @default Duration.seconds(1)
   */
  readonly slow?: Duration;

  /**
   * Maximum number of spans that wait to be sent. Further spans are dropped. Applies to each worker. From 1 to 65536.
   *
   * @default 2048
   */
  readonly maxQueuedSpans?: number;

  /**
   * Maximum number of spans that are sent at a time. From 1 to 8192.
   *
   * @default 512
   */
  readonly maxBatchSpans?: number;

  /**
   * Maximum time that a span waits for others to be sent with.
   *
   * @default Duration.seconds(5)
   */
  readonly exportInterval?: Duration;

  /**
   * Timeout of one export.
   *
   * @default Duration.seconds(10)
   */
  readonly exportTimeout?: Duration;
  // #endregion
}

const QUANTITIES: Quantities<Omit<TracingOptions, 'endpoint' | 'recordFailures' | 'b3'>> = {
  // #region generated quantities of TracingConfig
  samplingPercent: { field: 'samplingPercent', unit: 'fraction', min: 0, max: 100 },
  slow: { field: 'slowMs', unit: 'time', min: 0 },
  maxQueuedSpans: { field: 'maxQueuedSpans', unit: 'number', min: 1, max: 65_536 },
  maxBatchSpans: { field: 'maxBatchSpans', unit: 'number', min: 1, max: 8_192 },
  exportInterval: { field: 'exportIntervalMs', unit: 'time', min: 1 },
  exportTimeout: { field: 'exportTimeoutMs', unit: 'time', min: 1 },
  // #endregion
};

const NAMES = { ...namesOf(QUANTITIES), endpoint: true, recordFailures: true, b3: true } as const satisfies Record<keyof TracingOptions, true>;

const URL_OF_COLLECTOR = /^https?:\/\/[^/?#\s@]+(\/[^?#\s]*)?$/;

/**
 * Which requests are traced, and where their spans are sent.
 */
export class Tracing {
  /**
   * Sends spans to an OpenTelemetry collector, by OTLP over HTTP.
   */
  public static otlp(options: TracingOptions): Tracing {
    return new Tracing(options);
  }

  /**
   * No tracing, for a workload of a mesh that has it. Trace contexts of requests pass through untouched.
   */
  public static off(): Tracing {
    return new Tracing(undefined);
  }

  private constructor(private readonly options: TracingOptions | undefined) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (this.options === undefined) {
      return;
    }
    const { endpoint, recordFailures, b3, ...quantities } = this.options ?? {};
    errors.unknownProps(this.options, NAMES, `${prop}.`);
    if (typeof endpoint !== 'string' || !URL_OF_COLLECTOR.test(endpoint) || !URL.canParse(endpoint)) {
      errors.add(`${prop}.endpoint`, endpoint, 'use the URL of the collector, such as http://otel-collector.observability:4318');
    }
    for (const [name, value] of Object.entries({ recordFailures, b3 })) {
      if (value !== undefined && typeof value !== 'boolean') {
        errors.add(`${prop}.${name}`, value, 'use true or false');
      }
    }
    const known = Object.fromEntries(Object.entries(quantities).filter(([name]) => Object.hasOwn(QUANTITIES, name)));
    checkQuantities(errors, prop, known, QUANTITIES);
  }

  /** @internal */
  public _toConfig(): ProxyConfig['tracing'] {
    if (this.options === undefined) {
      return undefined;
    }
    const { endpoint, recordFailures, b3, ...quantities } = this.options;
    const fields: Partial<TracingConfig> = {
      ...(recordFailures !== undefined && { recordFailures }), ...(b3 !== undefined && { b3 }), ...toConfig(quantities, QUANTITIES),
    };
    return { endpoint, ...withoutDefaults(fields as Required<Omit<TracingConfig, 'endpoint'>>, DEFAULT_TRACING) };
  }
}

mark(Tracing);
