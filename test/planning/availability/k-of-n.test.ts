/** k of n against the closed form, and fleets over zones against values that were computed by another program, and by chance. */
import fc from 'fast-check';
import {
  fleetAvailability, fullestZone, kOfN, plannedAvailability, spreadEvenly, without,
} from '../../../src/planning/availability/k-of-n';
import { seededRandom } from '../../support/random';

test.each([
  [1, 2, 0.99, 0.999900], [2, 3, 0.99, 0.999702], [1, 3, 0.99, 0.999999], [3, 4, 0.99, 0.999408], [3, 5, 0.99, 0.999990], [4, 6, 0.99, 0.999980],
  [8, 10, 0.99, 0.999886], [2, 3, 0.999, 0.999997], [3, 4, 0.999, 0.999994],
])('%d of %d, each up %d of the time', (needed, instances, up, expected) => {
  expect(kOfN(needed, instances, up)).toBeCloseTo(expected, 6);
});

test.each([
  ['3 zones of 2, 4 needed', 3, 2, 4, 0.9999932],
  ['3 zones of 3, 6 needed', 3, 3, 6, 0.9999903],
  ['3 zones of 2, 5 needed: losing a zone breaks it', 3, 2, 5, 0.9984858],
  ['2 zones of 3, 3 needed', 2, 3, 3, 0.9999968],
  ['2 zones of 2, 3 needed', 2, 2, 3, 0.9989943],
])('%s', (_, zones, each, needed, expected) => {
  expect(fleetAvailability({ zones: spreadEvenly(zones * each, zones), instanceUp: 0.999, zoneUp: 0.9995 }, needed)).toBeCloseTo(expected, 6);
});

test('one zone that never fails is k of n', () => {
  expect(fleetAvailability({ zones: [5], instanceUp: 0.97, zoneUp: 1 }, 3)).toBeCloseTo(kOfN(3, 5, 0.97), 12);
});

test('chance agrees, within four standard deviations', () => {
  const random = seededRandom(7);
  const [zones, needed, trials] = [[2, 2, 1], 3, 200_000];
  const expected = fleetAvailability({ zones, instanceUp: 0.9, zoneUp: 0.95 }, needed);
  let works = 0;
  for (let trial = 0; trial < trials; trial++) {
    let up = 0;
    for (const instances of zones) {
      if (random() >= 0.95) continue;
      for (let instance = 0; instance < instances; instance++) if (random() < 0.9) up++;
    }
    if (up >= needed) works++;
  }
  expect(Math.abs(works / trials - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / trials));
});

test('more instances, better ones, and fewer needed are never worse', () => {
  const any = fc.record({
    instances: fc.integer({ min: 1, max: 30 }), zones: fc.integer({ min: 1, max: 4 }), share: fc.double({ min: 0, max: 1, noNaN: true }),
    up: fc.double({ min: 0.5, max: 0.999, noNaN: true }),
  });
  fc.assert(fc.property(any, ({ instances, zones, share, up }) => {
    const needed = Math.ceil(share * instances);
    const of = (n: number, k: number, instanceUp = up): number =>
      fleetAvailability({ zones: spreadEvenly(n, zones), instanceUp, zoneUp: 0.99 }, k);
    expect(of(instances + 1, needed)).toBeGreaterThanOrEqual(of(instances, needed) - 1e-12);
    expect(of(instances, needed, up + 0.0005)).toBeGreaterThanOrEqual(of(instances, needed) - 1e-12);
    expect(of(instances, needed)).toBeGreaterThanOrEqual(of(instances, needed + 1) - 1e-12);
  }));
});

test('an hour a week with one instance away counts for its share of the time', () => {
  const fleet = { zones: [2, 1, 1], instanceUp: 0.999, zoneUp: 0.9995 };
  const [all, fewer] = [fleetAvailability(fleet, 3), fleetAvailability({ ...fleet, zones: [1, 1, 1] }, 3)];
  expect(plannedAvailability(fleet, 3, [{ share: 1 / 168, instances: 1 }])).toBeCloseTo(all - (all - fewer) / 168, 9);
});

test('instances are spread as evenly as can be, and taken from the fullest zone', () => {
  expect(spreadEvenly(4, 3)).toEqual([2, 1, 1]);
  expect(spreadEvenly(2, 3)).toEqual([1, 1, 0]);
  expect(without([2, 1, 1], 1)).toEqual([1, 1, 1]);
  expect(without([1, 0, 0], 5)).toEqual([0, 0, 0]);
});

test.each([[6, 3, 1, 2], [7, 3, 1, 3], [4, 3, 1, 2], [6, 3, 2, 3], [5, 2, 1, 3], [3, 1, 1, 3]])(
  '%d over %d zones with a skew of %d has at most %d in one', (instances, zones, skew, most) => {
    expect(fullestZone(instances, zones, skew)).toBe(most);
  });
