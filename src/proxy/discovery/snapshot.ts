/**
 * Brings endpoints into the form that {@link EndpointSnapshot} promises, and hands a snapshot on only when it says
 * something new: listeners rebuild balancers for each one.
 */
import { DiscoveredEndpoint, EndpointSnapshot } from './source';

/** Sorts by address and port. Of two entries for one address and port, the one that can do more counts. */
export function toSnapshot(endpoints: Iterable<DiscoveredEndpoint>): EndpointSnapshot {
  const best = new Map<string, DiscoveredEndpoint>();
  for (const endpoint of endpoints) {
    const key = `${endpoint.address} ${endpoint.port}`;
    const other = best.get(key);
    if (!other || rank(endpoint) > rank(other)) best.set(key, endpoint);
  }
  return [...best.values()].sort((a, b) => (a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1));
}

/** How much an endpoint can do: 2 is ready, 1 is draining, 0 is neither. */
export function rank(endpoint: Pick<DiscoveredEndpoint, 'ready' | 'draining'>): number {
  return endpoint.ready ? 2 : endpoint.draining ? 1 : 0;
}

/** Passes on what differs from the last. */
export class SnapshotOutput {
  private last: EndpointSnapshot | undefined;
  private listener: ((snapshot: EndpointSnapshot) => void) | undefined;

  open(listener: (snapshot: EndpointSnapshot) => void): void {
    this.listener = listener;
  }

  /** Nothing is passed on any more. */
  close(): void {
    this.listener = undefined;
  }

  publish(snapshot: EndpointSnapshot): void {
    if (this.last && same(this.last, snapshot)) return;
    this.last = snapshot;
    this.listener?.(snapshot);
  }
}

function same(a: EndpointSnapshot, b: EndpointSnapshot): boolean {
  return a.length === b.length && a.every((endpoint, index) => {
    const other = b[index] as DiscoveredEndpoint;
    return endpoint.address === other.address && endpoint.port === other.port && endpoint.weight === other.weight
      && endpoint.zone === other.zone && endpoint.priority === other.priority
      && endpoint.ready === other.ready && endpoint.draining === other.draining;
  });
}
