/**
 * An endless sequence of indices in which each comes exactly in proportion to its weight, spread as evenly as can be:
 * what weighted round robin over endpoints and a split over versions have in common.
 *
 * Two ways, by what building costs:
 *
 *   - smooth weighted round robin, nginx's order (smooth-schedule.ts). One pick of the original costs O(n), so a whole
 *     period is worked out when the sequence is built and then read off in O(1). Its period is the sum of the weights
 *     over their greatest common divisor, so building takes n x period steps;
 *   - when that is more than {@link MAX_SCHEDULE_STEPS}, earliest deadline first (earliest-deadline.ts): O(n) to build,
 *     O(log n) a pick, the same exact shares over the same period, an order that is as even but not nginx's.
 *
 * Each sequence begins at a place of its period chosen by chance, so that many proxies don't march in step. An endpoint
 * set that changes all the time therefore still gives each its share: every beginning is equally likely.
 */
import { EarliestDeadline } from './earliest-deadline';
import { SmoothSchedule } from './smooth-schedule';

/** Steps that building may take before the sequence changes over to deadlines; a fraction of a millisecond. */
export const MAX_SCHEDULE_STEPS = 65_536;

/** Resolution at which weights that aren't whole are rounded, as the value of the heaviest. */
const FRACTION_RESOLUTION = 65_535;

export interface IndexSequence {
  next(): number;
}

/**
 * Begins a sequence.
 *
 * @param weights each finite and more than 0; at least one. Whole numbers get exact shares; others are rounded to 1/65535
 *   of the heaviest.
 * @param random uniform in [0, 1); asked once
 */
export function weightedSequence(weights: readonly number[], random: () => number): IndexSequence {
  const whole = wholeWeights(weights);
  const period = whole.reduce((sum, weight) => sum + weight, 0);
  return whole.length * period <= MAX_SCHEDULE_STEPS
    ? new SmoothSchedule(whole, period, random())
    : new EarliestDeadline(whole, random());
}

/** The smallest whole numbers in the same proportion. */
export function wholeWeights(weights: readonly number[]): number[] {
  const heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const whole = weights.every(Number.isInteger)
    ? weights
    : weights.map((weight) => Math.max(1, Math.round((weight / heaviest) * FRACTION_RESOLUTION)));
  const divisor = whole.reduce(greatestCommonDivisor, 0);
  return whole.map((weight) => weight / divisor);
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
