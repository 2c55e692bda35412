/**
 * One address that requests are sent to. The object lives as long as the address is in the cluster, across snapshots,
 * picker rebuilds and configuration reloads: what was learned of an endpoint (requests in flight, open connections)
 * belongs to it and not to any of these.
 */
import { Balanced, Conduct, Learned, Learning, Standing } from '../../balancing';
import type { DiscoveredEndpoint } from '../discovery/source';
import { Addresses } from './addresses';
import { EndpointState, Facts, Presence, stateOf, takesRequests } from './availability';
import { ConnectionPool, PoolSurroundings } from './pool';

export class Endpoint implements Balanced, Facts {
  readonly key: string;
  /** Where it listens. */
  addresses: Addresses;
  weight: number;
  zone: string | undefined;
  priority: number | undefined;
  /** What discovery says of it. */
  presence: Presence;
  /** What health checks complain of; undefined while they don't. */
  complaint: string | undefined = undefined;
  readonly pool: ConnectionPool;
  readonly learned: Learned;
  /** When a load report of it was last read. */
  reportReadAt = -Infinity;
  readonly conduct = new Conduct();

  /**
   * @param since monotonic milliseconds when it came; undefined when it was there from the beginning
   * @param learning what the endpoints of the cluster share
   */
  constructor(
    readonly address: string, readonly port: number, found: DiscoveredEndpoint,
    readonly since: number | undefined, learning: Learning, surroundings: PoolSurroundings,
  ) {
    this.learned = new Learned(learning);
    this.key = endpointKey(found);
    this.addresses = new Addresses(addressesOf(found));
    this.weight = found.weight;
    this.zone = found.zone;
    this.priority = found.priority;
    this.presence = found.ready ? 'ready' : 'draining';
    this.pool = new ConnectionPool(this, surroundings);
  }

  /** Requests in flight to it right now, and sent so far. */
  get inFlight(): number { return this.learned.inFlight; }
  get requests(): number { return this.learned.sent; }

  get unhealthy(): boolean { return this.complaint !== undefined; }
  get standing(): Standing { return this.conduct.standing; }
  get state(): EndpointState { return stateOf(this); }
  /** Whether it takes requests. */
  get available(): boolean { return takesRequests(stateOf(this)); }
  /** Nothing speaks against it just now: it takes requests, has none to prove itself by, and its latest one did not fail. */
  get sound(): boolean { return this.available && this.standing !== 'probing' && this.conduct.gatewayErrors === 0; }
  /** It would take requests if it were not for outlier detection. */
  get eligible(): boolean { return this.presence === 'ready' && !this.unhealthy; }
  /** Why it doesn't take requests, or not as the others do, in words; undefined when its state says it all. */
  get stateReason(): string | undefined {
    const { state } = this;
    if (state === 'unhealthy') return this.complaint;
    return state === 'ejected' || state === 'probing' ? this.conduct.reason : undefined;
  }

  /** Takes over what discovery says now. True when a picker would have to know. */
  update(found: DiscoveredEndpoint): boolean {
    const presence: Presence = found.ready ? 'ready' : 'draining';
    const changed = presence !== this.presence || found.weight !== this.weight || found.zone !== this.zone || found.priority !== this.priority;
    const addresses = addressesOf(found);
    if (addresses.join() !== this.addresses.all.join()) this.addresses = new Addresses(addresses);
    if (presence === 'draining' && this.presence === 'ready') this.pool.closeIdle();
    this.presence = presence;
    this.weight = found.weight;
    this.zone = found.zone;
    this.priority = found.priority;
    return changed;
  }

  /** The address has left the cluster: requests in flight finish, nothing new comes. */
  retire(): void {
    this.presence = 'gone';
    this.pool.retire();
  }
}

function addressesOf({ address, listensAt }: DiscoveredEndpoint): readonly string[] {
  return listensAt ?? [address];
}

/** Identity of an endpoint within its cluster. */
export function endpointKey(found: { readonly address: string; readonly port: number }): string {
  return found.address.includes(':') ? `[${found.address}]:${found.port}` : `${found.address}:${found.port}`;
}
