/** Where pictures of a mesh come from: its proxies, which are scraped, or who has scraped them before, such as a Prometheus. */
import type { MeshEvent } from './events';
import type { Snapshot } from './snapshot';

export interface SnapshotSource {
  /** What there is now, and what has happened since the look before. Fails when that can't be found out. */
  look(): Promise<{ readonly snapshot: Snapshot; readonly events: readonly MeshEvent[] }>;
}
