import { createPicker } from '../../../src/balancing';
import { withPolicyDefaults } from '../../../src/contract';
import { describeContract, NOT_BY_HASH } from '../contract';
import { endpoints, runtime, tally, TestEndpoint } from '../support';

const policy = (choices = 2) => withPolicyDefaults({ type: 'leastResponseTime', choices });

function measure(endpoint: TestEndpoint, latencyMs: number, now = 0): TestEndpoint {
  endpoint.inFlight++;
  endpoint.stats.finished(latencyMs, 'success', now);
  return endpoint;
}

/** How often each of the endpoints is picked. */
function shares(set: readonly TestEndpoint[], choices = 2): number[] {
  const picker = createPicker(set, policy(choices), runtime(4));
  return tally(set.length, 10_000, () => set.indexOf(picker.pick()!)).map((count) => count / 10_000);
}

describe('least response time', () => {
  describeContract({ type: 'leastResponseTime' }, { shareTolerance: 0.02, movement: NOT_BY_HASH });
  describeContract({ type: 'leastResponseTime', choices: 4 }, { shareTolerance: 0.02, movement: NOT_BY_HASH });

  it('takes the faster of two', () => {
    const [slow, fast] = endpoints(1, 1);
    measure(slow, 20);
    measure(fast, 10);
    expect(shares([slow, fast])).toEqual([0, 1]);
  });

  it('multiplies latency by the queue with this request in it', () => {
    const [slow, fast] = endpoints(1, 1);
    measure(slow, 20);
    measure(fast, 10);
    fast.inFlight = 1; // 20 against 20: the first drawn
    expect(shares([slow, fast])[0]).toBeCloseTo(0.5, 1);
    fast.inFlight = 2; // 20 against 30
    expect(shares([slow, fast])).toEqual([1, 0]);
  });

  it('divides by the weight', () => {
    const [heavy, light] = endpoints(3, 1);
    measure(heavy, 20);
    measure(light, 10);
    expect(shares([heavy, light])).toEqual([1, 0]);
  });

  it('does not take an endpoint that fails at once for a fast one', () => {
    const [failing, working] = endpoints(1, 1);
    failing.inFlight++;
    failing.stats.finished(1, 'failure', 0);
    measure(working, 100);
    expect(shares([failing, working])).toEqual([0, 1]);
  });

  it('tries again an endpoint that has not been asked for long: its cost decays, that of one in use does not', () => {
    const [slow, fast] = endpoints(1, 1);
    measure(slow, 1_000, 0);
    measure(fast, 10, 0);
    for (let now = 1_000; now < 40_000; now += 1_000) measure(fast, 10, now);
    expect(shares([slow, fast])).toEqual([0, 1]);
    for (let now = 40_000; now < 60_000; now += 1_000) measure(fast, 10, now);
    expect(shares([slow, fast])).toEqual([1, 0]);
  });

  it('gives one request to an endpoint that was never measured, and no more until that has ended', () => {
    const [known, fresh] = endpoints(1, 1);
    measure(known, 10);
    expect(shares([known, fresh])).toEqual([0, 1]);
    fresh.inFlight = 1;
    expect(shares([known, fresh])[0]).toBeCloseTo(0.5, 1);
    fresh.inFlight = 2;
    expect(shares([known, fresh])).toEqual([1, 0]);
  });

  it('is least request while nothing was measured', () => {
    const [a, b] = endpoints(1, 1);
    a.inFlight = 1;
    expect(shares([a, b])).toEqual([0, 1]);
  });

  it('compares all, given as many choices', () => {
    const set = endpoints(1, 1, 1, 1, 1);
    set.forEach((endpoint, index) => measure(endpoint, 10 + index));
    expect(shares(set, 5)).toEqual([1, 0, 0, 0, 0]);
  });

  it('never compares what is no number, given ages and costs far apart', () => {
    const set = endpoints(1, 1, 1);
    measure(set[0], 0, 0);
    measure(set[1], 3_600_000, 1e9);
    measure(set[2], 5, 1e12);
    const reached = shares(set);
    expect(reached.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  });

  it('refuses a configuration whose defaults are not filled in', () => {
    expect(() => createPicker(endpoints(1, 1), { type: 'leastResponseTime' }, runtime())).toThrow('defaults');
  });
});
