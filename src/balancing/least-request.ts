/**
 * Least request, by the power of d choices: draw a few different endpoints by chance and take the one that would be the
 * least loaded with this request on it, (inFlight + 1) / weight. M. Mitzenmacher, "The power of two choices in randomized
 * load balancing" (1996): two choices bring the longest queue from about log n / log log n down to log log n; a full scan
 * gains little over that, costs O(n), and makes all proxies run to the same idle endpoint at once.
 *
 * Details that matter:
 *
 *   - The endpoints drawn are different ones (as in Linkerd). Drawing with replacement, as Envoy and gRPC do, compares an
 *     endpoint with itself: of two, the worse one is then taken a quarter of the time.
 *   - Draws are in proportion to weights (as in nginx's `random two` and HAProxy's `random(2)`): drawn uniformly, an
 *     endpoint could never get a larger share than choices/n, whatever its weight, and a zone preferred a hundredfold
 *     would still lose the requests for which none of its endpoints was drawn.
 *   - Of equals the first drawn wins, and all idle endpoints are equal: at rest this policy is weighted random and
 *     shares hold; without that rule the heaviest of those drawn would take everything while traffic is low.
 *   - Quotients are compared by multiplying crosswise, exact in integers.
 */
import type { LeastRequestConfig } from '../contract';
import { AliasTable } from './alias-table';
import type { Balanced, Picker, PickerFactory, Surroundings } from './picker';

/** Weighted draws that may hit an endpoint already drawn before the rest are drawn from uniformly: bounds the cost of a pick. */
const MAX_REDRAWS = 4;

class LeastRequest<E extends Balanced> implements Picker<E> {
  private readonly count: number;
  private readonly choices: number;
  private readonly table: AliasTable | undefined;
  /** What the present pick has drawn, in ascending order; reused so that a pick allocates nothing. */
  private readonly drawn: Int32Array;

  constructor(private readonly endpoints: readonly E[], choices: number, private readonly surroundings: Surroundings) {
    this.count = endpoints.length;
    this.choices = Math.min(choices, this.count);
    this.table = this.count === 0
      ? undefined
      : new AliasTable(endpoints.map((endpoint) => endpoint.weight), () => surroundings.random());
    this.drawn = new Int32Array(this.choices);
  }

  pick(): E | undefined {
    if (this.count < 2) return this.endpoints[0];
    let best = this.endpoints[this.drawAnother(0)]!;
    for (let draws = 1; draws < this.choices; draws++) {
      const other = this.endpoints[this.drawAnother(draws)]!;
      if (lessLoaded(other, best)) best = other;
    }
    return best;
  }

  /** Draws an index that is not among the first `draws` of `drawn` and adds it there. */
  private drawAnother(draws: number): number {
    const table = this.table!;
    if (!table.uniform) {
      for (let attempt = 0; attempt < MAX_REDRAWS; attempt++) {
        const index = table.draw();
        if (this.insert(index, draws)) return index;
      }
    }
    // Exactly uniform over the rest: a place among those left, moved past each drawn one at or below it.
    let index = Math.floor(this.surroundings.random() * (this.count - draws));
    for (let slot = 0; slot < draws && index >= this.drawn[slot]!; slot++) index++;
    this.insert(index, draws);
    return index;
  }

  /** Adds an index to the first `draws` of `drawn`; false when it is there already. */
  private insert(index: number, draws: number): boolean {
    let slot = draws;
    while (slot > 0 && this.drawn[slot - 1]! > index) slot--;
    if (slot > 0 && this.drawn[slot - 1] === index) return false;
    for (let from = draws; from > slot; from--) this.drawn[from] = this.drawn[from - 1]!;
    this.drawn[slot] = index;
    return true;
  }
}

/** Whether `a` is to be preferred to `b`, which was drawn before it. */
function lessLoaded(a: Balanced, b: Balanced): boolean {
  if (a.inFlight === 0 && b.inFlight === 0) return false;
  return (a.inFlight + 1) * b.weight < (b.inFlight + 1) * a.weight;
}

export const leastRequest: PickerFactory<LeastRequestConfig> = (endpoints, config, surroundings) => {
  if (config.choices === undefined) {
    throw new TypeError('least request needs its number of choices; fill in the configuration\'s defaults before building a picker');
  }
  return new LeastRequest(endpoints, config.choices, surroundings);
};
