/**
 * What the primary process and its workers tell each other. A worker's channel keeps the order of messages, which the
 * protocol relies on: a worker has the endpoints of a document's clusters before it is told to commit the document.
 */
import type { EndpointSnapshot } from '../../discovery/source';
import type { BypassReport } from '../../serve/downstream/bypass/known-sidecars';
import type { FamilyDump } from '../../telemetry/aggregate';
import type { ClusterReport } from '../../telemetry/cluster-view';
import type { RecentRequest } from '../../telemetry/recent-requests';

/** State of a source, with its age rather than a moment of another process's clock. */
export interface SourceState {
  readonly synced: boolean;
  readonly ageMs: number | undefined;
  readonly failures: number;
  readonly lastError: string | undefined;
  readonly fallback?: boolean;
}

export type ToWorker =
  /** Make what this document adds; answered by `staged`. */
  | { readonly type: 'stage'; readonly id: number; readonly text: string }
  | { readonly type: 'commit'; readonly id: number }
  | { readonly type: 'rollback'; readonly id: number }
  /** The endpoints of a source; `key` is what `sourceKey` makes. */
  | { readonly type: 'snapshot'; readonly key: string; readonly snapshot: EndpointSnapshot }
  | { readonly type: 'health'; readonly key: string; readonly state: SourceState }
  /** Send metrics and endpoints; answered by `report`. */
  | { readonly type: 'report'; readonly id: number }
  /** Send the last requests, and keep them for some seconds; answered by `recent`. */
  | { readonly type: 'recent'; readonly id: number }
  /** The pod is being terminated, since so long ago. */
  | { readonly type: 'leave'; readonly believed: boolean; readonly elapsedMs: number }
  /** It is not, after all. */
  | { readonly type: 'stay' }
  /** Finish what is under way within this time and exit. */
  | { readonly type: 'drain'; readonly drainMs: number };

export type FromWorker =
  | { readonly type: 'staged'; readonly id: number; readonly problems: readonly string[] }
  | { readonly type: 'report'; readonly id: number; readonly report: WorkerReport }
  | { readonly type: 'recent'; readonly id: number; readonly requests: readonly RecentRequest[] }
  | { readonly type: 'drained'; readonly cut: number };

export interface WorkerReport {
  readonly metrics: readonly FamilyDump[];
  readonly clusters: readonly ClusterReport[];
  readonly bypasses: readonly BypassReport[];
  readonly ready: boolean;
  readonly why: string;
  /** Open client connections. */
  readonly connections: number;
}
