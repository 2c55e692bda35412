/**
 * Splits requests over the clusters of a route by the hash of a key, so that a key stays with its version: weighted rendezvous
 * hashing over their names (rendezvous.ts has the formula and its sources).
 *
 * A key moves only when weights change, or which targets are available, and then only to the target whose part grows, or from
 * the one whose part shrinks: a ramp from 90/10 to 80/20 moves a tenth of the keys and none the other way. Shares follow the weights
 * over many keys; a few busy keys may weigh more than that, which a sequence (weighted-split.ts) would even out. A request
 * costs a logarithm for each target, of which a route has a few, and nothing is kept between requests.
 */
import { hashText, mixHash } from './hash';
import { NONE_AVAILABLE } from './weighted-split';

/** Keeps the choice of a version apart from the choices before and after it. */
const SPLIT_SALT = 0x5917;

export class HashedSplit {
  private readonly seeds: Int32Array;

  /**
   * @param names   of the targets; they, and not their order, decide where a key belongs
   * @param weights each finite and more than 0
   */
  constructor(names: readonly string[], private readonly weights: readonly number[]) {
    this.seeds = Int32Array.from(names, (name) => mixHash(hashText(name), SPLIT_SALT));
  }

  /**
   * The target of a key, or {@link NONE_AVAILABLE}.
   *
   * @param hash        a whole number whose low 32 bits count
   * @param isAvailable whether the target at this index can take requests
   */
  next(hash: number, isAvailable: (index: number) => boolean): number {
    let best = NONE_AVAILABLE;
    let highest = -1;
    for (let index = 0; index < this.seeds.length; index++) {
      if (!isAvailable(index)) continue;
      const u = ((mixHash(hash, this.seeds[index]!) >>> 0) + 0.5) / 4_294_967_296;
      const drawn = -this.weights[index]! / Math.log(u);
      if (drawn <= highest) continue;
      highest = drawn;
      best = index;
    }
    return best;
  }
}
