/**
 * The clusters of one level of a route: chooses among them by the declared weights. A cluster without an available endpoint
 * leaves its share to the others (a canary that does not start takes nobody down with it).
 */
import { NONE_AVAILABLE, WeightedSplit } from '../../balancing';
import type { WeightedCluster } from '../../contract';
import type { Capacity, Cluster } from '../cluster/cluster';
import type { ClusterLookup } from '../cluster/cluster-set';

export class ClusterSplit {
  readonly clusters: readonly Cluster[];
  /** Undefined when there is nothing to choose. */
  private readonly split: WeightedSplit | undefined;
  private readonly isAvailable = (index: number): boolean => this.clusters[index]!.available;

  constructor(config: readonly WeightedCluster[], clusters: ClusterLookup, random: () => number) {
    const shares = config.filter((share) => share.weight > 0);
    this.clusters = shares.map((share) => clusters.get(share.cluster));
    this.split = shares.length > 1 ? new WeightedSplit(shares.map((share) => share.weight), random) : undefined;
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

  /** What its clusters have together. */
  get capacity(): Capacity {
    let available = 0;
    let all = 0;
    for (const { capacity } of this.clusters) {
      available += capacity.available;
      all += capacity.all;
    }
    return { available, all };
  }
}
