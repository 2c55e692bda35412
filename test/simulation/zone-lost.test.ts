/** What is lost with a zone, and what health checks find out. */
import { Change, Plan, BasePlan, SCENARIOS, Simulation } from '../../src/simulation';
import { balancingOf, callers, base, ROUND_ROBIN, run } from './support';

/** Six pods and these callers, in zones a, b and c in turn; a hundred seconds. */
function planNamed(name: string, given: Partial<BasePlan> = {}): Plan {
  const still = base({ rps: 100, requests: 10_000, callers: callers(3, 'a', 'b', 'c'), ...given }, {}, 6);
  const zoned = { ...still, endpoints: still.endpoints.map((endpoint, index) => ({ ...endpoint, zone: 'abc'[index % 3] })) };
  return SCENARIOS.find((scenario) => scenario.name === name)!.plan(zoned);
}

function changesOf<T extends Change['type']>({ changes }: Plan, type: T): Extract<Change, { readonly type: T }>[] {
  return changes.filter((change): change is Extract<Change, { readonly type: T }> => change.type === type);
}

describe('a lost zone', () => {
  const plan = planNamed('zone-lost');

  it('takes its pods and its callers along, and all are back in the other zones', () => {
    expect(changesOf(plan, 'vanished').map(({ endpoint }) => endpoint)).toEqual([0, 3]);
    expect(changesOf(plan, 'calling').map(({ atMs, caller, calls }) => [atMs, caller, calls])).toEqual([[30_000, 0, false], [70_000, 3, true]]);
    expect(changesOf(plan, 'counted').map(({ callers: present }) => present)).toEqual([[1, 2], [1, 2, 3]]);
    expect(plan.endpoints.slice(6).map(({ zone, later }) => [zone, later])).toEqual([['b', true], ['c', true]]);
    expect(plan.callers[3]).toEqual({ zone: 'b', later: true });
  });

  it('sends no more requests from there, and the others answer for them', () => {
    // To the own zone alone, so that a pod there is asked by the caller there.
    const simulation = new Simulation(plan, balancingOf({ type: 'leastRequest' }, { zoneAware: { remotePercent: 0 } }), 1);
    const { endpoints, failures, ended } = simulation.run();
    expect(ended).toBe(plan.requests);
    expect(failures.timeout).toBe(0);
    // Nobody asks a pod of a from afar, but for what spills.
    expect(endpoints[0]!.sentDisturbed + endpoints[3]!.sentDisturbed).toBeLessThan(10);
    expect(simulation.balancers.slice(1).map(({ localZone }) => localZone)).toEqual(['b', 'c', 'b']);
  });

  it('is another one when all callers are in the first, and leaves callers that do not know where they are', () => {
    const elsewhere = planNamed('zone-lost', { callers: callers(2, 'a') });
    expect(changesOf(elsewhere, 'vanished').map(({ endpoint }) => endpoint)).toEqual([1, 4]);
    expect(changesOf(elsewhere, 'calling')).toEqual([]);
    expect(changesOf(planNamed('zone-lost', { callers: callers(2) }), 'calling')).toEqual([]);
  });
});

describe('health checks', () => {
  const healthCheck = { type: 'http', intervalMs: 2_000, timeoutMs: 1_000, healthyThreshold: 2, unhealthyThreshold: 3 } as const;
  const judgements = (plan: Plan): unknown[] => changesOf(plan, 'judged').map(({ atMs, endpoint, healthy }) => [atMs, endpoint, healthy]);

  it('find out after so many in a row, of a machine that is gone by their timeout', () => {
    expect(judgements(planNamed('failing-fast', { healthCheck }))).toEqual([[35_000, 0, false], [73_000, 0, true]]);
    expect(judgements(planNamed('zone-lost', { healthCheck }))).toEqual([[36_000, 0, false], [36_000, 3, false]]);
  });

  it('see no failure of an app when they only connect, and none that is over before', () => {
    expect(judgements(planNamed('failing-fast', { healthCheck: { ...healthCheck, type: 'tcp' } }))).toEqual([]);
    expect(judgements(planNamed('zone-lost', { healthCheck: { ...healthCheck, type: 'tcp' } }))).toHaveLength(2);
    expect(judgements(planNamed('failing-fast', { healthCheck: { ...healthCheck, intervalMs: 20_000 } }))).toEqual([]);
  });

  it('keep requests from a pod that fails', () => {
    const failed = (given: Partial<BasePlan>): number => run(planNamed('failing-fast', given), ROUND_ROBIN).failures.status;
    // A sixth of the requests of 40 seconds, and of 5.
    expect(Math.abs(failed({}) - 667)).toBeLessThan(80);
    expect(Math.abs(failed({ healthCheck }) - 83)).toBeLessThan(30);
  });
});
