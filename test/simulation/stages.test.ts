/**
 * What stands around the policy, in whole runs: shares against the formulas of each stage (src/balancing). The formulas have tests
 * of their own; here they must come out of callers that learn, renew and discover as those of the proxy do.
 */
import { POLICIES } from '../../src/balancing';
import type { LoadBalancingConfig, SlowStartConfig } from '../../src/contract';
import { Change, Measurements, Plan, SCENARIOS, Simulation, withPolicy } from '../../src/simulation';
import { balancingOf, callers, planOf, base, ROUND_ROBIN, run, Stages } from './support';

const WEIGHTED: LoadBalancingConfig = { type: 'weightedRoundRobin' };
const ZONES = ['a', 'b', 'c'];

/** Pods of so many zones in turn. */
function inZones(plan: Plan, zones: readonly string[]): Plan {
  return { ...plan, endpoints: plan.endpoints.map((endpoint, index) => ({ ...endpoint, zone: zones[index % zones.length] })) };
}

function sharesOf({ endpoints }: Measurements, of: 'sent' | 'sentDisturbed' = 'sent'): number[] {
  const total = endpoints.reduce((sum, endpoint) => sum + endpoint[of], 0);
  return endpoints.map((endpoint) => endpoint[of] / total);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('zone-aware choice', () => {
  const ownShare = ({ zones: { own, all } }: Measurements): number => own / all;

  it('keeps all but the least part for others in a zone that can take it', () => {
    const plan = inZones(planOf({ callers: callers(6, ...ZONES), requests: 20_000 }, {}, 6), ZONES);
    expect(ownShare(run(plan))).toBeCloseTo(1 / 3, 2);
    expect(ownShare(run(plan, WEIGHTED, 1, { zoneAware: {} }))).toBeCloseTo(0.97, 2);
    expect(ownShare(run(plan, WEIGHTED, 1, { zoneAware: { remotePercent: 20 } }))).toBeCloseTo(0.8, 2);
  });

  it.each([0.3, 0.45, 0.6])('spills what would load the own zone by more than the tolerance above the others, at a mean load of %d', (load) => {
    // All callers are in one zone of three. At the bound, own = others + 0.1 and own + 2 others = 3 load, so own = load + 0.2 / 3. It
    // is reached on average only: the rule says all or by free capacity, and the shares swing around it.
    const rps = Math.round((load * 6 * 8 * 1_000) / 20);
    const plan = inZones(planOf({ callers: callers(6, 'a'), rps, requests: rps * 100, warmUp: 0.3 }, {}, 6), ZONES);
    const share = ownShare(run(plan, { type: 'leastRequest' }, 1, { zoneAware: {} }));
    expect(Math.abs(share - (load + 0.2 / 3) / (3 * load))).toBeLessThan(0.05);
  });

  it('does not overload a zone with few pods', () => {
    // A tenth of the pods is where a third of the callers are; all pods together are 40 % busy.
    const plan = inZones(planOf({ callers: callers(6, ...ZONES), rps: 1_600, requests: 100_000, warmUp: 0.3 }, {}, 10),
      ['a', 'b', 'b', 'b', 'b', 'b', 'c', 'c', 'c', 'c']);
    const [alone] = run(plan, { type: 'leastRequest' }, 1, { zoneAware: {} }).endpoints;
    expect(alone!.utilization).toBeGreaterThan(0.4);
    expect(alone!.utilization).toBeLessThan(0.4 + 0.1 + 0.05);
  });

  it('does not matter to callers that do not know their zone, nor with too few pods', () => {
    const ownOf = (given: readonly string[], stages: Stages): number => {
      const measurements = run(inZones(planOf({ callers: callers(6, ...given), requests: 20_000 }, {}, 6), ZONES), WEIGHTED, 1, stages);
      return given.length === 0 ? sharesOf(measurements)[0]! * 2 : ownShare(measurements);
    };
    expect(ownOf([], { zoneAware: {} })).toBeCloseTo(1 / 3, 2);
    expect(ownOf(ZONES, { zoneAware: { minimumEndpoints: 7 } })).toBeCloseTo(1 / 3, 2);
  });
});

describe('slow start', () => {
  const FROM = 2_000;
  const UNTIL = 12_000;

  /** A sixth pod comes; its share is measured over ten seconds from then on. */
  const joining: Plan = {
    ...planOf({ requests: 18_000, warmUp: 0 }, {}, 6),
    disturbance: { fromMs: FROM, toMs: UNTIL },
    changes: [{ atMs: FROM, type: 'started', endpoint: 5 }, { atMs: FROM, type: 'discovered', endpoint: 5, state: 'ready' }],
  };
  const plan: Plan = { ...joining, endpoints: joining.endpoints.map((endpoint, index) => ({ ...endpoint, later: index === 5 })) };

  /** f / (5 + f), averaged over the ten seconds, with f of Envoy's formula. */
  function expected({ windowMs, aggression = 1, minimumPercent = 10 }: SlowStartConfig): number {
    const steps = Array.from({ length: 1_000 }, (_, step) => {
      const age = Math.max(((step + 0.5) * (UNTIL - FROM)) / 1_000, 1_000) / windowMs;
      const factor = age >= 1 ? 1 : Math.max(minimumPercent / 100, age ** (1 / aggression));
      return factor / (5 + factor);
    });
    return sum(steps) / steps.length;
  }

  it.each<SlowStartConfig>([
    { windowMs: 10_000 }, { windowMs: 40_000 }, { windowMs: 10_000, aggression: 2 }, { windowMs: 10_000, aggression: 0.5 },
    { windowMs: 60_000, minimumPercent: 30 }, { windowMs: 5_000 },
  ])('gives a new pod the share of the formula: %j', (slowStart) => {
    for (const policy of [WEIGHTED, { type: 'random' } as const]) {
      const share = sharesOf(run(plan, policy, 1, { slowStart }), 'sentDisturbed')[5]!;
      // A thousandth for the steps in which it grows, and chance.
      expect(Math.abs(share - expected(slowStart))).toBeLessThan(policy === WEIGHTED ? 0.003 : 0.01);
    }
  });

  it('is for pods that come, not for those that are there: all have their full share without newcomers', () => {
    expect(sharesOf(run(plan, WEIGHTED), 'sentDisturbed')[5]).toBeCloseTo(1 / 6, 2);
    const steady = sharesOf(run(planOf(), WEIGHTED, 1, { slowStart: { windowMs: 60_000 } }));
    for (const share of steady) expect(share).toBeCloseTo(0.2, 2);
  });

  it('keeps requests from cold pods in a rollout', () => {
    const rollout = SCENARIOS.find(({ name }) => name === 'rollout')!.plan(base({ requests: 100_000, rps: 1_200 }, { concurrency: 4 }, 12));
    expect(run(rollout, WEIGHTED, 1, { slowStart: { windowMs: 4_000 } }).latency.percentile(0.99))
      .toBeLessThan(0.7 * run(rollout, WEIGHTED).latency.percentile(0.99));
  });
});

describe('a subset', () => {
  it('is of so many pods for each caller, of its own, and all together use all', () => {
    const simulation = new Simulation(planOf({ callers: callers(60), requests: 20_000 }, {}, 20), balancingOf({ type: 'random' }, { subset: { size: 5 } }), 1);
    const { endpoints } = simulation.run();
    expect(simulation.balancers.map((balancer) => balancer.endpoints.length)).toEqual(Array.from({ length: 60 }, () => 5));
    expect(new Set(simulation.balancers.map((balancer) => balancer.endpoints.map(({ key }) => key).join())).size).toBeGreaterThan(50);
    expect(endpoints.every(({ sent }) => sent > 0)).toBe(true);
  });

  it('is all that one caller sends to', () => {
    const { endpoints } = run(planOf({ callers: callers(1), requests: 3_000 }, {}, 20), WEIGHTED, 1, { subset: { size: 7 } });
    expect(endpoints.filter(({ sent }) => sent > 0)).toHaveLength(7);
  });
});

describe('dynamic weights', () => {
  it('from reports are what pods can do: those on which everything takes 1.6 times as long get 1 / 1.6', () => {
    const plan = SCENARIOS.find(({ name }) => name === 'heterogeneous')!.plan(base({ requests: 90_000, warmUp: 0.6 }));
    const shares = sharesOf(run(plan, WEIGHTED, 1, { dynamicWeights: { source: 'reports' } }));
    const slow = 1 / 1.6 / (3 + 2 / 1.6);
    for (const share of shares.slice(0, 2)) expect(Math.abs(share - slow)).toBeLessThan(0.01);
    expect(sharesOf(run(plan, WEIGHTED))[0]).toBeCloseTo(0.2, 2);
  });
});

describe('failover', () => {
  const judged = (...endpoints: readonly number[]): Change[] => endpoints.map((endpoint) => ({ atMs: 0, type: 'judged', endpoint, healthy: false }));
  const shares = (plan: Plan, stages: Stages = {}): number[] => sharesOf(run({ ...plan, requests: 20_000 }, { type: 'random' }, 1, stages));

  it('gives the next level what the first can not take, and none before that', () => {
    const plan = planOf({}, {}, 10);
    const levels: Plan = { ...plan, endpoints: plan.endpoints.map((endpoint, index) => ({ ...endpoint, priority: index < 5 ? 0 : 1 })) };
    expect(sum(shares(levels).slice(5))).toBe(0);
    expect(sum(shares({ ...levels, changes: judged(0) }).slice(5))).toBe(0);
    // Two of five are left: 140 * 2 / 5 = 56 percent.
    expect(sum(shares({ ...levels, changes: judged(0, 1, 2) }).slice(0, 5))).toBeCloseTo(0.56, 1);
    expect(sum(shares({ ...levels, changes: judged(0, 1, 2) }, { failover: { overprovisioningPercent: 200 } }).slice(0, 5))).toBeCloseTo(0.8, 1);
  });

  it('does not believe that most pods are unhealthy, unless it is told to', () => {
    const plan = planOf({ changes: judged(0, 1, 2) });
    for (const share of shares(plan)) expect(share).toBeCloseTo(0.2, 1);
    expect(sum(shares(plan, { failover: { panicPercent: 40 } }).slice(0, 3))).toBe(0);
    const { failures, measured } = run(planOf({ changes: judged(0, 1, 2, 3, 4) }), WEIGHTED, 1, { failover: { panicPercent: 0 } });
    expect(failures.noEndpoint).toBe(measured);
  });
});

test.each(SCENARIOS)('all stages together end every request exactly once, and repeat: $name', (scenario) => {
  const stages: Stages = {
    slowStart: { windowMs: 500 }, zoneAware: {}, subset: { size: 2 }, dynamicWeights: { source: 'reports' },
  };
  const plan = scenario.plan({
    ...inZones(planOf({
      callers: callers(6, ...ZONES), requests: 3_000,
      healthCheck: { type: 'http', intervalMs: 100, timeoutMs: 50, healthyThreshold: 2, unhealthyThreshold: 3 },
    }, {}, 9), ZONES),
  });
  for (const type of POLICIES) {
    const balancing = withPolicy(balancingOf(ROUND_ROBIN, stages), type);
    const [one, other] = [new Simulation(plan, balancing, 1).run(), new Simulation(plan, balancing, 1).run()];
    expect({ type, ended: one.ended }).toEqual({ type, ended: plan.requests });
    expect(JSON.stringify([other.endpoints, other.windows, other.failures])).toBe(JSON.stringify([one.endpoints, one.windows, one.failures]));
  }
});
