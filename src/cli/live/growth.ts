/**
 * By how much the counters of a proxy grew between two scrapes, per second. A counter that fell began anew, as after a restart, and
 * grew by what it shows (as Prometheus has it for `rate`). A proxy that was not in the scrape before counts from its start when that
 * was since then; otherwise nobody knows when it counted what, and it counts from the next scrape on.
 */
import type { Labels, Metrics } from './metrics-text';
import { MeshScrape, ProxyScrape, READ_METRICS } from './scrape';

export interface Rate {
  readonly labels: Labels;
  /** Per second. */
  readonly rate: number;
}

const NOTHING: Metrics = new Map();

export class Growth {
  private constructor(private readonly before: Metrics | undefined, private readonly after: Metrics, private readonly seconds: number) {}

  static of(proxy: ProxyScrape, before: MeshScrape, after: MeshScrape): Growth {
    const old = before.proxies.get(proxy.proxy.id);
    if (old) return new Growth(old.metrics, proxy.metrics, (proxy.at - old.at) / 1_000);
    const startedAt = [...proxy.metrics.get(READ_METRICS.startTime)?.values() ?? []][0]?.value ?? 0;
    const isNew = startedAt * 1_000 >= before.wallTime;
    return new Growth(isNew ? NOTHING : undefined, proxy.metrics, (after.at - before.at) / 1_000);
  }

  /** All series of a family, also those that did not grow. */
  of(name: string): Rate[] {
    const { before, after, seconds } = this;
    if (!before || seconds <= 0) return [];
    const rates: Rate[] = [];
    for (const [key, { labels, value }] of after.get(name) ?? []) {
      const old = before.get(name)?.get(key)?.value ?? 0;
      rates.push({ labels, rate: (value >= old ? value - old : value) / seconds });
    }
    return rates;
  }

  /** By how much a single number, such as an endpoint's requests, grew per second. */
  between(old: number | undefined, value: number): number {
    if (!this.before || this.seconds <= 0) return 0;
    const from = old ?? 0;
    return (value >= from ? value - from : value) / this.seconds;
  }
}
