/**
 * How the fallbacks of a listener's route look from outside. Read from the route whenever somebody asks; the data path knows
 * nothing of it.
 */
import { FAMILIES } from './catalog';
import type { MetricRegistry } from './registry';

/** What is looked at of a listener. */
export interface ObservedListener {
  readonly name: string;
  readonly route: { readonly failoverReport: { readonly shares: readonly number[]; readonly count: number } | undefined };
}

/** Most fallbacks that a route can have. */
const MAX_FALLBACKS = 8;

/** Has the metrics of a listener's fallbacks read from its route; ends those of fallbacks that it has no longer. */
export function observeFallbacks(registry: MetricRegistry, listener: ObservedListener): void {
  const { name } = listener;
  const levels = listener.route.failoverReport?.shares.length ?? 0;
  for (let level = 1; level <= MAX_FALLBACKS; level++) {
    const labels = { listener: name, level: String(level) };
    if (level <= levels) registry.observe(FAMILIES.fallbackShare, labels, () => (listener.route.failoverReport?.shares[level - 1] ?? 0) / 100);
    else registry.remove(labels);
  }
  if (levels > 0) registry.observe(FAMILIES.failovers, { listener: name }, () => listener.route.failoverReport?.count ?? 0);
}
