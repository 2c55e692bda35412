/**
 * One endpoint alone is a queue that theory knows: Poisson arrivals, exponential work, c servers (M/M/c). Utilization must be
 * within 1 % of lambda / (c mu), and the mean wait within 8 % of Erlang's formula: at these numbers of requests that is about
 * three standard deviations of a simulation that is right, with the wait of one request telling of that of the next.
 */
import { callers, planOf, run } from './support';

const SERVICE_MS = 10;
const REQUESTS = 150_000;

/** Mean time in the queue of M/M/c: Erlang's C over what is left of the capacity (L. Kleinrock, Queueing Systems, 1975, vol. 1, 3.5). */
function meanWaitMs(servers: number, utilization: number): number {
  const load = servers * utilization;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k++) {
    term *= load / k;
    sum += term;
  }
  const full = (term * load) / servers / (1 - utilization);
  return ((full / (sum + full)) * SERVICE_MS) / (servers * (1 - utilization));
}

test('the formula is that of M/M/1 for one server', () => {
  expect(meanWaitMs(1, 0.5)).toBeCloseTo(10);
  expect(meanWaitMs(1, 0.8)).toBeCloseTo(40);
});

test.each([[1, 0.3], [1, 0.5], [1, 0.8], [4, 0.5], [4, 0.8], [16, 0.7], [16, 0.9]])(
  'M/M/%d at a utilization of %d', (servers, utilization) => {
    const plan = planOf({
      callers: callers(1), rps: (servers * utilization * 1_000) / SERVICE_MS, requests: REQUESTS, networkMs: 0, timeoutMs: 1e9, warmUp: 0.02,
    }, { concurrency: servers, serviceTime: { type: 'exponential', meanMs: SERVICE_MS } }, 1);
    const [endpoint] = run(plan).endpoints;
    expect(Math.abs(endpoint!.utilization / utilization - 1)).toBeLessThan(0.01);
    expect(Math.abs(endpoint!.meanWaitMs / meanWaitMs(servers, utilization) - 1)).toBeLessThan(0.08);
  });

test('M/D/1 waits half as long as M/M/1, as Pollaczek and Khinchine say', () => {
  const plan = planOf({ callers: callers(1), rps: 70, requests: REQUESTS, networkMs: 0, timeoutMs: 1e9, warmUp: 0.02 },
    { concurrency: 1, serviceTime: { type: 'fixed', ms: SERVICE_MS } }, 1);
  expect(Math.abs(run(plan).endpoints[0]!.meanWaitMs / (meanWaitMs(1, 0.7) / 2) - 1)).toBeLessThan(0.08);
});
