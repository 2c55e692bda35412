/**
 * How many requests a pod takes in some time.
 */
import { AdmissionConfig, RateLimitConfig } from '../../contract';
import { checkQuantities, Quantities } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Options of the factories of `RateLimit`.
 */
export interface RateLimitOptions {
  // #region generated props of RateLimitConfig: burst
  /**
   * How many requests may come at once after a quiet time: the capacity of the token bucket. Requests never come evenly: with 1, a third of
   * them is refused at half of the allowed rate. At least 1.
   *
   * @default - the number of one second, at least 3
   */
  readonly burst?: number;
  // #endregion
}

/** What the document takes, in requests a second. */
const RATE = {
  // #region generated quantities of RateLimitConfig: requestsPerSecond
  requestsPerSecond: { field: 'requestsPerSecond', unit: 'fraction', min: 0.001, max: 1_000_000 },
  // #endregion
};
const QUANTITIES: Quantities<RateLimitOptions, RateLimitConfig> = {
  // #region generated quantities of RateLimitConfig: burst
  burst: { field: 'burst', unit: 'number', min: 1 },
  // #endregion
};

const SECONDS_PER_MINUTE = 60;

/**
 * How many requests per second or minute a pod accepts. The limit applies to each pod by itself and, with several workers, to each worker.
 */
export class RateLimit {
  /**
   * A number of requests per second, 0.001 to 1000000.
   */
  public static perSecond(requests: number, options: RateLimitOptions = {}): RateLimit {
    return new RateLimit('perSecond', requests, 1, options);
  }

  /**
   * A number of requests per minute, spread evenly.
   */
  public static perMinute(requests: number, options: RateLimitOptions = {}): RateLimit {
    return new RateLimit('perMinute', requests, SECONDS_PER_MINUTE, options);
  }

  /**
   * No limit, for a service of a mesh that sets one.
   */
  public static none(): RateLimit {
    return new RateLimit('none', 0, 1, {});
  }

  private constructor(
    private readonly kind: 'perSecond' | 'perMinute' | 'none',
    private readonly requests: number,
    private readonly seconds: number,
    private readonly options: RateLimitOptions,
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (this.kind === 'none') return;
    const { requests, seconds, options } = this;
    const { min, max } = RATE.requestsPerSecond;
    if (!(Number.isFinite(requests) && requests / seconds >= min && requests / seconds <= max)) {
      errors.add(`${prop}.${this.kind}`, requests, `use a number from ${min * seconds} to ${max * seconds}`);
    }
    checkQuantities(errors, prop, options, QUANTITIES);
  }

  /** @internal */
  public _toConfig(): AdmissionConfig['rateLimit'] {
    if (this.kind === 'none') return undefined;
    const { burst } = this.options;
    return { requestsPerSecond: this.requests / this.seconds, ...(burst !== undefined && { burst }) };
  }
}

mark(RateLimit);
