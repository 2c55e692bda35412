/**
 * The clusters of one level of a route: chooses among them by the declared weights, or by the hash of a request that has
 * one, which keeps a key with its version. A cluster without an available endpoint leaves its share to the others (a canary that
 * does not start takes nobody down with it); to what it has besides, endpoints that drain or are believed not to work,
 * requests go only as a last resort, which is the route's decision.
 */
import { HashedSplit, NONE_AVAILABLE, WeightedSplit } from '../../../balancing';
import type { WeightedCluster } from '../../../contract';
import type { Capacity, Cluster } from '../../cluster/cluster';
import type { ClusterLookup } from '../../cluster/cluster-set';

export class ClusterSplit {
  readonly clusters: readonly Cluster[];
  private readonly weights: readonly number[];
  /** Both undefined when there is nothing to choose. */
  private readonly byWeight: WeightedSplit | undefined;
  private readonly byHash: HashedSplit | undefined;
  /** Apart from {@link byWeight}, of which a request that ends here has drawn already; made when it is needed. */
  private lastResort: WeightedSplit | undefined;
  private readonly isAvailable = (index: number): boolean => this.clusters[index]!.available;
  private readonly isUsable = (index: number): boolean => this.clusters[index]!.usable;

  constructor(config: readonly WeightedCluster[], clusters: ClusterLookup, private readonly random: () => number) {
    const shares = config.filter((share) => share.weight > 0);
    this.clusters = shares.map((share) => clusters.get(share.cluster));
    this.weights = shares.map((share) => share.weight);
    this.byWeight = shares.length > 1 ? new WeightedSplit(this.weights, random) : undefined;
    this.byHash = shares.length > 1 ? new HashedSplit(shares.map(({ cluster }) => cluster), this.weights) : undefined;
  }

  /** The cluster for one request; undefined when none has an available endpoint. */
  choose(hash: number | undefined): Cluster | undefined {
    if (!this.byWeight) {
      const only = this.clusters[0];
      return only?.available ? only : undefined;
    }
    return this.at(hash === undefined ? this.byWeight.next(this.isAvailable) : this.byHash!.next(hash, this.isAvailable));
  }

  /** The cluster for one request when nobody has an available endpoint: undefined when none has one of any kind that may be used. */
  chooseLastResort(hash: number | undefined): Cluster | undefined {
    if (this.clusters.length === 0) return undefined;
    if (hash !== undefined && this.byHash) return this.at(this.byHash.next(hash, this.isUsable));
    this.lastResort ??= new WeightedSplit(this.weights, this.random);
    return this.at(this.lastResort.next(this.isUsable));
  }

  /** Another cluster than this one that has an available endpoint. */
  chooseBeside(cluster: Cluster, hash: number | undefined): Cluster | undefined {
    if (!this.byHash) return undefined;
    const key = hash ?? Math.floor(this.random() * 2 ** 32);
    return this.at(this.byHash.next(key, (index) => this.clusters[index] !== cluster && this.clusters[index]!.available));
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

  private at(index: number): Cluster | undefined {
    return index === NONE_AVAILABLE ? undefined : this.clusters[index]!;
  }
}
