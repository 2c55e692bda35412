import { createPicker } from '../../../src/balancing';
import { withPolicyDefaults } from '../../../src/contract';
import { describeContract, NOT_BY_HASH } from '../contract';
import { chiSquareDeviations, endpoints, scripted, runtime, tally, TestEndpoint } from '../support';

const policy = (choices: number) => withPolicyDefaults({ type: 'leastRequest', choices });

describe('least request', () => {
  describeContract({ type: 'leastRequest', choices: 2 }, { shareTolerance: 0.02, movement: NOT_BY_HASH });
  describeContract({ type: 'leastRequest', scan: 'all' }, { shareTolerance: 0.02, movement: NOT_BY_HASH });
  describeContract({ type: 'leastRequest', choices: 5 }, { shareTolerance: 0.02, movement: NOT_BY_HASH });

  const pickerOf = (set: readonly TestEndpoint[], choices = 2, seed = 1) =>
    createPicker(set, policy(choices), runtime(seed));

  it('draws as many as it is told', () => {
    for (const choices of [2, 3, 5]) {
      let drawn = 0;
      const around = { random: () => { drawn++; return 0; }, now: () => 0 };
      createPicker(endpoints(1, 1, 1, 1, 1, 1), policy(choices), around).pick();
      expect(drawn).toBe(choices);
    }
  });

  it('refuses a configuration whose defaults are not filled in', () => {
    expect(() => createPicker(endpoints(1, 1), { type: 'leastRequest' }, runtime())).toThrow('defaults');
  });

  it('takes the one with fewer requests in flight of those drawn', () => {
    const [a, b, c] = endpoints(1, 1, 1);
    b.inFlight = 2;
    c.inFlight = 1;
    // 0.4 of three is b; then 0.6 of the two left, a and c, is c.
    expect(createPicker([a, b, c], policy(2), scripted(0.4, 0.6)).pick()).toBe(c);
    // 0.4 is b; 0.4 of the two left is a.
    expect(createPicker([a, b, c], policy(2), scripted(0.4, 0.4)).pick()).toBe(a);
  });

  it('never takes the busier of two, since it draws different ones', () => {
    const set = endpoints(1, 1);
    set[0].inFlight = 1;
    const picker = pickerOf(set);
    for (let turn = 0; turn < 1_000; turn++) expect(picker.pick()).toBe(set[1]);
  });

  it.each([2, 3, 7, 10])('takes the least of all, given %i choices of as many or fewer endpoints', (choices) => {
    const set = endpoints(...new Array<number>(choices).fill(1));
    set.forEach((endpoint, index) => { endpoint.inFlight = 5 + ((index + 2) % choices); });
    const least = set.reduce((best, endpoint) => (endpoint.inFlight < best.inFlight ? endpoint : best));
    const picker = pickerOf(set, choices);
    for (let turn = 0; turn < 200; turn++) expect(picker.pick()).toBe(least);
  });

  it('takes the most loaded with the probability that all drawn are as loaded, which is 0 for one', () => {
    const set = endpoints(1, 1, 1, 1, 1);
    set.forEach((endpoint, index) => { endpoint.inFlight = index + 1; });
    const picker = pickerOf(set, 2, 3);
    // Rank r of n is taken when it is drawn with one of the n - r more loaded: (n - r) of the n (n - 1) / 2 pairs.
    const counts = tally(5, 50_000, () => set.indexOf(picker.pick()!));
    expect(counts[4]).toBe(0);
    expect(chiSquareDeviations(counts.slice(0, 4), [4, 3, 2, 1])).toBeLessThan(4);
  });

  it('takes any of equals alike', () => {
    const set = endpoints(1, 1, 1, 1, 1, 1, 1);
    set.forEach((endpoint) => { endpoint.inFlight = 3; });
    for (const choices of [2, 3, 10]) {
      const picker = pickerOf(set, choices, choices);
      expect(chiSquareDeviations(tally(7, 70_000, () => set.indexOf(picker.pick()!)), new Array(7).fill(1))).toBeLessThan(4);
    }
  });

  it('weighs: compares what the load would be, (inFlight + 1) / weight', () => {
    const [heavy, light] = endpoints(3, 1);
    const picker = pickerOf([heavy, light]);
    heavy.inFlight = 1; // 2/3 against 1
    expect(picker.pick()).toBe(heavy);
    heavy.inFlight = 3; // 4/3 against 1
    expect(picker.pick()).toBe(light);
    light.inFlight = 1; // 4/3 against 2
    expect(picker.pick()).toBe(heavy);
  });

  it('fills endpoints in proportion to their weights, given requests that never end', () => {
    const weights = [10, 1, 1, 1, 1, 1, 5];
    const set = endpoints(...weights);
    const picker = pickerOf(set);
    for (let turn = 0; turn < 2_000; turn++) picker.pick()!.inFlight++;
    set.forEach((endpoint, index) => expect(endpoint.inFlight / 100).toBeCloseTo(weights[index], 0));
  });

  it('sends a slow endpoint less: in a closed loop its share falls with its speed', () => {
    // 12 clients, four endpoints, one of which takes four times as long; time goes by steps.
    const set = endpoints(1, 1, 1, 1);
    const picker = pickerOf(set, 2, 9);
    const served = new Array<number>(4).fill(0);
    const ends = Array.from({ length: 12 }, () => ({ at: 0, index: -1 }));
    for (let now = 0; now < 20_000; now++) {
      for (const request of ends) {
        if (request.at > now) continue;
        if (request.index >= 0) set[request.index].inFlight--;
        const index = set.indexOf(picker.pick()!);
        set[index].inFlight++;
        served[index]++;
        request.index = index;
        request.at = now + (index === 0 ? 40 : 10);
      }
    }
    const fast = (served[1] + served[2] + served[3]) / 3;
    expect(served[0]).toBeLessThan(fast * 0.6);
    expect(served[0]).toBeGreaterThan(0);
  });

  it('keeps to a preferred zone, given weights far apart', () => {
    const set = endpoints(100, 100, 100, 1, 1, 1, 1, 1, 1);
    const picker = pickerOf(set, 2, 4);
    const counts = tally(9, 10_000, () => set.indexOf(picker.pick()!));
    expect(counts[0] + counts[1] + counts[2]).toBeGreaterThan(9_600);
  });

  it('costs at most a fixed number of draws, given one endpoint that outweighs all others', () => {
    let drawn = 0;
    const around = runtime(2);
    const counting = { random: () => { drawn++; return around.random(); }, now: () => 0 };
    const picker = createPicker(endpoints(65_535, 1, 1, 1), policy(3), counting);
    for (let turn = 0; turn < 1_000; turn++) {
      drawn = 0;
      picker.pick();
      expect(drawn).toBeLessThanOrEqual(3 * 5);
    }
  });

  describe('given n requests for n endpoints', () => {
    const longest = (count: number, choices: number | 'random') => {
      const set = endpoints(...new Array<number>(count).fill(1));
      const picker = createPicker(set, choices === 'random' ? { type: 'random' } : policy(choices), runtime(7));
      for (let request = 0; request < count; request++) picker.pick()!.inFlight++;
      return set.reduce((most, { inFlight }) => Math.max(most, inFlight), 0);
    };

    it.each([100, 1_000, 10_000, 100_000])('has a longest queue within one of log log n / log d, for n = %i', (count) => {
      for (const choices of [2, 3]) {
        const expected = Math.log(Math.log(count)) / Math.log(choices);
        expect(Math.abs(longest(count, choices) - expected)).toBeLessThanOrEqual(1);
      }
    });

    it('stays far below one choice by chance, which has log n / log log n and more', () => {
      expect(longest(10_000, 'random')).toBeGreaterThanOrEqual(6);
      expect(longest(100_000, 'random')).toBeGreaterThanOrEqual(7);
    });
  });

  describe('given all to look at', () => {
    const all = (bias = 1) => withPolicyDefaults({ type: 'leastRequest', scan: 'all', bias });

    it('takes the least loaded of all', () => {
      const set = endpoints(1, 1, 1, 1, 1, 1, 1, 1);
      set.forEach((endpoint, index) => { endpoint.inFlight = 3 + ((index + 3) % 8); });
      const picker = createPicker(set, all(), runtime());
      for (let turn = 0; turn < 100; turn++) expect(picker.pick()!.inFlight).toBe(3);
    });

    it('keeps queues within one of each other, given requests that never end', () => {
      const set = endpoints(1, 1, 1, 1, 1, 1, 1);
      const picker = createPicker(set, all(), runtime());
      for (let turn = 0; turn < 1_000; turn++) {
        picker.pick()!.inFlight++;
        const queues = set.map(({ inFlight }) => inFlight);
        expect(Math.max(...queues) - Math.min(...queues)).toBeLessThanOrEqual(1);
      }
    });

    it('takes any of equals alike', () => {
      const set = endpoints(1, 1, 1, 1, 1);
      set.forEach((endpoint) => { endpoint.inFlight = 2; });
      const picker = createPicker(set, all(), runtime(2));
      expect(chiSquareDeviations(tally(5, 20_000, () => set.indexOf(picker.pick()!)), [1, 1, 1, 1, 1])).toBeLessThan(4);
    });
  });

  it('weighs load by its bias: 2 with four requests in flight is as good as 0.4 idle, at a bias of 1', () => {
    const biased = (bias: number) => {
      const [busy, other] = endpoints(2, 0.4);
      busy.inFlight = 4;
      other.inFlight = 0;
      const picker = createPicker([busy, other], withPolicyDefaults({ type: 'leastRequest', bias }), scripted(0.99, 0.99, 0));
      return picker.pick() === busy ? 'busy' : 'idle';
    };
    // 5^bias / 2 against 1 / 0.4.
    expect(biased(0.5)).toBe('busy');
    expect(biased(2)).toBe('idle');
  });
});
