/**
 * One address that requests are sent to. The object lives as long as the address is in the cluster, across snapshots,
 * picker rebuilds and configuration reloads: what was learned of an endpoint (requests in flight, open connections)
 * belongs to it and not to any of these.
 */
import { Balanced, Learned, Learning } from '../../balancing';
import type { DiscoveredEndpoint } from '../discovery/source';
import { ConnectionPool, PoolSurroundings } from './pool';

export type EndpointState =
  /** Takes new requests. */
  | 'ready'
  /** Going away: new requests only when nothing else is left. */
  | 'draining'
  /** No longer in the cluster; finishes what it has. */
  | 'gone';

export class Endpoint implements Balanced {
  readonly key: string;
  weight: number;
  zone: string | undefined;
  state: EndpointState;
  readonly pool: ConnectionPool;
  readonly learned: Learned;
  /** When a load report of it was last read. */
  reportReadAt = -Infinity;

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
    this.weight = found.weight;
    this.zone = found.zone;
    this.state = found.ready ? 'ready' : 'draining';
    this.pool = new ConnectionPool(this, surroundings);
  }

  /** Requests in flight to it right now, and sent so far. */
  get inFlight(): number { return this.learned.inFlight; }
  get requests(): number { return this.learned.sent; }

  /** Takes over what discovery says now. True when a picker would have to know. */
  update(found: DiscoveredEndpoint): boolean {
    const state: EndpointState = found.ready ? 'ready' : 'draining';
    const changed = state !== this.state || found.weight !== this.weight || found.zone !== this.zone;
    if (state === 'draining' && this.state === 'ready') this.pool.closeIdle();
    this.state = state;
    this.weight = found.weight;
    this.zone = found.zone;
    return changed;
  }

  /** The address has left the cluster: requests in flight finish, nothing new comes. */
  retire(): void {
    this.state = 'gone';
    this.pool.retire();
  }
}

/** Identity of an endpoint within its cluster. */
export function endpointKey(found: { readonly address: string; readonly port: number }): string {
  return found.address.includes(':') ? `[${found.address}]:${found.port}` : `${found.address}:${found.port}`;
}
