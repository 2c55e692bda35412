/**
 * How many replicas a version has: a number, or a HorizontalPodAutoscaler's range. One value for both, so that a
 * Deployment's `replicas` and an autoscaler can't both claim the field.
 */
import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import * as kplus from './kplus';

/**
 * Options of `Scaling.between`.
 */
export interface ScalingOptions {
  /**
   * Target CPU usage of the app's container, in percent of its CPU request. The sidecar's usage does not count.
   *
   * @default 70, if no memoryPercent is given
   */
  readonly cpuPercent?: number;

  /**
   * Target memory usage of the app's container, in percent of its memory request.
   *
   * @default - memory is not used for scaling
   */
  readonly memoryPercent?: number;
}

const OPTIONS = { cpuPercent: true, memoryPercent: true } as const satisfies Record<keyof ScalingOptions, true>;

const DEFAULT_CPU_PERCENT = 70;
/** Between two changes of the number of pods. */
const SCALE_PERIOD = Duration.seconds(15);

/**
 * Number of replicas of a service.
 */
export class Scaling {
  /**
   * A fixed number of replicas, without an autoscaler.
   */
  public static replicas(count: number): Scaling {
    return new Scaling(count, count);
  }

  /**
   * A HorizontalPodAutoscaler between two numbers of replicas. It follows the resource usage of the app's container.
   */
  public static between(min: number, max: number, options: ScalingOptions = {}): Scaling {
    return new Scaling(min, max, options);
  }

  private constructor(
    /**
     * Fewest replicas.
     */
    public readonly min: number,
    /**
     * Most replicas.
     */
    public readonly max: number,
    private readonly autoscaler?: ScalingOptions,
  ) {}

  /**
   * The Deployment's replicas; nothing when an autoscaler owns the field.
   *
   * @internal
   */
  public get _replicas(): number | undefined {
    return this.autoscaler ? undefined : this.min;
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (!this.autoscaler) {
      errors.wholeNumber(`${prop}.replicas`, this.min, 0);
      return;
    }
    errors.unknownProps(this.autoscaler, OPTIONS, `${prop}.`);
    const whole = [errors.wholeNumber(`${prop}.min`, this.min, 1), errors.wholeNumber(`${prop}.max`, this.max, 1)];
    if (whole.every(Boolean) && this.min > this.max) {
      errors.add(`${prop}.min`, this.min, `it is above the max of ${this.max}; make min at most max`);
    }
    for (const target of ['cpuPercent', 'memoryPercent'] as const) {
      const percent = this.autoscaler[target];
      if (percent !== undefined) {
        errors.wholeNumber(`${prop}.${target}`, percent, 1);
      }
    }
  }

  /**
   * What the app's container must request for the autoscaler to have anything to take a percentage of.
   *
   * @internal
   */
  public _missingRequests(container: kplus.Container): string[] {
    const targets = this.targets();
    return [
      ...(targets?.cpu !== undefined && !container.resources?.cpu?.request ? ['cpu'] : []),
      ...(targets?.memory !== undefined && !container.resources?.memory?.request ? ['memory'] : []),
    ];
  }

  /**
   * The autoscaler, if there is to be one.
   *
   * The behaviour is what Kubernetes does by default, written out because cdk8s-plus has other defaults (down by
   * `minReplicas` pods in five minutes): up at once by what is more of 100 % and 4 pods in 15 s; down by any number, but
   * only to the highest count that was wanted in the last five minutes.
   *
   * @internal
   */
  public _autoscale(scope: Construct, id: string, name: string, target: kplus.Deployment): kplus.HorizontalPodAutoscaler | undefined {
    const targets = this.targets();
    if (!targets) {
      return undefined;
    }
    const container = target.containers[0];
    const utilization = (percent: number) => ({ container, target: kplus.MetricTarget.averageUtilization(percent) });
    const period = SCALE_PERIOD;
    return new kplus.HorizontalPodAutoscaler(scope, id, {
      metadata: { name },
      target,
      minReplicas: this.min,
      maxReplicas: this.max,
      metrics: [
        ...(targets.cpu !== undefined ? [kplus.Metric.containerCpu(utilization(targets.cpu))] : []),
        ...(targets.memory !== undefined ? [kplus.Metric.containerMemory(utilization(targets.memory))] : []),
      ],
      scaleUp: {
        strategy: kplus.ScalingStrategy.MAX_CHANGE,
        stabilizationWindow: Duration.seconds(0),
        policies: [
          { replicas: kplus.Replicas.percent(100), duration: period },
          { replicas: kplus.Replicas.absolute(4), duration: period },
        ],
      },
      scaleDown: {
        strategy: kplus.ScalingStrategy.MAX_CHANGE,
        stabilizationWindow: Duration.minutes(5),
        policies: [{ replicas: kplus.Replicas.percent(100), duration: period }],
      },
    });
  }

  private targets(): { cpu?: number; memory?: number } | undefined {
    if (!this.autoscaler) {
      return undefined;
    }
    const { cpuPercent, memoryPercent } = this.autoscaler;
    return { cpu: cpuPercent ?? (memoryPercent === undefined ? DEFAULT_CPU_PERCENT : undefined), memory: memoryPercent };
  }
}

mark(Scaling);
