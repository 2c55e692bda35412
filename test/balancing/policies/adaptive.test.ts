import { createPicker, type Picker } from '../../../src/balancing';
import { choosePolicy } from '../../../src/balancing/policies/adaptive';
import { measureTraffic, type Traffic } from '../../../src/balancing/policies/traffic';
import { withPolicyDefaults } from '../../../src/contract';
import { describeContract, NOT_BY_HASH } from '../contract';
import { endpoints, seededRandom, TestEndpoint } from '../support';

const CALM: Traffic = { load: 0.01, imbalance: 1, newcomers: 0, spread: 1, chanceSpread: 1, variation: 1 };

describe('adaptive', () => {
  describeContract({ type: 'adaptive' }, { shareTolerance: 0.02, movement: NOT_BY_HASH });

  describe('what fits', () => {
    it.each([
      ['alike and idle', CALM, 'roundRobin'],
      ['alike and at work on requests that are alike', { ...CALM, load: 2, variation: 0.1 }, 'roundRobin'],
      ['alike and at work', { ...CALM, load: 2 }, 'leastRequest'],
      ['one of them far fuller than the others', { ...CALM, imbalance: 10 }, 'leastRequest'],
      ['different', { ...CALM, spread: 3 }, 'leastResponseTime'],
      ['alike but for one that has just come', { ...CALM, newcomers: 1 }, 'leastResponseTime'],
      ['different and at work', { ...CALM, spread: 3, load: 5 }, 'leastResponseTime'],
      ['different as chance would have it', { ...CALM, spread: 3, chanceSpread: 2.5 }, 'roundRobin'],
      ['different, with too few requests to tell', { ...CALM, spread: 3, chanceSpread: Infinity }, 'roundRobin'],
    ] as const)('to endpoints that are %s', (_, traffic, policy) => {
      expect(choosePolicy(traffic, 'roundRobin').policy).toBe(policy);
    });

    it('stays what it is between the bounds for going and for staying', () => {
      for (const between of [{ ...CALM, load: 0.04 }, { ...CALM, load: 1, variation: 0.45 }]) {
        expect(choosePolicy(between, 'roundRobin').policy).toBe('roundRobin');
        expect(choosePolicy(between, 'leastRequest').policy).toBe('leastRequest');
      }
      expect(choosePolicy({ ...CALM, spread: 1.3 }, 'roundRobin').policy).toBe('roundRobin');
      expect(choosePolicy({ ...CALM, spread: 1.3 }, 'leastResponseTime').policy).toBe('leastResponseTime');
      expect(choosePolicy({ ...CALM, imbalance: 3.5 }, 'roundRobin').policy).toBe('roundRobin');
      expect(choosePolicy({ ...CALM, imbalance: 3.5 }, 'leastRequest').policy).toBe('leastRequest');
    });

    it('comes with a reason that names the numbers', () => {
      expect(choosePolicy({ ...CALM, spread: 4 }, 'roundRobin').reason).toBe('endpoints differ 4.0 times in cost, at least 1.5');
      expect(choosePolicy({ ...CALM, load: 2 }, 'roundRobin').reason).toBe('endpoints are alike, requests stray by 1.00 (at least 0.5), and 2.00 are in flight each (at least 0.05)');
    });
  });

  describe('what is measured', () => {
    const feed = (set: readonly TestEndpoint[], latency: (index: number) => number, requests = 200) => {
      for (let turn = 0; turn < requests; turn++) {
        set.forEach((endpoint, index) => {
          endpoint.inFlight++;
          endpoint.stats.finished(latency(index), 'success', turn * 10);
        });
      }
    };

    it('shows one slow endpoint of five as a spread, far above chance', () => {
      const set = endpoints(1, 1, 1, 1, 1);
      feed(set, (index) => (index === 2 ? 100 : 10));
      const traffic = measureTraffic(set, 500, 0);
      expect(traffic.spread).toBeGreaterThan(9);
      expect(traffic.chanceSpread).toBeLessThan(1.01);
    });

    it('shows one that fails at once as a spread', () => {
      const set = endpoints(1, 1, 1, 1, 1);
      feed(set.slice(1), () => 10);
      for (let turn = 0; turn < 20; turn++) {
        set[0].inFlight++;
        set[0].stats.finished(1, 'failure', turn * 10);
      }
      expect(measureTraffic(set, 500, 0).spread).toBeGreaterThan(100);
    });

    it('takes as chance what equal endpoints of long-tailed latency show', () => {
      const random = seededRandom(5);
      let wrong = 0;
      for (let round = 0; round < 50; round++) {
        const set = endpoints(1, 1, 1, 1, 1);
        feed(set, () => Math.exp(2 * Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random())), 1_000);
        if (choosePolicy(measureTraffic(set, 500, 0), 'roundRobin').policy === 'leastResponseTime') wrong++;
      }
      expect(wrong).toBeLessThanOrEqual(2);
    });

    it('tells nothing from a handful of requests', () => {
      const set = endpoints(1, 1);
      feed(set, (index) => (index === 0 ? 1 : 1_000), 4);
      expect(measureTraffic(set, 1, 0).spread).toBe(1);
    });

    it('takes as a newcomer one that has come since and was hardly asked, and none while all are new', () => {
      const set = endpoints(1, 1, 1);
      feed(set, () => 10);
      expect(measureTraffic(set, 300, 0).newcomers).toBe(0);
      const newcomer = new TestEndpoint('new', 1, { since: 2_000 });
      expect(measureTraffic([...set, newcomer], 300, 0).newcomers).toBe(1);
      feed([newcomer], () => 10, 5);
      expect(measureTraffic([...set, newcomer], 300, 0).newcomers).toBe(0);
      expect(measureTraffic(endpoints(1, 1, 1), 0, 0).newcomers).toBe(0);
    });

    it('does not look at one endpoint of a thousand, which no percentile shows', () => {
      const set = endpoints(...new Array<number>(1_000).fill(1));
      feed(set, (index) => (index === 2 ? 1_000 : 10), 6);
      expect(measureTraffic(set, 500, 0).spread).toBeCloseTo(1, 1);
    });
  });

  describe('its changes', () => {
    let now = 0;
    const around = { random: seededRandom(1), now: () => now };
    const renew = (set: TestEndpoint[], previous?: Picker<TestEndpoint>) => (
      createPicker(set, withPolicyDefaults({ type: 'adaptive', minimumDwellMs: 10_000 }), around, { previous })
    );
    /** A second in which each endpoint answers ten requests, which take between 10 and 400 ms as `factor` says. */
    const work = (set: TestEndpoint[], factor: (index: number) => number = () => 1) => {
      for (let turn = 1; turn <= 10; turn++) {
        set.forEach((endpoint, index) => {
          endpoint.stats.started();
          endpoint.stats.finished((turn % 5 === 0 ? 400 : 10) * factor(index), 'success', now - 1_000 + turn * 100);
        });
      }
    };

    it('begin with round robin, follow the traffic, and lie a minimum dwell apart', () => {
      now = 0;
      const set = endpoints(1, 1, 1);
      let picker = renew(set);
      expect(picker.choice?.policy).toBe('roundRobin');
      now = 1_000;
      work(set);
      picker = renew(set, picker);
      expect(picker.choice).toMatchObject({ policy: 'leastRequest', since: 1_000 });
      for (now = 2_000; now < 11_000; now += 1_000) {
        picker = renew(set, picker);
        expect(picker.choice?.policy).toBe('leastRequest');
      }
      picker = renew(set, picker);
      expect(picker.choice).toMatchObject({ policy: 'roundRobin', since: 11_000 });
    });

    it('do not wait when an endpoint comes of which nothing is known', () => {
      now = 0;
      const set = endpoints(1, 1, 1);
      let picker = renew(set);
      now = 1_000;
      work(set);
      picker = renew(set, picker);
      now = 1_500;
      picker = renew([...set, new TestEndpoint('new', 1, { since: now })], picker);
      expect(picker.choice).toMatchObject({ policy: 'leastResponseTime', reason: 'what a request costs is not known yet of new endpoints (1)', since: 1_500 });
    });

    it('do not wait when an endpoint turns slow, and wait with going back', () => {
      now = 0;
      const set = endpoints(1, 1, 1, 1, 1);
      let picker = renew(set);
      for (now = 1_000; now <= 5_000; now += 1_000) {
        work(set);
        picker = renew(set, picker);
      }
      expect(picker.choice).toMatchObject({ policy: 'leastRequest', since: 1_000 });
      for (now = 6_000; now <= 9_000 && picker.choice?.policy === 'leastRequest'; now += 1_000) {
        work(set, (index) => (index === 0 ? 100 : 1));
        picker = renew(set, picker);
      }
      expect(picker.choice?.policy).toBe('leastResponseTime');
      const { since } = picker.choice!;
      for (; now < since + 10_000; now += 1_000) {
        set.forEach((endpoint) => Object.assign(endpoint.stats, { meanLog: 0, meanLogSquare: 1 }));
        picker = renew(set, picker);
        expect(picker.choice?.policy).toBe('leastResponseTime');
      }
      picker = renew(set, picker);
      expect(picker.choice?.policy).not.toBe('leastResponseTime');
    });

    it('keep the policy in use undisturbed while nothing changes: round robin goes on where it was', () => {
      now = 0;
      const set = endpoints(1, 1, 1, 1, 1, 1, 1);
      let picker = renew(set);
      const picked: string[] = [];
      for (let turn = 0; turn < 70; turn++) {
        picked.push(picker.pick()!.key);
        now += 1_000;
        picker = renew(set, picker);
      }
      for (let turn = 7; turn < 70; turn++) expect(picked[turn]).toBe(picked[turn - 7]);
    });

    it('keep no chain of the pickers replaced', () => {
      now = 0;
      const set = endpoints(1, 1);
      const first = renew(set);
      const second = renew(set, first);
      expect(Object.values(second)).not.toContain(first);
      expect((second as unknown as { candidates: { previous?: unknown } }).candidates.previous).toBeUndefined();
    });

    it('ask to be looked at once a second', () => {
      expect(renew(endpoints(1, 1)).renewAfterMs).toBe(1_000);
    });
  });
});
