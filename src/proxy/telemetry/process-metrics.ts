/**
 * What the operating system and the runtime know of this process, under the names that all Prometheus clients use, and how
 * late the event loop runs: the first thing to look at when a proxy is slow while its endpoints are not.
 */
import type { Clock } from '../runtime/clock';
import { FAMILIES } from './catalog';
import type { MetricRegistry } from './registry';

/** How often the event loop's delay is sampled: seldom enough that an idle proxy stays idle. */
export const EVENT_LOOP_RESOLUTION_MS = 50;

/** How long one reading of the event loop's delay holds, so that the percentiles of one scrape belong together. */
const READING_HOLDS_MS = 1_000;

/** What `perf_hooks.monitorEventLoopDelay` returns: nanoseconds between two samples, so the resolution is part of each. */
export interface EventLoopDelay {
  percentile(percentile: number): number;
  reset(): void;
}

export interface ProcessReadings {
  /** Microseconds; as `process.cpuUsage`. */
  cpuUsage(): { readonly user: number; readonly system: number };
  /** Bytes of resident memory. */
  rss(): number;
  /** When the process started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Sampled every {@link EVENT_LOOP_RESOLUTION_MS}. */
  readonly eventLoopDelay: EventLoopDelay;
}

const PERCENTILES = [50, 99, 100];

export function observeProcess(registry: MetricRegistry, clock: Clock, readings: ProcessReadings): void {
  registry.observe(FAMILIES.processCpu, {}, () => {
    const { user, system } = readings.cpuUsage();
    return (user + system) / 1e6;
  });
  registry.observe(FAMILIES.processMemory, {}, () => readings.rss());
  registry.observe(FAMILIES.processStart, {}, () => readings.startedAt / 1_000);

  const delays = new Map<number, number>();
  let readAt = -Infinity;
  const readDelays = (): void => {
    if (clock.now() - readAt < READING_HOLDS_MS) return;
    readAt = clock.now();
    for (const percentile of PERCENTILES) {
      const between = readings.eventLoopDelay.percentile(percentile) / 1e9;
      delays.set(percentile, Math.max(0, between - EVENT_LOOP_RESOLUTION_MS / 1_000));
    }
    readings.eventLoopDelay.reset();
  };
  for (const percentile of PERCENTILES) {
    registry.observe(FAMILIES.eventLoopDelay, { percentile: String(percentile) }, () => {
      readDelays();
      return delays.get(percentile)!;
    });
  }
}
