import fc from 'fast-check';
import { ClusterStats, EndpointStats, MAX_RETRY_AFTER_MS } from '../../../src/balancing';
import { bytesPerCall } from '../../support/allocation';

/** An endpoint to which a request has been sent at 0 that took this long. */
function measured(latencyMs: number, clusterStats = new ClusterStats(1_000)): EndpointStats {
  const stats = new EndpointStats(clusterStats);
  stats.started();
  stats.finished(latencyMs, 'success', 0);
  return stats;
}

function succeed(stats: EndpointStats, latencyMs: number, now: number): void {
  stats.started();
  stats.finished(latencyMs, 'success', now);
}

function fail(stats: EndpointStats, latencyMs: number, now: number, retryAfterMs = 0): void {
  stats.started();
  stats.finished(latencyMs, 'failure', now, retryAfterMs);
}

describe('latency learned of an endpoint', () => {
  it('decays between samples: 10 ms are between 9 and 10 ms after a tenth of the decay, as in tower', () => {
    const cost = measured(10).costMs(100);
    expect(cost).toBeGreaterThan(9);
    expect(cost).toBeLessThan(10);
    expect(cost).toBeCloseTo(10 * Math.exp(-0.1), 10);
  });

  it('jumps to a sample above it, and moves to one below it by 1 - exp(-elapsed / decay)', () => {
    const stats = measured(10);
    succeed(stats, 50, 100);
    expect(stats.latencyMs).toBe(50);
    succeed(stats, 20, 600);
    expect(stats.latencyMs).toBeCloseTo(50 * Math.exp(-0.5) + 20 * (1 - Math.exp(-0.5)), 10);
  });

  it('has a plain average beside it, in which the first samples count alike and later ones by the time between them', () => {
    const stats = measured(10);
    succeed(stats, 50, 100);
    expect(stats.meanLatencyMs).toBe(30);
    succeed(stats, 30, 2_100);
    succeed(stats, 130, 2_800);
    expect(stats.meanLatencyMs).toBeCloseTo(30 * Math.exp(-0.7) + 130 * (1 - Math.exp(-0.7)), 10);
  });

  it('is, where the typical one is asked for, hardly moved by one request that takes a thousand times as long', () => {
    const clusterStats = new ClusterStats(10_000);
    clusterStats.follow({ type: 'adaptive' });
    const stats = new EndpointStats(clusterStats);
    for (let now = 10; now <= 10_000; now += 10) succeed(stats, 10, now);
    succeed(stats, 10_000, 10_010);
    expect(stats.costMs(10_010)).toBeCloseTo(10, 0);
    expect(stats.latencyMs).toBe(10_000);
    for (let now = 10_020; now <= 20_000; now += 10) succeed(stats, 100, now);
    expect(stats.costMs(20_000)).toBeGreaterThan(40);
  });

  it('is never above the slowest nor below 0, given any requests', () => {
    const time = fc.double({ min: 0, max: 1e5, noNaN: true });
    const request = fc.record({ latency: time, elapsed: time, ok: fc.boolean() });
    fc.assert(fc.property(fc.array(request, { minLength: 1 }), (requests) => {
      const stats = new EndpointStats();
      let now = 0;
      let slowest = 0;
      for (const { latency, elapsed, ok } of requests) {
        now += elapsed;
        slowest = Math.max(slowest, latency);
        stats.started();
        stats.finished(latency, ok ? 'success' : 'failure', now);
        expect(stats.latencyMs).toBeGreaterThanOrEqual(0);
        expect(stats.latencyMs).toBeLessThanOrEqual(slowest);
        expect(stats.tollMs).toBeLessThanOrEqual(5_000);
        expect(stats.success).toBeGreaterThanOrEqual(0);
        expect(stats.success).toBeLessThanOrEqual(1);
      }
      expect(stats.inFlight).toBe(0);
      expect(stats.cluster.inFlight).toBe(0);
    }), { seed: 1 });
  });

  it('counts nothing that is no time: negative, no number, endless', () => {
    for (const latency of [-5, NaN, Infinity]) {
      const stats = measured(10);
      succeed(stats, latency, 100);
      expect(Number.isFinite(stats.latencyMs) && Number.isFinite(stats.meanLatencyMs)).toBe(true);
    }
  });

  it('forgets nothing, given a clock that goes back', () => {
    const stats = measured(10);
    succeed(stats, 5, -1_000);
    expect(stats.latencyMs).toBe(10);
    expect(stats.updatedAt).toBe(0);
  });
});

describe('failures learned of an endpoint', () => {
  it('cost the penalty, not the short time that they took', () => {
    const stats = measured(10);
    fail(stats, 1, 10_000);
    expect(stats.costMs(10_000)).toBeGreaterThan(4_990);
  });

  it('cost what Retry-After asks for when that is more, and at most its bound', () => {
    const stats = new EndpointStats();
    fail(stats, 1, 0, 60_000);
    expect(stats.tollMs).toBe(60_000);
    const hostile = new EndpointStats();
    fail(hostile, 1, 0, 1e12);
    expect(hostile.tollMs).toBe(MAX_RETRY_AFTER_MS);
    const nonsense = new EndpointStats();
    fail(nonsense, 1, 0, NaN);
    expect(nonsense.tollMs).toBe(5_000);
  });

  it('cost in proportion to how many there are: one in a hundred a hundredth of the penalty', () => {
    const stats = new EndpointStats(new ClusterStats(10_000));
    for (let request = 1; request <= 20_000; request++) (request % 100 === 0 ? fail : succeed)(stats, 10, request * 10);
    expect(stats.tollMs / 5_000).toBeCloseTo(0.01, 2);
    expect(stats.success).toBeCloseTo(0.99, 2);
  });

  it('count as a latency when they took longer than is usual', () => {
    const stats = measured(10);
    fail(stats, 15_000, 100);
    expect(stats.latencyMs).toBe(15_000);
    expect(stats.meanLog).toBeGreaterThan(Math.log(20));
  });

  it('make nothing typical that is short: the first success after them counts alone', () => {
    const stats = new EndpointStats();
    for (let now = 0; now < 100; now++) fail(stats, 1, now);
    succeed(stats, 50, 100);
    fail(stats, 1, 101);
    expect(Math.exp(stats.meanLog)).toBeCloseTo(50, 0);
  });
});

describe('requests in flight to an endpoint', () => {
  it('are counted for it and for all that learn together, and an abandoned one teaches nothing', () => {
    const clusterStats = new ClusterStats();
    const [a, b] = [new EndpointStats(clusterStats), new EndpointStats(clusterStats)];
    a.started();
    a.started();
    b.started();
    expect([a.inFlight, b.inFlight, clusterStats.inFlight]).toEqual([2, 1, 3]);
    a.abandoned();
    b.finished(5, 'success', 1);
    expect([a.inFlight, b.inFlight, clusterStats.inFlight]).toEqual([1, 0, 1]);
    expect([a.sampled, a.sent, b.succeeded]).toEqual([false, 2, 1]);
  });
});

describe('load reports of an endpoint', () => {
  const report = (utilization: number, requestsPerSecond: number, errorsPerSecond = 0) => ({ utilization, requestsPerSecond, errorsPerSecond });

  it('are left out when they say nothing or are no numbers', () => {
    const stats = new EndpointStats();
    for (const empty of [report(0, 10), report(0.5, 0), report(NaN, 10), report(0.5, NaN), report(-1, 10), report(0.5, -1)]) {
      expect(stats.report(empty, 1)).toBe('empty');
    }
    expect(stats.reported).toBeUndefined();
  });

  it('count as their bounds when they are beyond all reason', () => {
    const stats = new EndpointStats();
    expect(stats.report(report(0.5, Infinity, Infinity), 1)).toBe('used');
    expect(stats.reported).toMatchObject({ utilization: 0.5, requestsPerSecond: 1e7, errorsPerSecond: 1e7 });
    expect(stats.report({ ...report(Infinity, 10), relative: true }, 2)).toBe('used');
    expect(stats.reported).toMatchObject({ utilization: 1e6 });
  });

  it('are left out when their utilization can\'t be a part of a capacity, as a percentage is none', () => {
    const stats = new EndpointStats();
    expect(stats.report(report(75, 10), 1)).toBe('implausible');
    expect(stats.report(report(Infinity, 10), 1)).toBe('implausible');
    expect(stats.reported).toBeUndefined();
    expect(stats.report(report(9.5, 10), 2)).toBe('used');
    // Requests in flight are no part of anything.
    expect(stats.report({ ...report(75, 10), relative: true }, 3)).toBe('used');
  });

  it('begin a new series after a gap as long as their expiration, and after a reconnection', () => {
    const stats = new EndpointStats(new ClusterStats(10_000, 5_000, 1_000));
    stats.report(report(0.5, 10), 0);
    stats.report(report(0.5, 10), 999);
    expect(stats.reported).toMatchObject({ since: 0, at: 999 });
    stats.report(report(0.5, 10), 1_999);
    expect(stats.reported).toMatchObject({ since: 1_999, at: 1_999 });
    stats.reconnected();
    stats.report(report(0.5, 10), 2_100);
    expect(stats.reported).toMatchObject({ since: 2_100 });
  });
});

it('learning follows a policy, and goes back to its defaults with one that does not say', () => {
  const clusterStats = new ClusterStats();
  clusterStats.follow({ type: 'adaptive', decayMs: 1_000, failurePenaltyMs: 20 });
  expect(clusterStats).toMatchObject({ decayMs: 1_000, failurePenaltyMs: 20, latency: 'typical' });
  clusterStats.follow({ type: 'leastResponseTime', decayMs: 2_000 });
  expect(clusterStats).toMatchObject({ decayMs: 2_000, failurePenaltyMs: 5_000, latency: 'peak' });
  clusterStats.follow({ type: 'clientSideWeightedRoundRobin', expirationMs: 7 }, { expirationMs: 8 });
  expect(clusterStats).toMatchObject({ decayMs: 10_000, expirationMs: 7 });
  clusterStats.follow({ type: 'random' }, { expirationMs: 8 });
  expect(clusterStats).toMatchObject({ expirationMs: 8 });
});

it('learning allocates nothing', () => {
  const stats = new EndpointStats();
  const reused = { utilization: 0.5, requestsPerSecond: 100, errorsPerSecond: 1 };
  stats.report(reused, 0);
  // Numbers that are there already, which the text in front keeps V8 from storing unboxed: making them would allocate.
  const times = ['', 1.5, 2.5, 3.5, 4.5] as unknown[] as number[];
  let turn = 0;
  expect(bytesPerCall(() => {
    turn = 1 + (turn & 3);
    stats.started();
    stats.finished(times[turn], turn === 1 ? 'failure' : 'success', times[turn]);
    stats.report(reused, times[turn]);
  })).toBe(0);
});
