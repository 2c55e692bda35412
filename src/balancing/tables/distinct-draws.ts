/**
 * Draws a few different indices by chance, in proportion to weights: what the policies that compare a few endpoints have in
 * common.
 *
 *   - The indices drawn are different ones (as in Linkerd). Drawing with replacement, as Envoy and gRPC do, compares an
 *     endpoint with itself: of two, the worse one is then taken a quarter of the time.
 *   - Draws are in proportion to weights (as in nginx's `random two` and HAProxy's `random(2)`): drawn uniformly, an
 *     endpoint could never get a larger share than choices/n, whatever its weight, and a zone preferred a hundredfold
 *     would still lose the requests for which none of its endpoints was drawn.
 */
import { AliasTable } from './alias-table';

/** Weighted draws that may hit an index already drawn before the rest are drawn from uniformly: bounds the cost of a pick. */
const MAX_REDRAWS = 4;

export class DistinctDraws {
  /** How many are drawn: as many as asked for, or as there are. */
  readonly choices: number;
  private readonly count: number;
  private readonly table: AliasTable;
  /** What the present pick has drawn, in ascending order; reused so that a pick allocates nothing. */
  private readonly drawn: Int32Array;

  /** @param weights each finite and more than 0; at least one */
  constructor(weights: readonly number[], choices: number, private readonly random: () => number) {
    this.count = weights.length;
    this.choices = Math.min(choices, this.count);
    this.table = new AliasTable(weights, random);
    this.drawn = new Int32Array(this.choices);
  }

  /**
   * The next index of a pick.
   *
   * @param draws how many the pick has drawn before, less than {@link choices}; 0 begins another pick
   */
  draw(draws: number): number {
    if (!this.table.uniform) {
      for (let attempt = 0; attempt < MAX_REDRAWS; attempt++) {
        const index = this.table.draw();
        if (this.insert(index, draws)) return index;
      }
    }
    // Exactly uniform over the rest: a place among those left, moved past each drawn one at or below it.
    let index = Math.floor(this.random() * (this.count - draws));
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
