/**
 * How many pods a PodDisruptionBudget lets be evicted at once.
 *
 * The arithmetic is the disruption controller's (kubernetes pkg/controller/disruption, `getExpectedPodCount`): with all
 * of `replicas` healthy, `minAvailable` allows `replicas - minAvailable` and `maxUnavailable` allows itself. A percentage
 * is of `replicas` and rounded up in both cases: 50 % of 3 is 2, for `minAvailable` as for `maxUnavailable`.
 */

/** A number of pods, or a share of them. */
export interface PodCount {
  readonly unit: 'pods' | 'percent';
  readonly value: number;
}

/** One of the two rules that a budget can state. */
export interface DisruptionRule {
  readonly rule: 'minAvailable' | 'maxUnavailable';
  readonly count: PodCount;
}

/** Evictions allowed at the same time when all of `replicas` pods are healthy. */
export function allowedEvictions(rule: DisruptionRule, replicas: number): number {
  const pods = rule.count.unit === 'pods' ? rule.count.value : Math.ceil((rule.count.value * replicas) / 100);
  return Math.max(0, Math.min(replicas, rule.rule === 'maxUnavailable' ? pods : replicas - pods));
}
