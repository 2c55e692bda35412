import fc from 'fast-check';
import { capacityRps, carries, highestRate, inFlight, InstanceCapacity } from '../../../src/planning/capacity/instances';

const capacity = (given: Partial<InstanceCapacity> = {}): InstanceCapacity => ({
  serviceMs: 20, concurrency: 4, variation: 1, networkMs: 0, derating: 0, maxUtilization: 0.75, model: 'separate', ...given,
});

test('without an objective only the utilization counts: 8 carry 1,200 a second at 150 each', () => {
  expect(capacityRps(capacity(), 8)).toBe(1_200);
  expect([carries(capacity(), 8, 1_200), carries(capacity(), 8, 1_201)]).toEqual([true, false]);
});

test('a derating of 10 % takes a tenth of the capacity away', () => {
  expect(capacityRps(capacity({ derating: 0.1 }), 10)).toBeCloseTo(1_350);
});

test('an objective below what a request takes without waiting is held at no rate', () => {
  expect(highestRate(capacity({ goal: { share: 0.99, withinMs: 60 } }), 10)).toBeCloseTo(0, 6);
});

test('the highest rate is carried, and grows with the instances', () => {
  const any = fc.record({
    instances: fc.integer({ min: 1, max: 60 }), concurrency: fc.integer({ min: 1, max: 16 }), within: fc.integer({ min: 105, max: 400 }),
    variation: fc.constantFrom(0, 0.5, 1),
  });
  fc.assert(fc.property(any, ({ instances, concurrency, within, variation }) => {
    const one = capacity({ concurrency, variation, goal: { share: 0.99, withinMs: within } });
    const highest = highestRate(one, instances);
    expect(carries(one, instances, highest * 0.999)).toBe(true);
    expect(highestRate(one, instances + 1)).toBeGreaterThan(highest);
  }), { numRuns: 30 });
});

test("Little's law", () => {
  expect(inFlight(500, 40)).toBe(20);
});
