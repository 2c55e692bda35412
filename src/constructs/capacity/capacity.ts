/** What load a service gets, and what one pod of it does. */
import { Duration } from 'cdk8s';
import type { DeclaredCapacity } from '../../planning/sizing/declared';
import { millisecondsOf } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { partOf } from './part';

/**
 * Options of `Capacity.of`. Of a pod, either `rpsPerPod` or both `serviceTime` and `concurrency` are needed.
 */
export interface CapacityOptions {
  /**
   * Requests a second at the peak, over all pods.
   */
  readonly peakRps: number;

  /**
   * Requests a second at quiet times. Pods for it are always there; an autoscaler adds those for the peak.
   *
   * @default - the peak
   */
  readonly usualRps?: number;

  /**
   * Requests a second that one pod was measured to carry well.
   *
   * @default - what `serviceTime` and `concurrency` allow
   */
  readonly rpsPerPod?: number;

  /**
   * Mean time that the app takes for a request that does not wait.
   *
   * @default - unknown; then response times can't be planned
   */
  readonly serviceTime?: Duration;

  /**
   * Requests that a pod works on at a time, such as threads or database connections.
   *
   * @default - unknown; it is needed with `serviceTime`
   */
  readonly concurrency?: number;

  /**
   * How much service times differ: standard deviation over mean. 0 is constant, 1 exponential.
   *
   * @default 1
   */
  readonly variation?: number;

  /**
   * Time on the network and in sidecars, from the caller and back.
   *
   * @default Duration.millis(1)
   */
  readonly network?: Duration;

  /**
   * Percent of a pod's capacity that is not counted on: slow nodes, neighbours, garbage collection, shares that are not quite equal.
   *
   * @default 10
   */
  readonly deratingPercent?: number;

  /**
   * Busiest that a pod is planned to be, in percent. A latency objective may allow less. It has no effect with `rpsPerPod`.
   *
   * @default 80
   */
  readonly maxUtilizationPercent?: number;

  /**
   * How many times as much load may come before an autoscaler's pods are there.
   *
   * @default 1.3
   */
  readonly burst?: number;

  /**
   * Time from the start of a pod to its full speed.
   *
   * @default Duration.seconds(30)
   */
  readonly startUp?: Duration;

  /**
   * CPU time of the app for a request. With it, the app's container requests the CPU that it needs, unless it has `resources`.
   *
   * @default - unknown
   */
  readonly cpuPerRequest?: Duration;
}

const OPTIONS = {
  peakRps: true, usualRps: true, rpsPerPod: true, serviceTime: true, concurrency: true, variation: true, network: true, deratingPercent: true,
  maxUtilizationPercent: true, burst: true, startUp: true, cpuPerRequest: true,
} as const satisfies Record<keyof CapacityOptions, true>;

/** Rates above this are no service's. */
const MOST_RPS = 10_000_000;

/**
 * What load a version of a service gets, and what one pod of it does. Numbers of pods follow from it, and what is said by hand is checked against
 * it.
 */
export class Capacity {
  public static of(options: CapacityOptions): Capacity {
    return new Capacity(options);
  }

  private constructor(
    private readonly options: CapacityOptions,
    private readonly goal?: { readonly percentile: string; readonly within: Duration },
  ) {}

  /**
   * With an objective for latency, from the caller's sidecar and back. It needs `serviceTime` and `concurrency`.
   *
   * @param percentile part of the requests, such as 'p99'
   * @param within the time that they may take
   */
  public latency(percentile: string, within: Duration): Capacity {
    return new Capacity(this.options, { percentile, within });
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { options, goal } = this;
    if (typeof options !== 'object' || options === null) {
      errors.add(prop, options, 'give options, such as Capacity.of({ peakRps: 1200, rpsPerPod: 150 })');
      return;
    }
    errors.unknownProps(options, OPTIONS, `${prop}.`);
    const between = (name: keyof CapacityOptions, min: number, max: number, words: string): void => {
      const value = options[name] as number | undefined;
      if (value !== undefined && !(typeof value === 'number' && value >= min && value <= max)) {
        errors.add(`${prop}.${name}`, value, words);
      }
    };
    const rate = 'use requests a second, above 0';
    if (options.peakRps === undefined) {
      errors.add(`${prop}.peakRps`, undefined, 'say how many requests a second come at the peak');
    }
    between('peakRps', 1e-3, MOST_RPS, rate);
    between('usualRps', 1e-3, MOST_RPS, rate);
    between('rpsPerPod', 1e-3, MOST_RPS, rate);
    between('variation', 0, 10, 'use standard deviation over mean of the service times, from 0 (constant) over 1 (exponential) to 10');
    between('deratingPercent', 0, 90, 'use a percentage from 0 to 90');
    between('maxUtilizationPercent', 1, 99, 'use a percentage from 1 to 99; at 100 requests wait forever');
    between('burst', 1, 100, 'use a factor of at least 1, such as 1.5 for half as much again');
    if (options.concurrency !== undefined) {
      errors.wholeNumber(`${prop}.concurrency`, options.concurrency, 1, 1_000_000);
    }
    for (const name of ['serviceTime', 'network', 'startUp', 'cpuPerRequest'] as const) {
      const milliseconds = millisecondsOf(options[name]);
      const mayBeNone = name === 'network' || name === 'startUp';
      if (options[name] !== undefined && !(milliseconds !== undefined && (milliseconds > 0 || (mayBeNone && milliseconds === 0)))) {
        errors.add(`${prop}.${name}`, milliseconds ?? options[name], `use a Duration${mayBeNone ? '' : ' above 0'}, such as Duration.millis(20)`);
      }
    }
    this.checkTogether(errors, prop);
    if (goal) {
      if (partOf(goal.percentile, /^p(\d{1,2}(?:\.\d{1,4})?)$/) === undefined) {
        errors.add(`${prop}.latency.percentile`, goal.percentile, 'use a percentile such as \'p99\' or \'p99.9\'');
      }
      if (!((millisecondsOf(goal.within) ?? 0) > 0)) {
        errors.add(`${prop}.latency.within`, goal.within, 'use a Duration above 0, such as Duration.millis(200)');
      }
    }
  }

  /** @internal */
  public get _declared(): DeclaredCapacity {
    const { options, goal } = this;
    const serviceMs = millisecondsOf(options.serviceTime);
    return {
      peakRps: options.peakRps,
      usualRps: options.usualRps ?? options.peakRps,
      ...(options.rpsPerPod !== undefined && { instanceRps: options.rpsPerPod }),
      ...(serviceMs !== undefined && { serviceMs, concurrency: options.concurrency }),
      variation: options.variation ?? 1,
      networkMs: millisecondsOf(options.network) ?? 1,
      derating: (options.deratingPercent ?? 10) / 100,
      maxUtilization: (options.maxUtilizationPercent ?? 80) / 100,
      ...(goal && { goal: { share: partOf(goal.percentile, /^p(.*)$/)!, withinMs: millisecondsOf(goal.within)! } }),
      burst: options.burst ?? 1.3,
      startUpSeconds: (millisecondsOf(options.startUp) ?? 30_000) / 1_000,
      ...(options.cpuPerRequest && { cpuMs: millisecondsOf(options.cpuPerRequest) }),
    };
  }

  /** What needs what. */
  private checkTogether(errors: ValidationErrors, prop: string): void {
    const { rpsPerPod, serviceTime, concurrency } = this.options;
    if (rpsPerPod === undefined && serviceTime === undefined) {
      errors.add(`${prop}.rpsPerPod`, undefined, 'say what one pod does: the requests a second that it carries, or \'serviceTime\' and \'concurrency\'');
    }
    if (rpsPerPod !== undefined && serviceTime !== undefined) {
      errors.add(`${prop}.rpsPerPod`, rpsPerPod, 'leave it out, or \'serviceTime\' and \'concurrency\', from which it follows');
    }
    if ((serviceTime === undefined) !== (concurrency === undefined)) {
      errors.add(`${prop}.${serviceTime === undefined ? 'serviceTime' : 'concurrency'}`, undefined,
        `it is needed with '${serviceTime === undefined ? 'concurrency' : 'serviceTime'}': a pod's rate is concurrency over service time`);
    }
    if (this.goal && serviceTime === undefined) {
      errors.add(`${prop}.serviceTime`, undefined, 'response times follow from it: an objective for latency needs \'serviceTime\' and \'concurrency\'');
    }
  }
}

mark(Capacity);
