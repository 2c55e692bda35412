import fc from 'fast-check';
import { DynamicWeights } from '../../../src/balancing/stages/dynamic-weights';
import { DEFAULT_DYNAMIC_WEIGHTS } from '../../../src/contract';
import { endpoints, TestEndpoint } from '../support';

const config = (source: 'reports' | 'observed', own = {}) => ({ source, ...DEFAULT_DYNAMIC_WEIGHTS, ...own });
const observe = (endpoint: TestEndpoint, latencyMs: number, outcome: 'success' | 'failure' = 'success', now = 0) => {
  endpoint.inFlight++;
  endpoint.stats.finished(latencyMs, outcome, now);
};
const report = (endpoint: TestEndpoint, utilization: number, requestsPerSecond: number, now: number) => (
  endpoint.stats.report({ utilization, requestsPerSecond, errorsPerSecond: 0 }, now)
);
/** Lets factors arrive where they are moving to. */
const settle = (weights: DynamicWeights, set: readonly TestEndpoint[], from = 0) => {
  for (let second = 0; second <= 100; second++) weights.update(set, from + second * 1_000);
};

describe('dynamic weights', () => {
  it('are 1 while nothing is known, with the cause', () => {
    const set = endpoints(1, 2);
    const weights = new DynamicWeights(config('reports'));
    expect(weights.of(set[0]).factor).toBe(1);
    settle(weights, set);
    expect(weights.of(set[0])).toEqual({ factor: 1, target: 1, cause: 'never reported', bounded: false });
  });

  it('follow what endpoints report, against the mean', () => {
    const set = endpoints(1, 1, 1);
    for (const now of [0, 50_000, 100_000]) {
      report(set[0], 0.5, 50, now); // 100
      report(set[1], 0.5, 150, now); // 300
    }
    const weights = new DynamicWeights(config('reports'));
    settle(weights, set);
    expect(weights.of(set[0])).toMatchObject({ target: 0.5, cause: 'reported' });
    expect(weights.of(set[0]).factor).toBeCloseTo(0.5, 3);
    expect(weights.of(set[1]).factor).toBeCloseTo(1.5, 3);
    expect(weights.of(set[2])).toMatchObject({ factor: 1, cause: 'never reported' });
  });

  it('leave one of ten that claims to do everything less than half', () => {
    const set = endpoints(...new Array<number>(10).fill(1));
    const weights = new DynamicWeights(config('reports'));
    for (let now = 0; now <= 200_000; now += 1_000) {
      set.forEach((endpoint, index) => (index === 0 ? report(endpoint, 1e-9, 1e9, now) : report(endpoint, 0.5, 100, now)));
      weights.update(set, now);
    }
    const factors = set.map((endpoint) => weights.of(endpoint).factor);
    expect(factors[0] / factors.reduce((sum, factor) => sum + factor, 0)).toBeCloseTo(8 / 17, 2);
  });

  it('go back to 1 when reports expire', () => {
    const set = endpoints(1, 1);
    for (const now of [0, 50_000]) {
      report(set[0], 0.5, 50, now);
      report(set[1], 0.5, 150, now);
    }
    const weights = new DynamicWeights(config('reports'));
    settle(weights, set, 100_000);
    expect(weights.of(set[0]).factor).toBeCloseTo(0.5, 2);
    settle(weights, set, 400_000);
    expect(weights.of(set[0]).factor).toBeCloseTo(1, 2);
    expect(weights.of(set[0]).cause).toBe('expired');
  });

  it('follow latency as it is observed: three times as slow, a third of the weight', () => {
    const set = endpoints(1, 1);
    observe(set[0], 30);
    observe(set[1], 10);
    const weights = new DynamicWeights(config('observed'));
    settle(weights, set);
    expect(weights.of(set[1]).factor / weights.of(set[0]).factor).toBeCloseTo(3, 2);
    expect(weights.of(set[0]).cause).toBe('observed');
  });

  it('fall to the floor, and not below, where every request fails at once', () => {
    const set = endpoints(1, 1);
    observe(set[0], 1, 'failure');
    observe(set[1], 10);
    const weights = new DynamicWeights(config('observed'));
    settle(weights, set);
    expect(weights.of(set[0])).toMatchObject({ factor: expect.closeTo(0.1, 3), bounded: true });
    expect(weights.of(set[0]).target).toBeLessThan(0.01);
  });

  it('move with their time constant: 1 - 1/e of the way in that time', () => {
    const set = endpoints(1, 1);
    observe(set[0], 30);
    observe(set[1], 10);
    const weights = new DynamicWeights(config('observed', { smoothingMs: 5_000 }));
    weights.update(set, 0);
    expect(weights.of(set[0]).factor).toBe(1);
    weights.update(set, 5_000);
    expect(weights.of(set[0]).factor).toBeCloseTo(1 - 0.5 * (1 - Math.exp(-1)), 10);
  });

  it('stay within their bounds, given any reports', () => {
    const any = fc.record({ utilization: fc.double(), requestsPerSecond: fc.double(), errorsPerSecond: fc.double() });
    fc.assert(fc.property(fc.array(fc.array(any, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }), (series) => {
      const set = endpoints(...series.map(() => 1));
      const weights = new DynamicWeights(config('reports', { minimumPercent: 25, maximumPercent: 400 }));
      for (let step = 0; step < 5; step++) {
        series.forEach((reports, index) => { if (reports[step]) set[index].stats.report(reports[step], step * 15_000); });
        weights.update(set, step * 15_000);
        for (const endpoint of set) {
          expect(weights.of(endpoint).factor).toBeGreaterThanOrEqual(0.25);
          expect(weights.of(endpoint).factor).toBeLessThanOrEqual(4);
        }
      }
    }), { seed: 1 });
  });
});
