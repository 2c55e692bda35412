/** Looks at a mesh that others have put together, such as a Prometheus. */
import type { MeshEvent } from './events';
import type { Snapshot } from './snapshot';

/** Where a picture of a mesh comes from as a whole, without a look at its proxies. */
export interface SnapshotSource {
  /** What there is now, and what has happened since the look before. Fails when that can't be found out. */
  look(): Promise<{ readonly snapshot: Snapshot; readonly events: readonly MeshEvent[] }>;
}
