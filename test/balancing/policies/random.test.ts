import fc from 'fast-check';
import { createPicker } from '../../../src/balancing';
import { AliasTable } from '../../../src/balancing/tables/alias-table';
import { describeContract, NOT_BY_HASH } from '../contract';
import { chiSquareDeviations, endpoints, seededRandom, runtime, tally } from '../support';

describe('random', () => {
  describeContract({ type: 'random' }, { shareTolerance: 0.02, movement: NOT_BY_HASH });

  it.each([[[1, 1, 1, 1, 1, 1, 1]], [[5, 1, 1]], [[1, 2, 3, 4, 5, 6, 7, 8]], [[1_000, 1, 1, 10]]])(
    'passes a chi-square test over 200,000 picks, given weights %j', (weights) => {
      const set = endpoints(...weights);
      const picker = createPicker(set, { type: 'random' }, runtime(11));
      const counts = tally(set.length, 200_000, () => set.indexOf(picker.pick()!));
      expect(chiSquareDeviations(counts, weights)).toBeLessThan(4);
    });

  it('has no memory: a pick does not depend on the one before', () => {
    const set = endpoints(1, 1, 1);
    const picker = createPicker(set, { type: 'random' }, runtime(5));
    let last = 0;
    const pairs = tally(9, 90_000, () => {
      const index = set.indexOf(picker.pick()!);
      const pair = last * 3 + index;
      last = index;
      return pair;
    });
    expect(chiSquareDeviations(pairs, new Array(9).fill(1))).toBeLessThan(4);
  });
});

describe('alias table', () => {
  /** Exact probabilities: how much of [0, 1) leads to each index, by a fine and even grid. */
  const grid = (weights: readonly number[], cells: number): number[] => {
    let cell = 0;
    const table = new AliasTable(weights, () => (cell++ + 0.5) / cells);
    return tally(weights.length, cells, () => table.draw()).map((count) => count / cells);
  };

  it('gives each index its weight\'s part of [0, 1), given any weights', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 40 }), (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const cells = 20_000;
      grid(weights, cells).forEach((share, index) => {
        // Each column has two edges, each of which misplaces at most one cell.
        expect(Math.abs(share - weights[index] / total)).toBeLessThanOrEqual((2 * weights.length) / cells);
      });
    }), { numRuns: 100, seed: 3 });
  });

  it('draws within the list, given the largest value below 1', () => {
    for (const weights of [[1, 1, 1], [5, 1, 1], [1, 65_535]]) {
      const table = new AliasTable(weights, () => 1 - 2 ** -53);
      expect(table.draw()).toBeLessThan(weights.length);
    }
  });

  it('needs no table, given equal weights', () => {
    expect(new AliasTable([4, 4, 4], seededRandom(1)).uniform).toBe(true);
    expect(new AliasTable([4, 4, 5], seededRandom(1)).uniform).toBe(false);
  });
});
