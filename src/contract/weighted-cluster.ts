/**
 * A cluster's part of a split.
 */
import type { Integer } from './scalars';

/** A cluster's part of a split. */
export interface WeightedCluster {
  /**
   * Name of a cluster.
   * @minLength 1
   */
  readonly cluster: string;
  /**
   * Share relative to the other weights of the split; 0 takes it out.
   * @maximum 1000000
   */
  readonly weight: Integer;
}
