/**
 * One address that requests are sent to. The object lives as long as the address is in the cluster, across snapshots,
 * picker rebuilds and configuration reloads: what was learned of an endpoint (requests in flight, open connections)
 * belongs to it and not to any of these.
 */
import { ClusterEndpoint, ClusterStats, EndpointStats, Presence } from '../../balancing';
import type { DiscoveredEndpoint } from '../discovery/source';
import { SidecarSecurity } from '../tls/sidecar-security';
import type { UpstreamSecurity } from '../tls/upstream-security';
import { Addresses } from './addresses';
import type { EndpointPool } from './endpoint-pool';
import { Http2Pool } from './http2/http2-pool';
import { ConnectionPool } from './pool';
import type { PoolDependencies } from './pool-dependencies';

export class Endpoint extends ClusterEndpoint {
  /** Where it listens. */
  addresses: Addresses;
  pool: EndpointPool;
  /** Who must be there by what discovery says of it alone. */
  private ownSecurity: SidecarSecurity | undefined;
  private serverIds: readonly string[] | undefined;
  /** When a load report of it was last read. */
  reportReadAt = -Infinity;

  /**
   * @param since monotonic milliseconds when it came; undefined when it was there from the beginning
   * @param clusterStats what the endpoints of the cluster share
   */
  constructor(
    readonly address: string, readonly port: number, found: DiscoveredEndpoint,
    since: number | undefined, clusterStats: ClusterStats, private readonly dependencies: PoolDependencies,
  ) {
    super(endpointKey(found), new EndpointStats(clusterStats), found, found.ready ? 'ready' : 'draining', since);
    this.addresses = new Addresses(addressesOf(found));
    this.secure(found.serverIds);
    this.pool = poolOf(this, dependencies);
  }

  /** The cluster speaks another version of HTTP: requests under way finish on the connections they have. */
  changeProtocol(): void {
    this.pool.retire();
    this.pool = poolOf(this, this.dependencies);
  }

  get proxyProtocol(): boolean { return this.dependencies.proxyProtocol; }

  /** Who must be there; undefined: nobody is asked, and there is no TLS. */
  get security(): UpstreamSecurity | undefined { return this.ownSecurity ?? this.dependencies.security; }

  /**
   * The ids that discovery gives, or the proxy's own identity, may be others now. Connections that were made for others are closed as soon
   * as nothing is on them.
   */
  secure(serverIds = this.serverIds): void {
    const { identity } = this.dependencies;
    this.serverIds = serverIds;
    if (!serverIds) this.ownSecurity = undefined;
    else if (identity && !this.ownSecurity?.sameAs(identity, serverIds)) this.ownSecurity = new SidecarSecurity(identity, serverIds);
    // While another configuration takes over, what there was stays: never is it nothing.
    else if (!this.ownSecurity) throw new RangeError(`endpoint ${this.key} is reached by mutual TLS and the proxy has no identity`);
  }

  /** Takes over what discovery says now. True when a picker would have to know. */
  update(found: DiscoveredEndpoint): boolean {
    const presence: Presence = found.ready ? 'ready' : 'draining';
    const changed = presence !== this.presence || found.weight !== this.weight || found.zone !== this.zone || found.priority !== this.priority;
    const addresses = addressesOf(found);
    this.serverIds = undefined;
    this.secure(found.serverIds);
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

function poolOf(endpoint: Endpoint, dependencies: PoolDependencies): EndpointPool {
  return dependencies.protocol === 'http2' ? new Http2Pool(endpoint, dependencies) : new ConnectionPool(endpoint, dependencies);
}

function addressesOf({ address, listensAt }: DiscoveredEndpoint): readonly string[] {
  return listensAt ?? [address];
}

/** Identity of an endpoint within its cluster. */
export function endpointKey(found: { readonly address: string; readonly port: number }): string {
  return found.address.includes(':') ? `[${found.address}]:${found.port}` : `${found.address}:${found.port}`;
}
