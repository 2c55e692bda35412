/**
 * What the documents before leave to the next one in the same pod: the addresses that names lead to (settle.ts) and what its app may
 * call (retain.ts). The same for a reload and for a process that starts where another ended.
 */
import type { ResolvedProxyConfig } from '../../contract';
import { retainOutbound } from './retain';
import { AddressByName, Settled, settleAddresses } from './settle';

/** The names that the pod has for what its app calls. */
export interface PodNames {
  readonly leads: AddressByName;
  /** Why the names of a document can't be added. */
  problemsWith(config: ResolvedProxyConfig): readonly string[];
  /** The document, with what stands in for calls that it doesn't have. */
  complete?(config: ResolvedProxyConfig): ResolvedProxyConfig;
}

/**
 * @param before what was in force; undefined in a new pod
 * @param names undefined where nothing leads to the proxy by name
 */
export function succeed(before: ResolvedProxyConfig | undefined, next: ResolvedProxyConfig, names?: PodNames): Settled {
  const settled = settleAddresses(next, new Map([...leadsOf(before), ...names?.leads ?? []]));
  if (!settled.ok) return settled;
  const retained = before ? retainOutbound(before, settled.config) : settled.config;
  const config = names?.complete?.(retained) ?? retained;
  const problems = names?.problemsWith(config) ?? [];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

function* leadsOf(config: ResolvedProxyConfig | undefined): Generator<readonly [string, string]> {
  for (const { address, hostnames = [] } of config?.listeners ?? []) {
    for (const name of hostnames) if (address !== undefined) yield [name, address];
  }
}
