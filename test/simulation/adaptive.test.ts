/**
 * What is claimed of adaptive and of least response time, on the service where policies differ most: pods that work on one
 * request at a time, so that requests meet in queues. docs/simulation-results.md has the same of more policies, requests and services.
 */
import type { LoadBalancingConfig } from '../../src/contract';
import { LatencyHistogram, type Plan, SCENARIOS } from '../../src/simulation';
import { planOf, run } from './support';

const SEEDS = [1, 2];
const BOUND = 1.1;
/** A policy that fails so many more of all requests has less left to do, and is not compared with. */
const FAILED_BOUND = 0.01;

const quietPlan = planOf({ rps: 700, requests: 50_000 }, { concurrency: 1, serviceTime: { type: 'exponential', meanMs: 4 } });

function tailOf(plan: Plan, type: LoadBalancingConfig['type']): { readonly p99: number; readonly failed: number } {
  const latency = new LatencyHistogram();
  let failed = 0;
  let measured = 0;
  for (const seed of SEEDS) {
    const measurements = run(plan, { type } as LoadBalancingConfig, seed);
    latency.add(measurements.latency);
    failed += measurements.failed;
    measured += measurements.measured;
  }
  return { p99: latency.percentile(0.99), failed: failed / measured };
}

test.each(SCENARIOS)('adaptive is at most a tenth worse in p99 than the best of the policies that it chooses from: $name', (scenario) => {
  const plan = scenario.plan(quietPlan);
  const adaptive = tailOf(plan, 'adaptive');
  for (const type of ['roundRobin', 'leastRequest', 'leastResponseTime'] as const) {
    const fixed = tailOf(plan, type);
    if (fixed.failed <= adaptive.failed + FAILED_BOUND) expect({ type, worse: adaptive.p99 / fixed.p99 > BOUND }).toEqual({ type, worse: false });
  }
});

test('least response time has at most half of the p99 of round robin with one slow pod of five', () => {
  const plan = SCENARIOS.find(({ name }) => name === 'slow-pod')!.plan(quietPlan);
  expect(tailOf(plan, 'leastResponseTime').p99 * 2).toBeLessThan(tailOf(plan, 'roundRobin').p99);
});
