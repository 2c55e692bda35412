import fc from 'fast-check';
import { createPicker } from '../../../src/balancing';
import { mixHash } from '../../../src/balancing/tables/hash';
import { Ring, ringShares } from '../../../src/balancing/policies/ring-hash';
import { withPolicyDefaults } from '../../../src/contract';
import { describeContract } from '../contract';
import { endpoints, runtime, tally } from '../support';

describe('ring hash', () => {
  describeContract({ type: 'ringHash' }, { shareTolerance: 0.06, movement: 0.1 });
  describeContract({ type: 'ringHash', pointsPerEndpoint: 1_000 }, { shareTolerance: 0.03, movement: 0.1 });

  it.each([
    [[1, 1, 1], [160, 160, 160]],
    [[1, 2], [160, 320]],
    [[5, 10, 7], [160, 320, 224]],
  ])('gives weights %j the points %j: 160 to the lightest, the others in proportion', (weights, points) => {
    expect(ringShares(weights, 160, 262_144)).toEqual(points);
  });

  it('halves points until all have room', () => {
    expect(ringShares([1, 1, 2], 1_024, 2_048)).toEqual([512, 512, 1_024]);
    expect(ringShares([1, 65_535], 160, 4_096)).toEqual([1, 2_560]);
  });

  it('gives every endpoint a point and stays near the largest size, given any weights', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 50 }), (weights) => {
      const points = ringShares(weights, 160, 4_096);
      expect(Math.min(...points)).toBeGreaterThanOrEqual(1);
      expect(points.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4_096 + weights.length);
    }), { seed: 3 });
  });

  it('finds the first point at or after a hash, and the first of all after the last', () => {
    const ring = new Ring(['a', 'b', 'c'], [5, 5, 5]);
    expect(ring.prepare()).toBe(true);
    const { points, owners } = ring as unknown as { points: Uint32Array; owners: Uint32Array };
    expect(points).toEqual(Uint32Array.from(points).sort());
    points.forEach((point, slot) => {
      expect(ring.locate(point)).toBe(owners[slot]);
      if (slot > 0) expect(ring.locate(points[slot - 1] + 1)).toBe(owners[slot]);
    });
    expect(ring.locate(points[14] + 1)).toBe(owners[0]);
    expect(ring.locate(0)).toBe(owners[0]);
  });

  it('is built in slices, and is the same as built at once', () => {
    const keys = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}:80`);
    const shares = keys.map((_, index) => 100 + (index % 100));
    const sliced = new Ring(keys, shares);
    let slices = 1;
    while (!sliced.prepare()) slices++;
    expect(slices).toBeGreaterThan(3);
    const atOnce = new Ring(keys, shares);
    for (let hash = 0; hash < 2_000; hash++) expect(atOnce.locate(mixHash(hash, 2))).toBe(sliced.locate(mixHash(hash, 2)));
  });

  it('moves the part of one endpoint of 100 when it goes, and no other key', () => {
    const set = endpoints(...new Array<number>(100).fill(1));
    const config = withPolicyDefaults({ type: 'ringHash', pointsPerEndpoint: 160 });
    const before = createPicker(set, config, runtime());
    const after = createPicker(set.slice(1), config, runtime());
    let moved = 0;
    for (let key = 0; key < 50_000; key++) {
      const request = { hash: mixHash(key, 3) };
      const was = before.pick(request);
      if (was !== after.pick(request)) {
        moved++;
        expect(was).toBe(set[0]);
      }
    }
    expect(moved / 50_000).toBeGreaterThan(0.007);
    expect(moved / 50_000).toBeLessThan(0.013);
  });

  it('moves no key but to the newcomer, given any number of endpoints', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (count, at) => {
      const keys = Array.from({ length: count + 1 }, (_, index) => `10.0.0.${index}:80`);
      const newcomer = keys[at % keys.length];
      const others = keys.filter((key) => key !== newcomer);
      const [before, after] = [others, keys].map((members) => {
        const ring = new Ring(members, members.map(() => 160));
        return (hash: number) => members[ring.locate(hash)];
      });
      let moved = 0;
      for (let key = 0; key < 2_000; key++) {
        const [was, is] = [before(mixHash(key, 5)), after(mixHash(key, 5))];
        if (was === is) continue;
        expect(is).toBe(newcomer);
        moved++;
      }
      // 1/n, and what the ring (1 / sqrt(160) of a share) and the draw of 2,000 keys stray by.
      const share = 1 / (count + 1);
      expect(Math.abs(moved / 2_000 - share)).toBeLessThan(4.5 * Math.sqrt(share ** 2 / 160 + share / 2_000));
    }), { numRuns: 60, seed: 8 });
  });

  it('has shares that stray as 1 / sqrt(points), given equal weights', () => {
    for (const points of [64, 256, 1_024]) {
      const ring = new Ring(Array.from({ length: 50 }, (_, index) => `10.0.0.${index}:80`), new Array<number>(50).fill(points));
      let key = 0;
      const shares = tally(50, 200_000, () => ring.locate(mixHash(key++, 9))).map((count) => count / 4_000);
      const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - 1) ** 2, 0) / 50);
      expect(deviation * Math.sqrt(points)).toBeGreaterThan(0.5);
      expect(deviation * Math.sqrt(points)).toBeLessThan(1.6);
    }
  });

  it('refuses a configuration whose defaults are not filled in', () => {
    expect(() => createPicker(endpoints(1, 1), { type: 'ringHash' }, runtime())).toThrow('defaults');
  });
});
