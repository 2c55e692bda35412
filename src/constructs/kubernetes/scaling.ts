/**
 * How many replicas a version has: a number, or an autoscaler's range. One value for both, so that a Deployment's `replicas` and an autoscaler
 * can't both claim the field.
 */
import { Construct } from 'constructs';
import { REPLICAS_ANNOTATION } from '../../planning/lints/objects';
import type { ScalingTarget } from '../../planning/scaling/replay';
import { millisecondsOf } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { makeAutoscaler } from './autoscaler';
import { AutoscalerInfo, DerivedScaling, MadeAutoscaler, ScalingContext } from './autoscaler-info';
import * as kplus from './kplus';
import { leaveReplicasOut } from './patches';
import { makeScaledObject } from './scaled-object';
import { checkScalingOptions, ScalingOptions, SIDECAR_TARGETS } from './scaling-options';

const TARGETS = ['cpuPercent', 'memoryPercent', ...SIDECAR_TARGETS] as const;
const DEFAULT_CPU_PERCENT = 70;
/** Kubernetes' default of an autoscaler's tolerance, in percent. */
const DEFAULT_TOLERANCE_PERCENT = 10;

/**
 * Options of `Scaling.external`.
 */
export interface ExternalScalingOptions {
  /**
   * Fewest replicas that there are at any time. Budgets and lints count on it, and `cdk8s-mesh up` starts as many.
   *
   * @default 1
   */
  readonly min?: number;

  /**
   * Most replicas.
   *
   * @default - unknown
   */
  readonly max?: number;
}

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
   * An autoscaler between two numbers of replicas. By default it follows the CPU usage of the app's container.
   */
  public static between(min: number, max: number, options: ScalingOptions = {}): Scaling {
    return new Scaling(min, max, options);
  }

  /**
   * What `capacity` and `availability` of the service ask for: an autoscaler when the usual load is below the peak, else a fixed number. It
   * follows CPU usage unless another target is given.
   */
  public static derived(options: ScalingOptions = {}): Scaling {
    return new Scaling(1, 1, options, true);
  }

  /**
   * Others manage the number of replicas, for example a ScaledObject of KEDA or an autoscaler that you make yourself. The Deployment then says no
   * number, so `kubectl apply` does not change it.
   */
  public static external(options: ExternalScalingOptions = {}): Scaling {
    return new Scaling(options.min ?? 1, options.max ?? Infinity, undefined, false, options);
  }

  private constructor(
    /**
     * Fewest replicas. Of `Scaling.derived()` it is 1.
     */
    public readonly min: number,
    /**
     * Most replicas. Of `Scaling.derived()` it is 1. Where nobody knows, it is infinite.
     */
    public readonly max: number,
    private readonly options?: ScalingOptions,
    /** @internal */
    public readonly _isDerived: boolean = false,
    private readonly external?: ExternalScalingOptions,
  ) {}

  /**
   * The Deployment's replicas; nothing when an autoscaler owns the field.
   *
   * @internal
   */
  public get _replicas(): number | undefined {
    return this.options || this.external ? undefined : this.min;
  }

  /**
   * Whether the number changes by itself.
   *
   * @internal
   */
  public get _isAutoscaled(): boolean {
    return this.options !== undefined || this.external !== undefined;
  }

  /**
   * Whether somebody said what it follows.
   *
   * @internal
   */
  public get _hasTarget(): boolean {
    return this.options !== undefined && TARGETS.some((target) => this.options![target] !== undefined);
  }

  /** @internal */
  public get _options(): ScalingOptions | undefined {
    return this.options;
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string, { minor, ofGateway = false }: ScalingContext): void {
    if (this.external) {
      checkExternal(errors, prop, this.external);
      return;
    }
    if (!this.options) {
      errors.wholeNumber(`${prop}.replicas`, this.min, 0);
      return;
    }
    checkScalingOptions(errors, prop, this.options, minor);
    const whole = [errors.wholeNumber(`${prop}.min`, this.min, 1), errors.wholeNumber(`${prop}.max`, this.max, 1)];
    if (whole.every(Boolean) && this.min > this.max) {
      errors.add(`${prop}.min`, this.min, `it is above the max of ${this.max}; make min at most max`);
    }
    for (const { replicas } of this.options.schedules ?? []) {
      if (replicas > this.max && !this._isDerived) {
        errors.add(`${prop}.schedules`, replicas, `it is above the max of ${this.max}; make it at most max`);
      }
    }
    if (ofGateway) {
      const used = [...SIDECAR_TARGETS, 'schedules' as const].find((option) => this.options![option] !== undefined);
      if (used !== undefined || this._isDerived) {
        errors.add(used === undefined ? prop : `${prop}.${used}`, used === undefined ? 'derived' : this.options[used], 'gateways scale by CPU and memory; use Scaling.between(2, 10), for example');
      }
    }
  }

  /**
   * With the numbers that capacity asks for.
   *
   * @internal
   */
  public _with({ min, max, autoscaled, options }: DerivedScaling): Scaling {
    return autoscaled ? Scaling.between(min, max, { ...options, ...this.options }) : Scaling.replicas(min);
  }

  /**
   * What the app's container must request for the autoscaler to have anything to take a percentage of.
   *
   * @internal
   */
  public _missingRequests(container: kplus.Container): string[] {
    const targets = this.options && withDefaultTarget(this.options);
    return [
      ...(targets?.cpuPercent !== undefined && !container.resources?.cpu?.request ? ['cpu'] : []),
      ...(targets?.memoryPercent !== undefined && !container.resources?.memory?.request ? ['memory'] : []),
    ];
  }

  /**
   * What it follows, for planning. Memory does not tell how much a pod has to do.
   *
   * @param atSaturation CPU of a pod at saturation, as a part of its request
   * @internal
   */
  public _targets(atSaturation: number): ScalingTarget[] {
    if (!this.options) return [];
    const { cpuPercent, requestsPerSecond, requestsInFlight, latency } = withDefaultTarget(this.options);
    return [
      ...(cpuPercent !== undefined ? [{ metric: 'cpu' as const, target: cpuPercent, atSaturation }] : []),
      ...(requestsPerSecond !== undefined ? [{ metric: 'requestsPerSecond' as const, target: requestsPerSecond }] : []),
      ...(requestsInFlight !== undefined ? [{ metric: 'inFlight' as const, target: requestsInFlight }] : []),
      ...(latency !== undefined ? [{ metric: 'latency' as const, target: millisecondsOf(latency)!, share: 0.99 }] : []),
    ];
  }

  /** @internal */
  public get _tolerance(): number {
    return (this.options?.tolerancePercent ?? DEFAULT_TOLERANCE_PERCENT) / 100;
  }

  /**
   * The autoscaler, if there is to be one.
   *
   * @internal
   */
  public _autoscale(scope: Construct, id: string, name: string, target: kplus.Deployment, series: string): MadeAutoscaler {
    if (this.external) {
      leaveReplicasOut(target);
      target.metadata.addAnnotation(REPLICAS_ANNOTATION, this.max === Infinity ? String(this.min) : `${this.min}-${this.max}`);
    }
    if (!this.options) {
      return {};
    }
    const info: AutoscalerInfo = { name, min: this.min, max: this.max, target, series, options: withDefaultTarget(this.options) };
    return this.options.metrics?._keda ? { scaledObject: makeScaledObject(scope, id, info) } : { autoscaler: makeAutoscaler(scope, id, info) };
  }
}

mark(Scaling);

const EXTERNAL_OPTIONS = { min: true, max: true } as const satisfies Record<keyof ExternalScalingOptions, true>;

function checkExternal(errors: ValidationErrors, prop: string, options: ExternalScalingOptions): void {
  errors.unknownProps(options, EXTERNAL_OPTIONS, `${prop}.`);
  const { min = 1, max = Infinity } = options;
  if (errors.wholeNumber(`${prop}.min`, min, 0) && max !== Infinity && errors.wholeNumber(`${prop}.max`, max, 1) && min > max) {
    errors.add(`${prop}.min`, min, `it is above the max of ${max}; make min at most max`);
  }
}

function withDefaultTarget(options: ScalingOptions): ScalingOptions {
  return TARGETS.some((target) => options[target] !== undefined) ? options : { ...options, cpuPercent: DEFAULT_CPU_PERCENT };
}
