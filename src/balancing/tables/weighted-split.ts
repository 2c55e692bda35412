/**
 * Splits requests over a few targets (the clusters of a route) by weight, leaving out those that can't take requests just
 * now: their share goes to the others in proportion to the others' weights.
 *
 * The split of all targets always goes its way; only a request that falls to an unavailable target is split again over
 * the available ones. Shares come out right, share(i) + share(gone) * share(i among the rest) = share(i among the rest),
 * a target that comes back gets its own share at once and no more (nothing was saved up for it), and while all are
 * available a request costs one step in a sequence and one question. The split over the rest is kept until the set of
 * available targets changes.
 *
 * Shares are exact over a period of at most {@link MAX_WINDOW} requests, and over a longer one they are off by less than a
 * window. The order is by chance, so that a version gets its share of each kind of requests: see shuffled-sequence.ts.
 */
import { ShuffledSequence } from './shuffled-sequence';
import { IndexSequence, weightedSequence, wholeWeights } from './weighted-sequence';

/** A period longer than this is shuffled in parts: 4 KiB, and some microseconds each time that it is filled. */
const MAX_WINDOW = 1_024;

/** What {@link WeightedSplit.next} returns when no target is available. */
export const NONE_AVAILABLE = -1;

export class WeightedSplit {
  /** Targets with a weight above 0, by their index in the weights given. */
  private readonly targets: readonly number[];
  private readonly all: IndexSequence;
  /** Of each target: whether it was available when `rest` was built. */
  private readonly available: Uint8Array;
  /** Those available, and the split over them; undefined until needed or when there are none. */
  private restTargets: readonly number[] = [];
  private rest: IndexSequence | undefined = undefined;

  /**
   * @param weights whole numbers, 0 or more, at least one above 0; a target of weight 0 is never returned
   * @param random  uniform in [0, 1); asked once per request, twice when the chosen target is unavailable
   */
  constructor(private readonly weights: readonly number[], private readonly random: () => number) {
    this.targets = weights.flatMap((weight, index) => (weight > 0 ? [index] : []));
    if (this.targets.length === 0) {
      throw new RangeError(`a split needs at least one weight above 0, got [${weights.join(', ')}]`);
    }
    this.all = this.over(this.targets);
    this.available = new Uint8Array(this.targets.length);
  }

  /**
   * The target of one request, or {@link NONE_AVAILABLE}.
   *
   * @param isAvailable whether the target at this index of the weights can take requests; must not change during the call
   */
  next(isAvailable: (index: number) => boolean): number {
    const chosen = this.targets[this.all.next()]!;
    return isAvailable(chosen) ? chosen : this.nextOfRest(isAvailable);
  }

  private nextOfRest(isAvailable: (index: number) => boolean): number {
    let changed = false;
    for (let slot = 0; slot < this.targets.length; slot++) {
      const available = isAvailable(this.targets[slot]!) ? 1 : 0;
      if (available !== this.available[slot]) {
        this.available[slot] = available;
        changed = true;
      }
    }
    if (changed) {
      this.restTargets = this.targets.filter((_, slot) => this.available[slot] === 1);
      this.rest = this.restTargets.length === 0 ? undefined : this.over(this.restTargets);
    }
    return this.rest === undefined ? NONE_AVAILABLE : this.restTargets[this.rest.next()]!;
  }

  private over(targets: readonly number[]): IndexSequence {
    const weights = targets.map((index) => this.weights[index]!);
    const period = wholeWeights(weights).reduce((sum, weight) => sum + weight, 0);
    return new ShuffledSequence(weightedSequence(weights, this.random), Math.min(period, MAX_WINDOW), this.random);
  }
}
