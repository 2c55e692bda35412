/** Plans and runs for tests. */
import { LoadBalancingConfig, withPolicyDefaults } from '../../src/contract';
import { Measurements, Plan, PlannedEndpoint, Quiet, Simulation } from '../../src/simulation';

export const ROUND_ROBIN: LoadBalancingConfig = { type: 'roundRobin' };

export function quiet(given: Partial<Quiet> = {}, endpoint: Partial<PlannedEndpoint> = {}, endpoints = 5): Quiet {
  return {
    endpoints: Array.from({ length: endpoints }, (_, index): PlannedEndpoint => ({
      name: `pod ${index + 1}`, weight: 1, concurrency: 8, serviceTime: { type: 'lognormal', meanMs: 20, variation: 1 }, ...endpoint,
    })),
    callers: 3,
    rps: 900,
    arrivals: 'random',
    requests: 5_000,
    warmUp: 0.05,
    networkMs: 0.25,
    timeoutMs: 15_000,
    connectTimeoutMs: 1_000,
    keys: { count: 1_000, exponent: 1 },
    ...given,
  };
}

export function planOf(given: Partial<Plan> = {}, endpoint: Partial<PlannedEndpoint> = {}, endpoints = 5): Plan {
  return { ...quiet(given, endpoint, endpoints), changes: [], ...given };
}

export function run(plan: Plan, policy: LoadBalancingConfig = ROUND_ROBIN, seed = 1): Measurements {
  return new Simulation(plan, withPolicyDefaults(policy), seed).run();
}
