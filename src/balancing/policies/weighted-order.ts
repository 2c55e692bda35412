/**
 * Endpoints in a fixed order, each exactly as often as its weight says: what round robin and weighted round robin share.
 *
 * Equal weights need no schedule: smooth weighted round robin is then plain round robin, in the same order. Every `n` picks
 * in a row hold each endpoint exactly once. It starts anywhere: many proxies that learn of the same list at the same moment
 * would otherwise send their first requests to the same endpoint (as grpc-js does for the same reason,
 * load-balancer-round-robin.ts).
 */
import type { Balanced, Candidates, Picker, Runtime } from '../endpoints/picker';
import { IndexSequence, weightedSequence } from '../tables/weighted-sequence';

class InTurn<E extends Balanced> implements Picker<E> {
  private readonly count: number;
  private next: number;

  constructor(private readonly endpoints: readonly E[], runtime: Runtime) {
    this.count = endpoints.length;
    this.next = Math.floor(runtime.random() * this.count);
  }

  pick(): E | undefined {
    if (this.count === 0) return undefined;
    const index = this.next;
    this.next = index + 1 === this.count ? 0 : index + 1;
    return this.endpoints[index];
  }
}

class InProportion<E extends Balanced> implements Picker<E> {
  constructor(private readonly endpoints: readonly E[], private readonly sequence: IndexSequence) {}

  pick(): E | undefined {
    return this.endpoints[this.sequence.next()];
  }
}

export function weightedOrder<E extends Balanced>({ endpoints, weights }: Candidates<E>, runtime: Runtime): Picker<E> {
  return weights.every((weight) => weight === weights[0])
    ? new InTurn(endpoints, runtime)
    : new InProportion(endpoints, weightedSequence(weights, () => runtime.random()));
}
