/**
 * Where the requests of a route go when its clusters can't take all of them.
 */
import type { Integer } from './scalars';
import type { WeightedCluster } from './weighted-cluster';

/**
 * Takes over what the clusters before it can't: those of the route's split, or of the fallback before. A route's split and
 * its fallbacks are priority levels; the share of available endpoints decides how much each gets.
 */
export interface FallbackConfig {
  /**
   * Clusters and their shares, as in a route's split.
   * @minItems 1
   */
  readonly split: WeightedCluster[];
  /**
   * How much an available endpoint of those before counts for, in percent. At 140 they keep all requests until fewer than
   * 1 / 1.4 = 71.4 % of their endpoints are available; beyond that, the fallback takes what is missing.
   * @minimum 100
   * @maximum 10000
   * @default 140
   */
  readonly overprovisioningPercent?: Integer;
  /**
   * How long it takes until all requests are back when those before are available again, so that a service which has just recovered is not
   * flooded. 0: at once. Requests leave for the fallback at once in any case.
   * @default 30000
   */
  readonly recoveryMs?: Integer;
}
