/**
 * The weights of endpoints as algorithms may rely on them: finite, more than 0, and not so far apart that sums lose the
 * small ones. Wherever weights come from (a person, DNS, a report), one that is zero, negative or no number is unknown, and an
 * unknown one counts as the mean of those known (as in gRFC A58): neither starved nor flooded.
 */
export const MIN_WEIGHT = 1e-6;
export const MAX_WEIGHT = 1e6;

export function sanitizedWeights(weights: readonly number[]): readonly number[] {
  let known = 0;
  let sum = 0;
  for (const weight of weights) {
    if (!(weight > 0)) continue;
    known++;
    sum += bounded(weight);
  }
  const mean = known === 0 ? 1 : sum / known;
  return weights.map((weight) => (weight > 0 ? bounded(weight) : mean));
}

function bounded(weight: number): number {
  return Math.min(Math.max(weight, MIN_WEIGHT), MAX_WEIGHT);
}
