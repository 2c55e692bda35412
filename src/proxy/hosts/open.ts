/** The names of a pod's app as the process has them: with the file that is there or will be, metrics and log. */
import type { Clock } from '../clock';
import { FAMILIES } from '../telemetry/catalog';
import type { EventLog } from '../telemetry/log';
import type { MetricRegistry } from '../telemetry/registry';
import { AppNames } from './app-names';
import { HostsFile } from './hosts-file';
import { readOwnHosts } from './own-hosts';

export interface Surroundings {
  readonly clock: Clock;
  readonly registry: MetricRegistry;
  readonly log: EventLog;
}

/** Rejects when a file is there that can't be read. */
export async function openAppNames(path: string, podIps: readonly string[], { clock, registry, log }: Surroundings): Promise<AppNames> {
  const file = await HostsFile.open(path, podIps, () => readOwnHosts(podIps, clock, () => log.warn('hosts_incomplete', { podIps })));
  const names = new AppNames(file, {
    clock,
    onFull: () => { registry.counter(FAMILIES.limitReached, { limit: 'hostsFileBytes' }).value += 1; },
    onEvent: (event, fields) => (event === 'hosts_names_added' ? log.info(event, fields) : log.warn(event, fields)),
  });
  for (const state of ['written', 'waiting', 'taken', 'stale'] as const) {
    registry.observe(FAMILIES.hostNames, { state }, () => names.count()[state]);
  }
  return names;
}
