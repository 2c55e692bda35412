import fc from 'fast-check';
import { LatencyHistogram } from '../../src/simulation';

function filled(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

const latencies = fc.array(fc.double({ min: 0.001, max: 3_000_000, noNaN: true }), { minLength: 1, maxLength: 200 });

test('a percentile is the exact one to within 1/64 or a microsecond', () => {
  fc.assert(fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
    const sorted = [...values].sort((a, b) => a - b);
    const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
    const found = filled(values).percentile(share);
    expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact / 64 + 0.001);
  }));
});

test('counts and the maximum are exact', () => {
  fc.assert(fc.property(latencies, (values) => {
    const histogram = filled(values);
    expect(histogram.count).toBe(values.length);
    expect(histogram.max).toBe(Math.max(...values));
  }));
});

test('histograms added up are the histogram of all values', () => {
  fc.assert(fc.property(latencies, latencies, (some, others) => {
    const sum = filled(some);
    sum.add(filled(others));
    const all = filled([...some, ...others]);
    for (const share of [0, 0.5, 0.9, 1]) expect(sum.percentile(share)).toBe(all.percentile(share));
    expect(sum.count).toBe(all.count);
  }));
});

test('ranges that touch count every value once', () => {
  fc.assert(fc.property(latencies, (values) => {
    const histogram = filled(values);
    const edges = [-1, 0.5, 1, 7, 100, 5_000, Infinity];
    const sum = edges.slice(1).reduce((total, edge, index) => total + histogram.between(edges[index]!, edge), 0);
    expect(sum).toBe(values.length);
  }));
});

test('an empty one has no percentiles', () => {
  expect(new LatencyHistogram().percentile(0.5)).toBeNaN();
});

test('what takes longer than can be told apart counts as the longest', () => {
  const histogram = filled([1, 1e12]);
  expect(histogram.count).toBe(2);
  expect(histogram.max).toBe(1e12);
  expect(histogram.percentile(0.5)).toBeCloseTo(1, 1);
});
