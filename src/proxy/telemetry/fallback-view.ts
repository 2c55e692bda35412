/**
 * How the fallbacks of a listener's routes look from outside. Read from the routes whenever somebody asks; the data path knows
 * nothing of it.
 */
import { FAMILIES } from './catalog';
import type { MetricRegistry } from './registry';

/** What is looked at of a listener. */
export interface ObservedListener {
  readonly name: string;
  readonly routes: { readonly all: readonly ObservedRoute[] };
}

interface ObservedRoute {
  readonly name: string;
  readonly failoverReport: { readonly shares: readonly number[]; readonly count: number } | undefined;
}

/** Has the metrics of a listener's fallbacks read from its routes; ends those of fallbacks that are there no longer. */
export function observeFallbacks(registry: MetricRegistry, { name: listener, routes }: ObservedListener): void {
  registry.removeFrom(FAMILIES.fallbackShare, { listener });
  registry.removeFrom(FAMILIES.failovers, { listener });
  for (const route of routes.all) {
    const { name } = route;
    const levels = route.failoverReport?.shares.length ?? 0;
    for (let level = 1; level <= levels; level++) {
      const labels = { listener, route: name, level: String(level) };
      registry.observe(FAMILIES.fallbackShare, labels, () => (route.failoverReport?.shares[level - 1] ?? 0) / 100);
    }
    if (levels > 0) registry.observe(FAMILIES.failovers, { listener, route: name }, () => route.failoverReport?.count ?? 0);
  }
}
