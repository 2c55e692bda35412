/**
 * Rendezvous, or highest random weight: for each key every endpoint draws a number, the same one each time, and the
 * highest wins. D. Thaler, C. Ravishankar, "Using name-based mappings to increase hit rates" (1998); with weights the number
 * is -weight / ln(u), u uniform in (0, 1) (C. Schindelhauer, G. Schomaker, "Weighted distributed hash tables", 2005).
 *
 * Shares are exact on average and only the keys of an endpoint that came or went move, with weights too: no table can do
 * both. The price is that each pick asks every endpoint, a few nanoseconds each: fit for hundreds of
 * endpoints, and beyond that for a subset of them.
 */
import type { RendezvousConfig } from '../../contract';
import { hashText, mixHash } from '../tables/hash';
import { Locator, pickByHash } from './hash-picker';
import type { PickerFactory } from '../endpoints/picker';

export class Rendezvous implements Locator {
  private readonly seeds: Uint32Array;
  /** Empty when all are equal: the hashes themselves then compare. */
  private readonly weights: Float64Array;

  constructor(keys: readonly string[], weights: readonly number[]) {
    this.seeds = Uint32Array.from(keys, (key) => hashText(key));
    this.weights = Float64Array.from(weights.every((weight) => weight === weights[0]) ? [] : weights);
  }

  locate(hash: number): number {
    return this.weights.length === 0 ? this.locateEqual(hash) : this.locateWeighted(hash);
  }

  private locateEqual(hash: number): number {
    let best = 0;
    let highest = -Infinity;
    for (let index = 0; index < this.seeds.length; index++) {
      const drawn = mixHash(hash, this.seeds[index]!);
      if (drawn <= highest) continue;
      highest = drawn;
      best = index;
    }
    return best;
  }

  private locateWeighted(hash: number): number {
    let best = 0;
    let highest = -1;
    for (let index = 0; index < this.seeds.length; index++) {
      const u = ((mixHash(hash, this.seeds[index]!) >>> 0) + 0.5) / 4_294_967_296;
      const weight = this.weights[index]!;
      // -ln(u) is at least 1 - u: most endpoints lose without a logarithm.
      if (weight <= highest * (1 - u)) continue;
      const drawn = -weight / Math.log(u);
      if (drawn <= highest) continue;
      highest = drawn;
      best = index;
    }
    return best;
  }
}

export const rendezvous: PickerFactory<RendezvousConfig> = (candidates, { boundedLoadPercent }, runtime) => {
  const { endpoints, weights } = candidates;
  return pickByHash(candidates, () => new Rendezvous(endpoints.map(({ key }) => key), weights), boundedLoadPercent, runtime);
};
