/**
 * Says how loaded the app beside this proxy is, in the response field `endpoint-load-metrics`, to callers that ask for it by
 * the request field `endpoint-load-metrics-format: text`:
 *
 *     application_utilization               mean requests in flight over the concurrency limit, when one is known
 *     named_metrics.requests_in_flight      that mean itself
 *     rps_fractional, eps                   requests, and those that ended with an error of the server, a second
 *     named_metrics.proxy_cpu_utilization   of the proxy's container, when it has a CPU limit: see container-cpu.ts
 *
 * Means follow with a time constant of {@link SMOOTHING_MS}. The line is made anew at most every {@link REBUILD_MS}, and only
 * when somebody asks: an app that nobody asks about costs a few additions a request, and one report costs about 100 bytes and
 * the copying of them. A sender can tell by the object whether the report is a new one.
 *
 * There is no `cpu_utilization`: that means the app's, which a sidecar can't read, and callers would balance by it.
 *
 * No limit is made up where none is known: how full an app is can't be seen from outside, and a number that is much too low would
 * have a small zone take everything. Weights need no limit: requests per second over requests in flight is one over the latency.
 */
import type { ContainerCpu } from './container-cpu';
import type { ServedLoad } from './served-load';

export const SMOOTHING_MS = 5_000;
export const REBUILD_MS = 250;

/** Knows how many requests the app can work on at a time. */
export interface ConcurrencyLimit {
  /** Undefined while it is not known. */
  readonly limit: number | undefined;
}

/** Names of metrics in the reports of this mesh that are not of ORCA. */
export const IN_FLIGHT_METRIC = 'named_metrics.requests_in_flight';
export const PROXY_CPU_METRIC = 'named_metrics.proxy_cpu_utilization';

/** Means as of the last time that a line was made. */
interface Means {
  inFlight: number;
  rate: number;
  errors: number;
}

export class LoadReporter {
  /** Set by adaptive concurrency to the limit that it has found for the app. */
  concurrency: ConcurrencyLimit | undefined;
  private line: Buffer | undefined;
  private means: Means | undefined;
  private readonly before = { workMs: 0, begun: 0, failed: 0 };

  /** @param madeAt monotonic milliseconds now, by the clock of `served` */
  constructor(private readonly served: ServedLoad, private readonly cpu: Pick<ContainerCpu, 'utilization'>, private madeAt: number) {}

  /** The field with its CRLF; undefined while there is nothing to tell. */
  fieldLine(now: number): Buffer | undefined {
    if (now - this.madeAt < REBUILD_MS) return this.line;
    const { inFlight, rate, errors } = this.measure(now);
    const limit = this.concurrency?.limit;
    const cpu = this.cpu.utilization(now);
    const metrics: readonly (readonly [string, number])[] = [
      ...(limit === undefined ? [] : [['application_utilization', inFlight / Math.max(1, limit)] as const]),
      [IN_FLIGHT_METRIC, inFlight],
      ['rps_fractional', rate],
      ['eps', errors],
      ...(cpu === undefined ? [] : [[PROXY_CPU_METRIC, cpu] as const]),
    ];
    this.line = Buffer.from(`endpoint-load-metrics: TEXT ${metrics.map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`).join(', ')}\r\n`, 'latin1');
    return this.line;
  }

  private measure(now: number): Means {
    const { served, before, means } = this;
    const elapsed = now - this.madeAt;
    const workMs = served.workMs(now);
    const present: Means = {
      inFlight: (workMs - before.workMs) / elapsed,
      rate: ((served.begun - before.begun) * 1_000) / elapsed,
      errors: ((served.failed - before.failed) * 1_000) / elapsed,
    };
    before.workMs = workMs;
    before.begun = served.begun;
    before.failed = served.failed;
    this.madeAt = now;
    if (means === undefined) {
      this.means = present;
      return present;
    }
    const moved = 1 - Math.exp(-elapsed / SMOOTHING_MS);
    means.inFlight += (present.inFlight - means.inFlight) * moved;
    means.rate += (present.rate - means.rate) * moved;
    means.errors += (present.errors - means.errors) * moved;
    return means;
  }
}
