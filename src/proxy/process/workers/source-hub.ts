/**
 * The primary's discovery: one source for all workers, of each thing that the document's clusters look at. Sources are
 * told apart by what they look at, so a document that changes only policies or timeouts changes none.
 */
import type { ResolvedProxyConfig } from '../../../contract';
import type { Cancel, Clock } from '../../runtime/clock';
import type { SourceFactory } from '../../cluster/cluster';
import type { DiscoverySource, EndpointSnapshot } from '../../discovery/source';
import type { SourceState } from './messages';
import { discoveredBy, sourceKey } from './remote-source';

/** How often workers hear how old their endpoints are. */
const HEALTH_MS = 1_000;

export interface SourceListener {
  onSnapshot(key: string, snapshot: EndpointSnapshot): void;
  onHealth(key: string, state: SourceState): void;
}

interface Watched {
  readonly source: DiscoverySource;
  snapshot: EndpointSnapshot | undefined;
}

export class SourceHub {
  private readonly watched = new Map<string, Watched>();
  private readonly cancel: { health: Cancel | undefined } = { health: undefined };

  constructor(private readonly sources: SourceFactory, private readonly clock: Clock, private readonly listener: SourceListener) {
    this.tick();
  }

  /**
   * Begins what `document` needs beyond what is there.
   *
   * @throws Error in the user's words when a source can't be made; then nothing was begun
   */
  add(document: ResolvedProxyConfig): void {
    const added = new Map<string, DiscoverySource>();
    for (const cluster of discoveredBy(document)) {
      const key = sourceKey(cluster, document);
      if (!this.watched.has(key) && !added.has(key)) added.set(key, this.sources(cluster, document));
    }
    for (const [key, source] of added) {
      const watched: Watched = { source, snapshot: undefined };
      this.watched.set(key, watched);
      source.start((snapshot) => {
        watched.snapshot = snapshot;
        this.listener.onHealth(key, this.stateOf(source));
        this.listener.onSnapshot(key, snapshot);
      });
    }
  }

  /** Ends what `document` does not need. */
  keepOnly(document: ResolvedProxyConfig): void {
    const needed = new Set(discoveredBy(document).map((cluster) => sourceKey(cluster, document)));
    for (const [key, { source }] of this.watched) {
      if (needed.has(key)) continue;
      source.close();
      this.watched.delete(key);
    }
  }

  /** Tells a worker that has just started all that is known. */
  replay(listener: SourceListener): void {
    for (const [key, { source, snapshot }] of this.watched) {
      listener.onHealth(key, this.stateOf(source));
      if (snapshot) listener.onSnapshot(key, snapshot);
    }
  }

  close(): void {
    this.cancel.health?.();
    for (const { source } of this.watched.values()) source.close();
    this.watched.clear();
  }

  private tick(): void {
    this.cancel.health = this.clock.after(HEALTH_MS, () => {
      for (const [key, { source }] of this.watched) this.listener.onHealth(key, this.stateOf(source));
      this.tick();
    });
  }

  private stateOf(source: DiscoverySource): SourceState {
    const { synced, lastConfirmedAt, failures, lastError, fallback = false } = source.health;
    return { synced, ageMs: lastConfirmedAt === undefined ? undefined : this.clock.now() - lastConfirmedAt, failures, lastError, fallback };
  }
}
