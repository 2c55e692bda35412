/**
 * Service level objectives: what part of a service's requests is to be answered well, and how fast.
 */
import { Duration } from 'cdk8s';
import { DURATION_BUCKETS } from '../../contract';
import type { LatencyPromise, ServicePromise } from '../../planning/objectives/published';
import { millisecondsOf } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const LONGEST_MS = DURATION_BUCKETS[DURATION_BUCKETS.length - 1] * 1_000;

/**
 * Service level objectives of a service, over 30 days, as its callers in the mesh see it. Alerts tell when the error budget is used up too
 * fast.
 *
 * They are held against those of the services that it calls. Better than what these give together is an error where `calls()` says `required: true`,
 * and a warning where it says nothing.
 */
export class Slo {
  /**
   * What part of the requests does not fail. A request fails when its response has status 500 or above or breaks off.
   *
   * @param percent the objective, such as '99.9%'
   */
  public static availability(percent: string): Slo {
    return new Slo(percent);
  }

  private constructor(
    private readonly percent: string,
    private readonly latencies: { readonly percentile: string; readonly within: Duration }[] = [],
  ) {}

  /**
   * Adds an objective for latency: what part of the requests that don't fail takes at most so long.
   *
   * @param percentile the part, such as 'p99' or 'p99.9'
   * @param within the time, from the request's head to the end of the response
   */
  public latency(percentile: string, within: Duration): Slo {
    return new Slo(this.percent, [...this.latencies, { percentile, within }]);
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (ratioOf(this.percent, /^(\d{1,2}(?:\.\d{1,4})?)%$/) === undefined) {
      errors.add(`${prop}.availability`, this.percent, 'use a part of all requests that leaves room for errors, such as \'99.9%\'');
    }
    for (const { percentile, within } of this.latencies) {
      const milliseconds = millisecondsOf(within);
      if (ratioOf(percentile, /^p(\d{1,2}(?:\.\d{1,4})?)$/) === undefined) {
        errors.add(`${prop}.latency.percentile`, percentile, 'use a percentile such as \'p99\' or \'p99.9\'');
      }
      if (milliseconds === undefined || !(milliseconds > 0 && milliseconds < LONGEST_MS)) {
        errors.add(`${prop}.latency.within`, milliseconds === undefined ? within : `${milliseconds} ms`, 'use a Duration of less than 60 seconds');
      }
    }
  }

  /**
   * As numbers.
   *
   * @internal
   */
  public get _promise(): ServicePromise {
    return { availability: this._availability, latencies: this._latencies };
  }

  /** @internal */
  public get _availability(): number {
    return ratioOf(this.percent, /^(.*)%$/)!;
  }

  /** @internal */
  public get _latencies(): LatencyPromise[] {
    return this.latencies.map(({ percentile, within }) => ({ ratio: ratioOf(percentile, /^p(.*)$/)!, seconds: millisecondsOf(within)! / 1_000 }));
  }
}

mark(Slo);

/** Above 0 and below 1, to as many digits as were given. */
function ratioOf(text: unknown, form: RegExp): number | undefined {
  const [, digits] = form.exec(String(text)) ?? [];
  const percent = Number(digits);
  return digits !== undefined && percent > 0 && percent < 100 ? Number((percent / 100).toFixed(8)) : undefined;
}
