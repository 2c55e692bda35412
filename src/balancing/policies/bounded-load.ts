/**
 * A bound on the load of each endpoint, for the policies that send equal keys to equal places: V. Mirrokni, M. Thorup,
 * M. Zadimoghaddam, "Consistent hashing with bounded loads" (2016), with the arithmetic of Envoy's `hash_balance_factor`:
 *
 *     capacity = max(1, ceil(ceil((all in flight + 1) * percent / 100) * weight / sum of weights))
 *
 * The capacities add up to more than what is in flight, so there is always an endpoint below its own. Which one a request
 * goes to instead is hash-picker.ts's business.
 */
import type { EndpointStats } from '../endpoints/endpoint-stats';

export class BoundedLoad {
  private readonly shares: Float64Array;

  /** @param stats of the endpoints, all with the same {@link EndpointStats.cluster}; at least one */
  constructor(private readonly stats: readonly EndpointStats[], weights: readonly number[], private readonly percent: number) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.shares = Float64Array.from(weights, (weight) => weight / total);
  }

  /** Whether the endpoint at this index may not take one more. */
  isFull(index: number): boolean {
    return this.stats[index]!.inFlight >= this.capacity(index);
  }

  capacity(index: number): number {
    const total = Math.ceil(((this.stats[0]!.cluster.inFlight + 1) * this.percent) / 100);
    return Math.max(1, Math.ceil(total * this.shares[index]!));
  }
}
