/** Which configuration is in force, since when, and what became of those that came after it. */
import type { Clock } from '../runtime/clock';
import type { Document } from '../config/decode';
import { FAMILIES } from './catalog';
import type { Counter, Gauge } from './metrics';
import type { MetricRegistry } from './registry';

export class ConfigMetrics {
  private readonly appliedReloads: Counter;
  private readonly rejectedReloads: Counter;
  private readonly appliedAt: Gauge;
  private readonly ignoredFields: Gauge;
  private hash: string | undefined;

  constructor(private readonly registry: MetricRegistry, private readonly clock: Clock) {
    this.appliedReloads = registry.counter(FAMILIES.configReloads, { result: 'applied' });
    this.rejectedReloads = registry.counter(FAMILIES.configReloads, { result: 'rejected' });
    this.appliedAt = registry.gauge(FAMILIES.configApplied, {});
    this.ignoredFields = registry.gauge(FAMILIES.configIgnoredFields, {});
  }

  /** A configuration is in force; the first one is not a reload. */
  applied({ hash, ignored }: Pick<Document, 'hash' | 'ignored'>): void {
    if (this.hash !== undefined) {
      this.appliedReloads.value += 1;
      this.registry.remove({ hash: this.hash });
    }
    this.hash = hash;
    this.registry.gauge(FAMILIES.configInfo, { hash }).value = 1;
    this.ignoredFields.value = ignored.length;
    this.appliedAt.value = this.clock.wallTime() / 1_000;
  }

  /** A configuration was refused; the one before stays in force. */
  rejected(): void {
    this.rejectedReloads.value += 1;
  }
}
