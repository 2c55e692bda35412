import fc from 'fast-check';
import { NONE_AVAILABLE, WeightedSplit } from '../../../src/balancing';
import { seededRandom, tally } from '../support';

const all = () => true;

describe('weighted split', () => {
  it.each([[[95, 5]], [[50, 50]], [[1, 99]], [[33, 33, 34]], [[1_000_000, 1]], [[999_983, 1, 500_009]]])(
    'holds shares within 1%% of all requests over 10,000, given weights %j', (weights) => {
      const split = new WeightedSplit(weights, seededRandom(1));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      tally(weights.length, 10_000, () => split.next(all)).forEach((count, index) => {
        expect(Math.abs(count / 10_000 - weights[index] / total)).toBeLessThan(0.001);
      });
    });

  it('is exact over the sum of the weights', () => {
    const split = new WeightedSplit([90, 7, 3], seededRandom(2));
    expect(tally(3, 10_000, () => split.next(all))).toEqual([9_000, 700, 300]);
  });

  it('spreads a small share over all periods, never in a burst', () => {
    const split = new WeightedSplit([95, 5], seededRandom(3));
    for (let period = 0; period < 500; period++) expect(tally(2, 20, () => split.next(all))).toEqual([19, 1]);
  });

  it.each([2, 3, 5, 10])('gives each of %i kinds of requests that take turns the same shares', (kinds) => {
    const split = new WeightedSplit([70, 10, 20], seededRandom(6));
    const counts = Array.from({ length: kinds }, () => [0, 0, 0]);
    for (let turn = 0; turn < 30_000; turn++) counts[turn % kinds]![split.next(all)]! += 1;
    for (const [, , last] of counts) expect(Math.abs(last! / (30_000 / kinds) - 0.2)).toBeLessThan(0.03);
  });

  it('never takes a target of weight 0, available or not', () => {
    const split = new WeightedSplit([0, 3, 0, 1], seededRandom(1));
    expect(tally(4, 400, () => split.next(all))).toEqual([0, 300, 0, 100]);
    expect(split.next((index) => index === 0)).toBe(NONE_AVAILABLE);
  });

  it('begins anywhere, so that many proxies do not send their first request to the same target', () => {
    const first = tally(2, 1_000, ((seed) => () => new WeightedSplit([3, 1], seededRandom(seed++)).next(all))(0));
    expect(first[1]).toBeGreaterThan(150);
    expect(first[1]).toBeLessThan(350);
  });

  it('leaves the share of an unavailable target to the others, in proportion', () => {
    const split = new WeightedSplit([50, 30, 20], seededRandom(4));
    expect(tally(3, 10_000, () => split.next((index) => index !== 0)).map((count) => Math.round(count / 100))).toEqual([0, 60, 40]);
  });

  it('gives a target that comes back its own share at once, and nothing more', () => {
    const split = new WeightedSplit([3, 1], seededRandom(4));
    for (let turn = 0; turn < 1_000; turn++) expect(split.next((index) => index === 0)).toBe(0);
    expect(tally(2, 40, () => split.next(all))).toEqual([30, 10]);
  });

  it('returns no target, given that none is available, and recovers', () => {
    const split = new WeightedSplit([3, 1], seededRandom(4));
    expect(split.next(() => false)).toBe(NONE_AVAILABLE);
    expect(split.next((index) => index === 1)).toBe(1);
    expect(split.next(() => false)).toBe(NONE_AVAILABLE);
    expect([0, 1]).toContain(split.next(all));
  });

  it('only ever returns available targets with a weight, given any weights and any changes', () => {
    fc.assert(fc.property(
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 6 }).filter((weights) => weights.some((weight) => weight > 0)),
      fc.array(fc.tuple(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), fc.integer({ min: 1, max: 20 })), { maxLength: 20 }),
      (weights, changes) => {
        const split = new WeightedSplit(weights, seededRandom(1));
        for (const [available, requests] of changes) {
          const usable = weights.flatMap((weight, index) => (weight > 0 && available[index] ? [index] : []));
          for (let turn = 0; turn < requests; turn++) {
            const index = split.next((target) => available[target]);
            expect(usable.length === 0 ? index === NONE_AVAILABLE : usable.includes(index)).toBe(true);
          }
        }
      }), { numRuns: 200, seed: 5 });
  });

  it('asks one question per request while the chosen target is available', () => {
    const split = new WeightedSplit([5, 4, 3, 2], seededRandom(1));
    let asked = 0;
    for (let turn = 0; turn < 100; turn++) split.next(() => { asked++; return true; });
    expect(asked).toBe(100);
  });

  it('refuses weights that are all 0', () => {
    expect(() => new WeightedSplit([0, 0], seededRandom(1))).toThrow('a split needs at least one weight above 0, got [0, 0]');
  });
});
