/**
 * Which clients are let in, and how much each may ask for. Each address has a bucket of tokens, in a table with a bound. When it is full,
 * the address that was seen longest ago is forgotten, and begins with a full bucket again. With many more clients than places, a limit lets
 * through more than it says; `mesh_limit_reached_total{limit="maxAddresses"}` tells.
 *
 * IPv6 clients are told apart by the first 64 bits, for a single customer has all the rest to choose from.
 */
import { parseAddress, ResolvedClients } from '../../../contract';
import { Networks } from '../../net/ip-address';
import { Recent } from '../../session/recent';
import { TokenBucket } from '../admission/token-bucket';

export class ClientRules {
  private readonly allow: Networks | undefined;
  private readonly deny: Networks | undefined;
  private readonly buckets: Recent<TokenBucket>;
  /** Open connections, by client. As many entries as there are connections, at most. */
  private readonly connections = new Map<string, number>();

  /** @param onLimit hears of a limit that was reached */
  constructor(private readonly config: ResolvedClients, onLimit: (limit: string) => void) {
    this.allow = config.allow && new Networks(config.allow);
    this.deny = config.deny && new Networks(config.deny);
    // Of the two generations.
    this.buckets = new Recent(Math.floor(config.maxAddresses / 2), () => onLimit('maxAddresses'));
  }

  /** Addresses decide who is let in. */
  get goesByAddress(): boolean { return this.allow !== undefined || this.deny !== undefined; }

  /** One without an address is let in only where all are. */
  lets(address: string): boolean {
    if (address === '' && this.deny) return false;
    return this.allow?.has(address) !== false && this.deny?.has(address) !== true;
  }

  /** Counts a request. Returns for how many seconds the client should wait; 0 when it may go on. */
  take(client: string, now: number): number {
    const { rateLimit } = this.config;
    if (!rateLimit) return 0;
    let bucket = this.buckets.get(client);
    if (!bucket) {
      bucket = new TokenBucket(rateLimit.requestsPerSecond, rateLimit.burst, now);
      this.buckets.set(client, bucket);
    }
    return bucket.take(now) ? 0 : Math.max(1, Math.ceil(bucket.waitMs / 1_000));
  }

  /** Counts a connection. Returns what ends that; undefined when the client has as many as it may. */
  connect(client: string): (() => void) | undefined {
    const { maxConnections = Infinity } = this.config;
    const before = this.connections.get(client) ?? 0;
    if (before >= maxConnections) return undefined;
    this.connections.set(client, before + 1);
    return () => {
      const open = this.connections.get(client)!;
      if (open > 1) this.connections.set(client, open - 1);
      else this.connections.delete(client);
    };
  }
}

/** Who counts as one client: an address of IPv4, or a network of IPv6. */
export function clientOf(address: string): string {
  if (!address.includes(':')) return address;
  const bytes = parseAddress(address);
  return !bytes || bytes.length === 4 ? bytes?.join('.') ?? address : bytes.slice(0, 8).join('.');
}
