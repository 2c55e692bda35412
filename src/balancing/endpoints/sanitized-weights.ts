/**
 * The weights of endpoints as algorithms may rely on them: finite, more than 0, and not so far apart that sums lose the
 * small ones. A weight may come from a person, DNS or a report. One that is zero, negative or not a number is unknown. An
 * unknown weight counts as the mean of the known ones (as in gRFC A58), so that its endpoint is neither starved nor flooded.
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
