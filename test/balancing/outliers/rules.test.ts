/** The arithmetic of outliers, beside that of Envoy's success-rate rule. */
import fc from 'fast-check';
import { ejectionMs, failsMore, latencyLimitMs, medianOfOthers, mostEjected } from '../../../src/balancing/outliers/rules';

/** Envoy: below the mean by 1.9 standard deviations of the population. */
function envoyEjects(successRates: readonly number[]): number[] {
  const mean = successRates.reduce((sum, rate) => sum + rate, 0) / successRates.length;
  const deviation = Math.sqrt(successRates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / successRates.length);
  return successRates.flatMap((rate, index) => (rate < mean - 1.9 * deviation ? [index] : []));
}

/** This proxy's, over the same rates. */
function ejects(successRates: readonly number[], requests = 100, marginPercent = 10): number[] {
  const ratios = successRates.map((rate) => 1 - rate / 100);
  const sorted = [...ratios].sort((a, b) => a - b);
  return ratios.flatMap((ratio, index) => (
    failsMore(ratio, medianOfOthers(sorted, sorted.indexOf(ratio)), requests, marginPercent) ? [index] : []
  ));
}

describe('the success rates of endpoints', () => {
  test.each([
    ['one of five fails half: Envoy\'s own example, mean 90, deviation 20, threshold 52', [100, 100, 100, 100, 50], [4], [4]],
    ['one of four fails half: 1.73 deviations at most', [100, 100, 100, 50], [], [3]],
    ['one of three fails half', [100, 100, 50], [], [2]],
    ['one of two fails half', [100, 50], [], [1]],
    ['two of five fail half: 1.22 deviations at most', [100, 100, 100, 50, 50], [], [3, 4]],
    ['two of three fail half', [100, 50, 50], [], [1, 2]],
    ['three of five fail half', [100, 100, 50, 50, 50], [], [2, 3, 4]],
    ['most fail: it is the service', [100, 50, 50, 50], [], []],
    ['all fail alike', [50, 50, 50], [], []],
    ['one of five fails 1 % and nobody else does: two deviations, and nothing to act on', [100, 100, 100, 100, 99], [4], []],
    ['all are well', [100, 100, 100, 100, 100], [], []],
  ])('where %s', (_, rates, byEnvoy, byThis) => {
    expect(envoyEjects(rates)).toEqual(byEnvoy);
    expect(ejects(rates)).toEqual(byThis);
  });

  test('must differ by more where there are fewer requests to go by', () => {
    const fewest = (requests: number, others = 0): number => {
      let failed = 0;
      while (!failsMore(failed / requests, others, requests, 10)) failed += 1;
      return failed;
    };
    expect([6, 20, 50, 100, 200, 1_000].map((requests) => fewest(requests))).toEqual([6, 10, 11, 12, 21, 101]);
    expect([0.05, 0.3].map((others) => fewest(100, others))).toEqual([25, 58]);
  });

  test('are more by the margin from where chance can be left out, and not by the margin and chance on top', () => {
    expect(failsMore(0.11, 0, 200, 10)).toBe(true);
    expect(failsMore(0.1, 0, 100_000, 10)).toBe(false);
    expect(failsMore(0.4, 0.25, 1_000, 10)).toBe(true);
  });

  test('are compared with the median of the others, the better of two', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 30 }), fc.nat(), (values, at) => {
      const sorted = [...values].sort((a, b) => a - b);
      const index = at % sorted.length;
      const others = sorted.filter((_, i) => i !== index);
      expect(medianOfOthers(sorted, index)).toBe(others[Math.floor((others.length - 1) / 2)]);
    }));
  });
});

test('a latency must be several times that of the others, and longer by a margin', () => {
  expect(latencyLimitMs(5, 5, 20)).toBe(25);
  expect(latencyLimitMs(1, 5, 20)).toBe(21);
  expect(latencyLimitMs(200, 5, 20)).toBe(1_000);
});

test('an ejection lasts base times ejections, at most the maximum, which is never below the base', () => {
  expect([1, 2, 3, 30, 31].map((n) => ejectionMs(n, 10_000, 300_000, 0))).toEqual([10_000, 20_000, 30_000, 300_000, 300_000]);
  expect(ejectionMs(3, 10_000, 5_000, 0)).toBe(10_000);
  expect(ejectionMs(1, 10_000, 300_000, 0.5)).toBe(11_000);
});

test('one endpoint may be ejected however few there are, and the percentage of many, rounded down', () => {
  expect([1, 2, 3, 9, 10, 19, 20, 100].map((n) => mostEjected(n, 10))).toEqual([1, 1, 1, 1, 1, 1, 2, 10]);
  expect([2, 3, 4, 5].map((n) => mostEjected(n, 50))).toEqual([1, 1, 2, 2]);
});
