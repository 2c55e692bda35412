import fc from 'fast-check';
import { createPicker, ClusterStats, type Picker } from '../../../src/balancing';
import { byZone, zonesOf } from '../../../src/balancing/stages/zone-aware';
import { ZoneState, zoneShares } from '../../../src/balancing/stages/zone-shares';
import { DEFAULT_ZONE_AWARE } from '../../../src/contract';
import { seededRandom, tally, TestEndpoint } from '../support';

const zone = (name: string, capacity: number, utilization?: number, callers?: number): ZoneState => (
  { zone: name, capacity, warmth: 1, utilization, callers }
);
const warming = (name: string, capacity: number, warmth: number, utilization?: number): ZoneState => (
  { ...zone(name, capacity * warmth, utilization), warmth }
);
const sharesOf = (zones: ZoneState[]) => zoneShares(zones, 'a', DEFAULT_ZONE_AWARE);

describe('the shares of zones', () => {
  it('are 19, 44 and 37 percent with loads of .7 (own), .3 and .4, as in Envoy', () => {
    const shares = sharesOf([zone('a', 10, 0.7), zone('b', 10, 0.3), zone('c', 10, 0.4)]);
    expect(shares.map((share) => Math.round(share * 100))).toEqual([19, 44, 38]);
    expect(shares).toEqual([3 / 16, 7 / 16, 6 / 16].map((share) => expect.closeTo(share, 10)));
  });

  it('are the own zone\'s but for the probe, as long as it is not more loaded than the others by the tolerance', () => {
    const shares = sharesOf([zone('a', 10, 0.44), zone('b', 10, 0.3), zone('c', 20, 0.4)]);
    expect(shares).toEqual([expect.closeTo(0.97, 10), expect.closeTo(0.01, 10), expect.closeTo(0.02, 10)]);
  });

  it('weigh the others by what they hold when comparing', () => {
    // Mean of the others is (1 * .9 + 9 * .1) / 10 = .18.
    expect(sharesOf([zone('a', 10, 0.3), zone('b', 1, 0.9), zone('c', 9, 0.1)])[0]).toBeLessThan(0.5);
    expect(sharesOf([zone('a', 10, 0.27), zone('b', 1, 0.9), zone('c', 9, 0.1)])[0]).toBeCloseTo(0.97, 10);
  });

  it('follow capacity when every zone is full', () => {
    expect(sharesOf([zone('a', 10, 2), zone('b', 30, 1.5)])).toEqual([expect.closeTo(0.25, 10), expect.closeTo(0.75, 10)]);
  });

  it('count a zone that does not report as free', () => {
    expect(sharesOf([zone('a', 10, 0.9), zone('b', 10, 0.2), zone('c', 10)])).toEqual([1 / 19, 8 / 19, 10 / 19].map((share) => expect.closeTo(share, 10)));
  });

  it('leave the own zone what its part of the endpoints is to its part of the callers, when nobody reports', () => {
    // A tenth of the endpoints for a third of the callers: three tenths stay; the rest by what is to spare, 2 to 5.
    const shares = sharesOf([zone('a', 1), zone('b', 4), zone('c', 5)]);
    expect(shares).toEqual([expect.closeTo(0.3, 10), expect.closeTo((0.7 * 2) / 7, 10), expect.closeTo((0.7 * 5) / 7, 10)]);
    expect(sharesOf([zone('a', 1, undefined, 0.1), zone('b', 4, undefined, 0.4), zone('c', 5, undefined, 0.5)])[0]).toBeCloseTo(0.97, 10);
    expect(sharesOf([zone('a', 1, undefined, 0.8), zone('b', 4, undefined, 0.1), zone('c', 5, undefined, 0.1)])[0]).toBeCloseTo(0.125, 10);
  });

  it('leave an own zone that only starts its capacity\'s part, however little it has to do', () => {
    const cold = sharesOf([warming('a', 1, 0.1, 0.05), zone('b', 10, 0.3)])[0];
    // By what it reports it would be .97; by capacity 2 * .1 / 10.1.
    expect(cold).toBeCloseTo(0.1 + 0.9 * 2 * (0.1 / 10.1), 10);
    expect(sharesOf([warming('a', 1, 0.1, 0.05), warming('b', 10, 0.1, 0.3)])[0]).toBeCloseTo(0.97, 10);
    expect(sharesOf([zone('a', 10, 0.05), warming('b', 10, 0.1, 0.3)])[0]).toBeCloseTo(0.97, 10);
  });

  it('overload no zone when nobody reports: all zones together, each endpoint gets the mean at most but for the probe', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 6 }), (capacities) => {
      const total = capacities.reduce((sum, capacity) => sum + capacity, 0);
      const got = capacities.map(() => 0);
      capacities.forEach((_, own) => {
        const zones = capacities.map((capacity, index) => zone(`${index}`, capacity));
        const shares = zoneShares(zones, `${own}`, { tolerancePercent: 10, remotePercent: 0 });
        shares.forEach((share, index) => { got[index] += share / capacities.length; });
      });
      got.forEach((share, index) => expect(share).toBeCloseTo(capacities[index] / total, 6));
    }), { seed: 1 });
  });

  it('sum up to 1 and leave the probe to the others, given any zones', () => {
    const utilizations = fc.option(fc.double({ min: 0, max: 3, noNaN: true }), { nil: undefined });
    const any = fc.record({ capacity: fc.integer({ min: 1, max: 100 }), utilization: utilizations });
    fc.assert(fc.property(fc.array(any, { minLength: 2, maxLength: 6 }), (list) => {
      const shares = sharesOf(list.map(({ capacity, utilization }, index) => zone('abcdef'[index], capacity, utilization)));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
      expect(shares[0]).toBeLessThanOrEqual(0.97 + 1e-9);
    }), { seed: 2 });
  });
});

const AS_DECLARED = { slowStart: () => 1, dynamic: () => 1 };

describe('zone-aware choice', () => {
  let now = 0;
  const around = { random: seededRandom(4), now: () => now };
  const clusterStats = new ClusterStats();
  const make = (zones: Record<string, number>) => Object.entries(zones).flatMap(([name, count]) => (
    Array.from({ length: count }, (_, index) => new TestEndpoint(`${name}${index}`, 1, name === '' ? {} : { zone: name }, clusterStats))
  ));
  const build = (set: readonly TestEndpoint[], own: string | undefined, previous?: Picker<TestEndpoint>) => (
    byZone(set, { zone: own }, DEFAULT_ZONE_AWARE, around, previous, AS_DECLARED, (list, before) => (
      createPicker(list, { type: 'roundRobin' }, around, { previous: before })
    ))
  );
  const ownShare = (picker: Picker<TestEndpoint>, own: string) => tally(2, 10_000, () => (picker.pick()!.facts.zone === own ? 1 : 0))[1] / 10_000;

  it('prefers the own zone, and spreads over its endpoints', () => {
    const set = make({ a: 3, b: 3, c: 3 });
    const picker = build(set, 'a');
    expect(ownShare(picker, 'a')).toBeCloseTo(0.97, 1);
    const reached = new Set(Array.from({ length: 1_000 }, () => picker.pick()!.key));
    expect(reached.size).toBe(9);
  });

  it.each([
    ['the own zone is not known', { a: 3, b: 3 }, undefined],
    ['the own zone has no endpoint', { b: 3, c: 3 }, 'a'],
    ['there is one zone', { a: 6 }, 'a'],
    ['there are too few endpoints', { a: 1, b: 1 }, 'a'],
  ])('goes by the policy alone when %s', (_, zones, own) => {
    const set = make(zones as Record<string, number>);
    const picker = build(set, own);
    expect(zonesOf(picker)).toEqual([]);
    const counts = tally(set.length, 600, () => set.indexOf(picker.pick()!));
    counts.forEach((count) => expect(count).toBe(600 / set.length));
  });

  it('works with one pod in each of three zones', () => {
    expect(ownShare(build(make({ a: 1, b: 1, c: 1 }), 'a'), 'a')).toBeCloseTo(0.97, 1);
  });

  it('goes by capacity and not by reports of endpoints that don\'t know theirs, or a small zone would take everything', () => {
    const set = make({ a: 1, b: 9 });
    for (const { stats } of set) stats.report({ utilization: 0.01, requestsPerSecond: 10, errorsPerSecond: 0, relative: true }, now);
    expect(zonesOf(build(set, 'a'))[0]).toMatchObject({ utilization: undefined, share: expect.closeTo(0.2, 10) as number });
  });

  it.each([2, 9, 75])('stays with a zone of which one endpoint of ten says that it is used %i times, the others to three tenths', (lie) => {
    const set = make({ a: 10, b: 2 });
    set.forEach(({ stats }, index) => stats.report({ utilization: index === 0 ? lie : 0.3, requestsPerSecond: 10, errorsPerSecond: 0 }, now));
    const [own] = zonesOf(build(set, 'a'));
    expect(own.utilization).toBeCloseTo(lie > 10 ? 0.3 : 0.37, 10);
    expect(own.share).toBeCloseTo(0.97, 10);
  });

  it('believes most of a zone that says it is used more than once', () => {
    const set = make({ a: 3, b: 3 });
    set.forEach(({ stats, facts }, index) => (
      stats.report({ utilization: facts.zone === 'a' ? [1.5, 1.6, 9][index] : 0.3, requestsPerSecond: 10, errorsPerSecond: 0 }, now)
    ));
    expect(zonesOf(build(set, 'a'))[0].utilization).toBeCloseTo((1.5 + 1.6 + 1.6) / 3, 10);
  });

  it('lets load spill over as the own zone reports it, little by little, and forgets reports that have expired', () => {
    now = 0;
    const set = make({ a: 2, b: 2 });
    const say = (utilizationA: number, utilizationB: number) => set.forEach((endpoint) => endpoint.stats.report(
      { utilization: endpoint.facts.zone === 'a' ? utilizationA : utilizationB, requestsPerSecond: 10, errorsPerSecond: 0 }, now,
    ));
    say(0.3, 0.3);
    let picker = build(set, 'a');
    expect(zonesOf(picker)[0].share).toBeCloseTo(0.97, 2);
    const shares: number[] = [];
    for (let second = 1; second <= 40; second++) {
      now = second * 1_000;
      say(0.9, 0.3);
      picker = build(set, 'a', picker);
      shares.push(zonesOf(picker)[0].share);
    }
    expect(shares[0]).toBeGreaterThan(0.7);
    expect(shares[39]).toBeCloseTo(0.1 / 0.8, 1);
    now += DEFAULT_ZONE_AWARE.expirationMs;
    picker = build(set, 'a');
    expect(zonesOf(picker)[0]).toMatchObject({ utilization: undefined });
    expect(zonesOf(picker)[0].share).toBeCloseTo(0.97, 10);
  });
});
