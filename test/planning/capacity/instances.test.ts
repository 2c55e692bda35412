import fc from 'fast-check';
import { capacityRps, carries, highestRate, inFlight, InstanceCapacity, instancesFor } from '../../../src/planning/capacity/instances';
import { responseQuantileMs } from '../../../src/planning/capacity/response-time';

const capacity = (given: Partial<InstanceCapacity> = {}): InstanceCapacity => ({
  serviceMs: 20, concurrency: 4, variation: 1, networkMs: 0, derating: 0, maxUtilization: 0.75, model: 'separate', ...given,
});

test('without an objective only the utilization counts: 1,200 a second at 150 each are 8', () => {
  expect(capacityRps(capacity(), 8)).toBe(1_200);
  expect(instancesFor(capacity(), 1_200)).toBe(8);
  expect(instancesFor(capacity(), 1_201)).toBe(9);
});

test('a derating of 10 % takes a tenth of the capacity away', () => {
  expect(capacityRps(capacity({ derating: 0.1 }), 10)).toBeCloseTo(1_350);
  expect(instancesFor(capacity({ derating: 0.1 }), 1_200)).toBe(9);
});

test('with an objective there are as many as hold it, and one fewer does not', () => {
  const goal = { share: 0.99, withinMs: 100 };
  const needed = instancesFor(capacity({ goal, maxUtilization: 1 }), 1_200)!;
  expect(responseQuantileMs(capacity(), needed, 1_200, 0.99)).toBeLessThanOrEqual(100);
  expect(responseQuantileMs(capacity(), needed - 1, 1_200, 0.99)).toBeGreaterThan(100);
});

test('an objective below what a request takes without waiting is held by no number', () => {
  expect(instancesFor(capacity({ goal: { share: 0.99, withinMs: 60 } }), 100)).toBeUndefined();
  expect(highestRate(capacity({ goal: { share: 0.99, withinMs: 60 } }), 10)).toBeCloseTo(0, 6);
});

test('one instance is enough for no requests', () => {
  expect(instancesFor(capacity(), 0)).toBe(1);
});

test('the highest rate is carried, and needs no more instances than there are; both grow together', () => {
  const any = fc.record({
    instances: fc.integer({ min: 1, max: 60 }), concurrency: fc.integer({ min: 1, max: 16 }), within: fc.integer({ min: 105, max: 400 }),
    variation: fc.constantFrom(0, 0.5, 1),
  });
  fc.assert(fc.property(any, ({ instances, concurrency, within, variation }) => {
    const one = capacity({ concurrency, variation, goal: { share: 0.99, withinMs: within } });
    const highest = highestRate(one, instances);
    expect(carries(one, instances, highest * 0.999)).toBe(true);
    expect(instancesFor(one, highest * 0.999)!).toBeLessThanOrEqual(instances);
    expect(highestRate(one, instances + 1)).toBeGreaterThan(highest);
  }), { numRuns: 30 });
});

test("Little's law", () => {
  expect(inFlight(500, 40)).toBe(20);
});
