/** Which level takes a request: Envoy's vectors, what holds for any health, and how load comes back. */
import fc from 'fast-check';
import { Failover } from '../../../src/proxy/serve/route/failover';

const ENVOY = { overprovisioningPercent: 140, recoveryMs: 10_000 };
const of = (...available: number[]) => available.map((count) => ({ available: count, all: 100 }));

/** Levels with these numbers from the beginning. */
function failover(levels: number[], fallbacks = levels.slice(1).map(() => ENVOY)): Failover {
  const made = new Failover(fallbacks);
  made.update(of(...levels), 0);
  return made;
}

const sharesOf = (...levels: number[]) => failover(levels).shares(0);

describe('the shares of levels', () => {
  test.each([
    [[100, 100], [100, 0]],
    [[72, 100], [100, 0]],
    [[71, 100], [99, 1]],
    [[50, 100], [70, 30]],
    [[25, 100], [35, 65]],
    [[0, 100], [0, 100]],
    [[100, 0], [100, 0]],
  ])('with %j percent available are %j, as in Envoy', (levels, shares) => {
    expect(sharesOf(...levels)).toEqual(shares);
  });

  test('follow the threshold of each fallback', () => {
    const twice = { overprovisioningPercent: 200, recoveryMs: 0 };
    const exact = { overprovisioningPercent: 100, recoveryMs: 0 };
    expect(failover([50, 100], [twice]).shares(0)).toEqual([100, 0]);
    expect(failover([90, 100], [exact]).shares(0)).toEqual([90, 10]);
    expect(failover([40, 50, 100], [twice, exact]).shares(0)).toEqual([80, 20, 0]);
  });

  test('go to the last level that has endpoints when none has one available, and to the first when there are none at all', () => {
    expect(sharesOf(0, 0)).toEqual([0, 100]);
    const none = new Failover([ENVOY]);
    none.update([{ available: 0, all: 3 }, { available: 0, all: 0 }], 0);
    expect(none.shares(0)).toEqual([100, 0]);
    none.update([{ available: 0, all: 0 }, { available: 0, all: 0 }], 0);
    expect(none.shares(0)).toEqual([100, 0]);
  });

  const level = fc.tuple(fc.nat(20), fc.nat(20)).map(([available, more]) => ({ available, all: available + more }));
  const options = fc.record({ overprovisioningPercent: fc.integer({ min: 100, max: 300 }), recoveryMs: fc.constantFrom(0, 1_000, 10_000) });

  test('sum up to 100, are never negative, and are 0 where nothing is available while something is elsewhere, given any history', () => {
    const history = fc.integer({ min: 1, max: 4 }).chain((fallbacks) => fc.tuple(
      fc.array(options, { minLength: fallbacks, maxLength: fallbacks }),
      fc.array(fc.tuple(fc.nat(20_000), fc.array(level, { minLength: fallbacks + 1, maxLength: fallbacks + 1 })), { minLength: 1, maxLength: 12 }),
    ));
    fc.assert(fc.property(history, ([fallbacks, steps]) => {
      const made = new Failover(fallbacks);
      let now = 0;
      for (const [wait, levels] of steps) {
        made.update(levels, now);
        for (const at of [now, now + wait]) {
          const shares = made.shares(at);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 9);
          for (const [index, share] of shares.entries()) {
            expect(share).toBeGreaterThanOrEqual(0);
            if (levels[index]!.available === 0 && levels.some(({ available }) => available > 0)) expect(share).toBe(0);
          }
        }
        now += wait;
      }
    }), { seed: 3, numRuns: 500 });
  });

  test('of the first level never fall when more of it is available', () => {
    const others = fc.array(fc.nat(100), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(others, fc.nat(99), fc.integer({ min: 100, max: 300 }), (behind, available, overprovisioningPercent) => {
      const options = behind.map(() => ({ overprovisioningPercent, recoveryMs: 0 }));
      const shareWith = (count: number) => failover([count, ...behind], options).shares(0)[0]!;
      expect(shareWith(available + 1)).toBeGreaterThanOrEqual(shareWith(available));
    }), { seed: 4, numRuns: 500 });
  });

  test('are what requests are divided by', () => {
    const made = failover([25, 25, 100]);
    const seen = [0, 0, 0];
    for (let percent = 0; percent < 100; percent++) seen[made.choose(0, () => percent)]! += 1;
    expect(seen).toEqual(made.shares(0));
  });
});

describe('GIVEN that the first level loses its endpoints', () => {
  test('all load leaves at once, without a draw', () => {
    const made = failover([100, 100]);
    const noDraw = () => { throw new Error('drawn'); };
    expect(made.choose(0, noDraw)).toBe(0);
    made.update(of(0, 100), 1_000);
    expect(made.choose(1_000, noDraw)).toBe(1);
    expect(made.count).toBe(1);
  });

  test('and has them back, load returns evenly over the recovery time and not in one step', () => {
    const made = failover([100, 100]);
    made.update(of(0, 100), 1_000);
    made.update(of(100, 100), 60_000);
    expect([60_000, 61_000, 65_000, 69_999, 70_000, 99_000].map((now) => Math.round(made.shares(now)[0]!))).toEqual([0, 10, 50, 100, 100, 100]);
    expect(made.choose(99_000, () => { throw new Error('drawn'); })).toBe(0);
    expect(made.count).toBe(1);
  });

  test('and has some of them back, load returns as far as they can take it', () => {
    const made = failover([100, 100]);
    made.update(of(0, 100), 0);
    made.update(of(50, 100), 0);
    expect([5_000, 7_000, 50_000].map((now) => made.shares(now)[0])).toEqual([50, 70, 70]);
  });

  test('and loses them again on the way back, what has returned leaves at once', () => {
    const made = failover([100, 100]);
    made.update(of(0, 100), 0);
    made.update(of(100, 100), 0);
    made.update(of(25, 100), 5_000);
    expect(made.shares(5_000)).toEqual([35, 65]);
    made.update(of(100, 100), 6_000);
    expect(made.shares(8_000)).toEqual([55, 45]);
  });

  test('and has them back when the fallback loses its own, load returns at once', () => {
    const made = failover([100, 100]);
    made.update(of(0, 100), 0);
    made.update(of(100, 0), 1_000);
    expect(made.shares(1_000)).toEqual([100, 0]);
  });

  test('and a level in between dies while load returns, the one behind it takes what is missing', () => {
    const made = failover([100, 100, 100]);
    made.update(of(0, 100, 100), 0);
    made.update(of(100, 0, 100), 0);
    expect(made.shares(2_000)).toEqual([20, 0, 80]);
  });
});

test('a level that has never been available gets its share at once: it is not recovering', () => {
  const made = new Failover([ENVOY]);
  made.update([{ available: 0, all: 0 }, { available: 3, all: 3 }], 0);
  expect(made.shares(0)).toEqual([0, 100]);
  made.update([{ available: 3, all: 3 }, { available: 3, all: 3 }], 1_000);
  expect(made.shares(1_000)).toEqual([100, 0]);
});

test('one that takes the place of another goes on where that was', () => {
  const made = failover([100, 100]);
  made.update(of(0, 100), 0);
  made.update(of(100, 100), 10_000);
  const next = new Failover([ENVOY]);
  next.resume(made);
  next.update(of(100, 100), 12_000);
  expect(next.shares(15_000)).toEqual([50, 50]);
  expect(next.count).toBe(1);
});
