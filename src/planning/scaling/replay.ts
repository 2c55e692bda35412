/**
 * A load replayed through an autoscaler and the queueing model: how many pods there are at each time, how busy they are, how long requests take,
 * and how many find no capacity.
 *
 * In steps of 5 s, each as if it were in balance (a queue of milliseconds settles within one). What comes beyond saturation is shed, as a sidecar's
 * admission limit and callers' timeouts do; it does not wait for better times. Pods that start are ready after their start-up, and take a share
 * that grows over the slow-start window. Pods that are taken away stop at once. Metrics are as they were some time ago, and averages over a window.
 */
import { derated, InstanceCapacity } from '../capacity/instances';
import { responseQuantileMs, meanResponseMs, saturationRate, withinShare } from '../capacity/response-time';
import { Autoscaler, AutoscalerRun, MetricReading, SYNC_SECONDS } from './autoscaler';
import type { Load } from './load';

/** What an autoscaler looks at. Targets are of one pod. */
export type ScalingTarget =
  /** CPU of the app's container, in percent of its request; a pod at saturation is taken to use `atSaturation` of it. */
  | { readonly metric: 'cpu'; readonly target: number; readonly atSaturation: number }
  | { readonly metric: 'requestsPerSecond'; readonly target: number }
  | { readonly metric: 'inFlight'; readonly target: number }
  /** In milliseconds, of this part of the requests. */
  | { readonly metric: 'latency'; readonly target: number; readonly share: number };

export interface ReplayPlan {
  readonly load: Load;
  readonly seconds: number;
  readonly capacity: InstanceCapacity;
  /** Absent: the number of pods is fixed. */
  readonly autoscaler?: Autoscaler | undefined;
  readonly targets: readonly ScalingTarget[];
  /** Metrics are external, as KEDA's are. */
  readonly external: boolean;
  /** Pods at the beginning. */
  readonly replicas: number;
  /** From the start of a pod to its being ready. */
  readonly startUpSeconds: number;
  /** Over which a new pod comes to its full share; 0: at once. */
  readonly slowStartSeconds: number;
  /** Age of what the autoscaler sees, and how long it is an average over. */
  readonly metricDelaySeconds: number;
  readonly metricWindowSeconds: number;
  /** Fewest pods at certain times, as by a schedule. Absent: none. */
  readonly floor?: ((seconds: number) => number) | undefined;
}

/** One step of a replay. */
export interface ReplayStep {
  readonly seconds: number;
  readonly rps: number;
  readonly replicas: number;
  readonly ready: number;
  /** 0 to 1. */
  readonly utilization: number;
  /** The objective's percentile, or the 99th, of what is not shed; Infinity at saturation. */
  readonly responseMs: number;
  /** Requests a second without capacity. */
  readonly shedRps: number;
}

export interface ReplayResult {
  readonly steps: readonly ReplayStep[];
  readonly requests: number;
  readonly shed: number;
  /** Part of all requests that is answered within the objective's time; NaN without an objective. */
  readonly goodShare: number;
  readonly podHours: number;
  readonly mostReplicas: number;
  readonly mostUtilization: number;
}

export const STEP_SECONDS = 5;
/** Entries of tables over the utilization. */
const GRAIN = 1_000;
/** Busiest that the queueing model is asked for: at 1 there is no balance. */
const ALMOST_SATURATED = 1 - 1 / GRAIN;

/** What the queueing model says of one instance, by how busy it is. Replays of one capacity share it. */
export class Curves {
  /** Requests a second at saturation. */
  readonly rate: number;
  /** The objective's percentile, or the 99th. */
  readonly response: (utilization: number) => number;
  readonly mean: (utilization: number) => number;
  /** Part of the requests within the objective's time; NaN without an objective. */
  readonly good: (utilization: number) => number;

  constructor(declared: InstanceCapacity) {
    const capacity = derated(declared);
    const { goal } = declared;
    const rate = saturationRate(capacity);
    this.rate = rate;
    this.response = tabled((utilization) => responseQuantileMs(capacity, 1, utilization * rate, goal?.share ?? 0.99));
    this.mean = tabled((utilization) => meanResponseMs(capacity, 1, utilization * rate));
    this.good = tabled((utilization) => (goal ? withinShare(capacity, 1, utilization * rate, goal.withinMs) : NaN));
  }
}

/** Runs the plan. */
export function replay(plan: ReplayPlan, { rate, response, mean, good } = new Curves(plan.capacity)): ReplayResult {
  const { goal } = plan.capacity;
  const run = plan.autoscaler && new AutoscalerRun(plan.autoscaler, plan.replicas);
  const pods = new Pods(plan);
  const series = new Series(plan.metricDelaySeconds, plan.metricWindowSeconds);
  const steps: ReplayStep[] = [];
  const sums = { requests: 0, shed: 0, good: 0, podSeconds: 0 };
  for (let seconds = 0; seconds < plan.seconds; seconds += STEP_SECONDS) {
    const rps = Math.max(0, plan.load(seconds));
    const { ready, strength } = pods.at(seconds);
    const most = strength * rate;
    const served = Math.min(rps, most);
    const utilization = most > 0 ? served / most : 1;
    series.add({ served, mean: mean(utilization), response: response(utilization), ready });
    if (run && plan.autoscaler && seconds > 0 && seconds % SYNC_SECONDS === 0) {
      const seen = series.average();
      const readings = plan.targets.map((target) => readingOf(target, seen, rate, plan.external));
      const next = Math.max(run.sync(seconds, readings, pods.count - ready), Math.min(plan.autoscaler.maxReplicas, plan.floor?.(seconds) ?? 0));
      run.replicas = next;
      pods.become(next, seconds);
    }
    const isSaturated = rps >= most;
    steps.push({
      seconds, rps, replicas: pods.count, ready, utilization,
      responseMs: isSaturated && rps > 0 ? Infinity : response(utilization),
      shedRps: rps - served,
    });
    sums.requests += rps * STEP_SECONDS;
    sums.shed += (rps - served) * STEP_SECONDS;
    // At saturation the queue is as long as a limit lets it be: nobody is counted as served in time.
    sums.good += (isSaturated ? 0 : rps * good(utilization)) * STEP_SECONDS;
    sums.podSeconds += pods.count * STEP_SECONDS;
  }
  return {
    steps,
    requests: sums.requests,
    shed: sums.shed,
    goodShare: goal ? (sums.requests > 0 ? sums.good / sums.requests : 1) : NaN,
    podHours: sums.podSeconds / 3_600,
    mostReplicas: steps.reduce((most, { replicas }) => Math.max(most, replicas), 0),
    mostUtilization: steps.reduce((most, { utilization }) => Math.max(most, utilization), 0),
  };
}

/** What is measured of a step, or on average. */
interface Sample {
  readonly served: number;
  readonly mean: number;
  readonly response: number;
  readonly ready: number;
}

function readingOf(target: ScalingTarget, { served, mean, response, ready }: Sample, rate: number, ofAll: boolean): MetricReading {
  switch (target.metric) {
    // CPU comes from the metrics API, also with KEDA.
    case 'cpu': return { total: (served / rate) * target.atSaturation * 100, target: target.target };
    case 'requestsPerSecond': return { total: served, target: target.target, ofAll };
    case 'inFlight': return { total: (served * mean) / 1_000, target: target.target, ofAll };
    case 'latency': return { total: response * ready, target: target.target };
  }
}

/** Pods by the time that they were started at, the oldest first. */
class Pods {
  private readonly started: number[];

  constructor(private readonly plan: Pick<ReplayPlan, 'replicas' | 'startUpSeconds' | 'slowStartSeconds'>) {
    this.started = new Array<number>(plan.replicas).fill(-Infinity);
  }

  get count(): number {
    return this.started.length;
  }

  /** How many are ready, and to how many with their full share that comes. */
  at(seconds: number): { readonly ready: number; readonly strength: number } {
    const { started, plan: { startUpSeconds, slowStartSeconds } } = this;
    let ready = started.length;
    let strength = ready;
    for (let index = started.length - 1; index >= 0; index--) {
      const age = seconds - started[index]! - startUpSeconds;
      if (age >= slowStartSeconds) break;
      strength--;
      if (age < 0) ready--;
      else strength += Math.max(LEAST_SHARE, age / slowStartSeconds);
    }
    return { ready, strength };
  }

  /** The youngest are taken away first, as a ReplicaSet does. */
  become(count: number, seconds: number): void {
    while (this.started.length > count) this.started.pop();
    while (this.started.length < count) this.started.push(seconds);
  }
}

/** What a pod gets at the beginning of its slow start. */
const LEAST_SHARE = 0.1;

/** What was measured, until it is too old to be seen. */
class Series {
  private readonly samples: Sample[] = [];
  private readonly window: number;
  private readonly delay: number;

  constructor(delaySeconds: number, windowSeconds: number) {
    this.delay = Math.round(delaySeconds / STEP_SECONDS);
    this.window = Math.max(1, Math.round(windowSeconds / STEP_SECONDS));
  }

  add(sample: Sample): void {
    this.samples.push(sample);
    if (this.samples.length > this.delay + this.window) this.samples.shift();
  }

  average(): Sample {
    const seen = Math.max(1, this.samples.length - this.delay);
    const sum = { served: 0, mean: 0, response: 0, ready: 0 };
    for (let index = 0; index < seen; index++) {
      const { served, mean, response, ready } = this.samples[index]!;
      sum.served += served / seen;
      sum.mean += mean / seen;
      sum.response += response / seen;
      sum.ready += ready / seen;
    }
    return sum;
  }
}

/** A function of the utilization that is computed once for each of its grains. */
function tabled(compute: (utilization: number) => number): (utilization: number) => number {
  const table = new Float64Array(GRAIN + 1).fill(-1);
  return (utilization) => {
    const grain = Math.round(Math.min(utilization, ALMOST_SATURATED) * GRAIN);
    if (table[grain] === -1) table[grain] = compute(grain / GRAIN);
    return table[grain]!;
  };
}
