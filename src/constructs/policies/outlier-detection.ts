/**
 * Outlier detection: which endpoints a caller's sidecar keeps from requests for what became of the requests before.
 */
import { Duration } from 'cdk8s';
import { contradictionsOfOutlierDetection, DEFAULT_OUTLIER_DETECTION, OutlierDetectionConfig } from '../../contract';
import { checkQuantities, Quantities, toConfig, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * What makes a pod an outlier, and what happens to it.
 */
export interface OutlierDetectionOptions {
  // #region generated props of OutlierDetectionConfig
  /**
   * Consecutive gateway errors that make an outlier: 502, 503, 504, timeouts, and connections that fail or break. 0 turns the rule off. The
   * default is that of Envoy and Istio.
   *
   * @default 5
   */
  readonly consecutiveGatewayErrors?: number;

  /**
   * Consecutive errors that make an outlier: gateway errors and every other status from 500 on. 0 turns the rule off.
   *
   * @default 5
   */
  readonly consecutiveServerErrors?: number;

  /**
   * How much higher its failure rate must be than that of the others, in percentage points, and more than chance explains. If the others
   * fail none, that is 10 of 20 requests, or 21 of 200. 0 turns the rule off. From 0 to 100.
   *
   * @default 10
   */
  readonly successRateMarginPercent?: number;

  /**
   * Failure rate that makes an outlier, in percent, whatever the rate of the others. 0 turns the rule off. From 0 to 100.
   *
   * @default 0
   */
  readonly failurePercent?: number;

  /**
   * How many times longer than the others it must take to respond. Unless most endpoints are faster, it must also be that much slower than
   * it usually is. 0 turns the rule off. From 0 to 1000.
   *
   * @default 5
   */
  readonly latencyFactor?: number;

  /**
   * How much longer than the others it must take, in addition to the factor.
   *
   * @default Duration.millis(20)
   */
  readonly latencyMargin?: Duration;

  /**
   * Minimum number of requests in the window to judge failure rate and latency. At least 5.
   *
   * @default 20
   */
  readonly minimumRequests?: number;

  /**
   * Window over which failure rate and latency are measured. It grows up to a minute when it has fewer requests than `minimumRequests`.
   * From 100 ms to 60 seconds.
   *
   * @default Duration.seconds(5)
   */
  readonly window?: Duration;

  /**
   * Duration of the first ejection, plus up to a fifth at random. The n-th ejection lasts n times as long; the count falls by one for each
   * such time without an ejection. At most `maxEjection`.
   *
   * @default Duration.seconds(10)
   */
  readonly baseEjection?: Duration;

  /**
   * Maximum duration of an ejection.
   *
   * @default Duration.minutes(5)
   */
  readonly maxEjection?: Duration;

  /**
   * Maximum percentage of the ready endpoints that are ejected at a time, rounded down, but at least one. From 1 to 100.
   *
   * @default 50
   */
  readonly maxEjectedPercent?: number;
  // #endregion
}

export const OUTLIER_QUANTITIES: Quantities<OutlierDetectionOptions, OutlierDetectionConfig> = {
  // #region generated quantities of OutlierDetectionConfig
  consecutiveGatewayErrors: { field: 'consecutiveGatewayErrors', unit: 'number', min: 0 },
  consecutiveServerErrors: { field: 'consecutiveServerErrors', unit: 'number', min: 0 },
  successRateMarginPercent: { field: 'successRateMarginPercent', unit: 'number', min: 0, max: 100 },
  failurePercent: { field: 'failurePercent', unit: 'number', min: 0, max: 100 },
  latencyFactor: { field: 'latencyFactor', unit: 'fraction', min: 0, max: 1_000 },
  latencyMargin: { field: 'latencyMarginMs', unit: 'time', min: 0 },
  minimumRequests: { field: 'minimumRequests', unit: 'number', min: 5 },
  window: { field: 'windowMs', unit: 'time', min: 100, max: 60_000 },
  baseEjection: { field: 'baseEjectionMs', unit: 'time', min: 1 },
  maxEjection: { field: 'maxEjectionMs', unit: 'time', min: 1 },
  maxEjectedPercent: { field: 'maxEjectedPercent', unit: 'number', min: 1, max: 100 },
  // #endregion
};

/**
 * Ejects pods that fail or are slow while most others are not. Each pod is compared with the median of the others, so it works with two
 * pods. An ejected pod returns with one trial request; if that fails, it is ejected for longer. The last working pod is never ejected, nor
 * is the app beside the sidecar.
 */
export class OutlierDetection {
  /**
   * Outliers get no requests for a while. This is the default.
   */
  public static eject(options: OutlierDetectionOptions = {}): OutlierDetection {
    return new OutlierDetection('enforce', options);
  }

  /**
   * Counts outliers in `mesh_outliers_detected_total`, but keeps sending them requests.
   */
  public static dryRun(options: OutlierDetectionOptions = {}): OutlierDetection {
    return new OutlierDetection('dryRun', options);
  }

  /**
   * Turns outlier detection off.
   */
  public static off(): OutlierDetection {
    return new OutlierDetection('off', {});
  }

  private constructor(private readonly mode: 'enforce' | 'dryRun' | 'off', private readonly options: OutlierDetectionOptions) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    checkQuantities(errors, prop, this.options, OUTLIER_QUANTITIES, contradictionsOfOutlierDetection);
  }

  /**
   * The document's field; nothing when all is the default.
   *
   * @internal
   */
  public _toConfig(): OutlierDetectionConfig | undefined {
    const said = { mode: this.mode, ...toConfig(this.options, OUTLIER_QUANTITIES) };
    const config = withoutDefaults<OutlierDetectionConfig>(said, DEFAULT_OUTLIER_DETECTION);
    return Object.keys(config).length > 0 ? config : undefined;
  }
}

mark(OutlierDetection);
