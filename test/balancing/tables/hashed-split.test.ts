import fc from 'fast-check';
import { HashedSplit, mixHash, NONE_AVAILABLE } from '../../../src/balancing';
import { tally } from '../support';

const all = () => true;
const NAMES = ['shop/catalog-v1', 'shop/catalog-v2', 'shop/catalog-v3'];
const KEYS = Array.from({ length: 20_000 }, (_, key) => mixHash(key, 7));
const homes = (weights: readonly number[], isAvailable: (index: number) => boolean = all) => {
  const split = new HashedSplit(NAMES.slice(0, weights.length), weights);
  return KEYS.map((key) => split.next(key, isAvailable));
};
/** Parts of the keys that go from one target to another, by `from>to`. */
const moves = (before: readonly number[], after: readonly number[]) => {
  const moved: Record<string, number> = {};
  before.forEach((from, index) => {
    const to = after[index];
    if (from !== to) moved[`${from}>${to}`] = (moved[`${from}>${to}`] ?? 0) + 1 / KEYS.length;
  });
  return moved;
};

describe('a split by hash', () => {
  it.each([[[95, 5]], [[1, 1]], [[1, 99]], [[50, 30, 20]], [[1_000_000, 1]]])('has shares that follow the weights over many keys, given %j', (weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const found = homes(weights);
    tally(weights.length, found.length, (() => { let at = 0; return () => found[at++]; })()).forEach((count, index) => {
      expect(Math.abs(count / found.length - weights[index] / total)).toBeLessThan(0.012);
    });
  });

  it('moves a tenth of the keys from 90 and 10 to 80 and 20, all in the same direction', () => {
    expect(moves(homes([90, 10]), homes([80, 20]))).toEqual({ '0>1': expect.closeTo(0.1, 2) as number });
  });

  it('moves no key as long as weights keep their proportion, or another order of the same targets', () => {
    expect(homes([18, 2])).toEqual(homes([90, 10]));
    const turned = new HashedSplit([...NAMES].reverse(), [20, 30, 50]);
    expect(KEYS.map((key) => 2 - turned.next(key, all))).toEqual(homes([50, 30, 20]));
  });

  it('moves keys only to the one whose weight rises, or from the one whose weight falls, given any weights', () => {
    const weight = fc.integer({ min: 1, max: 100 });
    fc.assert(fc.property(fc.tuple(weight, weight, weight), fc.nat(2), weight, (weights, at, more) => {
      const risen = weights.map((own, index) => (index === at ? own + more : own));
      const [before, after] = [homes(weights), homes(risen)];
      expect(after.filter((to, index) => to !== before[index] && to !== at)).toEqual([]);
    }), { seed: 6, numRuns: 15 });
  });

  it('moves only the keys of a target that is not available, and they come back', () => {
    const before = homes([50, 30, 20]);
    const without = homes([50, 30, 20], (index) => index !== 1);
    expect(without).not.toContain(1);
    expect(before.filter((from, index) => from !== 1 && from !== without[index])).toEqual([]);
    expect(homes([50, 30, 20], () => false)[0]).toBe(NONE_AVAILABLE);
  });
});
