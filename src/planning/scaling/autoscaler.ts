/**
 * The algorithm of Kubernetes' HorizontalPodAutoscaler, as a step from one sync to the next.
 *
 * Every 15 s, for each metric: ratio = mean over pods that are ready / target. Within the tolerance nothing changes; else the metric wants
 * ceil(ratio x pods). Pods that are not ready count as 0 when the ratio is above 1, and then a ratio that flips to the other side changes nothing.
 * The largest of the metrics wins. Scaling down takes the highest recommendation of the stabilization window, scaling up the lowest of its own;
 * then policies bound the change from what there was one period ago, and last the bounds of minReplicas and maxReplicas.
 *
 * External metrics with an `AverageValue` want ceil(total / target).
 *
 * Not here: pods without metrics, and metrics that fail.
 *
 * Source: kubernetes pkg/controller/podautoscaler/horizontal.go and replica_calculator.go, v1.37.
 */

/** How a scaling policy bounds a change. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

/** One direction of an autoscaler's behaviour. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
  /** Deviation of the ratio from 1 that changes nothing. */
  readonly tolerance: number;
}

export interface Autoscaler {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** Seconds between two syncs: `--horizontal-pod-autoscaler-sync-period`. */
export const SYNC_SECONDS = 15;

/** `--horizontal-pod-autoscaler-tolerance`. */
export const DEFAULT_TOLERANCE = 0.1;

/** What Kubernetes takes when a behaviour says nothing. */
export const DEFAULT_SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }],
  tolerance: DEFAULT_TOLERANCE,
};
export const DEFAULT_SCALE_DOWN: ScalingRules = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  tolerance: DEFAULT_TOLERANCE,
};

/** One metric as a sync sees it. */
export interface MetricReading {
  /** Sum over the pods that are ready. */
  readonly total: number;
  /** What one pod is to have. */
  readonly target: number;
  /** It is an external metric with an `AverageValue`, as KEDA's are: what pods there are plays no part. Absent: a metric of pods. */
  readonly ofAll?: boolean | undefined;
}

/** A moment at which the number of pods changed, or a recommendation was made. */
interface Note {
  readonly at: number;
  readonly value: number;
}

/** Pods as a sync sees them. */
export interface PodCounts {
  readonly ready: number;
  /** Those that start. */
  readonly unready: number;
}

/** Deviations of the ratio from 1 that change nothing. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

/** Pods that one metric wants. */
export function wanted({ total, target, ofAll }: MetricReading, { ready, unready }: PodCounts, tolerances: Tolerances): number {
  const isWithin = (ratio: number): boolean => ratio >= 1 - tolerances.down - EPSILON && ratio <= 1 + tolerances.up + EPSILON;
  const current = ready + unready;
  if (ofAll) return isWithin(total / target / current) ? current : ceil(total / target);
  if (ready === 0) return current;
  const ratio = total / ready / target;
  if (isWithin(ratio)) return current;
  if (unready === 0 || ratio < 1) return ceil(ratio * ready);
  // Pods that start are taken to have nothing to do yet, so that what they will take off the others is not asked for twice.
  const damped = total / (ready + unready) / target;
  if (damped < 1 || isWithin(damped)) return current;
  const pods = ceil(damped * (ready + unready));
  return pods < current ? current : pods;
}

/** An autoscaler at work: what it remembers between syncs. */
export class AutoscalerRun {
  private readonly recommendations: Note[];
  private readonly added: Note[] = [];
  private readonly removed: Note[] = [];

  constructor(private readonly autoscaler: Autoscaler, public replicas: number) {
    // As after a start of the controller: what there is was recommended.
    this.recommendations = [{ at: 0, value: replicas }];
  }

  /**
   * One sync.
   *
   * @param seconds time of the sync
   * @param readings one for each metric, as far as they are known
   * @param unready pods that are not ready yet
   * @returns pods from now on
   */
  sync(seconds: number, readings: readonly MetricReading[], unready: number): number {
    const { autoscaler: { scaleUp, scaleDown }, replicas } = this;
    const tolerances = { up: scaleUp.tolerance, down: scaleDown.tolerance };
    const pods = { ready: replicas - unready, unready };
    // With no metric at all, as where only a schedule is, it keeps the fewest.
    const desired = Math.max(this.autoscaler.minReplicas, ...readings.map((reading) => wanted(reading, pods, tolerances)));
    const next = this.bounded(seconds, this.stabilized(seconds, desired));
    if (next > replicas) this.added.push({ at: seconds, value: next - replicas });
    if (next < replicas) this.removed.push({ at: seconds, value: replicas - next });
    this.replicas = next;
    return next;
  }

  /** Between the lowest recommendation of the window for up and the highest of that for down. */
  private stabilized(seconds: number, desired: number): number {
    const { recommendations, autoscaler: { scaleUp, scaleDown } } = this;
    const longest = Math.max(scaleUp.stabilizationWindowSeconds, scaleDown.stabilizationWindowSeconds);
    while (recommendations.length > 0 && recommendations[0]!.at < seconds - longest) recommendations.shift();
    const within = (window: number): number[] => recommendations.filter(({ at }) => at > seconds - window).map(({ value }) => value);
    const up = Math.min(desired, ...within(scaleUp.stabilizationWindowSeconds));
    const down = Math.max(desired, ...within(scaleDown.stabilizationWindowSeconds));
    recommendations.push({ at: seconds, value: desired });
    return Math.min(Math.max(this.replicas, up), down);
  }

  private bounded(seconds: number, desired: number): number {
    const { replicas, autoscaler: { minReplicas, maxReplicas, scaleUp, scaleDown } } = this;
    const limited = desired > replicas
      ? Math.min(desired, Math.max(replicas, this.limit(seconds, scaleUp, 1)))
      : Math.max(desired, Math.min(replicas, this.limit(seconds, scaleDown, -1)));
    return Math.min(maxReplicas, Math.max(minReplicas, limited));
  }

  /** How far the policies of a direction let the number go. */
  private limit(seconds: number, { selectPolicy, policies }: ScalingRules, sign: 1 | -1): number {
    if (selectPolicy === 'Disabled') return this.replicas;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const since = seconds - periodSeconds;
      const before = this.replicas - sumOf(this.added, since) + sumOf(this.removed, since);
      if (type === 'Pods') return before + sign * value;
      return sign > 0 ? Math.ceil(before * (1 + value / 100)) : Math.trunc(before * (1 - value / 100));
    });
    return (selectPolicy === 'Max') === (sign > 0) ? Math.max(...limits) : Math.min(...limits);
  }
}

/** So that 0.7 / 0.7 is 1 however it was computed. */
const EPSILON = 1e-9;

function ceil(pods: number): number {
  return Math.ceil(pods - EPSILON);
}

function sumOf(notes: readonly Note[], since: number): number {
  let sum = 0;
  for (let index = notes.length - 1; index >= 0 && notes[index]!.at > since; index--) sum += notes[index]!.value;
  return sum;
}
