/** Who gives an autoscaler the metrics of sidecars. */
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Options of `ScalingMetrics.keda`.
 */
export interface KedaOptions {
  /**
   * Address of the Prometheus that has the sidecars' metrics, such as 'http://prometheus.monitoring:9090'.
   */
  readonly serverAddress: string;
}

/**
 * Where an autoscaler gets metrics of sidecars from. Prometheus has to scrape the sidecars, as with `Monitoring.prometheus()`.
 */
export class ScalingMetrics {
  /**
   * prometheus-adapter, which serves them as custom metrics. Its rules are in the ConfigMap of `AdapterRules`. The autoscaler is a
   * HorizontalPodAutoscaler.
   */
  public static adapter(): ScalingMetrics {
    return new ScalingMetrics();
  }

  /**
   * KEDA, which asks Prometheus by itself. The autoscaler is a ScaledObject, of which KEDA makes the HorizontalPodAutoscaler.
   */
  public static keda(options: KedaOptions): ScalingMetrics {
    return new ScalingMetrics(options);
  }

  private constructor(
    /** @internal */
    public readonly _keda?: KedaOptions,
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (this._keda !== undefined && !/^https?:\/\/[^\s/]+/.test(String(this._keda.serverAddress))) {
      errors.add(`${prop}.serverAddress`, this._keda.serverAddress, 'use the URL of a Prometheus, such as http://prometheus.monitoring:9090');
    }
  }
}

mark(ScalingMetrics);
