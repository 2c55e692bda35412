/**
 * Ring hash: each endpoint has points on a ring of 2^32 places, in proportion to its weight; a key belongs to the first
 * point at or after its hash. D. Karger et al., "Consistent hashing and random trees" (1997). An endpoint that comes or goes
 * moves only the keys that are, or were, its own: 1/n of all.
 *
 * That holds as long as the others keep their points, so their number must not depend on how many endpoints there are: here,
 * as in ketama and nginx, the lightest endpoint has a fixed number and the others theirs in proportion. Envoy instead fills a
 * ring of a least size (ring_hash_lb.cc): when one of ten endpoints goes, each of the nine left gets eleven points more, and
 * as many keys again move for nothing. Only where the largest size leaves no room are points halved.
 *
 * Shares are as even as points are many: with p points an endpoint its share strays by about 1/sqrt(p).
 *
 * Points lie evenly, so the ring is cut into about as many arcs as there are points: a look-up goes to the first point at or
 * after the beginning of its arc and steps on from there, about once. O(1) a pick on average, about 12 bytes a point.
 *
 * The arcs also sort the points: each point goes to its arc, and the few of an arc are put in order. So building is O(p n), and it
 * can be done in slices, for a large ring takes longer than traffic may wait.
 */
import type { RingHashConfig } from '../../contract';
import { hashText, mixHash } from '../tables/hash';
import { Locator, pickByHash } from './hash-picker';
import type { PickerFactory } from '../endpoints/picker';

/** Points and arcs that are visited in one slice, at least: tenths of a millisecond, some more before the compiler has seen it. */
export const VISITS_PER_SLICE = 16_384;

/** Arcs that are visited without looking whether the slice is over. */
const ARCS_AT_ONCE = 1_024;

/**
 * How many points each endpoint gets, at least one.
 *
 * @param points of the lightest
 * @param maximum of all together, as far as each can have one
 */
export function ringShares(weights: readonly number[], points: number, maximum: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const least = weights.reduce((smallest, weight) => Math.min(smallest, weight), Infinity);
  let perWeight = points / least;
  while (perWeight * total > maximum) perWeight /= 2;
  return weights.map((weight) => Math.max(1, Math.round(perWeight * weight)));
}

export class Ring implements Locator {
  private readonly points: Uint32Array;
  private readonly owners: Uint32Array;
  /** Of each arc the first point at or after its beginning. */
  private readonly firsts: Uint32Array;
  /** What makes a place on the ring its arc. */
  private readonly arcShift: number;
  private readonly work: Iterator<void>;
  private built = false;

  /** @param shares how many points each key gets */
  constructor(private readonly keys: readonly string[], private readonly shares: readonly number[]) {
    const size = shares.reduce((sum, points) => sum + points, 0);
    this.points = new Uint32Array(size);
    this.owners = new Uint32Array(size);
    const arcBits = Math.max(1, Math.floor(Math.log2(size)));
    this.arcShift = 32 - arcBits;
    this.firsts = new Uint32Array(2 ** arcBits);
    this.work = this.build();
  }

  prepare(): boolean {
    this.built ||= this.work.next().done === true;
    return this.built;
  }

  locate(hash: number): number {
    if (!this.built) while (!this.prepare());
    const place = hash >>> 0;
    let slot = this.firsts[place >>> this.arcShift]!;
    while (slot < this.points.length && this.points[slot]! < place) slot++;
    return this.owners[slot === this.points.length ? 0 : slot]!;
  }

  /** Builds the ring; stops after every slice. What is done often is in functions of its own, which the compiler soon sees. */
  private* build(): Generator<void, void> {
    const { shares, firsts } = this;
    const seeds = Int32Array.from(this.keys, (key) => hashText(key));
    let visits = 0;
    const isOver = (more: number): boolean => {
      visits += more;
      if (visits < VISITS_PER_SLICE) return false;
      visits = 0;
      return true;
    };
    for (const [owner, share] of shares.entries()) {
      this.count(seeds[owner]!, share);
      if (isOver(share)) yield;
    }
    for (let arc = 0; arc < firsts.length; arc += ARCS_AT_ONCE) {
      this.sum(arc, Math.min(arc + ARCS_AT_ONCE, firsts.length));
      if (isOver(ARCS_AT_ONCE)) yield;
    }
    for (const [owner, share] of shares.entries()) {
      this.place(owner, seeds[owner]!, share);
      if (isOver(share)) yield;
    }
    for (let arc = 0; arc < firsts.length; arc += ARCS_AT_ONCE) {
      this.sort(arc, Math.min(arc + ARCS_AT_ONCE, firsts.length));
      if (isOver(ARCS_AT_ONCE)) yield;
    }
  }

  /** Counts the points of an endpoint by their arcs. */
  private count(seed: number, share: number): void {
    for (let point = 0; point < share; point++) this.firsts[mixHash(seed, point) >>> this.arcShift]!++;
  }

  /** From how many points each arc has to where they end, which then moves down to where they begin. */
  private sum(from: number, to: number): void {
    for (let arc = Math.max(1, from); arc < to; arc++) this.firsts[arc]! += this.firsts[arc - 1]!;
  }

  /** Puts the points of an endpoint into their arcs. */
  private place(owner: number, seed: number, share: number): void {
    for (let point = 0; point < share; point++) {
      const place = mixHash(seed, point) >>> 0;
      const slot = --this.firsts[place >>> this.arcShift]!;
      this.points[slot] = place;
      this.owners[slot] = owner;
    }
  }

  private sort(from: number, to: number): void {
    for (let arc = from; arc < to; arc++) this.sortArc(this.firsts[arc]!, this.firsts[arc + 1] ?? this.points.length);
  }

  /** Puts the points of an arc in order by insertion: there are a few. Of equal ones the first owner comes first. */
  private sortArc(start: number, end: number): void {
    const { points, owners } = this;
    for (let slot = start + 1; slot < end; slot++) {
      const point = points[slot]!;
      const owner = owners[slot]!;
      let to = slot;
      for (; to > start && (points[to - 1]! > point || (points[to - 1] === point && owners[to - 1]! > owner)); to--) {
        points[to] = points[to - 1]!;
        owners[to] = owners[to - 1]!;
      }
      points[to] = point;
      owners[to] = owner;
    }
  }
}

export const ringHash: PickerFactory<RingHashConfig> = (candidates, config, runtime) => {
  const { endpoints, weights } = candidates;
  const { pointsPerEndpoint, maximumRingSize, boundedLoadPercent } = config;
  if (pointsPerEndpoint === undefined || maximumRingSize === undefined) {
    throw new TypeError('ring hash needs its points and its largest size; fill in the configuration\'s defaults before building a picker');
  }
  const ring = (): Ring => new Ring(endpoints.map(({ key }) => key), ringShares(weights, pointsPerEndpoint, maximumRingSize));
  return pickByHash(candidates, ring, boundedLoadPercent, runtime);
};
