/**
 * How a listener looks from outside, as metrics read from its own numbers when somebody asks.
 */
import { FAMILIES } from './catalog';
import type { MetricRegistry } from './registry';

/** What is looked at of a listener. */
export interface ObservedListener {
  readonly name: string;
  readonly admission: {
    readonly inFlight: number;
    readonly concurrency: { readonly limit: number } | undefined;
  } | undefined;
}

/** Has a listener's metrics read from it. `Instruments.removeListener` ends that. */
export function observeListener(registry: MetricRegistry, listener: ObservedListener): void {
  if (!listener.admission) return;
  const labels = { listener: listener.name };
  // An admission that is taken away leaves its series, which say that there is no limit any more.
  registry.observe(FAMILIES.admissionLimit, labels, () => listener.admission?.concurrency?.limit ?? Infinity);
  registry.observe(FAMILIES.admissionInFlight, labels, () => listener.admission?.inFlight ?? 0);
}
