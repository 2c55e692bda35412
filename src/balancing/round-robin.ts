/**
 * Round robin: each endpoint in turn, weights not looked at.
 *
 * The order is that of the list, so every `n` picks in a row hold each endpoint exactly once. It starts anywhere: many
 * proxies that learn of the same list at the same moment would otherwise send their first requests to the same endpoint
 * (as grpc-js does for the same reason, load-balancer-round-robin.ts).
 */
import type { RoundRobinConfig } from '../contract';
import type { Balanced, Picker, PickerFactory, Surroundings } from './picker';

class RoundRobin<E extends Balanced> implements Picker<E> {
  private readonly count: number;
  private next: number;

  constructor(private readonly endpoints: readonly E[], surroundings: Surroundings) {
    this.count = endpoints.length;
    this.next = Math.floor(surroundings.random() * this.count);
  }

  pick(): E | undefined {
    if (this.count === 0) return undefined;
    const index = this.next;
    this.next = index + 1 === this.count ? 0 : index + 1;
    return this.endpoints[index];
  }
}

export const roundRobin: PickerFactory<RoundRobinConfig> =
  (endpoints, _config, surroundings) => new RoundRobin(endpoints, surroundings);
