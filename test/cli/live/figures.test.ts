import { Sum } from '../../../src/cli/live/figures';

/** Buckets of a histogram: rates up to each bound in seconds. */
function sumOf(buckets: Readonly<Record<string, number>>): Sum {
  const sum = new Sum();
  sum.addRequests({ code: '200', reason: '-' }, buckets['+Inf']);
  for (const [le, rate] of Object.entries(buckets)) sum.addDuration({ le }, rate);
  return sum;
}

describe('Sum', () => {
  test('without requests there is a rate of 0 and nothing else', () => {
    expect(new Sum().figures).toEqual({ rate: 0 });
    expect(sumOf({ '0.1': 0, '+Inf': 0 }).figures).toEqual({ rate: 0 });
  });

  test('a request succeeds unless its status is 5xx; reasons are counted', () => {
    const sum = new Sum();
    sum.addRequests({ code: '200', reason: '-' }, 6);
    sum.addRequests({ code: '404', reason: 'no_route' }, 1);
    sum.addRequests({ code: '499', reason: 'client_abort' }, 1);
    sum.addRequests({ code: '503', reason: 'no_endpoint' }, 2);
    sum.addRequests({ code: '500', reason: 'never' }, 0);
    expect(sum.figures).toEqual({ rate: 10, success: 0.8 });
    expect(sum.failures).toEqual([{ reason: 'no_endpoint', rate: 2 }, { reason: 'no_route', rate: 1 }, { reason: 'client_abort', rate: 1 }]);
  });

  // Vectors by the formula of histogram_quantile: the bucket that holds the rank, and linear within it.
  test.each([
    [{ '0.1': 0, '0.2': 10, '+Inf': 10 }, 150, 199],
    [{ '0.1': 5, '0.2': 10, '+Inf': 10 }, 100, 198],
    [{ '0.1': 10, '0.2': 10, '+Inf': 10 }, 50, 99],
    // What is longer than the longest bound is told as that bound.
    [{ '0.1': 0, '0.2': 0, '+Inf': 10 }, 200, 200],
  ])('percentiles of %j', (buckets, p50Ms, p99Ms) => {
    const { figures } = sumOf(buckets as unknown as Record<string, number>);
    expect(figures.p50Ms).toBeCloseTo(p50Ms);
    expect(figures.p99Ms).toBeCloseTo(p99Ms);
  });

  test('the distribution goes from the first bar with requests to the last', () => {
    expect(sumOf({ '0.001': 0, '0.01': 4, '0.1': 4, '1': 5, '10': 5, '+Inf': 5 }).distribution).toEqual([
      { toMs: 10, rate: 4 }, { toMs: 100, rate: 0 }, { toMs: 1_000, rate: 1 },
    ]);
    expect(sumOf({ '1': 0, '+Inf': 3 }).distribution).toEqual([{ rate: 3 }]);
  });

  test('adds up what several sums have', () => {
    const sum = sumOf({ '0.1': 10, '+Inf': 10 });
    sum.add(sumOf({ '0.1': 0, '+Inf': 10 }));
    expect(sum.figures).toMatchObject({ rate: 20, p99Ms: 100 });
    expect(sum.distribution).toEqual([{ toMs: 100, rate: 10 }, { rate: 10 }]);
  });
});
