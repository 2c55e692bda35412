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

/** Standard errors by which two ratios must differ besides the margin. */
const STANDARD_ERRORS = 2.5;

/**
 * Whether more of an endpoint's requests fail than of another's, by a margin and by more than chance: two and a half
 * standard errors of the difference of two ratios (the two-proportion z-test, with as many requests at either). At the
 * default of 10 points and 20 requests, that is 9 of 20 beside an endpoint without failures: one that fails half of its
 * requests gets there in 3 of 4 windows, one that fails 5 % once in five million. With 200 requests it is 34.
 */
export function failsMore(ratio: number, othersRatio: number, requests: number, marginPercent: number): boolean {
  const both = (ratio + othersRatio) / 2;
  return ratio - othersRatio > marginPercent / 100 + STANDARD_ERRORS * Math.sqrt((2 * both * (1 - both)) / requests);
}

/**
 * The latency above which an endpoint is an outlier. Both a factor and a margin must be exceeded: twice of almost nothing
 * is nothing, and 20 ms more are nothing to those who wait a second. Latencies are geometric means, which a few slow
 * requests among many hardly move: a mean of 5 ms becomes 105 ms by one of 2 s in 20, a geometric mean 7 ms.
 */
export function latencyLimitMs(othersMs: number, factor: number, marginMs: number): number {
  return Math.max(othersMs * factor, othersMs + marginMs);
}

/** How long the n-th ejection in a row lasts (Envoy's outlier detector), with up to a fifth more, so that callers don't return in step. */
export function ejectionMs(ejections: number, baseMs: number, maxMs: number, chance: number): number {
  return Math.min(baseMs * ejections, Math.max(baseMs, maxMs)) * (1 + chance / 5);
}

/** How many of the endpoints may be ejected at a time: the percentage, rounded down, but always one. */
export function mostEjected(endpoints: number, maxPercent: number): number {
  return Math.max(1, Math.floor((endpoints * maxPercent) / 100));
}
