/**
 * A route at run time: chooses the cluster of a request by the declared weights. A cluster without an available endpoint
 * leaves its share to the others (a canary that does not start takes nobody down with it).
 */
import { NONE_AVAILABLE, WeightedSplit } from '../../balancing';
import type { ResolvedRoute } from '../../contract';
import type { Cluster } from '../cluster/cluster';
import type { ClusterLookup } from '../cluster/cluster-set';
import type { Clock } from '../clock';
import { HashKeys } from '../http1/hash-keys';
import type { SessionPersistence } from '../session/session-persistence';
import { deadlineField } from '../http1/mesh-fields';
import type { TimeoutQueue, TimeoutQueues } from '../timeouts';
import { Hedging } from './hedging';
import { RetryPolicy } from './retry-policy';

const EMPTY = Buffer.alloc(0);

/** Time and chance. */
export interface RouteSurroundings extends Pick<Clock, 'now'> {
  random(): number;
}

export class Route {
  readonly name: string;
  readonly timeout: TimeoutQueue;
  /** What requests are hashed by; undefined when they are not. */
  readonly hashKeys: HashKeys | undefined;
  readonly retry: RetryPolicy;
  /** Undefined when requests are not hedged. */
  readonly hedging: Hedging | undefined;
  /** Fields for the callee's sidecar are added. */
  readonly meshFields: boolean;
  /** Says that all of the route's time is left; empty when it has none or adds no fields. */
  readonly wholeDeadline: Buffer;
  private readonly clusters: readonly Cluster[];
  /** Undefined when there is nothing to choose. */
  private readonly split: WeightedSplit | undefined;
  private readonly isAvailable = (index: number): boolean => this.clusters[index]!.available;

  /** @param session keeps its sessions with their endpoints; undefined when nothing does */
  constructor(
    config: ResolvedRoute, clusters: ClusterLookup, timeouts: TimeoutQueues, { random, now }: RouteSurroundings,
    readonly session: SessionPersistence | undefined,
  ) {
    this.name = config.name;
    this.timeout = timeouts.of(config.timeoutMs);
    this.hashKeys = config.hash.length > 0 ? new HashKeys(config.hash, random) : undefined;
    this.retry = new RetryPolicy(config.retry, timeouts);
    this.hedging = config.hedge && new Hedging(config.hedge, timeouts, { now });
    this.meshFields = config.meshFields;
    this.wholeDeadline = config.meshFields && config.timeoutMs > 0 ? Buffer.from(deadlineField(config.timeoutMs), 'latin1') : EMPTY;
    const shares = config.split.filter((share) => share.weight > 0);
    this.clusters = shares.map((share) => clusters.get(share.cluster));
    this.split = shares.length > 1 ? new WeightedSplit(shares.map((share) => share.weight), random) : undefined;
  }

  /** Somebody goes by the load reports of endpoints that a request may go to. */
  get usesReports(): boolean {
    for (let i = 0; i < this.clusters.length; i += 1) if (this.clusters[i]!.usesReports) return true;
    return false;
  }

  /** The cluster for one request; undefined when none has an available endpoint. */
  choose(): Cluster | undefined {
    if (!this.split) {
      const only = this.clusters[0]!;
      return only.available ? only : undefined;
    }
    const index = this.split.next(this.isAvailable);
    return index === NONE_AVAILABLE ? undefined : this.clusters[index]!;
  }
}
