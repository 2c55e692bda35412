/**
 * The weights of clusters in a route to several targets, each of which may have several clusters itself: a service with its versions. They are
 * whole numbers in the document, and shares are kept exactly as long as the numbers fit.
 */
import { WeightedCluster } from '../../contract';
import { MAX_WEIGHT } from './target-checks';

/** A cluster of a target, with its weight among those of the target. */
export type Part = WeightedCluster;

/** A target, with its weight among those of the route. */
export interface WeightedTarget {
  readonly weight: number;
  readonly parts: readonly Part[];
}

/** The clusters of a route, with their weights. Those of a single target stay as they are. */
export function mergedSplit(targets: readonly WeightedTarget[]): WeightedCluster[] {
  if (targets.length === 1) {
    return [...targets[0].parts];
  }
  const sums = targets.map(({ parts }) => parts.reduce((sum, { weight }) => sum + weight, 0) || 1);
  const common = sums.reduce((all, sum) => all * sum / divisor(all, sum), 1);
  const exact = targets.flatMap(({ weight, parts }, index) => (
    parts.map((part) => ({ cluster: part.cluster, weight: weight * part.weight * (common / sums[index]) }))));
  // Weights as their author said them are the easiest to read.
  const given = targets.every(({ parts }) => parts.length === 1);
  const unit = given ? common : exact.reduce((all, { weight }) => divisor(all, weight), 0) || 1;
  const largest = Math.max(...exact.map(({ weight }) => weight)) / unit;
  const scale = Math.min(1, MAX_WEIGHT / largest) / unit;
  // What has a share keeps one, however small.
  return exact.map(({ cluster, weight }) => ({ cluster, weight: weight === 0 ? 0 : Math.max(1, Math.round(weight * scale)) }));
}

/** The greatest common divisor. */
function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}
