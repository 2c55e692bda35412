/**
 * How long the work of a request takes, as a function of a number between 0 and 1: the inverse of the cumulative
 * distribution. A request draws that number once, and every policy finds it just as large.
 */
export type Distribution =
  | { readonly type: 'fixed'; readonly ms: number }
  | { readonly type: 'uniform'; readonly fromMs: number; readonly toMs: number }
  | { readonly type: 'exponential'; readonly meanMs: number }
  /** `variation`: standard deviation over mean. */
  | { readonly type: 'lognormal'; readonly meanMs: number; readonly variation: number }
  /** `shape`: the tail falls as t^-shape; more than 1, or there would be no mean. Up to 2 the variance is infinite. */
  | { readonly type: 'pareto'; readonly meanMs: number; readonly shape: number };

export function meanOf(distribution: Distribution): number {
  switch (distribution.type) {
    case 'fixed': return distribution.ms;
    case 'uniform': return (distribution.fromMs + distribution.toMs) / 2;
    case 'exponential':
    case 'lognormal':
    case 'pareto': return distribution.meanMs;
  }
}

/** From a share of all requests to the time that they take at most. */
export function quantileOf(distribution: Distribution): (share: number) => number {
  switch (distribution.type) {
    case 'fixed': {
      const { ms } = distribution;
      return () => ms;
    }
    case 'uniform': {
      const { fromMs, toMs } = distribution;
      return (share) => fromMs + (toMs - fromMs) * share;
    }
    case 'exponential': {
      const { meanMs } = distribution;
      return (share) => -meanMs * Math.log1p(-share);
    }
    case 'lognormal': {
      const variance = Math.log1p(distribution.variation ** 2);
      const middle = Math.log(distribution.meanMs) - variance / 2;
      const deviation = Math.sqrt(variance);
      return (share) => Math.exp(middle + deviation * normalQuantile(share));
    }
    case 'pareto': {
      const { meanMs, shape } = distribution;
      const least = (meanMs * (shape - 1)) / shape;
      return (share) => least * (1 - share) ** (-1 / shape);
    }
  }
}

const CENTRAL = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239] as const;
const CENTRAL_BELOW = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1] as const;
const TAIL = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783,
] as const;
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1] as const;
/** Where the tails begin. */
const TAIL_SHARE = 0.02425;
/** Below it and above its complement: beyond six standard deviations, where draws of 32 bits say nothing any more. */
const LEAST_SHARE = 1e-9;

/** Inverse of the normal distribution: P. J. Acklam's rational approximation (2003), relative error below 1.15e-9. */
export function normalQuantile(share: number): number {
  const sound = Math.min(Math.max(share, LEAST_SHARE), 1 - LEAST_SHARE);
  if (sound < TAIL_SHARE) return tail(sound);
  if (sound > 1 - TAIL_SHARE) return -tail(1 - sound);
  const distance = sound - 0.5;
  const square = distance * distance;
  return (polynomial(CENTRAL, square) * distance) / polynomial(CENTRAL_BELOW, square);
}

function tail(share: number): number {
  const depth = Math.sqrt(-2 * Math.log(share));
  return polynomial(TAIL, depth) / polynomial(TAIL_BELOW, depth);
}

/** Horner's scheme, highest power first. */
function polynomial(coefficients: readonly number[], at: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * at + coefficient;
  return sum;
}
