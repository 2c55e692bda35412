/** The few statistics that the benchmarks use. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** The list from another place on, so that nobody always comes first. */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** The half of the samples, rounded up, in which others used the least of the machine. */
export function quietest(samples) {
  return [...samples].sort((a, b) => a.othersPart - b.othersPart).slice(0, Math.ceil(samples.length / 2));
}
