import fc from 'fast-check';
import { createPicker, ClusterStats, EndpointStats, type Runtime } from '../../../src/balancing';
import { MAX_OVER_MEDIAN, MAX_UNDER_MEDIAN, reportedWeight, withinReason } from '../../../src/balancing/endpoints/reported-weight';
import { withPolicyDefaults } from '../../../src/contract';
import { describeContract, NOT_BY_HASH } from '../contract';
import { endpoints, seededRandom, runtime, tally, TestEndpoint } from '../support';

const RULES = { blackoutMs: 10_000, expirationMs: 180_000, errorPenalty: 1 };

function reporting(utilization: number, requestsPerSecond: number, errorsPerSecond = 0): EndpointStats {
  const stats = new EndpointStats();
  for (const now of [0, 20_000]) stats.report({ utilization, requestsPerSecond, errorsPerSecond }, now);
  return stats;
}

describe('the weight that reports give', () => {
  it.each([
    [0.5, 100, 0, 200],
    [0.5, 100, 10, 166.67],
    [0.5, 100, 50, 100],
    [0.9, 100, 0, 111.11],
  ])('of utilization %d, %i requests and %i errors a second is that of A58', (utilization, requests, errors, weight) => {
    expect(reportedWeight(reporting(utilization, requests, errors), 20_000, RULES)).toBeCloseTo(weight, 2);
  });

  it('is none without reports, in the blackout, and after the expiration', () => {
    expect(reportedWeight(new EndpointStats(), 0, RULES)).toBe(0);
    const stats = new EndpointStats(new ClusterStats());
    stats.report({ utilization: 0.5, requestsPerSecond: 100, errorsPerSecond: 0 }, 1_000);
    expect(reportedWeight(stats, 10_999, RULES)).toBe(0);
    expect(reportedWeight(stats, 11_000, RULES)).toBe(200);
    expect(reportedWeight(stats, 180_999, RULES)).toBe(200);
    expect(reportedWeight(stats, 181_000, RULES)).toBe(0);
    // A report after that begins another blackout.
    stats.report({ utilization: 0.5, requestsPerSecond: 100, errorsPerSecond: 0 }, 182_000);
    expect(reportedWeight(stats, 182_000, RULES)).toBe(0);
    expect(reportedWeight(stats, 192_000, RULES)).toBe(200);
  });

  it('stays as it was after a report that says nothing', () => {
    const stats = reporting(0.5, 100);
    stats.report({ utilization: 0, requestsPerSecond: 100, errorsPerSecond: 0 }, 21_000);
    expect(reportedWeight(stats, 21_000, RULES)).toBe(200);
  });

  it('is kept within reason of the median, zeros left alone', () => {
    expect(withinReason([1, 10, 1_000, 0])).toEqual([1, 10, 80, 0]);
    expect(withinReason([0.01, 10, 10])).toEqual([0.1, 10, 10]);
    expect(withinReason([0, 0])).toEqual([0, 0]);
    fc.assert(fc.property(fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true })), { minLength: 1 }), (weights) => {
      const known = withinReason(weights).filter((weight) => weight > 0);
      if (known.length > 0) expect(Math.max(...known) / Math.min(...known)).toBeLessThanOrEqual(MAX_OVER_MEDIAN * MAX_UNDER_MEDIAN + 1e-6);
    }), { seed: 3 });
  });

  it('is left as it is, given machines that differ honestly: up to eight times their median', () => {
    const honest = [25, 50, 100, 100, 200, 400, 800];
    expect(withinReason(honest)).toEqual(honest);
  });
});

describe('client-side weighted round robin', () => {
  describeContract({ type: 'clientSideWeightedRoundRobin' }, { shareTolerance: 0.002, movement: NOT_BY_HASH });

  const around: Runtime = { random: seededRandom(1), now: () => 20_000 };
  const report = (endpoint: TestEndpoint, utilization: number, requestsPerSecond: number) => {
    for (const now of [0, 20_000]) endpoint.stats.report({ utilization, requestsPerSecond, errorsPerSecond: 0 }, now);
  };
  const shares = (set: readonly TestEndpoint[]): number[] => {
    const picker = createPicker(set, withPolicyDefaults({ type: 'clientSideWeightedRoundRobin' }), around);
    return tally(set.length, 30_000, () => set.indexOf(picker.pick()!)).map((count) => count / 30_000);
  };

  it('shares by what endpoints report', () => {
    const set = endpoints(1, 1, 1);
    report(set[0], 0.2, 100); // 500
    report(set[1], 0.5, 100); // 200
    report(set[2], 1, 300); // 300
    shares(set).forEach((share, index) => expect(share).toBeCloseTo([0.5, 0.2, 0.3][index], 2));
  });

  it('gives one that does not report the mean of those that do', () => {
    const set = endpoints(1, 1, 1);
    report(set[0], 0.5, 100); // 200
    report(set[1], 0.5, 300); // 600
    shares(set).forEach((share, index) => expect(share).toBeCloseTo([200, 600, 400][index] / 1_200, 2));
  });

  it('multiplies by declared weights', () => {
    const set = endpoints(3, 1);
    report(set[0], 0.5, 100);
    report(set[1], 0.5, 300);
    shares(set).forEach((share) => expect(share).toBeCloseTo(0.5, 2));
  });

  it('goes by declared weights alone when fewer than two report', () => {
    const set = endpoints(1, 1, 2);
    report(set[0], 0.1, 1_000);
    shares(set).forEach((share, index) => expect(share).toBeCloseTo([0.25, 0.25, 0.5][index], 2));
  });

  it('is not taken over by one of ten that claims to do everything: it gets less than half', () => {
    const set = endpoints(...new Array<number>(10).fill(1));
    set.forEach((endpoint, index) => (index === 0 ? report(endpoint, 1e-12, 1e12) : report(endpoint, 0.5, 100)));
    expect(shares(set)[0]).toBeCloseTo(8 / 17, 2);
  });

  it('takes one that tells percent for one that tells nothing', () => {
    const set = endpoints(1, 1, 1);
    report(set[0], 75, 100);
    report(set[1], 0.5, 100);
    report(set[2], 0.5, 100);
    shares(set).forEach((share) => expect(share).toBeCloseTo(1 / 3, 2));
  });

  it('asks to be built anew at its interval', () => {
    const config = withPolicyDefaults({ type: 'clientSideWeightedRoundRobin', updateMs: 250 });
    expect(createPicker(endpoints(1, 2), config, runtime()).renewAfterMs).toBe(250);
  });

  it('refuses a configuration whose defaults are not filled in', () => {
    expect(() => createPicker(endpoints(1, 1), { type: 'clientSideWeightedRoundRobin' }, runtime())).toThrow('defaults');
  });
});
