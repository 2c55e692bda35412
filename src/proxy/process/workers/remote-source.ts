/**
 * Discovery as a worker sees it: the primary watches, and sends every snapshot to all workers. A store keeps the last one
 * of each source, so that a cluster which comes later has its endpoints at once.
 */
import type { ResolvedProxyConfig } from '../../../contract';
import type { Clock } from '../../runtime/clock';
import type { Discovered } from '../../cluster/cluster';
import { LOCAL_CLUSTER } from '../../cluster/local-cluster';
import type { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from '../../discovery/source';
import type { SourceState } from './messages';

/** What tells sources apart: where they look, and for EndpointSlices through which API. */
export function sourceKey(cluster: Discovered, document: ResolvedProxyConfig): string {
  const api = cluster.discovery.type === 'endpointSlice' ? document.kubernetes : undefined;
  return JSON.stringify([cluster.discovery, api]);
}

/** Everything of a document that is discovered: its clusters, and the pods of the proxy's own workload. */
export function discoveredBy({ clusters, localCluster }: ResolvedProxyConfig): readonly Discovered[] {
  return localCluster ? [...clusters, { name: LOCAL_CLUSTER, ...localCluster }] : clusters;
}

interface Remote {
  snapshot: EndpointSnapshot | undefined;
  state: SourceState;
  /** When the state arrived, by this process's clock. */
  at: number;
  readonly listeners: Set<(snapshot: EndpointSnapshot) => void>;
}

const UNKNOWN: SourceState = { synced: false, ageMs: undefined, failures: 0, lastError: undefined };

export class RemoteSources {
  private readonly byKey = new Map<string, Remote>();

  constructor(private readonly clock: Clock) {}

  onSnapshot(key: string, snapshot: EndpointSnapshot): void {
    const remote = this.remote(key);
    remote.snapshot = snapshot;
    for (const listener of remote.listeners) listener(snapshot);
  }

  onHealth(key: string, state: SourceState): void {
    const remote = this.remote(key);
    remote.state = state;
    remote.at = this.clock.now();
  }

  /** A source that repeats what the primary's source of this key finds. */
  source(key: string): DiscoverySource {
    const remote = this.remote(key);
    const { clock } = this;
    let listener: ((snapshot: EndpointSnapshot) => void) | undefined;
    return {
      start: (onSnapshot) => {
        listener = onSnapshot;
        remote.listeners.add(listener);
        if (remote.snapshot) onSnapshot(remote.snapshot);
      },
      close: () => {
        if (listener) remote.listeners.delete(listener);
      },
      get health(): DiscoveryHealth {
        const { synced, ageMs, failures, lastError, fallback = false } = remote.state;
        return {
          // What was received counts, not what the primary has.
          synced: synced && remote.snapshot !== undefined,
          lastConfirmedAt: ageMs === undefined ? undefined : Math.min(remote.at - ageMs, clock.now()),
          failures,
          lastError,
          fallback,
        };
      },
    };
  }

  /** Forgets sources that no document uses any more. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.byKey.keys()) if (!keys.has(key)) this.byKey.delete(key);
  }

  private remote(key: string): Remote {
    let remote = this.byKey.get(key);
    if (!remote) {
      remote = { snapshot: undefined, state: UNKNOWN, at: this.clock.now(), listeners: new Set() };
      this.byKey.set(key, remote);
    }
    return remote;
  }
}
