/** The limiter against a simulated app: what it finds, what it costs an app that is well, and that it recovers. */
import fc from 'fast-check';
import { AdaptiveLimit } from '../../../../src/proxy/serve/admission/adaptive-limit';
import { bytesPerCall } from '../../../support/allocation';
import { exponential, fixed, mixed, OPEN_DOOR, Outcome, Phase, Simulated } from './simulated-app';

const OPTIONS = { min: 2, max: 1_000, initial: 50, tolerance: 2 };
const SERVICE_MS = 50;
const PATIENCE_MS = 1_000;

/** Requests that an app of this concurrency can answer in a second. */
const capacity = (concurrency: number, serviceMs = SERVICE_MS): number => (concurrency * 1_000) / serviceMs;

function overload(concurrency: number, times: number, serviceMs: Phase['serviceMs'], seconds = 20): Phase {
  return { untilMs: seconds * 1_000, perSecond: capacity(concurrency) * times, concurrency, serviceMs };
}

function after(fromMs: number, phases: readonly Phase[], seed = 1, patienceMs = PATIENCE_MS): { readonly limited: Outcome; readonly open: Outcome } {
  const { untilMs } = phases.at(-1)!;
  const limited = new Simulated({ phases, patienceMs, seed, door: new AdaptiveLimit(OPTIONS) });
  const open = new Simulated({ phases, patienceMs, seed, door: OPEN_DOOR });
  return { limited: limited.between(fromMs, untilMs), open: open.between(fromMs, untilMs) };
}

describe('GIVEN three times the load that the app can take', () => {
  test.each([
    [4, 'even', fixed(SERVICE_MS)], [10, 'even', fixed(SERVICE_MS)], [100, 'even', fixed(SERVICE_MS)],
    [10, 'random', exponential(SERVICE_MS)], [40, 'random', exponential(SERVICE_MS)],
  ] as const)('THEN an app of concurrency %d, of %s service times, answers nine tenths of what it can, and without a limit nothing', (concurrency, _, serviceMs) => {
    const { limited, open } = after(5_000, [overload(concurrency, 3, serviceMs)]);
    expect(open.goodput).toBeLessThan(capacity(concurrency) * 0.05);
    expect(limited.goodput).toBeGreaterThan(capacity(concurrency) * 0.9);
    // Of a queue no longer than what is tolerated, the slowest take about that much longer.
    expect(limited.p50Ms).toBeLessThan(SERVICE_MS * 5);
    expect(limited.p99Ms).toBeLessThan(SERVICE_MS * 12);
    expect(limited.givenUp).toBe(0);
  });

  test('THEN it is found within seconds', () => {
    const phases = [overload(10, 3, fixed(SERVICE_MS), 3)];
    expect(after(0, phases).limited.goodput).toBeGreaterThan(capacity(10) * 0.9);
  });

  test('THEN requests of several kinds do as well', () => {
    const quickMs = 5;
    const slowMs = 500;
    const perSecond = capacity(10, quickMs * 0.95 + slowMs * 0.05);
    const { limited } = after(5_000, [{ untilMs: 20_000, perSecond: perSecond * 3, concurrency: 10, serviceMs: mixed(quickMs, slowMs, 0.05) }]);
    expect(limited.goodput).toBeGreaterThan(perSecond * 0.85);
  });
});

test('GIVEN ten times the load THEN no more is lost', () => {
  expect(after(5_000, [overload(10, 10, exponential(SERVICE_MS))]).limited.goodput).toBeGreaterThan(capacity(10) * 0.9);
});

test('GIVEN clients that give up before the limit is reached THEN the limit comes down all the same', () => {
  const { limited, open } = after(5_000, [overload(4, 3, fixed(SERVICE_MS))], 1, 300);
  expect(open.goodput).toBe(0);
  expect(limited.goodput).toBeGreaterThan(capacity(4) * 0.9);
});

describe('GIVEN an app that is well', () => {
  test.each([0.5, 0.8, 0.9])('THEN at %d of its capacity nothing is refused', (share) => {
    expect(after(0, [overload(10, share, exponential(SERVICE_MS))]).limited.refused).toBe(0);
  });

  test('WHEN requests become eighty times slower for other reasons than load THEN none is refused while they are within the limit', () => {
    const { limited } = after(0, [
      { untilMs: 10_000, perSecond: 50, concurrency: 200, serviceMs: exponential(5) },
      { untilMs: 30_000, perSecond: 50, concurrency: 200, serviceMs: exponential(400) },
    ], 1, 10_000);
    expect(limited.refused).toBe(0);
  });

  test('WHEN more are in flight than it begins with THEN the limit grows within a second, and nothing is refused after that', () => {
    const phases = [{ untilMs: 5_000, perSecond: 6_000, concurrency: 1_000, serviceMs: exponential(SERVICE_MS) }];
    const { limited } = after(2_000, phases);
    expect(limited.refused).toBeLessThan(limited.offered * 0.01);
  });

  test('WHEN its clients cancel what they no longer want, sooner than it takes THEN the limit stays', () => {
    const limit = new AdaptiveLimit(OPTIONS);
    for (let i = 0; i < 1_000; i += 1) {
      const now = i * 10;
      expect(limit.allows(1, now)).toBe(true);
      const ms = i % 2 === 0 && i > 100 ? 5 : 20;
      limit.end(limit.enter(2, now), ms, ms, ms === 5, now + ms);
    }
    expect(limit.limit).toBeGreaterThanOrEqual(OPTIONS.initial);
  });
});

test('GIVEN callers whose hedges are answered elsewhere sooner, every time, THEN the limit of a pod that is well stays', () => {
  const limit = new AdaptiveLimit(OPTIONS);
  for (let i = 0; i < 2_000; i += 1) {
    const now = i * 5;
    expect(limit.allows(4, now)).toBe(true);
    limit.end(limit.enter(5, now), 22, 22, true, now + 22);
  }
  expect(limit.limit).toBe(OPTIONS.initial);
});

test('GIVEN an overload WHEN it ends THEN nothing is refused any more after two seconds', () => {
  const { limited } = after(12_000, [
    overload(10, 3, exponential(SERVICE_MS), 10),
    { ...overload(10, 0.6, exponential(SERVICE_MS)), untilMs: 20_000 },
  ]);
  expect(limited.refused).toBe(0);
});

test('GIVEN an app that loses most of its capacity THEN the limit follows it down, and up again', () => {
  const perSecond = capacity(15);
  const phases = [
    { untilMs: 10_000, perSecond, concurrency: 20, serviceMs: fixed(SERVICE_MS) },
    { untilMs: 25_000, perSecond, concurrency: 5, serviceMs: fixed(SERVICE_MS) },
    { untilMs: 40_000, perSecond, concurrency: 20, serviceMs: fixed(SERVICE_MS) },
  ];
  const run = new Simulated({ phases, patienceMs: PATIENCE_MS, door: new AdaptiveLimit(OPTIONS) });
  expect(run.between(15_000, 25_000).goodput).toBeGreaterThan(capacity(5) * 0.85);
  expect(run.between(30_000, 40_000).refused).toBe(0);
});

test.each([50, 300, 600])('GIVEN bodies that come %d ms after their heads THEN it answers nine tenths of what it can all the same', (bodyMs) => {
  const { limited } = after(5_000, [{ ...overload(8, 3, fixed(40), 30), bodyMs, perSecond: 600 }]);
  expect(limited.goodput).toBeGreaterThan(200 * 0.9);
  expect(limited.givenUp).toBeLessThan(limited.offered * 0.01);
});

describe('GIVEN requests that hang for good', () => {
  const light = { ...overload(8, 0.5, fixed(SERVICE_MS)), untilMs: 10_000 };
  const heavy = { ...overload(8, 3, fixed(SERVICE_MS)), untilMs: 30_000 };
  const lightAgain = { ...light, untilMs: 60_000 };

  function run(hanging: number, options = OPTIONS): Simulated {
    return new Simulated({ phases: [{ ...light, hanging }, heavy, lightAgain], patienceMs: PATIENCE_MS, door: new AdaptiveLimit(options) });
  }

  test.each([1, 6, 12, 40])('WHEN they are %d and load comes and goes THEN the others are answered as without them', (hanging) => {
    const simulated = run(hanging);
    expect(simulated.between(15_000, 30_000).goodput).toBeGreaterThan(capacity(8) * 0.9);
    expect(simulated.between(35_000, 60_000).refused).toBe(0);
  });

  test.each([60, 200, 1_500])('WHEN they are many, %d, THEN others are let in all the same', (hanging) => {
    const simulated = run(hanging);
    expect(simulated.between(15_000, 30_000).goodput).toBeGreaterThan(capacity(8) * 0.2);
    expect(simulated.between(50_000, 60_000).goodput).toBeGreaterThan(capacity(8) * 0.2);
  });

  test('WHEN they take all that is let in at the most THEN `min` others are', () => {
    const limit = new AdaptiveLimit({ ...OPTIONS, initial: 4, max: 4 });
    let inFlight = 0;
    while (limit.allows(inFlight, 0)) limit.enter(inFlight += 1, 0);
    expect(inFlight).toBe(4);
    for (let now = 0; now <= 10_000; now += 100) limit.allows(inFlight, now);
    expect(limit.limit).toBe(4 + OPTIONS.min);
  });

  test('THEN they leave the limit as they found it WHEN they end at last', () => {
    const limit = new AdaptiveLimit({ ...OPTIONS, initial: 10 });
    const tickets = Array.from({ length: 10 }, (_, index) => limit.enter(index + 1, 0));
    for (let now = 0; now <= 10_000; now += 100) limit.allows(10, now);
    expect(limit.limit).toBe(20);
    for (const ticket of tickets) limit.forget(ticket, 10_000);
    expect(limit.limit).toBe(10);
  });
});

test('GIVEN an app that answers nobody THEN it is given as many again as it begins with, and then `min` at a time', () => {
  const run = new Simulated({
    phases: [{ untilMs: 60_000, perSecond: 500, concurrency: 8, serviceMs: fixed(10), hanging: Infinity }],
    patienceMs: PATIENCE_MS, door: new AdaptiveLimit(OPTIONS),
  });
  const { offered, refused } = run.between(0, 60_000);
  expect(offered - refused).toBeLessThan(OPTIONS.initial * 2 + 60 * OPTIONS.min);
});

test('GIVEN one slow request after the other THEN those that wait behind them do not count as hanging', () => {
  const limit = new AdaptiveLimit(OPTIONS);
  const phases = [{ untilMs: 60_000, perSecond: 3, concurrency: 1, serviceMs: fixed(1_000) }];
  let most = 0;
  const door = {
    allows: (inFlight: number, now: number): boolean => {
      most = Math.max(most, inFlight);
      return limit.allows(inFlight, now);
    },
    enter: limit.enter.bind(limit),
    end: limit.end.bind(limit),
  };
  const simulated = new Simulated({ phases, patienceMs: Infinity, door });
  expect(simulated.requests.length).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(OPTIONS.initial);
});

test('GIVEN any trouble WHEN it is over, and what it left in the app, THEN nothing is refused any more', () => {
  // Requests as slow as the slowest of these leave the app a queue that it works on for half a minute.
  const trouble = fc.record({
    ms: fc.integer({ min: 100, max: 15_000 }), perSecond: fc.integer({ min: 1, max: 1_500 }), concurrency: fc.integer({ min: 1, max: 40 }),
    serviceMs: fc.constantFrom(5, 50, 500), hanging: fc.constantFrom(0, 0, 1, 6, 12, 49, 100), bodyMs: fc.constantFrom(0, 0, 300),
  });
  const any = [fc.array(trouble, { minLength: 1, maxLength: 4 }), fc.constantFrom(2, 10, 50), fc.integer({ min: 1, max: 1_000 })] as const;
  fc.assert(fc.property(...any, (troubles, initial, seed) => {
    let untilMs = 0;
    const phases: Phase[] = troubles.map(({ ms, serviceMs, ...rest }) => ({ ...rest, untilMs: untilMs += ms, serviceMs: exponential(serviceMs) }));
    const over = untilMs;
    phases.push({ untilMs: over + 60_000, perSecond: 80, concurrency: 8, serviceMs: exponential(SERVICE_MS) });
    const simulated = new Simulated({ phases, patienceMs: PATIENCE_MS, seed, door: new AdaptiveLimit({ ...OPTIONS, initial }) });
    const { offered, refused, goodput } = simulated.between(over + 40_000, over + 60_000);
    expect(refused).toBeLessThan(offered * 0.05);
    expect(goodput).toBeGreaterThan(70);
  }), { numRuns: 60 });
});

test('GIVEN any latencies and ends THEN the limit keeps to its bounds, and lets somebody in', () => {
  const step = fc.record({
    latencyMs: fc.double({ min: 0, max: 60_000, noNaN: true }), givenUp: fc.boolean(), lost: fc.boolean(), burst: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(fc.property(
    fc.array(step, { minLength: 1, maxLength: 60 }),
    (steps) => {
      const bounds = { min: 3, max: 40, initial: 10, tolerance: 2 };
      const limit = new AdaptiveLimit(bounds);
      let now = 0;
      for (const { latencyMs, givenUp, lost, burst } of steps) {
        const tickets: number[] = [];
        while (tickets.length < burst && limit.allows(tickets.length, now)) tickets.push(limit.enter(tickets.length + 1, now));
        expect(tickets.length).toBeGreaterThan(0);
        now += latencyMs;
        for (const ticket of tickets) {
          if (lost) limit.forget(ticket, now);
          else limit.end(ticket, latencyMs, latencyMs, givenUp, now);
          expect(limit.limit).toBeGreaterThanOrEqual(bounds.min);
          expect(limit.limit).toBeLessThanOrEqual(bounds.max);
        }
      }
    },
  ));
});

test('a request costs no memory', () => {
  const limit = new AdaptiveLimit(OPTIONS);
  let now = 0;
  expect(bytesPerCall(() => {
    now += 1;
    if (limit.allows(1, now)) limit.end(limit.enter(2, now), 1, 1, false, now);
  })).toBe(0);
});
