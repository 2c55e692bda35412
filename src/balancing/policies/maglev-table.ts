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
 * Asking all endpoints in every round takes long when one outweighs the others, which then pass nearly every round. The round of
 * an endpoint's next turn is known, so whose turn is next comes out of a heap, unless all weights are equal. The order is the same.
 *
 * The table is filled in slices, for a large one takes longer than traffic may wait. The cost is about size * ln(size) looks.
 */
import { hashText } from '../tables/hash';
import type { Locator } from './hash-picker';

/** Looks at the table, and steps in the heap, in one slice: a fraction of a millisecond, some more before the compiler has seen it. */
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
  private readonly skips: Uint32Array;
  /** Place in the permutation that each endpoint looks at next. */
  private readonly next: Uint32Array;
  private free: number;
  private readonly uniform: boolean;
  /** Of each place in `order` the turns taken, and the round of the next. */
  private readonly turns: Uint32Array;
  private readonly rounds: Float64Array;
  /** Binary heap of places in `order`, the earliest round first, and within a round in that order. */
  private readonly heap: Uint32Array;
  /** What passing the turn on costs, in looks. */
  private readonly passing: number;
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
    this.uniform = weights.every((weight) => weight === weights[0]);
    this.turns = new Uint32Array(keys.length);
    this.rounds = new Float64Array(keys.length).fill(1);
    this.heap = Uint32Array.from(keys.keys());
    this.passing = this.uniform ? 1 : 1 + Math.ceil(Math.log2(keys.length));
    this.next = Uint32Array.from(keys, (key) => hashText(key) % this.size);
    this.skips = Uint32Array.from(keys, (key) => (hashText(key, 1) % (this.size - 1)) + 1);
  }

  prepare(): boolean {
    for (let looks = LOOKS_PER_SLICE; this.free > 0 && looks > 0; looks -= this.passing) {
      const before = this.looked;
      if (!this.seek(this.order[this.turn]!, looks)) return false;
      looks -= this.looked - before;
      this.looked = 0;
      this.passTurn();
    }
    return this.free === 0;
  }

  locate(hash: number): number {
    if (this.free > 0) while (!this.prepare());
    return this.places[(hash >>> 0) % this.size]! - 1;
  }

  private passTurn(): void {
    if (this.uniform) {
      this.turn = this.turn + 1 === this.order.length ? 0 : this.turn + 1;
      return;
    }
    const weight = this.weights[this.order[this.turn]!]!;
    const turns = this.turns[this.turn]! + 1;
    const target = turns * this.heaviest;
    let round = Math.max(this.rounds[this.turn]! + 1, Math.floor(target / weight));
    while (round * weight < target) round++;
    this.turns[this.turn] = turns;
    this.rounds[this.turn] = round;
    this.sink();
    this.turn = this.heap[0]!;
  }

  /** Moves what is at the top of the heap down until both below it are later. */
  private sink(): void {
    const { heap } = this;
    const place = heap[0]!;
    let slot = 0;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.earlier(heap[below + 1]!, heap[below]!)) below++;
      if (!this.earlier(heap[below]!, place)) break;
      heap[slot] = heap[below]!;
      slot = below;
    }
    heap[slot] = place;
  }

  private earlier(a: number, b: number): boolean {
    const difference = this.rounds[a]! - this.rounds[b]!;
    return difference < 0 || (difference === 0 && a < b);
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
