import { POLICIES } from '../../src/balancing';
import type { LoadBalancingConfig } from '../../src/contract';
import { Change, Measurements, Plan, SCENARIOS, Simulation } from '../../src/simulation';
import { balancingOf, callers, planOf, base, ROUND_ROBIN, run } from './support';

/** Everything that was measured, as text. */
function textOf(measurements: Measurements): string {
  const { latency, failures, endpoints, windows, ended, retries } = measurements;
  return JSON.stringify({ latency: latency.cumulative(), failures, endpoints, windows, ended, retries });
}

describe.each(SCENARIOS)('scenario $name', (scenario) => {
  const plan = scenario.plan(base({ requests: 2_000 }));

  it('has its changes in order, within the run, and on endpoints and callers that there are', () => {
    const times = plan.changes.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const change of plan.changes) {
      expect(change.atMs).toBeGreaterThanOrEqual(0);
      expect(change.atMs).toBeLessThan((plan.requests / plan.rps) * 1_000);
      if ('endpoint' in change) expect(plan.endpoints[change.endpoint]).toBeDefined();
      if ('caller' in change) expect(plan.callers[change.caller]).toBeDefined();
    }
  });

  it.each(POLICIES)('ends every request exactly once, and repeats, by %s', (type) => {
    const policy = { type } as LoadBalancingConfig;
    const measurements = run(plan, policy);
    expect(measurements.ended).toBe(plan.requests);
    expect(measurements.measured).toBeLessThanOrEqual(plan.requests);
    expect(measurements.measured).toBeGreaterThan(0.9 * plan.requests);
    expect(textOf(run(plan, policy))).toBe(textOf(measurements));
    expect(textOf(run(plan, policy, 2))).not.toBe(textOf(measurements));
  });
});

describe('a simulation', () => {
  it('sends the same requests at the same times whatever the policy', () => {
    const fixed = planOf({ networkMs: 0 }, { concurrency: 1_000 });
    // Without queues or distance, a latency is the work that a request brings along.
    expect(run(fixed, { type: 'random' }).latency.cumulative()).toEqual(run(fixed).latency.cumulative());
  });

  it('counts every attempt at an endpoint', () => {
    const measurements = run(planOf({ warmUp: 0 }));
    expect(measurements.endpoints.reduce((sum, { sent }) => sum + sent, 0)).toBe(5_000 + measurements.retries);
    expect(measurements.endpoints.map(({ sent }) => sent)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000].map(() => expect.any(Number)));
    for (const { sent } of measurements.endpoints) expect(Math.abs(sent - 1_000)).toBeLessThanOrEqual(3);
  });

  it('can be run in slices of any size', () => {
    const plan = SCENARIOS.find(({ name }) => name === 'zone-lost')!.plan(base());
    const simulation = new Simulation(plan, balancingOf(ROUND_ROBIN), 1);
    let last = 0;
    while (!simulation.step(97)) {
      expect(simulation.progress).toBeGreaterThanOrEqual(last);
      last = simulation.progress;
    }
    expect(textOf(simulation.measurements)).toBe(textOf(run(plan)));
  });

  it('takes network, connection and work to answer', () => {
    const measurements = run(planOf({ networkMs: 3, rps: 1, requests: 20, callers: callers(1), arrivals: 'even', warmUp: 0 },
      { serviceTime: { type: 'fixed', ms: 10 } }, 1));
    // A new connection costs one more way there and back.
    expect(measurements.latency.max).toBeCloseTo(22);
    expect(measurements.latency.percentile(0.5)).toBeCloseTo(16, 0);
  });

  it('sends requests to an endpoint in order, so many at a time', () => {
    // Ten requests at almost one moment, two at a time, 10 ms each.
    const measurements = run(planOf({ rps: 1e9, requests: 10, arrivals: 'even', networkMs: 0, warmUp: 0 }, { concurrency: 2, serviceTime: { type: 'fixed', ms: 10 } }, 1));
    expect([0.2, 0.4, 0.6, 0.8, 1].map((share) => Math.round(measurements.latency.percentile(share) / 10))).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('what goes wrong', () => {
  const soon = 1_000;
  const during = (changes: Change[], given: Partial<Plan> = {}): Measurements => run(planOf({ changes, warmUp: 0, ...given }));

  it('is passed on when an endpoint answers with 503, and not tried again unless the plan says so', () => {
    const measurements = during([{ atMs: 0, type: 'failing', endpoint: 0, answerMs: 1 }]);
    expect(measurements.failures.status).toBe(measurements.endpoints[0]!.sent);
    expect(measurements.failures.status).toBeGreaterThan(900);
    expect(measurements.retries).toBe(0);
  });

  it('is tried elsewhere when a process has ended, so that no request fails', () => {
    const measurements = during([{ atMs: soon, type: 'stopped', endpoint: 0 }]);
    expect(measurements.failed).toBe(0);
    expect(measurements.retries).toBeGreaterThan(500);
    expect(measurements.endpoints[0]!.failed).toBeGreaterThan(500);
  });

  it('costs a request the time to connect when a machine has vanished, and those under way the whole timeout', () => {
    const measurements = during([{ atMs: soon, type: 'vanished', endpoint: 0 }], { timeoutMs: 3_000, connectTimeoutMs: 500 });
    expect(measurements.failures.timeout).toBeGreaterThan(0);
    expect(measurements.failures.timeout).toBeLessThan(60);
    expect(measurements.latency.percentile(0.99)).toBeGreaterThan(500);
    expect(measurements.latency.max).toBeLessThanOrEqual(3_000);
  });

  it('fails when all machines have vanished, after as many attempts as a proxy makes', () => {
    const changes = [0, 1, 2, 3, 4].map((endpoint): Change => ({ atMs: soon, type: 'vanished', endpoint }));
    const measurements = during(changes, { connectTimeoutMs: 10 });
    expect(measurements.failures.connect).toBeGreaterThan(3_000);
    expect(measurements.retries).toBeGreaterThanOrEqual(2 * measurements.failures.connect);
    expect(measurements.ended).toBe(5_000);
  });

  it('fails at once when discovery knows of no endpoint', () => {
    const changes = [0, 1, 2, 3, 4].map((endpoint): Change => ({ atMs: soon, type: 'discovered', endpoint, state: 'gone' }));
    expect(during(changes).failures.noEndpoint).toBeGreaterThan(3_500);
  });

  it('is no more sent to an endpoint that drains while there are others, and is when there are none', () => {
    const drain = (endpoint: number): Change => ({ atMs: soon, type: 'discovered', endpoint, state: 'draining' });
    const some = during([drain(0)]);
    expect(some.endpoints[0]!.sent).toBeLessThan(250);
    const all = during([0, 1, 2, 3, 4].map(drain));
    expect(all.failed).toBe(0);
    expect(all.endpoints[0]!.sent).toBeGreaterThan(900);
  });

  it('times out when an endpoint can do less than it is asked for', () => {
    const measurements = run(planOf({ timeoutMs: 500 }, { concurrency: 2 }));
    expect(measurements.failures.timeout).toBeGreaterThan(500);
    expect(measurements.latency.max).toBeLessThanOrEqual(500);
    expect(measurements.ended).toBe(5_000);
  });
});

describe('recovery', () => {
  const recovery = (name: string, type: LoadBalancingConfig['type']): number | undefined =>
    run(SCENARIOS.find((scenario) => scenario.name === name)!.plan(base({ requests: 30_000 })), { type } as LoadBalancingConfig).recoveryMs();

  it('is counted from the beginning of the disturbance to the end of what it did', () => {
    // 30,000 requests are 33.3 s, disturbed for 13.3 s.
    expect(recovery('failing-fast', 'roundRobin')).toBeGreaterThan(12_700);
    expect(recovery('failing-fast', 'roundRobin')).toBeLessThan(15_000);
    expect(recovery('slow-pod', 'roundRobin')).toBeGreaterThan(14_000);
  });

  it('is nothing where nothing was disturbed', () => {
    expect(recovery('slow-pod', 'leastRequest')).toBe(0);
    expect(recovery('steady', 'roundRobin')).toBeUndefined();
  });
});
