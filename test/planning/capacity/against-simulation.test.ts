/**
 * The formulas against the discrete-event simulator, whose callers run the proxy's own balancers. Tolerances are what so many requests leave to
 * chance (the 99th percentile of a busy queue moves most), and for service times that are not exponential also the error of Allen and Cunneen's
 * approximation.
 */
import { responseQuantileMs, QueueModel } from '../../../src/planning/capacity/response-time';
import type { Distribution } from '../../../src/simulation';
import type { LoadBalancingConfig } from '../../../src/contract';
import { callers, planOf, run } from '../../simulation/support';

const SERVICE_MS = 10;
const INSTANCES = 4;

const EXPONENTIAL: Distribution = { type: 'exponential', meanMs: SERVICE_MS };

/** What a run measures, and the rate that it was run at. */
function simulated(policy: LoadBalancingConfig['type'], concurrency: number, utilization: number, serviceTime: Distribution) {
  const rps = (utilization * INSTANCES * concurrency * 1_000) / SERVICE_MS;
  const { latency } = run(planOf({ callers: callers(1), rps, requests: 40_000, networkMs: 0.25, timeoutMs: 1e9, warmUp: 0.05 },
    { concurrency, serviceTime }, INSTANCES), { type: policy } as LoadBalancingConfig);
  return { rps, p50: latency.percentile(0.5), p99: latency.percentile(0.99) };
}

function expected(concurrency: number, rps: number, share: number, variation: number, model: QueueModel): number {
  return responseQuantileMs({ serviceMs: SERVICE_MS, concurrency, variation, networkMs: 0.5 }, INSTANCES, rps, share, model);
}

test.each([
  [1, 0.5, EXPONENTIAL, 1, 0.04, 0.08], [1, 0.85, EXPONENTIAL, 1, 0.1, 0.2], [4, 0.85, EXPONENTIAL, 1, 0.06, 0.12],
  [4, 0.8, { type: 'fixed', ms: SERVICE_MS } as Distribution, 0, 0.05, 0.1],
])('callers that choose by chance: %d at a time, utilization %d', (concurrency, utilization, serviceTime, variation, p50, p99) => {
  const measured = simulated('random', concurrency, utilization, serviceTime);
  expect(Math.abs(expected(concurrency, measured.rps, 0.5, variation, 'separate') / measured.p50 - 1)).toBeLessThan(p50);
  expect(Math.abs(expected(concurrency, measured.rps, 0.99, variation, 'separate') / measured.p99 - 1)).toBeLessThan(p99);
});

test.each([['leastRequest', 0.85], ['roundRobin', 0.7]] as const)('%s at %d is between one queue and a queue each', (policy, utilization) => {
  const measured = simulated(policy, 1, utilization, EXPONENTIAL);
  expect(measured.p99).toBeLessThan(expected(1, measured.rps, 0.99, 1, 'separate') * 1.05);
  expect(measured.p99).toBeGreaterThan(expected(1, measured.rps, 0.99, 1, 'pooled') * 0.95);
});
