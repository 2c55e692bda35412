/** What a proxy records of the agent that its identity comes from. */
import { FAMILIES } from './catalog';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

export type WorkloadApiFailure = 'unreachable' | 'denied' | 'ended' | 'unusable';

export class WorkloadApiInstruments {
  constructor(private readonly registry: MetricRegistry) {}

  /** What files of an identity count, too. */
  reload(result: 'applied' | 'rejected'): Counter {
    return this.registry.counter(FAMILIES.identityReloads, { result });
  }

  failure(cause: WorkloadApiFailure): Counter {
    return this.registry.counter(FAMILIES.workloadApiFailures, { cause });
  }

  observe(isOpen: () => boolean): void {
    this.registry.observe(FAMILIES.workloadApiOpen, {}, () => (isOpen() ? 1 : 0));
  }

  forget(): void {
    this.registry.removeFrom(FAMILIES.workloadApiOpen, {});
  }
}
