import fc from 'fast-check';
import { createPicker } from '../../../src/balancing';
import { mixHash } from '../../../src/balancing/tables/hash';
import { Rendezvous } from '../../../src/balancing/policies/rendezvous';
import { describeContract } from '../contract';
import { chiSquareDeviations, endpoints, runtime, tally } from '../support';

describe('rendezvous', () => {
  describeContract({ type: 'rendezvous' }, { shareTolerance: 0.02, movement: 0.1 });

  it.each([[[1, 1, 1, 1, 1]], [[1, 2, 3, 4]], [[100, 1, 10]], [[0.1, 0.2, 0.7]]])('passes a chi-square test over 100,000 keys, given weights %j', (weights) => {
    const draws = new Rendezvous(weights.map((_, index) => `10.0.0.${index}:80`), weights);
    let key = 0;
    expect(chiSquareDeviations(tally(weights.length, 100_000, () => draws.locate(mixHash(key++, 1))), weights)).toBeLessThan(4);
  });

  it('moves the keys of an endpoint that goes and no other, given any weights', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 2, maxLength: 20 }), fc.nat(), (weights, at) => {
      const set = endpoints(...weights);
      const gone = set[at % set.length];
      const before = createPicker(set, { type: 'rendezvous' }, runtime());
      const after = createPicker(set.filter((endpoint) => endpoint !== gone), { type: 'rendezvous' }, runtime());
      for (let key = 0; key < 300; key++) {
        const request = { hash: mixHash(key, 4) };
        const was = before.pick(request)!;
        if (was !== gone) expect(after.pick(request)).toBe(was);
      }
    }), { numRuns: 60, seed: 9 });
  });

  it('moves keys to an endpoint whose weight grows, and none between others', () => {
    const light = endpoints(1, 2, 3);
    const heavy = [endpoints(2)[0], light[1], light[2]];
    const before = createPicker(light, { type: 'rendezvous' }, runtime());
    const after = createPicker(heavy, { type: 'rendezvous' }, runtime());
    let gained = 0;
    for (let key = 0; key < 20_000; key++) {
      const request = { hash: mixHash(key, 2) };
      const [was, is] = [before.pick(request)!.key, after.pick(request)!.key];
      if (was === is) continue;
      expect(is).toBe('a');
      gained++;
    }
    // From 1/6 to 2/7.
    expect(gained / 20_000).toBeCloseTo(2 / 7 - 1 / 6, 1);
  });
});
