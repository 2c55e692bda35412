/** What callers do about failures: requests are sent again, and endpoints ejected, by the code and the defaults of the proxy. */
import { POLICIES } from '../../src/balancing';
import { DEFAULT_HEDGE, DEFAULT_OUTLIER_DETECTION, DEFAULT_RETRY, LoadBalancingConfig, OutlierDetectionConfig, RetryConfig } from '../../src/contract';
import { Change, Measurements, Plan, SCENARIOS } from '../../src/simulation';
import { planOf, base, run } from './support';

const failing = (...endpoints: readonly number[]): Change[] => endpoints.map((endpoint) => ({ atMs: 0, type: 'failing', endpoint, answerMs: 1 }));

function attemptsOf({ endpoints }: Measurements): number {
  return endpoints.reduce((sum, { sent }) => sum + sent, 0);
}

/** A fifth of the requests fails where one pod of five does, which is just what the default allows to be sent again. */
const AMPLE = { percent: 100, minimumPerSecond: 1_000, maxInFlight: 10_000 };

describe('retries', () => {
  const withRetries = (given: Partial<Plan>, retry: Partial<RetryConfig> = {}): Measurements =>
    run(planOf({ warmUp: 0, retry: { ...DEFAULT_RETRY, ...retry }, retryBudget: AMPLE, ...given }));

  it('take a request that was answered with 503 to another endpoint, and wait a little before', () => {
    const measurements = withRetries({ changes: failing(0) }, { backoffMs: 200, maxBackoffMs: 200 });
    expect(measurements.failed).toBe(0);
    expect(measurements.retries).toBe(measurements.endpoints[0]!.failed);
    expect(attemptsOf(measurements)).toBe(5_000 + measurements.retries);
    // A fifth of the requests waits 100 ms on average.
    expect(measurements.latency.percentile(0.95)).toBeGreaterThan(150);
    expect(measurements.latency.percentile(0.95)).toBeLessThan(250);
  });

  it.each<[string, Partial<Plan>, Partial<RetryConfig>]>([
    ['that may not be executed twice', { idempotent: 0 }, {}],
    ['whose policy names other failures', {}, { on: ['closed'] }],
    ['that may not be sent again', {}, { maxRetries: 0 }],
  ])('are none of requests %s', (_, given, retry) => {
    const measurements = withRetries({ changes: failing(0), ...given }, retry);
    expect(measurements.retries).toBe(0);
    expect(measurements.failures.status).toBe(measurements.endpoints[0]!.failed);
  });

  it('are of the part that may be executed twice, and of all when the policy says that all may', () => {
    const { failures, endpoints: [first] } = withRetries({ changes: failing(0), idempotent: 0.7 });
    expect(failures.status / first!.failed).toBeCloseTo(0.3, 1);
    expect(withRetries({ changes: failing(0), idempotent: 0 }, { methods: 'all' }).failed).toBe(0);
  });

  it('are of other requests where no app can have seen the request', () => {
    const measurements = withRetries({ changes: [{ atMs: 0, type: 'stopped', endpoint: 0 }], idempotent: 0 }, { on: [] });
    expect(measurements.failed).toBe(0);
    expect(measurements.retries).toBeGreaterThan(900);
  });

  it('are no more than the budget has when all fail', () => {
    const plan = { changes: failing(0, 1, 2, 3, 4) };
    const { retries, failures } = withRetries({ ...plan, retryBudget: { percent: 20, minimumPerSecond: 0, maxInFlight: 256 } });
    expect(failures.status).toBe(5_000);
    expect(retries).toBeGreaterThan(0.18 * 5_000);
    expect(retries).toBeLessThanOrEqual(0.2 * 5_000);
    // Without it, each is tried three times.
    expect(withRetries({ ...plan, retryBudget: AMPLE }).retries).toBe(10_000);
  });

  it('stop at the timeout of the route', () => {
    const measurements = withRetries({ changes: failing(0, 1, 2, 3, 4), timeoutMs: 50 }, { backoffMs: 10_000, maxBackoffMs: 10_000 });
    expect(measurements.retries).toBeLessThan(100);
    expect(measurements.ended).toBe(5_000);
  });
});

describe('a second attempt and the time of one', () => {
  const vanished: Change[] = [{ atMs: 1_000, type: 'vanished', endpoint: 0 }];
  /** Some 36 requests are under way at each endpoint. */
  const slow = { concurrency: 64, serviceTime: { type: 'lognormal', meanMs: 200, variation: 0.3 } } as const;
  const waiting = (retry: Partial<RetryConfig>, given: Partial<Plan> = {}): Measurements =>
    run(planOf({ warmUp: 0, retry: { ...DEFAULT_RETRY, on: [], silenceMs: 0, ...retry }, retryBudget: AMPLE, changes: vanished, ...given }, slow));

  it('goes elsewhere where an endpoint has answered nobody for the time of silence', () => {
    const without = waiting({});
    const measurements = waiting({ silenceMs: 500 });
    // The endpoint answered others after most of those had come that it held when it vanished.
    expect(measurements.hedges).toBeGreaterThan(5);
    expect(measurements.failures.timeout).toBeLessThanOrEqual(without.failures.timeout - 5);
    expect(attemptsOf(measurements)).toBe(5_000 + measurements.retries + measurements.hedges);
    expect(waiting({ silenceMs: 500 }, { idempotent: 0 }).hedges).toBe(0);
    expect(waiting({ silenceMs: 500, maxRetries: 0 }).hedges).toBe(0);
    // Nothing has fallen silent.
    expect(waiting({ silenceMs: 500 }, { changes: [] }).hedges).toBe(0);
  });

  it('starts beside one that takes longer than most, and shortens the tail that a slow endpoint makes, for little more load', () => {
    const hedge = { percentile: 95, minimumDelayMs: 1 };
    const one = { concurrency: 64, serviceTime: { type: 'lognormal', meanMs: 20, variation: 0.3 } } as const;
    // A request in thirty goes to it.
    const changes: Change[] = [{ atMs: 0, type: 'pace', endpoint: 0, factor: 10 }];
    const given = { warmUp: 0, retry: DEFAULT_RETRY, retryBudget: AMPLE, changes };
    const [without, hedged] = [undefined, hedge].map((each) => run(planOf({ ...given, hedge: each }, one, 30)));
    expect(hedged!.ended).toBe(5_000);
    expect(hedged!.latency.percentile(0.99)).toBeLessThan(0.5 * without!.latency.percentile(0.99));
    expect(hedged!.hedges / 5_000).toBeGreaterThan(0.03);
    expect(hedged!.hedges / 5_000).toBeLessThan(0.08);
    expect(attemptsOf(hedged!)).toBe(5_000 + hedged!.hedges);
    expect(without!.hedges).toBe(0);
  });

  it('ends after its time, and the request is sent again if the policy says so', () => {
    const measurements = waiting({ tryTimeoutMs: 1_000, on: ['tryTimeout'] });
    expect(measurements.failed).toBe(0);
    expect(measurements.retries).toBeGreaterThan(30);
    const passed = waiting({ tryTimeoutMs: 1_000 });
    expect(passed.failures.timeout).toBeGreaterThan(30);
    // Where there was no connection yet, the request is sent again in any case.
    expect(passed.retries).toBeGreaterThan(0);
    expect(passed.latency.percentile(0.99)).toBeLessThan(2_500);
  });
});

describe('outlier detection', () => {
  /** A hundred seconds. */
  const watched = (changes: Change[], given: Partial<OutlierDetectionConfig> = {}): Measurements =>
    run(planOf({ warmUp: 0, requests: 30_000, rps: 300, changes, outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, ...given } }));

  it('keeps requests from an endpoint that fails, but for five of each caller and one at each return', () => {
    const { failures, ejections, endpoints } = watched(failing(0));
    // Returns come after 10, 20, 30 seconds and a fifth more.
    expect(ejections).toBeGreaterThanOrEqual(3 * 3);
    expect(failures.status).toBe(3 * 5 + ejections - 3);
    expect(endpoints[0]!.failed).toBe(failures.status);
  });

  it('does the same for one that is slow unlike the others, and takes it back when it is as they are', () => {
    const slow: Change = { atMs: 20_000, type: 'pace', endpoint: 0, factor: 10 };
    const share = ({ endpoints }: Measurements): number => endpoints[0]!.sent / 30_000;
    expect(share(watched([slow]))).toBeLessThan(0.2 * 0.35);
    expect(share(watched([slow, { atMs: 30_000, type: 'pace', endpoint: 0, factor: 1 }]))).toBeGreaterThan(0.2 * 0.65);
    expect(share(watched([{ ...slow, factor: 2 }]))).toBeCloseTo(0.2, 2);
  });

  it('finds an endpoint that answers nobody before requests time out', () => {
    const { failures } = watched([{ atMs: 20_000, type: 'vanished', endpoint: 0 }]);
    // A fifth of 300 a second until some six seconds later; it would be 15 s of them.
    expect(failures.timeout).toBeGreaterThan(0);
    expect(failures.timeout).toBeLessThan(8 * 60);
  });

  it('ejects nobody when all fail, and no more than half', () => {
    expect(watched(failing(0, 1, 2, 3, 4)).ejections).toBe(0);
    const { endpoints } = watched(failing(0, 1));
    expect(endpoints.filter(({ sent }) => sent < 500)).toHaveLength(2);
    // Where four of five fail, most others of each do.
    expect(watched(failing(0, 1, 2, 3)).ejections).toBe(0);
  });

  it.each(['off', 'dryRun'] as const)('ejects nobody with mode %s', (mode) => {
    const { ejections, failures } = watched(failing(0), { mode });
    expect(ejections).toBe(0);
    expect(Math.abs(failures.status - 6_000)).toBeLessThan(5);
  });
});

test.each(SCENARIOS)('with all of it every request ends exactly once, and runs repeat: $name', (scenario) => {
  const failures = {
    outlierDetection: DEFAULT_OUTLIER_DETECTION, retry: { ...DEFAULT_RETRY, tryTimeoutMs: 400 }, hedge: DEFAULT_HEDGE, idempotent: 0.8,
  };
  const plan = scenario.plan(base({ requests: 3_000, rps: 100, ...failures }));
  for (const type of POLICIES) {
    const [one, other] = [run(plan, { type } as LoadBalancingConfig), run(plan, { type } as LoadBalancingConfig)];
    expect({ type, ended: one.ended }).toEqual({ type, ended: plan.requests });
    expect(JSON.stringify([other.endpoints, other.windows, other.failures])).toBe(JSON.stringify([one.endpoints, one.windows, one.failures]));
  }
});
