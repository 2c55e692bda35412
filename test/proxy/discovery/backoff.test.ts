/** Exponential back-off with full jitter. */
import { Backoff } from '../../../src/proxy/discovery/backoff';

test('the bound doubles up to the cap, and starts over after a success', () => {
  const backoff = new Backoff(250, 3_000, () => 0.5);
  expect(Array.from({ length: 7 }, () => backoff.next() * 2)).toEqual([250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]);
  backoff.reset();
  expect(backoff.next()).toBe(125);
});

test('the wait is anything from nothing to the bound', () => {
  expect(new Backoff(250, 3_000, () => 0).next()).toBe(0);
  expect(new Backoff(250, 3_000, () => 0.999).next()).toBeCloseTo(249.75);
});

test('never overflows', () => {
  const backoff = new Backoff(250, 3_000, () => 1);
  for (let attempt = 0; attempt < 5_000; attempt++) backoff.next();
  expect(backoff.next()).toBe(3_000);
});
