import fc from 'fast-check';
import { hashText } from '../../../src/balancing';
import { subsetOf } from '../../../src/balancing/stages/subset';

const set = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `10.2.${index >> 8}.${index & 255}:80` }));

describe('a subset', () => {
  it('is all, given no more endpoints than its size', () => {
    const few = set(5);
    expect(subsetOf(few, 5, 1)).toBe(few);
  });

  it('has its size, keeps the order, and is the same each time, given any', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), fc.nat(0xffffffff), (count, size, seed) => {
      const all = set(count);
      const chosen = subsetOf(all, size, seed);
      expect(chosen).toHaveLength(Math.min(count, size));
      expect(chosen).toEqual(all.filter((endpoint) => chosen.includes(endpoint)));
      expect(subsetOf([...all].reverse(), size, seed).map(({ key }) => key).sort()).toEqual(chosen.map(({ key }) => key).sort());
    }), { seed: 1, numRuns: 50 });
  });

  it('changes by one endpoint at most when one goes', () => {
    const all = set(100);
    for (let gone = 0; gone < 100; gone++) {
      const before = new Set(subsetOf(all, 10, 7).map(({ key }) => key));
      const after = subsetOf(all.filter((_, index) => index !== gone), 10, 7).map(({ key }) => key);
      expect(after.filter((key) => !before.has(key)).length).toBe(before.has(all[gone].key) ? 1 : 0);
    }
  });

  it('of a thousand proxies uses every endpoint about as often', () => {
    const all = set(50);
    const counts = new Map(all.map(({ key }) => [key, 0]));
    for (let proxy = 0; proxy < 1_000; proxy++) {
      for (const { key } of subsetOf(all, 10, hashText(`web-${proxy}`))) counts.set(key, counts.get(key)! + 1);
    }
    // 200 on average, of a deviation of about 12.6.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(65);
  });

  it('has its size, given endpoints whose keys are equal', () => {
    expect(subsetOf(new Array(20).fill({ key: 'twin' }), 3, 1)).toHaveLength(3);
  });
});
