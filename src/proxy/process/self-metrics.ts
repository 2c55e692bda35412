/** What a process tells of itself in metrics. */
import type { Clock } from '../runtime/clock';
import { FAMILIES } from '../telemetry/catalog';
import type { LineWriter } from '../telemetry/line-writer';
import { observeProcess, ProcessReadings } from '../telemetry/process-metrics';
import type { MetricRegistry } from '../telemetry/registry';

/** Set when the program is bundled. */
declare const MESH_VERSION: string;

export function observeSelf(registry: MetricRegistry, clock: Clock, writer: LineWriter, eventLoopDelay: ProcessReadings['eventLoopDelay']): void {
  observeProcess(registry, clock, {
    cpuUsage: () => process.cpuUsage(),
    rss: () => process.memoryUsage.rss(),
    startedAt: clock.wallTime() - process.uptime() * 1_000,
    eventLoopDelay,
  });
  registry.observe(FAMILIES.logLinesDropped, {}, () => writer.dropped);
  registry.gauge(FAMILIES.buildInfo, { version: MESH_VERSION, runtime: `node ${process.version}` }).value = 1;
}
