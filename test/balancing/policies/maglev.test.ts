import fc from 'fast-check';
import { createPicker } from '../../../src/balancing';
import { hashText, mixHash } from '../../../src/balancing/tables/hash';
import { MaglevTable } from '../../../src/balancing/policies/maglev-table';
import { withPolicyDefaults } from '../../../src/contract';
import { describeContract } from '../contract';
import { endpoints, runtime, tally } from '../support';

const PRIMES = [3, 7, 101, 1_009, 10_007];

function placesOf(keys: readonly string[], weights: readonly number[], size: number): number[] {
  const table = new MaglevTable(keys, weights, size);
  return tally(keys.length, size, (() => { let place = 0; return () => table.locate(place++); })());
}

/** As Envoy does it, at a cost of the number of endpoints for each round. */
function filledInRounds(keys: readonly string[], weights: readonly number[], size: number): number[] {
  const order = [...keys.keys()].sort((a, b) => (keys[a] < keys[b] ? -1 : 1));
  const heaviest = Math.max(...weights);
  const places = new Array<number>(size).fill(-1);
  const targets = keys.map(() => 0);
  const next = keys.map((key) => hashText(key) % size);
  for (let round = 1, free = size; free > 0; round++) {
    for (const index of order) {
      if (free === 0 || round * weights[index] < targets[index]) continue;
      targets[index] += heaviest;
      while (places[next[index]] >= 0) next[index] = (next[index] + (hashText(keys[index], 1) % (size - 1)) + 1) % size;
      places[next[index]] = index;
      free--;
    }
  }
  return places;
}

const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}:80`);

describe('maglev', () => {
  describeContract({ type: 'maglev' }, { shareTolerance: 0.02, movement: 0.13 });
  describeContract({ type: 'maglev', tableSize: 1_009 }, { shareTolerance: 0.08, movement: 0.2 });

  it('gives weights 1 and 2 the places 21,846 and 43,691 of 65,537, as Envoy does', () => {
    expect(placesOf(['a', 'b'], [1, 2], 65_537).sort((a, b) => a - b)).toEqual([21_846, 43_691]);
  });

  it('gives equal endpoints places that differ by one at most', () => {
    for (const count of [3, 10, 100]) {
      const places = placesOf(keysOf(count), new Array<number>(count).fill(1), 10_007);
      expect(Math.max(...places) - Math.min(...places)).toBeLessThanOrEqual(1);
    }
  });

  it('fills every place, each by one of the endpoints and each endpoint with its weight\'s part, given any weights', () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 }), fc.constantFrom(...PRIMES.slice(2)), (weights, size) => {
        const places = placesOf(keysOf(weights.length), weights, size);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        expect(places.reduce((sum, count) => sum + count, 0)).toBe(size);
        places.forEach((count, index) => expect(Math.abs(count - (size * weights[index]) / total)).toBeLessThanOrEqual(weights.length + 1));
      }), { seed: 4, numRuns: 60 });
  });

  it('gives every endpoint a place, given one that outweighs all others', () => {
    expect(Math.min(...placesOf(keysOf(50), [1_000_000, ...new Array<number>(49).fill(1)], 65_537))).toBe(1);
  });

  it('has a place for everyone, given more endpoints than places', () => {
    const table = new MaglevTable(keysOf(200), new Array<number>(200).fill(1), 101);
    expect(table.size).toBeGreaterThan(200);
    expect(new Set(Array.from({ length: table.size }, (_, place) => table.locate(place))).size).toBe(200);
  });

  it('says so when its size is not prime, instead of filling for ever', () => {
    expect(() => placesOf(keysOf(5), [1, 1, 1, 1, 1], 1_024)).toThrow('must be a prime number');
  });

  it('moves about twice what must move, of 100 endpoints one, and less with a larger table', () => {
    const set = endpoints(...new Array<number>(100).fill(1));
    const moved = (tableSize: number): number => {
      const config = withPolicyDefaults({ type: 'maglev', tableSize });
      const before = createPicker(set, config, runtime());
      const after = createPicker(set.slice(1), config, runtime());
      let count = 0;
      for (let key = 0; key < 20_000; key++) {
        const request = { hash: mixHash(key, 3) };
        if (before.pick(request) !== after.pick(request)) count++;
      }
      return count / 20_000;
    };
    const [small, large] = [moved(10_007), moved(655_373)];
    expect(small).toBeLessThan(0.05);
    expect(large).toBeLessThan(0.025);
    expect(large).toBeGreaterThan(0.01);
    expect(large).toBeLessThan(small);
  });

  it('is filled in slices that each look a bounded number of times, and is the same as filled at once', () => {
    const keys = keysOf(1_000);
    const weights = keys.map((_, index) => 1 + (index % 7));
    const sliced = new MaglevTable(keys, weights, 655_373);
    let slices = 1;
    while (!sliced.prepare()) slices++;
    expect(slices).toBeGreaterThan(10);
    const atOnce = new MaglevTable(keys, weights, 655_373);
    for (let place = 0; place < 655_373; place += 97) expect(sliced.locate(place)).toBe(atOnce.locate(place));
  });

  it('is the table that going round all endpoints in each round makes, given any weights', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }), (weights) => {
      const keys = keysOf(weights.length).map((key) => key.replace('10.1', '10.7'));
      const table = new MaglevTable(keys, weights, 1_009);
      expect(Array.from({ length: 1_009 }, (_, place) => table.locate(place))).toEqual(filledInRounds(keys, weights, 1_009));
    }), { seed: 2, numRuns: 40 });
  });

  it('takes about as many slices with one weight of 1,000 among 1,000 endpoints as with equal ones', () => {
    const slicesOf = (weights: readonly number[]): number => {
      const table = new MaglevTable(keysOf(weights.length), weights, 65_537);
      let slices = 1;
      while (!table.prepare()) slices++;
      return slices;
    };
    const equal = new Array<number>(1_000).fill(1);
    expect(slicesOf([1_000, ...equal.slice(1)])).toBeLessThan(3 * slicesOf(equal));
  });

  it('refuses a configuration whose defaults are not filled in', () => {
    expect(() => createPicker(endpoints(1, 1), { type: 'maglev' }, runtime())).toThrow('defaults');
  });
});
