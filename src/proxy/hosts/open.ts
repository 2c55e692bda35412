/** The names of a pod's app as the process has them: with the file that is there or will be, metrics and log. */
import { Resolver } from 'node:dns/promises';
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { FAMILIES } from '../telemetry/catalog';
import type { EventLog } from '../telemetry/log';
import type { MetricRegistry } from '../telemetry/registry';
import { aliasesIn, AliasNames, unclaimed } from './alias-names';
import { AppNames } from './app-names';
import { HostsFile } from './hosts-file';
import { readSystemHosts, readOwnHosts, SYSTEM_HOSTS } from './own-hosts';

/** For the calls of a pod's `hostAliases` that no document has: the proxy starts only when these are over. */
const DNS_TIMEOUT_MS = 500;
const DNS_TRIES = 2;

export interface HostsDependencies {
  readonly clock: Clock;
  readonly registry: MetricRegistry;
  readonly log: EventLog;
}

/** Rejects when a file is there that can't be read. */
export async function openAppNames(path: string, podIps: readonly string[], { clock, registry, log }: HostsDependencies): Promise<AppNames> {
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

/**
 * The names of a pod without a hosts file of ours; undefined when its `hostAliases` lead nowhere near the proxy.
 *
 * @param path of the pod's own hosts file
 */
export async function openAliasNames(
  documents: readonly ResolvedProxyConfig[], podIps: readonly string[],
  { clock, registry, log }: Pick<HostsDependencies, 'clock' | 'registry'> & { readonly log: Pick<EventLog, 'warn'> },
  path: string = SYSTEM_HOSTS,
): Promise<AliasNames | undefined> {
  const hosts = await readSystemHosts(podIps, clock, () => log.warn('hosts_incomplete', { podIps, effect: 'host aliases that the file lacks are not known' }), path);
  const aliases = aliasesIn(hosts);
  if (aliases.length === 0) return undefined;
  const client = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  const onLimit = (): void => { registry.counter(FAMILIES.limitReached, { limit: 'hostAliases' }).value += 1; };
  return AliasNames.find(aliases, unclaimed(aliases, documents), client, (event, fields) => log.warn(event, fields), onLimit);
}
