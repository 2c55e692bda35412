/** Instances for a rate, as plans count them, beside the search that knows nothing of the queues. */
import fc from 'fast-check';
import { carries, instancesFor } from '../../../src/planning/capacity/instances';
import { DeclaredCapacity, instanceOf } from '../../../src/planning/sizing/declared';
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

test('they are as many as the search by halving finds, and one less does not do', () => {
  fc.assert(fc.property(CAPACITY, fc.double({ min: 0.01, max: 50_000, noNaN: true }), (capacity, rps) => {
    const needed = neededFor(capacity, rps);
    expect(needed).toBe(instancesFor(instanceOf(capacity), rps));
    if (needed !== undefined && needed > 1) expect(carries(instanceOf(capacity), needed - 1, rps)).toBe(false);
  }), { numRuns: 300 });
});

test('a rate that goes in exactly needs no more', () => {
  const capacity: DeclaredCapacity = {
    peakRps: 1, usualRps: 1, instanceRps: 150, variation: 0, networkMs: 0, derating: 0, maxUtilization: 0.8, burst: 1.3, startUpSeconds: 30,
  };
  expect([instanceRate(capacity), neededFor(capacity, 1_200), neededFor(capacity, 1_200.001)]).toEqual([150, 8, 9]);
});
