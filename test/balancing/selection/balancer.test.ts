import fc from 'fast-check';
import { Balancer, mixHash, POLICIES } from '../../../src/balancing';
import { type ClusterConfig, type LoadBalancingConfig, withBalancingDefaults } from '../../../src/contract';
import { bytesPerCall } from '../../support/allocation';
import { seededRandom, tabulated, tally, TestEndpoint } from '../support';

type Options = Omit<ClusterConfig, 'name' | 'discovery'>;

const HERE = { identity: 'web-0', zone: 'a' };

describe('the balancer of a cluster', () => {
  let now = 0;
  beforeEach(() => { now = 0; });

  const make = (options: Options, locality: typeof HERE = HERE) => (
    new Balancer<TestEndpoint>(withBalancingDefaults(options), { random: seededRandom(3), now: () => now }, locality)
  );
  const members = (balancer: Balancer<TestEndpoint>, count: number, facts: (index: number) => TestEndpoint['facts'] = () => ({}), weight = (_: number) => 1) => (
    Array.from({ length: count }, (_, index) => new TestEndpoint(`10.0.${index >> 8}.${index & 255}:80`, weight(index), facts(index), balancer.clusterStats))
  );
  const shares = (balancer: Balancer<TestEndpoint>, set: readonly TestEndpoint[], picks = 10_000) => (
    tally(set.length, picks, () => set.indexOf(balancer.pick()!)).map((count) => count / picks)
  );

  it.each(POLICIES)('picks nothing before it knows endpoints, then any of them, and nothing again: %s', (type) => {
    const balancer = make({ loadBalancing: { type } as LoadBalancingConfig });
    expect(balancer.pick()).toBeUndefined();
    const set = members(balancer, 3);
    balancer.update(set);
    expect(set).toContain(balancer.pick({ hash: 5 }));
    balancer.update([]);
    expect(balancer.pick({ hash: 5 })).toBeUndefined();
    expect(balancer.renewAfterMs).toBeUndefined();
  });

  it('asks to be renewed for nothing that time does not change', () => {
    const balancer = make({ loadBalancing: { type: 'leastRequest' } });
    balancer.update(members(balancer, 3));
    expect(balancer.renewAfterMs).toBeUndefined();
  });

  it('gives a newcomer its share little by little, with a policy that does not weigh, too', () => {
    const balancer = make({ loadBalancing: { type: 'roundRobin' }, slowStart: { windowMs: 40_000 } });
    const set = [...members(balancer, 3), new TestEndpoint('new', 1, { since: 0 }, balancer.clusterStats)];
    balancer.update(set);
    const shareAt = (milliseconds: number) => {
      now = milliseconds;
      balancer.renew();
      return shares(balancer, set)[3];
    };
    expect(balancer.renewAfterMs).toBe(800);
    expect(shareAt(1_000)).toBeCloseTo(0.1 / 3.1, 2);
    expect(shareAt(20_000)).toBeCloseTo(0.5 / 3.5, 2);
    expect(shareAt(40_000)).toBeCloseTo(0.25, 3);
    expect(balancer.renewAfterMs).toBeUndefined();
  });

  it('multiplies declared weights by what is observed, and tells both', () => {
    const balancer = make({ loadBalancing: { type: 'weightedRoundRobin' }, dynamicWeights: { source: 'observed' } });
    const set = members(balancer, 2, () => ({}), (index) => 1 + index);
    set.forEach((endpoint, index) => {
      endpoint.inFlight++;
      endpoint.stats.finished(index === 0 ? 10 : 30, 'success', 0);
    });
    balancer.update(set);
    for (now = 1_000; now <= 100_000; now += balancer.renewAfterMs!) balancer.renew();
    // 1 * 1.5 against 2 * 0.5.
    expect(shares(balancer, set)[0]).toBeCloseTo(0.6, 2);
    expect(balancer.report().endpoints).toMatchObject([
      { key: set[0].key, declared: 1, slowStart: 1, weight: expect.closeTo(1.5, 3), dynamic: { cause: 'observed', factor: expect.closeTo(1.5, 3) } },
      { declared: 2, weight: expect.closeTo(1, 3) },
    ]);
  });

  it('prefers the own zone within a level, and uses the next level only as the first fails', () => {
    const balancer = make({ zoneAware: {}, loadBalancing: { type: 'leastRequest' } });
    const set = members(balancer, 9, (index) => ({ priority: index < 6 ? 0 : 1, zone: index % 2 === 0 ? 'a' : 'b' }));
    balancer.update(set);
    const before = shares(balancer, set);
    expect(before[0] + before[2] + before[4]).toBeCloseTo(0.97, 1);
    expect(before.slice(6)).toEqual([0, 0, 0]);
    // Half of the first level: 70 percent.
    balancer.update(set, (member) => !set.slice(0, 3).includes(member));
    const after = shares(balancer, set);
    expect(after.slice(0, 3)).toEqual([0, 0, 0]);
    expect(after[3] + after[4] + after[5]).toBeCloseTo(0.7, 1);
    expect(balancer.report()).toMatchObject({ levels: [{ load: 70, available: 3, all: 6 }, { load: 30 }], zones: [{ zone: 'b' }, { zone: 'a' }] });
  });

  it.each([false, true])('gives the first pod of the own zone its share little by little, whether pods report (%s) or not', (reports) => {
    const callers = new Map([['a', 1], ['b', 10]]);
    const balancer = make({ loadBalancing: { type: 'leastRequest' }, slowStart: { windowMs: 60_000 }, zoneAware: {} }, { ...HERE, callers } as typeof HERE);
    const others = members(balancer, 10, () => ({ zone: 'b' }));
    balancer.update(others);
    const fresh = new TestEndpoint('10.9.0.1:80', 1, { zone: 'a', since: 0 }, balancer.clusterStats);
    const all = [...others, fresh];
    const shareAt = (milliseconds: number) => {
      for (; now < milliseconds; now += 500) {
        if (reports) for (const { stats } of all) stats.report({ utilization: 0.3, requestsPerSecond: 10, errorsPerSecond: 0 }, now);
        balancer.renew();
      }
      return shares(balancer, all)[10];
    };
    balancer.update(all);
    const [first, half, end] = [shareAt(1_000), shareAt(30_000), shareAt(120_000)];
    expect(first).toBeLessThan(0.25);
    expect(half).toBeGreaterThan(first);
    expect(half).toBeLessThan(0.85);
    expect(end).toBeCloseTo(0.97, 1);
  });

  it('uses a subset of its own, another proxy another, and an available one for each that is not', () => {
    const used = (identity: string, available = (_: TestEndpoint) => true) => {
      const balancer = make({ subset: { size: 5 } }, { ...HERE, identity });
      const set = members(balancer, 100);
      balancer.update(set, available);
      return new Set(Array.from({ length: 1_000 }, () => balancer.pick()!.key));
    };
    expect(used('web-0').size).toBe(5);
    expect(used('web-0')).toEqual(used('web-0'));
    expect(used('web-0')).not.toEqual(used('web-1'));
    const [gone] = used('web-0');
    const instead = used('web-0', ({ key }) => key !== gone);
    expect(instead.size).toBe(5);
    expect([...instead].filter((key) => used('web-0').has(key))).toHaveLength(4);
  });

  it('keeps what was learned when the policy changes, and takes requests all the time', () => {
    const balancer = make({ loadBalancing: { type: 'roundRobin' } });
    const set = members(balancer, 3);
    balancer.update(set);
    for (let turn = 0; turn < 30; turn++) {
      const picked = balancer.pick()!;
      picked.inFlight++;
      picked.stats.finished(picked === set[0] ? 500 : 5, 'success', turn);
    }
    balancer.reconfigure(withBalancingDefaults({ loadBalancing: { type: 'leastResponseTime', decayMs: 2_000, failurePenaltyMs: 100 } }));
    expect(shares(balancer, set)[0]).toBe(0);
    expect(balancer.clusterStats).toMatchObject({ decayMs: 2_000, failurePenaltyMs: 100 });
    balancer.reconfigure(withBalancingDefaults({ loadBalancing: { type: 'random' } }));
    expect(balancer.clusterStats).toMatchObject({ decayMs: 10_000, failurePenaltyMs: 5_000 });
    expect(shares(balancer, set)[0]).toBeCloseTo(1 / 3, 1);
  });

  it('tells the choice of adaptive and its reason', () => {
    const balancer = make({ loadBalancing: { type: 'adaptive' } });
    const set = members(balancer, 9);
    balancer.update(set);
    set[0].inFlight = 89;
    now = balancer.renewAfterMs!;
    balancer.renew();
    expect(balancer.report()).toMatchObject({
      policy: 'adaptive', choice: { policy: 'leastRequest', reason: 'one endpoint holds 8.3 times the mean, at least 4' },
    });
  });

  describe('given a table that is built in slices', () => {
    const config: Options = { loadBalancing: { type: 'maglev', tableSize: 655_373 } };

    it('goes on with the old one, never to an endpoint that has gone, until the new one is done', () => {
      const balancer = make(config);
      const set = members(balancer, 500);
      balancer.update(set);
      let slices = 0;
      const finish = () => { for (; balancer.renewAfterMs === 0; slices++) balancer.renew(); };
      finish();
      expect(slices).toBeGreaterThan(5);
      const requests = Array.from({ length: 3_000 }, (_, key) => ({ hash: mixHash(key, 1) }));
      const before = requests.map((request) => balancer.pick(request)!);
      const left = set.slice(0, 400);
      balancer.update(left);
      expect(balancer.renewAfterMs).toBe(0);
      requests.forEach((request, index) => {
        const picked = balancer.pick(request)!;
        expect(left).toContain(picked);
        if (left.includes(before[index])) expect(picked).toBe(before[index]);
      });
      finish();
      expect(balancer.renewAfterMs).toBeUndefined();
      expect(requests.filter((request, index) => balancer.pick(request) === before[index]).length / 3_000).toBeGreaterThan(0.6);
    });

    it('takes requests before its first table is done', () => {
      const balancer = make(config);
      const set = members(balancer, 500);
      balancer.update(set);
      expect(balancer.renewAfterMs).toBe(0);
      const reached = new Set(Array.from({ length: 5_000 }, () => balancer.pick()));
      expect(reached.size).toBe(500);
      expect(set).toContain(balancer.pick({ hash: 1 }));
    });

    it('ends with the table of the newest endpoints when they change meanwhile', () => {
      const balancer = make(config);
      balancer.update(members(balancer, 300));
      const set = members(balancer, 2);
      balancer.update(set);
      while (balancer.renewAfterMs === 0) balancer.renew();
      expect(set).toContain(balancer.pick({ hash: 77 }));
    });

    it.each<[string, Options]>([
      ['maglev', { loadBalancing: { type: 'maglev', tableSize: 65_537 } }], ['ring hash', { loadBalancing: { type: 'ringHash' } }],
    ])('finishes tables while endpoints change all the time: %s', (_, options) => {
      const balancer = make(options);
      const all = members(balancer, 212);
      const others = all.slice(200);
      let set = all.slice(0, 200);
      balancer.update(set);
      let slices = 0;
      for (; balancer.renewAfterMs === 0; slices++) balancer.renew();
      expect(slices).toBeGreaterThan(2);
      // Each change in the middle of a table.
      others.forEach((newcomer) => {
        set = [...set.slice(1), newcomer];
        balancer.update(set);
        for (let slice = 0; slice < slices / 2; slice++) balancer.renew();
      });
      const requests = Array.from({ length: 5_000 }, (_value, key) => ({ hash: mixHash(key, 1) }));
      const newcomers = new Set(others.slice(0, 10));
      expect(requests.filter((request) => newcomers.has(balancer.pick(request)!)).length / 5_000).toBeGreaterThan(0.035);
      const before = requests.map((request) => balancer.pick(request)!);
      set = set.slice(1);
      balancer.update(set);
      expect(requests.filter((request) => !set.includes(balancer.pick(request)!))).toEqual([]);
      while (balancer.renewAfterMs === 0) balancer.renew();
      expect(requests.filter((request, index) => balancer.pick(request) !== before[index]).length / 5_000).toBeLessThan(0.05);
    });

    it('finishes them by changes alone, if nobody finds the time to renew', () => {
      const balancer = make(config);
      const set = members(balancer, 100);
      const few = set.slice(1);
      balancer.update(set);
      for (let change = 0; change < 2_000; change++) balancer.update(change % 2 === 0 ? set : few);
      const requests = Array.from({ length: 2_000 }, (_, key) => ({ hash: mixHash(key, 1) }));
      const before = requests.map((request) => balancer.pick(request));
      balancer.update(set);
      expect(requests.filter((request, index) => balancer.pick(request) !== before[index]).length / 2_000).toBeLessThan(0.05);
    });
  });

  it('never fails and never picks what is not a member, given any sequence of changes', () => {
    const policy = fc.constantFrom(...POLICIES.map((type) => ({ type }) as LoadBalancingConfig));
    const change = fc.record({
      count: fc.nat(12), loadBalancing: policy, slow: fc.boolean(), zones: fc.boolean(), subset: fc.option(fc.integer({ min: 1, max: 4 })),
      dynamic: fc.boolean(), down: fc.nat(12), elapsed: fc.nat(20_000),
    });
    fc.assert(fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      now = 0;
      const balancer = make({});
      const all = members(balancer, 12, (index) => ({ priority: index % 3, zone: 'abc'[index % 2], since: index * 1_000 }));
      for (const { count, loadBalancing, slow, zones, subset, dynamic, down, elapsed } of changes) {
        now += elapsed;
        balancer.reconfigure(withBalancingDefaults({
          loadBalancing,
          ...(slow && { slowStart: { windowMs: 30_000 } }),
          ...(zones && { zoneAware: {} }),
          ...(subset !== null && { subset: { size: subset } }),
          ...(dynamic && { dynamicWeights: { source: 'observed' } }),
        }));
        const present = all.slice(0, count);
        balancer.update(present, (member) => all.indexOf(member) >= down);
        for (let turn = 0; turn < 20; turn++) {
          const picked = balancer.pick(turn % 2 === 0 ? undefined : { hash: turn * 0x1234567 });
          if (count === 0) expect(picked).toBeUndefined();
          else expect(present).toContain(picked);
          picked?.stats.started();
          picked?.stats.finished(turn, turn % 5 === 0 ? 'failure' : 'success', now);
        }
        balancer.renew();
      }
    }), { seed: 1, numRuns: 60 });
  });

  it('allocates nothing per pick with everything around a policy', () => {
    const around = tabulated();
    const balancer = new Balancer<TestEndpoint>(withBalancingDefaults({
      loadBalancing: { type: 'leastResponseTime' }, zoneAware: {}, subset: { size: 20 }, slowStart: { windowMs: 10_000 }, dynamicWeights: { source: 'observed' },
    }), around, HERE);
    const set = members(balancer, 90, (index) => ({ priority: index < 60 ? 0 : 1, zone: 'abc'[index % 3], since: 0 }));
    balancer.update(set, (member) => set.indexOf(member) % 2 === 0);
    expect(bytesPerCall(() => balancer.pick())).toBe(0);
  });
});
