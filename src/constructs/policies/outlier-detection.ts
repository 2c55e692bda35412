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
   * Gateway errors in a row that make an outlier: 502, 503, 504, timeouts, connections that fail or break. 0 switches the rule off. Five
   * are Envoy's and Istio's.
   *
   * @default 5
   */
  readonly consecutiveGatewayErrors?: number;

  /**
   * Errors in a row that make an outlier: gateway errors and every other status from 500 on. 0 switches the rule off.
   *
   * @default 5
   */
  readonly consecutiveServerErrors?: number;

  /**
   * How much more of its requests than of the others' must fail, in percentage points; and more than chance explains. With 20 requests and
   * others that fail none that is 10 failures, with 200 it is 21. 0 switches the rule off. From 0 to 100.
   *
   * @default 10
   */
  readonly successRateMarginPercent?: number;

  /**
   * Part of its requests that must fail, in percent, whatever the others do. 0 switches the rule off. From 0 to 100.
   *
   * @default 0
   */
  readonly failurePercent?: number;

  /**
   * How many times as long as the others it must take to answer; and, unless most endpoints are faster, as it usually takes itself. 0
   * switches the rule off. From 0 to 1000.
   *
   * @default 5
   */
  readonly latencyFactor?: number;

  /**
   * How much longer than the others it must take besides.
   *
   * @default Duration.millis(20)
   */
  readonly latencyMargin?: Duration;

  /**
   * Fewest requests in the window by which rates and latency are judged. At least 5.
   *
   * @default 20
   */
  readonly minimumRequests?: number;

  /**
   * How far back rates and latency are looked at; further, up to a minute, when there are fewer requests than `minimumRequests`. From 100
   * ms to 60 seconds.
   *
   * @default Duration.seconds(5)
   */
  readonly window?: Duration;

  /**
   * How long the first ejection lasts, up to a fifth longer by chance; the n-th lasts n times as long. One is forgiven for each time as
   * long that passes without. At most `maxEjection`.
   *
   * @default Duration.seconds(10)
   */
  readonly baseEjection?: Duration;

  /**
   * How long an ejection lasts at most.
   *
   * @default Duration.minutes(5)
   */
  readonly maxEjection?: Duration;

  /**
   * Most endpoints that are ejected at a time, in percent of those that are ready, rounded down; but always one. From 1 to 100.
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
