/**
 * The port of discovery: every source (EndpointSlices, DNS, a static list) yields whole snapshots of one cluster's
 * endpoints. A source never takes endpoints away because it lost its own connection: the last snapshot stays and its
 * age is visible.
 */

/** One address that requests can be sent to; or, neither ready nor draining, that takes none because it starts or because it fails. */
export interface DiscoveredEndpoint {
  readonly address: string;
  readonly port: number;
  /** Addresses at which it may listen, in the order in which they are tried; absent: at `address`. */
  readonly listensAt?: readonly string[];
  /** Relative share, more than 0. */
  readonly weight: number;
  readonly zone?: string;
  /** Level, 0 first; absent is 0. */
  readonly priority?: number;
  /** SPIFFE ids that may be there, in place of the cluster's; absent: as for the cluster. */
  readonly serverIds?: readonly string[];
  /** Takes new requests. */
  readonly ready: boolean;
  /** Still able to serve though it is going away (`terminating` in its EndpointSlice): used only when nothing is ready. */
  readonly draining: boolean;
}

/** All endpoints of a cluster at one moment, sorted by address and port, no address and port twice. */
export type EndpointSnapshot = readonly DiscoveredEndpoint[];

/** Finds the endpoints of one cluster. */
export interface DiscoverySource {
  /**
   * Begins; `onSnapshot` is called with the first snapshot (perhaps before `start` returns, perhaps never) and after that
   * only when one differs from the last. An empty snapshot is one: the source says that there are no endpoints.
   */
  start(onSnapshot: (snapshot: EndpointSnapshot) => void): void;
  /** Stops and frees everything; no call-back after it. */
  close(): void;
  /** How far behind the source may be, for metrics and `/endpoints`. */
  readonly health: DiscoveryHealth;
}

/** State of a source. */
export interface DiscoveryHealth {
  /** A snapshot was delivered at least once. */
  readonly synced: boolean;
  /** Milliseconds (monotonic clock) when the source was last known to be up to date; undefined before the first sync. */
  readonly lastConfirmedAt: number | undefined;
  /** Failures in a row since then; 0 when all is well. */
  readonly failures: number;
  /** The last failure, in words for a log or an admin page; undefined when all is well. */
  readonly lastError: string | undefined;
  /** The endpoints are those of a stand-in, while the source that is wanted has delivered none yet. Absent: no. */
  readonly fallback?: boolean;
}
