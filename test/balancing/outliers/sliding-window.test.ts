/** How far back an endpoint's past reaches, and that its numbers are exact. */
import fc from 'fast-check';
import { EndpointStats } from '../../../src/balancing';
import { LONGEST_MS, SlidingWindow } from '../../../src/balancing/outliers/sliding-window';

function past(): { readonly stats: EndpointStats; readonly past: SlidingWindow; second(now: number, ok: number, failed?: number): SlidingWindow } {
  const stats = new EndpointStats();
  const recent = new SlidingWindow();
  recent.begin(stats, 0, 0);
  return {
    stats,
    past: recent,
    second(now, ok, failed = 0) {
      for (let i = 0; i < ok + failed; i += 1) {
        stats.started();
        stats.finished(10, i < ok ? 'success' : 'failure', now);
      }
      recent.advance(stats, 0, now, 1_000, 4);
      return recent;
    },
  };
}

test('given many requests, it is five seconds long', () => {
  const { second } = past();
  for (let s = 1; s <= 20; s += 1) second(s * 1_000, 40);
  expect(second(21_000, 40)).toMatchObject({ spanMs: 6_000, requests: 240 });
});

test('given few, it reaches back until it has enough, but not beyond a minute', () => {
  const { second } = past();
  for (let s = 1; s <= 59; s += 1) second(s * 1_000, s % 2);
  expect(second(60_000, 1).requests).toBeGreaterThanOrEqual(20);
  expect(second(60_000, 0).spanMs).toBeLessThanOrEqual(LONGEST_MS);
  expect(second(200_000, 0)).toMatchObject({ spanMs: 0, requests: 0 });
});

test('failures that are excused don\'t count', () => {
  const stats = new EndpointStats();
  const recent = new SlidingWindow();
  recent.begin(stats, 0, 0);
  for (let i = 0; i < 10; i += 1) {
    stats.started();
    stats.finished(1, i < 6 ? 'success' : 'failure', 0);
  }
  recent.advance(stats, 3, 500, 1_000, 4);
  expect(recent).toMatchObject({ succeeded: 6, failed: 1 });
});

test('property: it counts what ended within its span, whatever came before', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 40 }), (seconds) => {
    const { second, past: recent } = past();
    const history: { readonly at: number; readonly ok: number; readonly failed: number }[] = [];
    seconds.forEach(([ok, failed], index) => {
      const at = (index + 1) * 1_000;
      history.push({ at, ok, failed });
      second(at, ok, failed);
      const within = history.filter((entry) => entry.at > at - recent.spanMs);
      expect(recent.succeeded).toBe(within.reduce((sum, entry) => sum + entry.ok, 0));
      expect(recent.failed).toBe(within.reduce((sum, entry) => sum + entry.failed, 0));
    });
  }));
});
