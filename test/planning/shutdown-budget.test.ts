import fc from 'fast-check';
import { shutdownBudget } from '../../src/planning/shutdown-budget';

describe('the shutdown budget', () => {
  test('is the sum of its parts in seconds, and gives the proxy its own part', () => {
    expect(shutdownBudget({ endpointPropagationMs: 5_000, appDrainMs: 20_000, proxyDrainMs: 5_000 }))
      .toEqual({ sleepSeconds: 5, appDrainSeconds: 20, gracePeriodSeconds: 30, proxyDrainMs: 5_000 });
  });

  test('rounds each part up, so that none is shorter than asked for', () => {
    expect(shutdownBudget({ endpointPropagationMs: 1, appDrainMs: 1_500, proxyDrainMs: 2_001 }))
      .toEqual({ sleepSeconds: 1, appDrainSeconds: 2, gracePeriodSeconds: 1 + 2 + 3, proxyDrainMs: 2_001 });
  });

  test('has no sleep without propagation', () => {
    expect(shutdownBudget({ endpointPropagationMs: 0, appDrainMs: 20_000, proxyDrainMs: 5_000 }).sleepSeconds).toBe(0);
  });

  test('always holds everything that must happen one after the other', () => {
    const ms = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(fc.property(ms, ms, ms, (endpointPropagationMs, appDrainMs, proxyDrainMs) => {
      const budget = shutdownBudget({ endpointPropagationMs, appDrainMs, proxyDrainMs });
      expect(budget.sleepSeconds * 1_000).toBeGreaterThanOrEqual(endpointPropagationMs);
      expect(budget.gracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(budget.sleepSeconds * 1_000 + appDrainMs + proxyDrainMs);
      // Whatever the app does, the proxy has all of its part when it begins with it after the two others.
      expect(budget.gracePeriodSeconds * 1_000 - (budget.sleepSeconds + budget.appDrainSeconds) * 1_000).toBeGreaterThanOrEqual(proxyDrainMs);
      expect(budget.gracePeriodSeconds * 1_000).toBeLessThan(endpointPropagationMs + appDrainMs + proxyDrainMs + 3_000);
    }));
  });
});
