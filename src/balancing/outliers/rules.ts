/**
 * What makes an outlier: being worse than most of the *others*, by a margin that matters and that chance doesn't explain.
 *
 * Envoy's and gRPC's success-rate rule compares with the mean of all, the suspect included, and asks for 1.9 standard
 * deviations. With m of n endpoints equally bad, a bad one is sqrt((n - m) / m) deviations below the mean whatever its rate
 * is: 1.73 for one of four and 1.41 for one of three, so below five endpoints the rule never fires; 1.22 for two of five,
 * so neither of them is ever found; and 2 for one of five even when it fails one request in a thousand more than the rest.
 *
 * Here each endpoint is compared with the median of the others (the better of two middle ones), which one bad endpoint
 * can't shift: it fires from two endpoints on, and as long as at most half of the others are as bad (two of three, three of
 * five). When more are, it is the service that fails and not the endpoint, and ejecting would only take capacity away.
 */

/**
 * The median of all values but one: the lower one of two middle ones.
 *
 * @param sorted all values, ascending
 * @param index  the one that is left out
 */
export function medianOfOthers(sorted: ArrayLike<number>, index: number): number {
  const middle = (sorted.length - 2) >> 1;
  return sorted[middle < index ? middle : middle + 1]!;
}

/** By how many standard deviations chance must be exceeded: it goes so far once in 30,000 windows. */
const DEVIATIONS = 4;

/**
 * Whether more of an endpoint's requests fail than of another's: by the margin, and by more than chance explains.
 *
 * These are two conditions, not one sum. A margin with standard errors on top asks for the proof that the endpoint is worse by
 * more than the margin: with 200 requests, 10 points became 17, so an endpoint that fails a fifth of its requests was left
 * alone by one window in eight, and one that fails an eighth of them for a minute and longer.
 *
 * Chance is judged by the likelihood ratio of two proportions (the G-test), with as many requests at either. It stays right
 * where a ratio is near 0 or 1, which a difference in standard errors (the z-test) doesn't. At the defaults of 10 points and 20
 * requests it takes 10 failures beside an endpoint without any: one that fails half of its requests gets there in 6 of 10
 * windows, one that fails 5 % in one of 90 million. From 110 requests on it is the margin that decides.
 */
export function failsMore(ratio: number, othersRatio: number, requests: number, marginPercent: number): boolean {
  const both = (ratio + othersRatio) / 2;
  return ratio - othersRatio > marginPercent / 100
    && 2 * requests * (divergence(ratio, both) + divergence(othersRatio, both)) > DEVIATIONS * DEVIATIONS;
}

/** Of a ratio from a mean (Kullback and Leibler): the mean logarithm of how much likelier outcomes are by the ratio than by the mean. */
function divergence(ratio: number, mean: number): number {
  return term(ratio, mean) + term(1 - ratio, 1 - mean);
}

function term(share: number, mean: number): number {
  return share === 0 ? 0 : share * Math.log(share / mean);
}

/**
 * The latency above which an endpoint is an outlier. Both a factor and a margin must be exceeded: twice of almost nothing
 * is nothing, and 20 ms more are nothing to those who wait a second. Latencies are geometric means, which a few slow
 * requests among many hardly move: a mean of 5 ms becomes 105 ms by one of 2 s in 20, a geometric mean 7 ms.
 */
export function latencyLimitMs(othersMs: number, factor: number, marginMs: number): number {
  return Math.max(othersMs * factor, othersMs + marginMs);
}

/**
 * Whether it is the slow ones that differ from the rest: most of all endpoints are faster, this one included in the count. Where
 * slow and fast ones balance, or most are slow, nobody can tell from that which are right: pods that hold a long poll until there is
 * something to say are slow beside one that answers at once. Then an endpoint must be slower than its own past as well.
 *
 * @param faster of all endpoints, those beside which it is an outlier
 */
export function isForLatency(faster: number, endpoints: number): boolean {
  return faster * 2 > endpoints;
}

/** How long the n-th ejection in a row lasts (Envoy's outlier detector), with up to a fifth more, so that callers don't return in step. */
export function ejectionMs(ejections: number, baseMs: number, maxMs: number, chance: number): number {
  return Math.min(baseMs * ejections, Math.max(baseMs, maxMs)) * (1 + chance / 5);
}

/** How many of the endpoints may be ejected at a time: the percentage, rounded down, but always one. */
export function mostEjected(endpoints: number, maxPercent: number): number {
  return Math.max(1, Math.floor((endpoints * maxPercent) / 100));
}
