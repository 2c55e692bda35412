/**
 * From one name to the addresses of one family, with memory: what a name resolved to last is kept while its resolution
 * fails.
 *
 * The pod's preferred family is asked for first and the other only when there is nothing: a dual-stack backend counts
 * once, and a server that fails on AAAA (a well-known weakness of small DNS servers) can't hurt a name that has A. The
 * price: of a name with some IPv4-only and some IPv6-only backends, only those of one family are used.
 *
 * The answers of each family are told apart:
 * - found: they are the name's addresses;
 * - none (NXDOMAIN or no data, said by a server): the other family decides;
 * - failed (no answer, SERVFAIL): the family's last addresses stay, if it was the one in use.
 * A name that has none in either family is a failure too, see dns.ts for the reason.
 */
import { Family } from './families';

/** What discovery needs of a DNS client; `node:dns` promises' `Resolver` is one. */
export interface DnsClient {
  resolve4(name: string, options: { readonly ttl: true }): Promise<readonly AddressRecord[]>;
  resolve6(name: string, options: { readonly ttl: true }): Promise<readonly AddressRecord[]>;
  resolveSrv(name: string): Promise<readonly SrvRecord[]>;
  cancel(): void;
}

export interface AddressRecord { readonly address: string; readonly ttl: number }
export interface SrvRecord { readonly name: string; readonly port: number; readonly priority: number; readonly weight: number }

/** Addresses of a name. With `error`, they are those known from before, perhaps none. */
export interface Resolution {
  readonly addresses: readonly string[];
  readonly family: Family;
  readonly ttlMs: number;
  readonly error: string | undefined;
}

export async function resolveAddresses(client: DnsClient, name: string, preferred: Family, known: Resolution | undefined): Promise<Resolution> {
  let problem: string | undefined;
  for (const family of [preferred, preferred === 4 ? 6 : 4] as const) {
    try {
      const records = await (family === 4 ? client.resolve4(name, { ttl: true }) : client.resolve6(name, { ttl: true }));
      if (records.length > 0) {
        return {
          addresses: records.map(({ address }) => address),
          family,
          ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
          error: undefined,
        };
      }
    } catch (error) {
      if (isAnswer(error)) continue;
      problem ??= describe(error, family === 4 ? 'A' : 'AAAA', name);
      // The family in use has not been denied: keep it rather than move all traffic to the other.
      if (known && known.family === family && known.addresses.length > 0) break;
    }
  }
  return {
    addresses: known?.addresses ?? [],
    family: known?.family ?? preferred,
    ttlMs: 0,
    error: problem ?? `'${name}' has no A and no AAAA record`,
  };
}

/** Whether an error is a server's word that there is nothing, rather than the lack of an answer. */
export function isAnswer(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENODATA' || code === 'ENOTFOUND';
}

export function describe(error: unknown, record: string, name: string): string {
  return `the ${record} records of '${name}' can't be resolved: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
}
