import fc from 'fast-check';
import { createPicker } from '../../../src/balancing';
import { BoundedLoad } from '../../../src/balancing/policies/bounded-load';
import { mixHash } from '../../../src/balancing/tables/hash';
import { type LoadBalancingConfig, withPolicyDefaults } from '../../../src/contract';
import { describeContract } from '../contract';
import { endpoints, seededRandom, runtime } from '../support';

const POLICIES: LoadBalancingConfig[] = [
  { type: 'ringHash', boundedLoadPercent: 125 },
  { type: 'maglev', tableSize: 1_009, boundedLoadPercent: 125 },
  { type: 'rendezvous', boundedLoadPercent: 125 },
];

describe('bounded load', () => {
  describeContract({ type: 'ringHash', boundedLoadPercent: 150 }, { shareTolerance: 0.06, movement: 0.1 });
  describeContract({ type: 'maglev', boundedLoadPercent: 150 }, { shareTolerance: 0.02, movement: 0.13 });

  it.each([[0, 1], [9, 4], [39, 15], [99, 38]])('with %i in flight allows %i to an endpoint of a quarter of the weights, at 150 percent', (inFlight, capacity) => {
    const set = endpoints(1, 1, 1, 1);
    set[1].inFlight = inFlight;
    expect(new BoundedLoad(set.map(({ stats }) => stats), [1, 1, 1, 1], 150).capacity(0)).toBe(capacity);
  });

  it.each(POLICIES)('is never exceeded, given keys of which half are one and the same, by %j', (policy) => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 20 }), fc.integer(), (weights, seed) => {
      const set = endpoints(...weights);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const picker = createPicker(set, withPolicyDefaults(policy), runtime(seed));
      const random = seededRandom(seed);
      for (let request = 0; request < 300; request++) {
        if (random() < 0.3) {
          const busy = set.filter(({ inFlight }) => inFlight > 0);
          if (busy.length > 0) busy[Math.floor(random() * busy.length)].inFlight--;
        }
        const inFlight = set.reduce((sum, endpoint) => sum + endpoint.inFlight, 0);
        const picked = picker.pick({ hash: random() < 0.5 ? 7 : Math.floor(random() * 2 ** 32) })!;
        picked.inFlight++;
        const share = weights[set.indexOf(picked)] / total;
        expect(picked.inFlight).toBeLessThanOrEqual(Math.max(1, Math.ceil(Math.ceil((inFlight + 1) * 1.25) * share)));
      }
    }), { seed: 5, numRuns: 30 });
  });

  it.each(POLICIES)('spreads what a full endpoint turns away over all others, not over its neighbour alone, by %j', (policy) => {
    const set = endpoints(...new Array<number>(20).fill(1));
    const picker = createPicker(set, withPolicyDefaults(policy), runtime());
    const [full] = [picker.pick({ hash: 42 })!];
    set.forEach((endpoint) => { endpoint.inFlight = endpoint === full ? 50 : 10; });
    const reached = new Set<string>();
    for (let key = 0; key < 50_000; key++) {
      const hash = mixHash(key, 1);
      full.inFlight = 0;
      const home = picker.pick({ hash });
      full.inFlight = 50;
      if (home === full) reached.add(picker.pick({ hash })!.key);
    }
    expect(reached.size).toBe(19);
  });

  it('keeps a key where it belongs as long as there is room', () => {
    const set = endpoints(1, 1, 1, 1);
    const bounded = createPicker(set, withPolicyDefaults(POLICIES[0]), runtime());
    const free = createPicker(set, withPolicyDefaults({ type: 'ringHash' }), runtime());
    for (let key = 0; key < 1_000; key++) expect(bounded.pick({ hash: mixHash(key, 8) })).toBe(free.pick({ hash: mixHash(key, 8) }));
  });

  it('leads another attempt to an endpoint that has room', () => {
    const set = endpoints(1, 1, 1);
    const picker = createPicker(set, withPolicyDefaults(POLICIES[2]), runtime());
    const home = picker.pick({ hash: 1 })!;
    const [second, third] = set.filter((endpoint) => endpoint !== home);
    second.inFlight = 30;
    expect(picker.pick({ hash: 1, attempt: 1 })).toBe(third);
  });
});
