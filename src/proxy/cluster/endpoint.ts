/**
 * One address that requests are sent to. The object lives as long as the address is in the cluster, across snapshots,
 * picker rebuilds and configuration reloads: what was learned of an endpoint (requests in flight, open connections)
 * belongs to it and not to any of these.
 */
import { ClusterEndpoint, ClusterStats, EndpointStats, Presence } from '../../balancing';
import type { DiscoveredEndpoint } from '../discovery/source';
import { Addresses } from './addresses';
import { ConnectionPool, PoolDependencies } from './pool';

export class Endpoint extends ClusterEndpoint {
  /** Where it listens. */
  addresses: Addresses;
  readonly pool: ConnectionPool;
  /** When a load report of it was last read. */
  reportReadAt = -Infinity;

  /**
   * @param since monotonic milliseconds when it came; undefined when it was there from the beginning
   * @param clusterStats what the endpoints of the cluster share
   */
  constructor(
    readonly address: string, readonly port: number, found: DiscoveredEndpoint,
    since: number | undefined, clusterStats: ClusterStats, dependencies: PoolDependencies,
  ) {
    super(endpointKey(found), new EndpointStats(clusterStats), found, found.ready ? 'ready' : 'draining', since);
    this.addresses = new Addresses(addressesOf(found));
    this.pool = new ConnectionPool(this, dependencies);
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
