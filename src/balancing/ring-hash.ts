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
 * after the beginning of its arc and steps on from there, about once. O(p n log(p n)) to build, O(1) a pick on average,
 * about 12 bytes a point.
 */
import type { RingHashConfig } from '../contract';
import { hashText, mixHash } from './hash';
import { Locator, pickByHash } from './hash-picker';
import type { PickerFactory } from './picker';

/** Endpoints that a point's owner is told apart from others by, in the sort key: hash and owner fit in 53 bits. */
const MAX_OWNERS = 2 ** 21;

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

  /** @param shares how many points each key gets */
  constructor(keys: readonly string[], shares: readonly number[]) {
    const size = shares.reduce((sum, points) => sum + points, 0);
    const sorted = new Float64Array(size);
    let filled = 0;
    keys.forEach((key, owner) => {
      const seed = hashText(key);
      for (let point = 0; point < shares[owner]!; point++) sorted[filled++] = (mixHash(seed, point) >>> 0) * MAX_OWNERS + owner;
    });
    sorted.sort();
    this.points = new Uint32Array(size);
    this.owners = new Uint32Array(size);
    for (let slot = 0; slot < size; slot++) {
      const point = Math.floor(sorted[slot]! / MAX_OWNERS);
      this.points[slot] = point;
      this.owners[slot] = sorted[slot]! - point * MAX_OWNERS;
    }
    const arcBits = Math.max(1, Math.floor(Math.log2(size)));
    this.arcShift = 32 - arcBits;
    this.firsts = new Uint32Array(2 ** arcBits);
    for (let arc = 0, slot = 0; arc < this.firsts.length; arc++) {
      while (slot < size && this.points[slot]! < arc * 2 ** this.arcShift) slot++;
      this.firsts[arc] = slot;
    }
  }

  locate(hash: number): number {
    const place = hash >>> 0;
    let slot = this.firsts[place >>> this.arcShift]!;
    while (slot < this.points.length && this.points[slot]! < place) slot++;
    return this.owners[slot === this.points.length ? 0 : slot]!;
  }
}

export const ringHash: PickerFactory<RingHashConfig> = (candidates, config, surroundings) => {
  const { endpoints, weights } = candidates;
  const { pointsPerEndpoint, maximumRingSize, boundedLoadPercent } = config;
  if (pointsPerEndpoint === undefined || maximumRingSize === undefined) {
    throw new TypeError('ring hash needs its points and its largest size; fill in the configuration\'s defaults before building a picker');
  }
  const ring = (): Ring => new Ring(endpoints.map(({ key }) => key), ringShares(weights, pointsPerEndpoint, maximumRingSize));
  return pickByHash(candidates, ring, boundedLoadPercent, surroundings);
};
