/**
 * Maglev's lookup table. D. Eisenbud et al., "Maglev: a fast and reliable software network load balancer" (NSDI 2016),
 * section 3.4, with weights as in Envoy's maglev_lb.cc: endpoints take turns, in the order of their keys, each taking the
 * next place of its own permutation of the table that is still free. In a round an endpoint takes a turn only if
 *
 *     round * weight >= target, and then target += heaviest weight
 *
 * so that in the long run it gets its weight's part of the turns. The permutation of endpoint i is
 * (offset + skip * j) mod size, with offset and skip from two hashes of its key; it passes every place once because the
 * size is prime.
 *
 * The table is filled in slices, for a large one takes longer than traffic may wait. The cost is about size * ln(size) looks.
 */
import { hashText } from './hash';
import type { Locator } from './hash-picker';

/** Looks at the table in one slice: a fraction of a millisecond, some more before the compiler has seen it. */
export const LOOKS_PER_SLICE = 10_000;

/** Used when there are more endpoints than the configured table has places; a prime. */
const LARGEST_TABLE = 5_000_011;

/** What a place holds that nobody has taken; others hold an index and 1. Memory comes so, without a pass over it. */
const FREE = 0;

export class MaglevTable implements Locator {
  readonly size: number;
  private readonly places: Uint32Array;
  /** Endpoints in the order of their keys. */
  private readonly order: Uint32Array;
  private readonly weights: Float64Array;
  private readonly heaviest: number;
  private readonly targets: Float64Array;
  private readonly skips: Uint32Array;
  /** Place of the permutation that each endpoint looks at next. */
  private readonly next: Uint32Array;
  private free: number;
  private round = 1;
  /** Whose turn it is, as a place in `order`. */
  private turn = 0;
  /** How often the one whose turn it is has looked already; 0 when the turn has not begun. The last places take long to find. */
  private looked = 0;

  /** @param size a prime number */
  constructor(keys: readonly string[], weights: readonly number[], size: number) {
    this.size = keys.length > size ? LARGEST_TABLE : size;
    this.places = new Uint32Array(this.size);
    this.free = this.size;
    // Not localeCompare: the order must be the same on every machine.
    this.order = Uint32Array.from(keys.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1));
    this.weights = Float64Array.from(weights);
    this.heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0);
    this.targets = new Float64Array(keys.length);
    this.next = Uint32Array.from(keys, (key) => hashText(key) % this.size);
    this.skips = Uint32Array.from(keys, (key) => (hashText(key, 1) % (this.size - 1)) + 1);
  }

  prepare(): boolean {
    for (let looks = 0; this.free > 0 && looks < LOOKS_PER_SLICE; looks++) {
      const index = this.order[this.turn]!;
      if (this.looked > 0 || this.round * this.weights[index]! >= this.targets[index]!) {
        const before = this.looked;
        if (!this.seek(index, LOOKS_PER_SLICE - looks)) return false;
        looks += this.looked - before;
        this.looked = 0;
        this.targets[index] = this.targets[index]! + this.heaviest;
      }
      if (++this.turn === this.order.length) {
        this.turn = 0;
        this.round++;
      }
    }
    return this.free === 0;
  }

  locate(hash: number): number {
    if (this.free > 0) while (!this.prepare());
    return this.places[(hash >>> 0) % this.size]! - 1;
  }

  /** Gives the endpoint its next free place; false when it has not found it after as many looks as it may take. */
  private seek(index: number, looks: number): boolean {
    const skip = this.skips[index]!;
    let place = this.next[index]!;
    for (; looks > 0; looks--) {
      const free = this.places[place] === FREE;
      if (free) this.places[place] = index + 1;
      place = (place + skip) % this.size;
      this.looked++;
      if (free) {
        this.next[index] = place;
        this.free--;
        return true;
      }
      if (this.looked > this.size) throw new RangeError(`a maglev table of ${this.size} places can't be filled: the size must be a prime number`);
    }
    this.next[index] = place;
    return false;
  }
}
