/** Plans and runs for tests. */
import type { BalancingConfig } from '../../src/balancing';
import { ClusterConfig, LoadBalancingConfig, withBalancingDefaults } from '../../src/contract';
import { Measurements, Plan, PlannedCaller, PlannedEndpoint, BasePlan, Simulation } from '../../src/simulation';

/** What stands around a policy. */
export type Stages = Omit<ClusterConfig, 'name' | 'discovery' | 'loadBalancing'>;

export const ROUND_ROBIN: LoadBalancingConfig = { type: 'roundRobin' };

export function base(given: Partial<BasePlan> = {}, endpoint: Partial<PlannedEndpoint> = {}, endpoints = 5): BasePlan {
  return {
    endpoints: Array.from({ length: endpoints }, (_, index): PlannedEndpoint => ({
      name: `pod ${index + 1}`, weight: 1, concurrency: 8, serviceTime: { type: 'lognormal', meanMs: 20, variation: 1 }, ...endpoint,
    })),
    callers: callers(3),
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
  return { ...base(given, endpoint, endpoints), changes: [], ...given };
}

/** So many callers, in these zones in turn. */
export function callers(count: number, ...zones: readonly string[]): PlannedCaller[] {
  return Array.from({ length: count }, (_, index) => (zones.length > 0 ? { zone: zones[index % zones.length] } : {}));
}

export function balancingOf(loadBalancing: LoadBalancingConfig, stages: Stages = {}): BalancingConfig {
  return withBalancingDefaults({ loadBalancing, ...stages });
}

export function run(plan: Plan, policy: LoadBalancingConfig = ROUND_ROBIN, seed = 1, stages: Stages = {}): Measurements {
  return new Simulation(plan, balancingOf(policy, stages), seed).run();
}
