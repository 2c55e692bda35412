/**
 * Response times against closed forms: M/M/1, whose response time is exponential with mean 1 / (mu - lambda), and M/M/c, whose tail is known
 * (D. Gross and C. Harris, Fundamentals of Queueing Theory, 2.4).
 */
import fc from 'fast-check';
import { erlangC } from '../../../src/planning/capacity/erlang';
import { incompleteGamma, logGamma, serviceQuantile, strataOf } from '../../../src/planning/capacity/gamma';
import {
  meanResponseMs, Processing, responseQuantileMs, saturationRate, throughput,
} from '../../../src/planning/capacity/response-time';

const processing = (given: Partial<Processing> = {}): Processing => ({ serviceMs: 10, concurrency: 1, variation: 1, networkMs: 0, ...given });

describe('service times', () => {
  test('the gamma function and its incomplete one have their known values', () => {
    expect(Math.exp(logGamma(5))).toBeCloseTo(24, 9);
    expect(Math.exp(logGamma(0.5))).toBeCloseTo(Math.sqrt(Math.PI), 9);
    // Of shape 1 it is 1 - e^-x, and of shape 2 it is 1 - (1 + x) e^-x.
    for (const x of [0.1, 1, 3, 10]) {
      expect(incompleteGamma(1, x)).toBeCloseTo(1 - Math.exp(-x), 11);
      expect(incompleteGamma(2, x)).toBeCloseTo(1 - (1 + x) * Math.exp(-x), 11);
    }
    // Shape 1/2 is half of chi-squared with one degree of freedom, whose 95th percentile is 3.841 in every table, and shape 5 is that of ten: 18.307.
    expect(incompleteGamma(0.5, 3.841459 / 2)).toBeCloseTo(0.95, 6);
    expect(incompleteGamma(5, 18.307038 / 2)).toBeCloseTo(0.95, 6);
  });

  test.each([0, 0.3, 0.5, 1, 1.5, 2])('have mean 1 and the declared variation: %d', (variation) => {
    const strata = strataOf(variation);
    const mean = strata.reduce((sum, { weight, time }) => sum + weight * time, 0);
    const variance = strata.reduce((sum, { weight, time }) => sum + weight * (time - mean) ** 2, 0);
    expect(strata.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    expect(mean).toBeCloseTo(1, 2);
    expect(Math.abs(Math.sqrt(variance) - variation)).toBeLessThan(0.02 * Math.max(1, variation));
  });

  test('the exponential distribution is not approximated', () => {
    expect(serviceQuantile(1, 0.99)).toBeCloseTo(Math.log(100), 12);
  });
});

describe('response times', () => {
  test('of M/M/1 are exponential: p99 is 4.605 / (mu - lambda)', () => {
    for (const rho of [0.3, 0.5, 0.8, 0.95]) {
      const remaining = 0.1 * (1 - rho);
      expect(meanResponseMs(processing(), 1, rho * 100)).toBeCloseTo(1 / remaining, 9);
      expect(responseQuantileMs(processing(), 1, rho * 100, 0.99) / (Math.log(100) / remaining)).toBeCloseTo(1, 2);
      expect(responseQuantileMs(processing(), 1, rho * 100, 0.5) / (Math.log(2) / remaining)).toBeCloseTo(1, 2);
    }
  });

  test('of M/M/c have the tail that is known', () => {
    const [servers, rho] = [4, 0.8];
    const wait = erlangC(servers, servers * rho);
    const left = servers * (1 - rho);
    const tail = (t: number): number => (1 - wait) * Math.exp(-t) + (wait * (left * Math.exp(-t) - Math.exp(-left * t))) / (left - 1);
    for (const share of [0.5, 0.9, 0.99, 0.999]) {
      const quantile = responseQuantileMs(processing({ concurrency: servers }), 1, servers * rho * 100, share) / 10;
      expect(tail(quantile) / (1 - share)).toBeGreaterThan(0.97);
      expect(tail(quantile) / (1 - share)).toBeLessThan(1.03);
    }
  });

  test('without load are processing and network', () => {
    expect(meanResponseMs(processing({ networkMs: 1 }), 3, 0)).toBe(11);
    expect(responseQuantileMs(processing({ networkMs: 1, variation: 0 }), 3, 0, 0.99)).toBeCloseTo(11, 4);
  });

  test('have no bound at saturation', () => {
    expect(meanResponseMs(processing(), 2, 200)).toBe(Infinity);
    expect(responseQuantileMs(processing(), 2, 201, 0.5)).toBe(Infinity);
  });

  const any = fc.record({
    concurrency: fc.integer({ min: 1, max: 32 }), instances: fc.integer({ min: 1, max: 50 }),
    utilization: fc.double({ min: 0.05, max: 0.95, noNaN: true }), variation: fc.constantFrom(0, 0.5, 1, 2),
  });

  test('grow with the rate and shrink with instances, and pooled queues are never longer than separate ones', () => {
    fc.assert(fc.property(any, ({ concurrency, instances, utilization, variation }) => {
      const one = processing({ concurrency, variation });
      const rps = utilization * instances * saturationRate(one);
      const p99 = responseQuantileMs(one, instances, rps, 0.99);
      expect(responseQuantileMs(one, instances, rps * 1.02, 0.99)).toBeGreaterThanOrEqual(p99 * (1 - 1e-5));
      expect(responseQuantileMs(one, instances + 1, rps, 0.99)).toBeLessThanOrEqual(p99 * (1 + 1e-5));
      expect(responseQuantileMs(one, instances, rps, 0.99, 'pooled')).toBeLessThanOrEqual(p99 * (1 + 1e-5));
      expect(meanResponseMs(one, instances, rps, 'pooled')).toBeLessThanOrEqual(meanResponseMs(one, instances, rps) + 1e-9);
    }), { numRuns: 60 });
  });
});

test('throughput is what comes, up to what can be done', () => {
  expect(throughput(90, 2, 50)).toBe(90);
  expect(throughput(120, 2, 50)).toBe(100);
  expect(saturationRate({ concurrency: 4, serviceMs: 20 })).toBe(200);
});
