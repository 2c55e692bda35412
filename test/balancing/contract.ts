/**
 * What every algorithm must do, whatever else it does. Each algorithm's test runs this suite; the registry's test makes
 * sure that none is forgotten.
 */
import fc from 'fast-check';
import { Balancer, createPicker, type Picker, type PickRequest } from '../../src/balancing';
import { mixHash } from '../../src/balancing/tables/hash';
import { type LoadBalancingConfig, withBalancingDefaults, withPolicyDefaults } from '../../src/contract';
import { bytesPerCall } from '../support/allocation';
import { endpoints, runtime, tabulated, tally, TestEndpoint } from './support';

export interface ContractOptions {
  /**
   * Largest difference between an endpoint's share of 20,000 requests and the share declared, when each request ends
   * before the next begins; the reason for an algorithm that doesn't weigh.
   */
  readonly shareTolerance: number | { readonly doesNotWeigh: string };
  /**
   * For an algorithm that keeps equal hashes together: the largest part of them that may move when one of ten endpoints
   * comes or goes, of which a tenth must. The reason for one that doesn't.
   */
  readonly movement: number | { readonly doesNotKeep: string };
}

/** `movement` of the algorithms that don't look at hashes. */
export const NOT_BY_HASH = { doesNotKeep: 'it does not look at hashes' };

/** Requests with hashes in no order; objects that are there already, so that a pick in a loop is all that allocates. */
const REQUESTS: readonly PickRequest[] = Array.from({ length: 1 << 15 }, (_, index) => ({ hash: mixHash(index, 77) }));

export function describeContract(policy: LoadBalancingConfig, options: ContractOptions): void {
  const config = withPolicyDefaults(policy);
  const keeps = typeof options.movement === 'number';
  const pickerOf = (set: readonly TestEndpoint[], seed = 1): Picker<TestEndpoint> => createPicker(set, config, runtime(seed));
  /** Picks for one request after the other. */
  const picking = (picker: Picker<TestEndpoint>): (() => TestEndpoint | undefined) => {
    if (!keeps) return () => picker.pick();
    let turn = 0;
    return () => picker.pick(REQUESTS[turn = (turn + 1) & (REQUESTS.length - 1)]);
  };
  const sharesOf = (set: readonly TestEndpoint[], picker: Picker<TestEndpoint>): number[] => {
    const pick = picking(picker);
    return tally(set.length, 20_000, () => set.indexOf(pick()!)).map((count) => count / 20_000);
  };

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

    it('picks any of all, given that none is believed to work, and nothing when panic is off', () => {
      const unavailable = (panicPercent: number): TestEndpoint[] => {
        const balancing = withBalancingDefaults({ loadBalancing: policy, failover: { panicPercent } });
        const balancer = new Balancer<TestEndpoint>(balancing, runtime(3), { identity: 'web-0' });
        balancer.update(endpoints(1, 1, 1, 1), () => false);
        return REQUESTS.slice(0, 400).map((request) => balancer.pick(request)!);
      };
      expect(new Set(unavailable(50).map(({ key }) => key)).size).toBe(4);
      expect(new Set(unavailable(0))).toEqual(new Set([undefined]));
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
      for (const share of sharesOf(set, pickerOf(set))) expect(share).toBeCloseTo(0.2, 1);
    });

    const { shareTolerance } = options;
    if (typeof shareTolerance === 'number') {
      it.each([[[5, 1, 1]], [[3, 2, 1]], [[100, 1, 50, 7]], [[1, 1, 1, 1, 1, 5]], [[0.5, 0.25, 0.25]], [[65_535, 32_768, 1_000]]])(
        'gives shares in proportion to weights %j', (weights) => {
          const set = endpoints(...weights);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          sharesOf(set, pickerOf(set)).forEach((share, index) => {
            expect(Math.abs(share - weights[index] / total)).toBeLessThan(shareTolerance);
          });
        });

      it('gives shares in proportion, given any weights', () => {
        fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), fc.integer(), (weights, seed) => {
          const set = endpoints(...weights);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          sharesOf(set, pickerOf(set, seed)).forEach((share, index) => {
            expect(Math.abs(share - weights[index] / total)).toBeLessThan(shareTolerance);
          });
        }), { numRuns: 25, seed: 11 });
      });

      it.each([[0], [-3], [NaN]])('counts a weight of %d as the mean of the others', (unknown) => {
        const set = endpoints(6, unknown, 2);
        sharesOf(set, pickerOf(set)).forEach((share, index) => {
          expect(Math.abs(share - [6, 4, 2][index] / 12)).toBeLessThan(shareTolerance);
        });
      });

      it.each([[Infinity], [1e300]])('gives nearly everything to an endpoint of weight %d', (enormous) => {
        const set = endpoints(enormous, 1, 1);
        const shares = sharesOf(set, pickerOf(set));
        expect(shares[0]).toBeGreaterThan(0.98);
      });
    } else {
      it(`gives equal shares, given unequal weights: ${shareTolerance.doesNotWeigh}`, () => {
        const set = endpoints(9, 1, 5);
        for (const share of sharesOf(set, pickerOf(set))) expect(share).toBeCloseTo(1 / 3, 2);
      });
    }

    it('picks one of the endpoints, given weights that are any numbers at all', () => {
      const weight = fc.oneof(fc.double(), fc.constantFrom(0, -0, -1, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE));
      fc.assert(fc.property(fc.array(weight, { minLength: 1, maxLength: 12 }), fc.integer(), (weights, seed) => {
        const set = endpoints(...weights);
        const pick = picking(pickerOf(set, seed));
        for (let turn = 0; turn < 50; turn++) expect(set).toContain(pick());
      }), { numRuns: 25, seed: 13 });
    });

    it('reaches every endpoint and no other, after any sequence of membership changes', () => {
      const change = fc.record({ add: fc.boolean(), weight: fc.integer({ min: 1, max: 20 }), at: fc.nat(), picks: fc.nat(30) });
      fc.assert(fc.property(fc.array(change, { maxLength: 20 }), fc.integer(), (changes, seed) => {
        const around = runtime(seed);
        let members: TestEndpoint[] = endpoints(1);
        let names = 0;
        let picker = createPicker(members, config, around);
        for (const { add, weight, at, picks } of changes) {
          members = add
            ? [...members, new TestEndpoint(`n${names++}`, weight)]
            : members.filter((_, index) => index !== at % members.length);
          picker = createPicker(members, config, around, { previous: picker });
          for (let turn = 0; turn < picks; turn++) {
            const picked = picker.pick();
            expect(members.length === 0 ? picked === undefined : members.includes(picked!)).toBe(true);
          }
        }
        const reached = new Set<string>();
        const pick = picking(picker);
        for (let turn = 0; turn < 20_000 && reached.size < members.length; turn++) reached.add(pick()!.key);
        expect(reached).toEqual(new Set(members.map((member) => member.key)));
      }), { numRuns: 60, seed: 7 });
    });

    it('spreads the first picks of many instances over the endpoints', () => {
      const set = endpoints(1, 2, 1, 2, 1, 2, 1, 2);
      const first = new Set(Array.from({ length: 150 }, (_, seed) => pickerOf(set, seed).pick()!.key));
      expect(first.size).toBe(set.length);
    });

    it.each([['equal', [1, 1, 1, 1]], ['unequal', [4, 3, 2, 1]], ['many', manyWeights(500)]])(
      'allocates nothing per pick, given %s weights', (_, weights) => {
        const pick = picking(createPicker(endpoints(...weights), config, tabulated()));
        expect(bytesPerCall(pick)).toBe(0);
      });

    it('does without a hash: requests that have none go anywhere', () => {
      const set = endpoints(1, 1, 1, 1);
      const picker = pickerOf(set);
      const counts = tally(4, 8_000, () => set.indexOf(picker.pick({ hash: undefined })!));
      for (const count of counts) expect(count / 8_000).toBeCloseTo(0.25, 1);
    });

    it('bears the same endpoint twice', () => {
      const set = [new TestEndpoint('twin', 1), new TestEndpoint('twin', 1), new TestEndpoint('other', 1)];
      const pick = picking(pickerOf(set));
      const reached = new Set(Array.from({ length: 1_000 }, () => pick()!.key));
      expect(reached).toEqual(new Set(['twin', 'other']));
    });

    const { movement } = options;
    if (typeof movement === 'number') {
      it('sends equal hashes to equal places, whatever the order of the list and whoever asks', () => {
        const set = endpoints(3, 1, 2, 2, 5);
        const one = pickerOf(set, 1);
        const other = pickerOf([...set].reverse(), 2);
        for (const request of REQUESTS.slice(0, 2_000)) expect(other.pick(request)).toBe(one.pick(request));
      });

      it.each([['equal', () => 1], ['unequal', (index: number) => 1 + (index % 4)]])(
        'moves few hashes when one of ten endpoints comes or goes, given %s weights', (_, weightOf) => {
          const set = endpoints(...Array.from({ length: 10 }, (_each, index) => weightOf(index)));
          const all = pickerOf(set);
          const requests = REQUESTS.slice(0, 5_000);
          const before = requests.map((request) => all.pick(request));
          for (let gone = 0; gone < set.length; gone++) {
            const rest = pickerOf(set.filter((_each, index) => index !== gone));
            const moved = requests.filter((request, index) => rest.pick(request) !== before[index]).length / requests.length;
            const owned = before.filter((endpoint) => endpoint === set[gone]).length / requests.length;
            expect(moved).toBeGreaterThanOrEqual(owned);
            expect(moved - owned).toBeLessThanOrEqual(movement - 0.1 + 1e-9);
          }
        });

      it('leads another attempt to another endpoint, the same one each time', () => {
        const set = endpoints(1, 2, 3, 4, 5);
        const picker = pickerOf(set);
        for (const { hash } of REQUESTS.slice(0, 500)) {
          const tried = [0, 1, 2, 3, 4].map((attempt) => picker.pick({ hash, attempt }));
          expect(new Set(tried).size).toBe(5);
          expect([0, 1, 2, 3, 4].map((attempt) => picker.pick({ hash, attempt }))).toEqual(tried);
        }
      });
    }
  });
}

/** Weights from 1 to 1,000 in no order. */
function manyWeights(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 1 + ((index * 7_919) % 1_000));
}
