/** The few statistics that the benchmarks use. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which this part of them is. */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** The list from another place on, so that nobody always comes first. */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/**
 * How much more the one is than the other: the median of the ratios of each repeat's pair, since the two of a repeat were
 * measured shortly after each other and the machine may be slower in the next.
 */
export function pairedRatio(values, others) {
  return median(values.map((value, repeat) => value / others[repeat]));
}
