/**
 * The cheapest settings of an autoscaler that hold the latency objective over a load: for each target, the fewest pods to keep at all times, and of
 * these the one with the fewest pod-hours. More pods at all times never make a replay worse, so the fewest are found by halving.
 */
import { saturationRate } from '../capacity/response-time';
import { Curves, replay, ReplayPlan, ReplayResult, ScalingTarget } from './replay';

/** Targets that are tried, as parts of what saturates a pod. */
const TRIED = [0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9];

export interface Settings {
  readonly minReplicas: number;
  /** Target of the first metric. */
  readonly target: number;
  readonly result: ReplayResult;
}

/** Undefined when the plan has no objective or no autoscaler, or when no setting holds it. */
export function cheapestSettings(plan: ReplayPlan): Settings | undefined {
  const { autoscaler, capacity: { goal }, targets: [first] } = plan;
  if (!autoscaler || !goal || !first) return undefined;
  const targets = TRIED.map((part) => targetAt(first, part, plan)).filter((target) => target !== undefined);
  const curves = new Curves(plan.capacity);
  let best: Settings | undefined;
  for (const target of targets) {
    const run = (minReplicas: number): ReplayResult => replay({
      ...plan, targets: [{ ...first, target }], replicas: minReplicas, autoscaler: { ...autoscaler, minReplicas },
    }, curves);
    let [low, high] = [0, autoscaler.maxReplicas];
    let result = run(high);
    if (result.goodShare < goal.share) continue;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const tried = run(middle);
      if (tried.goodShare >= goal.share) [high, result] = [middle, tried];
      else low = middle;
    }
    if (!best || result.podHours < best.result.podHours) best = { minReplicas: high, target, result };
  }
  return best;
}

/** A target for pods that are this busy; undefined for latency, where none can be told from it. */
function targetAt(target: ScalingTarget, part: number, { capacity }: ReplayPlan): number | undefined {
  switch (target.metric) {
    case 'cpu': return Math.round(part * target.atSaturation * 100);
    case 'requestsPerSecond': return Number((part * saturationRate(capacity)).toPrecision(3));
    case 'inFlight': return Math.max(1, Math.round(part * capacity.concurrency));
    case 'latency': return undefined;
  }
}
