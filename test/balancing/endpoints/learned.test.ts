import fc from 'fast-check';
import { Learned, Learning, MAX_RETRY_AFTER_MS } from '../../../src/balancing';
import { bytesPerCall } from '../../support/allocation';

/** An endpoint to which a request has been sent at 0 that took this long. */
function measured(latencyMs: number, learning = new Learning(1_000)): Learned {
  const learned = new Learned(learning);
  learned.started();
  learned.finished(latencyMs, 'success', 0);
  return learned;
}

function succeed(learned: Learned, latencyMs: number, now: number): void {
  learned.started();
  learned.finished(latencyMs, 'success', now);
}

function fail(learned: Learned, latencyMs: number, now: number, retryAfterMs = 0): void {
  learned.started();
  learned.finished(latencyMs, 'failure', now, retryAfterMs);
}

describe('latency learned of an endpoint', () => {
  it('decays between samples: 10 ms are between 9 and 10 ms after a tenth of the decay, as in tower', () => {
    const cost = measured(10).costMs(100);
    expect(cost).toBeGreaterThan(9);
    expect(cost).toBeLessThan(10);
    expect(cost).toBeCloseTo(10 * Math.exp(-0.1), 10);
  });

  it('jumps to a sample above it, and moves to one below it by 1 - exp(-elapsed / decay)', () => {
    const learned = measured(10);
    succeed(learned, 50, 100);
    expect(learned.latencyMs).toBe(50);
    succeed(learned, 20, 600);
    expect(learned.latencyMs).toBeCloseTo(50 * Math.exp(-0.5) + 20 * (1 - Math.exp(-0.5)), 10);
  });

  it('has a plain average beside it, in which the first samples count alike and later ones by the time between them', () => {
    const learned = measured(10);
    succeed(learned, 50, 100);
    expect(learned.meanLatencyMs).toBe(30);
    succeed(learned, 30, 2_100);
    succeed(learned, 130, 2_800);
    expect(learned.meanLatencyMs).toBeCloseTo(30 * Math.exp(-0.7) + 130 * (1 - Math.exp(-0.7)), 10);
  });

  it('is, where the typical one is asked for, hardly moved by one request that takes a thousand times as long', () => {
    const learning = new Learning(10_000);
    learning.follow({ type: 'adaptive' });
    const learned = new Learned(learning);
    for (let now = 10; now <= 10_000; now += 10) succeed(learned, 10, now);
    succeed(learned, 10_000, 10_010);
    expect(learned.costMs(10_010)).toBeCloseTo(10, 0);
    expect(learned.latencyMs).toBe(10_000);
    for (let now = 10_020; now <= 20_000; now += 10) succeed(learned, 100, now);
    expect(learned.costMs(20_000)).toBeGreaterThan(40);
  });

  it('is never above the slowest nor below 0, given any requests', () => {
    const time = fc.double({ min: 0, max: 1e5, noNaN: true });
    const request = fc.record({ latency: time, elapsed: time, ok: fc.boolean() });
    fc.assert(fc.property(fc.array(request, { minLength: 1 }), (requests) => {
      const learned = new Learned();
      let now = 0;
      let slowest = 0;
      for (const { latency, elapsed, ok } of requests) {
        now += elapsed;
        slowest = Math.max(slowest, latency);
        learned.started();
        learned.finished(latency, ok ? 'success' : 'failure', now);
        expect(learned.latencyMs).toBeGreaterThanOrEqual(0);
        expect(learned.latencyMs).toBeLessThanOrEqual(slowest);
        expect(learned.tollMs).toBeLessThanOrEqual(5_000);
        expect(learned.success).toBeGreaterThanOrEqual(0);
        expect(learned.success).toBeLessThanOrEqual(1);
      }
      expect(learned.inFlight).toBe(0);
      expect(learned.learning.inFlight).toBe(0);
    }), { seed: 1 });
  });

  it('counts nothing that is no time: negative, no number, endless', () => {
    for (const latency of [-5, NaN, Infinity]) {
      const learned = measured(10);
      succeed(learned, latency, 100);
      expect(Number.isFinite(learned.latencyMs) && Number.isFinite(learned.meanLatencyMs)).toBe(true);
    }
  });

  it('forgets nothing, given a clock that goes back', () => {
    const learned = measured(10);
    succeed(learned, 5, -1_000);
    expect(learned.latencyMs).toBe(10);
    expect(learned.updatedAt).toBe(0);
  });
});

describe('failures learned of an endpoint', () => {
  it('cost the penalty, not the short time that they took', () => {
    const learned = measured(10);
    fail(learned, 1, 10_000);
    expect(learned.costMs(10_000)).toBeGreaterThan(4_990);
  });

  it('cost what Retry-After asks for when that is more, and at most its bound', () => {
    const learned = new Learned();
    fail(learned, 1, 0, 60_000);
    expect(learned.tollMs).toBe(60_000);
    const hostile = new Learned();
    fail(hostile, 1, 0, 1e12);
    expect(hostile.tollMs).toBe(MAX_RETRY_AFTER_MS);
    const nonsense = new Learned();
    fail(nonsense, 1, 0, NaN);
    expect(nonsense.tollMs).toBe(5_000);
  });

  it('cost in proportion to how many there are: one in a hundred a hundredth of the penalty', () => {
    const learned = new Learned(new Learning(10_000));
    for (let request = 1; request <= 20_000; request++) (request % 100 === 0 ? fail : succeed)(learned, 10, request * 10);
    expect(learned.tollMs / 5_000).toBeCloseTo(0.01, 2);
    expect(learned.success).toBeCloseTo(0.99, 2);
  });

  it('count as a latency when they took longer than is usual', () => {
    const learned = measured(10);
    fail(learned, 15_000, 100);
    expect(learned.latencyMs).toBe(15_000);
    expect(learned.meanLog).toBeGreaterThan(Math.log(20));
  });

  it('make nothing typical that is short: the first success after them counts alone', () => {
    const learned = new Learned();
    for (let now = 0; now < 100; now++) fail(learned, 1, now);
    succeed(learned, 50, 100);
    fail(learned, 1, 101);
    expect(Math.exp(learned.meanLog)).toBeCloseTo(50, 0);
  });
});

describe('requests in flight to an endpoint', () => {
  it('are counted for it and for all that learn together, and an abandoned one teaches nothing', () => {
    const learning = new Learning();
    const [a, b] = [new Learned(learning), new Learned(learning)];
    a.started();
    a.started();
    b.started();
    expect([a.inFlight, b.inFlight, learning.inFlight]).toEqual([2, 1, 3]);
    a.abandoned();
    b.finished(5, 'success', 1);
    expect([a.inFlight, b.inFlight, learning.inFlight]).toEqual([1, 0, 1]);
    expect([a.sampled, a.sent, b.succeeded]).toEqual([false, 2, 1]);
  });
});

describe('load reports of an endpoint', () => {
  const report = (utilization: number, requestsPerSecond: number, errorsPerSecond = 0) => ({ utilization, requestsPerSecond, errorsPerSecond });

  it('are left out when they say nothing or are no numbers', () => {
    const learned = new Learned();
    for (const empty of [report(0, 10), report(0.5, 0), report(NaN, 10), report(0.5, NaN), report(-1, 10), report(0.5, -1)]) {
      expect(learned.report(empty, 1)).toBe('empty');
    }
    expect(learned.reported).toBeUndefined();
  });

  it('count as their bounds when they are beyond all reason', () => {
    const learned = new Learned();
    expect(learned.report(report(0.5, Infinity, Infinity), 1)).toBe('used');
    expect(learned.reported).toMatchObject({ utilization: 0.5, requestsPerSecond: 1e7, errorsPerSecond: 1e7 });
    expect(learned.report({ ...report(Infinity, 10), relative: true }, 2)).toBe('used');
    expect(learned.reported).toMatchObject({ utilization: 1e6 });
  });

  it('are left out when their utilization can\'t be a part of a capacity, as a percentage is none', () => {
    const learned = new Learned();
    expect(learned.report(report(75, 10), 1)).toBe('implausible');
    expect(learned.report(report(Infinity, 10), 1)).toBe('implausible');
    expect(learned.reported).toBeUndefined();
    expect(learned.report(report(9.5, 10), 2)).toBe('used');
    // Requests in flight are no part of anything.
    expect(learned.report({ ...report(75, 10), relative: true }, 3)).toBe('used');
  });

  it('begin a new series after a gap as long as their expiration, and after a reconnection', () => {
    const learned = new Learned(new Learning(10_000, 5_000, 1_000));
    learned.report(report(0.5, 10), 0);
    learned.report(report(0.5, 10), 999);
    expect(learned.reported).toMatchObject({ since: 0, at: 999 });
    learned.report(report(0.5, 10), 1_999);
    expect(learned.reported).toMatchObject({ since: 1_999, at: 1_999 });
    learned.reconnected();
    learned.report(report(0.5, 10), 2_100);
    expect(learned.reported).toMatchObject({ since: 2_100 });
  });
});

it('learning follows a policy, and goes back to its defaults with one that does not say', () => {
  const learning = new Learning();
  learning.follow({ type: 'adaptive', decayMs: 1_000, failurePenaltyMs: 20 });
  expect(learning).toMatchObject({ decayMs: 1_000, failurePenaltyMs: 20, latency: 'typical' });
  learning.follow({ type: 'leastResponseTime', decayMs: 2_000 });
  expect(learning).toMatchObject({ decayMs: 2_000, failurePenaltyMs: 5_000, latency: 'peak' });
  learning.follow({ type: 'clientSideWeightedRoundRobin', expirationMs: 7 }, { expirationMs: 8 });
  expect(learning).toMatchObject({ decayMs: 10_000, expirationMs: 7 });
  learning.follow({ type: 'random' }, { expirationMs: 8 });
  expect(learning).toMatchObject({ expirationMs: 8 });
});

it('learning allocates nothing', () => {
  const learned = new Learned();
  const reused = { utilization: 0.5, requestsPerSecond: 100, errorsPerSecond: 1 };
  learned.report(reused, 0);
  // Numbers that are there already, which the text in front keeps V8 from storing unboxed: making them would allocate.
  const times = ['', 1.5, 2.5, 3.5, 4.5] as unknown[] as number[];
  let turn = 0;
  expect(bytesPerCall(() => {
    turn = 1 + (turn & 3);
    learned.started();
    learned.finished(times[turn], turn === 1 ? 'failure' : 'success', times[turn]);
    learned.report(reused, times[turn]);
  })).toBe(0);
});
