import fc from 'fast-check';
import { TokenBucket } from '../../../../src/proxy/serve/admission/token-bucket';

test('GIVEN a full bucket THEN a burst of its size passes, and then as many as come in', () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false]);
  expect(bucket.waitMs).toBe(100);
  expect(bucket.take(99)).toBe(false);
  expect(bucket.take(100)).toBe(true);
  expect(bucket.take(150)).toBe(false);
  expect(bucket.waitMs).toBe(50);
});

test('GIVEN a rate below one a second THEN it is kept to as well', () => {
  const bucket = new TokenBucket(0.1, 1, 0);
  expect(bucket.take(0)).toBe(true);
  expect(bucket.take(9_000)).toBe(false);
  expect(bucket.waitMs).toBeCloseTo(1_000, 6);
  expect(bucket.take(10_000)).toBe(true);
});

test('GIVEN a clock that steps back THEN nothing comes in and nothing is lost', () => {
  const bucket = new TokenBucket(1, 2, 10_000);
  expect(bucket.take(5_000)).toBe(true);
  expect(bucket.take(5_000)).toBe(true);
  expect(bucket.take(5_500)).toBe(false);
  expect(bucket.take(6_000)).toBe(true);
});

test('GIVEN any requests THEN no stretch of time lets more pass than the burst and what comes in, and a steady one below the rate loses none', () => {
  fc.assert(fc.property(
    fc.double({ min: 0.1, max: 1_000, noNaN: true }), fc.integer({ min: 1, max: 50 }),
    fc.array(fc.double({ min: 0, max: 2_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
    (perSecond, size, gaps) => {
      const bucket = new TokenBucket(perSecond, size, 0);
      let now = 0;
      let passed = 0;
      for (const gap of gaps) {
        now += gap;
        if (bucket.take(now)) passed += 1;
        expect(passed).toBeLessThanOrEqual(size + (now * perSecond) / 1_000 + 1e-6);
      }
      const steady = new TokenBucket(perSecond, size, 0);
      const gap = 1_000 / perSecond + 1e-6;
      for (let i = 1; i < 100; i += 1) expect(steady.take(i * gap)).toBe(true);
    },
  ));
});
