/**
 * Service times as a gamma distribution of mean 1. One number, the coefficient of variation, reaches from constant (0) over Erlang's
 * distributions and the exponential one (exactly 1) to those with a long tail.
 *
 * The distribution function is the regularised incomplete gamma function: its power series below the shape, Lentz's continued fraction above
 * it (W. H. Press et al., Numerical Recipes, 3rd ed., 6.2). ln of gamma by C. Lanczos (1964), g = 7, nine terms. Both to about 1e-12.
 */

/** Below this coefficient of variation service times count as constant. */
const CONSTANT_BELOW = 0.03;

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** Terms of a series or fraction at most; far more than shapes up to 1 / CONSTANT_BELOW^2 need. */
const MAX_TERMS = 10_000;
const PRECISION = 1e-13;
const TINY = 1e-300;

/** Natural logarithm of the gamma function, for x above 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const sum = LANCZOS.reduce((total, coefficient, index) => total + coefficient / (x + index), 0.99999999999980993);
  const base = x + LANCZOS.length - 1.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

/** P(shape, x): the part of a gamma distribution with scale 1 that is not above x. */
export function incompleteGamma(shape: number, x: number): number {
  if (x <= 0) return 0;
  const factor = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < MAX_TERMS && term > sum * PRECISION; n++) {
      term *= x / (shape + n);
      sum += term;
    }
    return Math.min(1, factor * sum);
  }
  let b = x + 1 - shape;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b || TINY);
    c = b + a / c || TINY;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return Math.max(0, 1 - factor * fraction);
}

/** The service time that this part of the requests does not exceed, in means. */
export function serviceQuantile(variation: number, share: number): number {
  if (variation < CONSTANT_BELOW) return 1;
  if (variation === 1) return -Math.log1p(-share);
  const shape = 1 / variation ** 2;
  let [low, high] = [0, 1];
  while (incompleteGamma(shape, high * shape) < share) high *= 2;
  for (let step = 0; step < 60 && high - low > high * 1e-10; step++) {
    const middle = (low + high) / 2;
    if (incompleteGamma(shape, middle * shape) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** A part of all requests, and its service time. */
export interface Stratum {
  readonly weight: number;
  readonly time: number;
}

const STRATA = 400;

/** By variation; planning a stack asks for few of them, over and over. */
const KNOWN = new Map<number, readonly Stratum[]>();
const MAX_KNOWN = 256;

/** The distribution in parts, finer towards the long times, where percentiles are looked for. Part i ends at 1 - (1 - i/n)^3. */
export function strataOf(variation: number): readonly Stratum[] {
  const known = KNOWN.get(variation);
  if (known) return known;
  const above = (edge: number): number => (1 - edge / STRATA) ** 3;
  const strata = variation < CONSTANT_BELOW ? [{ weight: 1, time: 1 }] : Array.from({ length: STRATA }, (_, index): Stratum => ({
    weight: above(index) - above(index + 1),
    time: serviceQuantile(variation, 1 - (above(index) + above(index + 1)) / 2),
  }));
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  KNOWN.set(variation, strata);
  return strata;
}
