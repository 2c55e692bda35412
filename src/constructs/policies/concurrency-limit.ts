/**
 * How many requests the app of a pod works on at a time. Above it the pod's sidecar answers at once, so that those which are let
 * in are answered in time, and the others can go elsewhere.
 */
import { AdmissionConfig, contradictionsOfConcurrency, DEFAULT_ADAPTIVE_CONCURRENCY } from '../../contract';
import { checkQuantities, checkQuantity, Quantities, Quantity, toConfig, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Options of `ConcurrencyLimit.adaptive`.
 */
export interface AdaptiveConcurrencyOptions {
  // #region generated props of AdaptiveConcurrencyConfig
  /**
   * Minimum of the limit. A pod always accepts this many requests. At least 1.
   *
   * @default 2
   */
  readonly min?: number;

  /**
   * Maximum of the limit. If that many requests hang, `min` others are still accepted. At least 1.
   *
   * @default 1000
   */
  readonly max?: number;

  /**
   * Limit of a pod that has just started, from `min` to `max`; by default the nearest value to the default in that range. This many
   * requests that hang do not count against the limit. At least 1.
   *
   * @default 50
   */
  readonly initial?: number;

  /**
   * How much longer than under low load requests may take, in percent, before the limit falls. Lower values give shorter latencies under
   * overload, and refuse more requests when requests are of many kinds. From 10 to 1000.
   *
   * @default 100
   */
  readonly latencyTolerancePercent?: number;
  // #endregion
}

const QUANTITIES: Quantities<AdaptiveConcurrencyOptions, Required<AdaptiveConcurrencyOptions>> = {
  // #region generated quantities of AdaptiveConcurrencyConfig
  min: { field: 'min', unit: 'number', min: 1 },
  max: { field: 'max', unit: 'number', min: 1 },
  initial: { field: 'initial', unit: 'number', min: 1 },
  latencyTolerancePercent: { field: 'latencyTolerancePercent', unit: 'number', min: 10, max: 1_000 },
  // #endregion
};
const FIXED = {
  // #region generated quantities of FixedConcurrencyConfig
  max: { field: 'max', unit: 'number', min: 1 },
  // #endregion
} as const satisfies Record<string, Quantity>;

/**
 * How many requests the app of a pod works on at a time. With several workers, the limit applies to each.
 */
export class ConcurrencyLimit {
  /**
   * A limit that the sidecar derives from how long requests take, and adjusts continuously. It refuses nothing while the app is healthy.
   * Requests that the app holds open on purpose, such as long polls, look like a slow app: exempt their paths. A few requests that hang
   * don't count against the limit, up to `initial`.
   */
  public static adaptive(options: AdaptiveConcurrencyOptions = {}): ConcurrencyLimit {
    return new ConcurrencyLimit({ type: 'adaptive', options });
  }

  /**
   * A fixed limit. Requests that hang count too.
   *
   * @param max maximum number of requests at a time, at least 1
   */
  public static of(max: number): ConcurrencyLimit {
    return new ConcurrencyLimit({ type: 'fixed', max });
  }

  /**
   * No limit, for a service of a mesh that sets one.
   */
  public static none(): ConcurrencyLimit {
    return new ConcurrencyLimit({ type: 'none' });
  }

  private constructor(
    private readonly choice: { type: 'adaptive'; options: AdaptiveConcurrencyOptions } | { type: 'fixed'; max: number } | { type: 'none' },
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (this.choice.type === 'fixed') checkQuantity(errors, `${prop}.max`, this.choice.max, FIXED.max);
    if (this.choice.type !== 'adaptive') return;
    checkQuantities(errors, prop, this.choice.options, QUANTITIES, contradictionsOfConcurrency);
  }

  /** @internal */
  public _toConfig(): AdmissionConfig['concurrency'] {
    switch (this.choice.type) {
      case 'none': return undefined;
      case 'fixed': return { type: 'fixed', max: this.choice.max };
      default: return { type: 'adaptive', ...withoutDefaults(toConfig(this.choice.options, QUANTITIES), DEFAULT_ADAPTIVE_CONCURRENCY) };
    }
  }
}

mark(ConcurrencyLimit);
