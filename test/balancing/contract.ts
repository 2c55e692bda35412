/**
 * What every algorithm must do, whatever else it does. Each algorithm's test runs this suite; the registry's test makes
 * sure that none is forgotten.
 */
import fc from 'fast-check';
import { createPicker, type Picker } from '../../src/balancing';
import { type LoadBalancingConfig, withPolicyDefaults } from '../../src/contract';
import { bytesPerCall } from '../support/allocation';
import { endpoints, surroundings, tabulated, TestEndpoint } from './support';

export interface ContractOptions {
  /**
   * Largest difference between an endpoint's share of 20,000 requests and the share declared, when each request ends
   * before the next begins; undefined with the reason for an algorithm that doesn't weigh.
   */
  readonly shareTolerance: number | { readonly doesNotWeigh: string };
}

export function describeContract(policy: LoadBalancingConfig, options: ContractOptions): void {
  const config = withPolicyDefaults(policy);
  const pickerOf = (set: readonly TestEndpoint[], seed = 1): Picker<TestEndpoint> => createPicker(set, config, surroundings(seed));

  describe(`contract of all algorithms, given ${JSON.stringify(policy)}`, () => {
    it('picks nothing, given an empty set', () => {
      const picker = pickerOf([]);
      expect([picker.pick(), picker.pick()]).toEqual([undefined, undefined]);
    });

    it('picks the only endpoint every time, whatever is in flight to it', () => {
      const [only] = endpoints(7);
      const picker = pickerOf([only]);
      only.inFlight = 1_000;
      for (let turn = 0; turn < 20; turn++) expect(picker.pick()).toBe(only);
    });

    it('changes neither the list nor the endpoints', () => {
      const set = Object.freeze(endpoints(3, 1, 2).map((endpoint) => Object.freeze(endpoint)));
      const picker = pickerOf(set);
      for (let turn = 0; turn < 50; turn++) picker.pick();
      expect(set).toEqual(endpoints(3, 1, 2));
    });

    it('picks the same, given the same chance', () => {
      const run = () => {
        const picker = pickerOf(endpoints(3, 1, 2, 2), 42);
        return Array.from({ length: 100 }, () => picker.pick()!.key);
      };
      expect(run()).toEqual(run());
    });

    it('gives equal endpoints equal shares', () => {
      const set = endpoints(1, 1, 1, 1, 1);
      const shares = sharesOf(set, 20_000, pickerOf(set));
      for (const share of shares) expect(share).toBeCloseTo(0.2, 1);
    });

    const { shareTolerance } = options;
    if (typeof shareTolerance === 'number') {
      it.each([[[5, 1, 1]], [[3, 2, 1]], [[100, 1, 50, 7]], [[1, 1, 1, 1, 1, 5]], [[0.5, 0.25, 0.25]], [[65_535, 32_768, 1_000]]])(
        'gives shares in proportion to weights %j', (weights) => {
          const set = endpoints(...weights);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          sharesOf(set, 20_000, pickerOf(set)).forEach((share, index) => {
            expect(Math.abs(share - weights[index] / total)).toBeLessThan(shareTolerance);
          });
        });
    } else {
      it(`gives equal shares, given unequal weights: ${shareTolerance.doesNotWeigh}`, () => {
        const set = endpoints(9, 1, 5);
        for (const share of sharesOf(set, 30_000, pickerOf(set))) expect(share).toBeCloseTo(1 / 3, 2);
      });
    }

    it('reaches every endpoint and no other, after any sequence of membership changes', () => {
      const change = fc.record({ add: fc.boolean(), weight: fc.integer({ min: 1, max: 20 }), at: fc.nat(), picks: fc.nat(30) });
      fc.assert(fc.property(fc.array(change, { maxLength: 20 }), fc.integer(), (changes, seed) => {
        const around = surroundings(seed);
        let members: TestEndpoint[] = endpoints(1);
        let names = 0;
        let picker = createPicker(members, config, around);
        for (const { add, weight, at, picks } of changes) {
          members = add
            ? [...members, new TestEndpoint(`n${names++}`, weight)]
            : members.filter((_, index) => index !== at % members.length);
          picker = createPicker(members, config, around);
          for (let turn = 0; turn < picks; turn++) {
            const picked = picker.pick();
            expect(members.length === 0 ? picked === undefined : members.includes(picked!)).toBe(true);
          }
        }
        const reached = new Set<string>();
        for (let turn = 0; turn < 20_000 && reached.size < members.length; turn++) reached.add(picker.pick()!.key);
        expect(reached).toEqual(new Set(members.map((member) => member.key)));
      }), { numRuns: 60, seed: 7 });
    });

    it('spreads the first picks of many instances over the endpoints', () => {
      const set = endpoints(1, 2, 1, 2, 1, 2, 1, 2);
      const first = new Set(Array.from({ length: 400 }, (_, seed) => pickerOf(set, seed).pick()!.key));
      expect(first.size).toBe(set.length);
    });

    it.each([['equal', [1, 1, 1, 1]], ['unequal', [4, 3, 2, 1]], ['many', manyWeights(500)]])(
      'allocates nothing per pick, given %s weights', (_, weights) => {
        const picker = createPicker(endpoints(...weights), config, tabulated());
        expect(bytesPerCall(() => picker.pick())).toBe(0);
      });

    it('costs about the same per pick, given 20 endpoints or 20,000', () => {
      const time = (count: number): number => {
        const picker = pickerOf(endpoints(...manyWeights(count)));
        const run = (): number => {
          const before = process.hrtime.bigint();
          for (let turn = 0; turn < 20_000; turn++) picker.pick();
          return Number(process.hrtime.bigint() - before);
        };
        return Math.min(run(), run(), run(), run(), run());
      };
      // A cost that grows with n would be 1,000 times higher; the rest is left to caches and the logarithm.
      expect(time(20_000) / time(20)).toBeLessThan(60);
    });
  });
}

/** Weights from 1 to 1,000 in no order. */
function manyWeights(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 1 + ((index * 7_919) % 1_000));
}

function sharesOf(set: readonly TestEndpoint[], requests: number, picker: Picker<TestEndpoint>): number[] {
  const counts = new Map(set.map((endpoint) => [endpoint, 0]));
  for (let turn = 0; turn < requests; turn++) {
    const picked = picker.pick()!;
    counts.set(picked, counts.get(picked)! + 1);
  }
  return set.map((endpoint) => counts.get(endpoint)! / requests);
}
