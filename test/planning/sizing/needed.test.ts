/** Instances for a rate, as plans count them, beside the search that knows nothing of the queues. */
import fc from 'fast-check';
import { carries, InstanceCapacity, MOST_INSTANCES } from '../../../src/planning/capacity/instances';
import { DeclaredCapacity, instanceOf } from '../../../src/planning/sizing/declared';
import { responseQuantileMs } from '../../../src/planning/capacity/response-time';
import { instanceRate, neededFor } from '../../../src/planning/sizing/sizing';

const CAPACITY = fc.record({
  serviceMs: fc.double({ min: 1, max: 500, noNaN: true }),
  concurrency: fc.integer({ min: 1, max: 64 }),
  variation: fc.constantFrom(0, 0.5, 1, 2),
  derating: fc.constantFrom(0, 0.1, 0.3),
  maxUtilization: fc.double({ min: 0.1, max: 0.99, noNaN: true }),
  goal: fc.option(fc.record({
    share: fc.constantFrom(0.5, 0.9, 0.99), withinMs: fc.double({ min: 10, max: 5_000, noNaN: true }),
  }), { nil: undefined }),
}).map((some): DeclaredCapacity => ({ ...some, peakRps: 1, usualRps: 1, networkMs: 1, burst: 1.3, startUpSeconds: 30 }));

const declared = (given: Partial<DeclaredCapacity>): DeclaredCapacity => ({
  peakRps: 1, usualRps: 1, variation: 0, networkMs: 0, derating: 0, maxUtilization: 0.8, burst: 1.3, startUpSeconds: 30, ...given,
});

/** Fewest instances that carry a rate, found by halving. */
function searched(capacity: InstanceCapacity, rps: number): number | undefined {
  if (!carries(capacity, MOST_INSTANCES, rps)) return undefined;
  let [low, high] = [0, MOST_INSTANCES];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (carries(capacity, middle, rps)) high = middle;
    else low = middle;
  }
  return high;
}

test('they are as many as the search by halving finds', () => {
  fc.assert(fc.property(CAPACITY, fc.double({ min: 0.01, max: 50_000, noNaN: true }), (capacity, rps) => {
    expect(neededFor(capacity, rps)).toBe(searched(instanceOf(capacity), rps));
  }), { numRuns: 300 });
});

test('up to the most that are looked for', () => {
  const needed = (rps: number) => neededFor(declared({ instanceRps: 1 }), rps);
  expect([needed(70_000), needed(MOST_INSTANCES), needed(MOST_INSTANCES + 1)]).toEqual([70_000, MOST_INSTANCES, undefined]);
});

test('with an objective there are as many as hold it, and one fewer does not', () => {
  const capacity = declared({ serviceMs: 20, concurrency: 4, variation: 1, maxUtilization: 1, goal: { share: 0.99, withinMs: 100 } });
  const needed = neededFor(capacity, 1_200)!;
  expect(responseQuantileMs(instanceOf(capacity), needed, 1_200, 0.99)).toBeLessThanOrEqual(100);
  expect(responseQuantileMs(instanceOf(capacity), needed - 1, 1_200, 0.99)).toBeGreaterThan(100);
});

test('an objective below what a request takes without waiting is held by no number', () => {
  expect(neededFor(declared({ serviceMs: 20, concurrency: 4, goal: { share: 0.99, withinMs: 10 } }), 100)).toBeUndefined();
});

test('one instance is enough for no requests', () => {
  expect(neededFor(declared({ instanceRps: 150 }), 0)).toBe(1);
});

test('a derating of 10 % needs a tenth more', () => {
  expect(neededFor(declared({ instanceRps: 150, derating: 0.1 }), 1_200)).toBe(9);
});

test('a rate that goes in exactly needs no more', () => {
  const capacity = declared({ instanceRps: 150 });
  expect([instanceRate(capacity), neededFor(capacity, 1_200), neededFor(capacity, 1_200.001)]).toEqual([150, 8, 9]);
});
