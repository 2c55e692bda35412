/** The autoscaler against traces that were worked out by hand from the documented algorithm, and from Kubernetes' own examples. */
import fc from 'fast-check';
import {
  Autoscaler, AutoscalerRun, DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP, ScalingRules, SYNC_SECONDS, wanted,
} from '../../../src/planning/scaling/autoscaler';

const TOLERANCES = { up: 0.1, down: 0.1 };

const autoscaler = (given: Partial<Autoscaler> = {}): Autoscaler => ({
  minReplicas: 1, maxReplicas: 100, scaleUp: DEFAULT_SCALE_UP, scaleDown: DEFAULT_SCALE_DOWN, ...given,
});
const rules = (given: Partial<ScalingRules>): ScalingRules => ({ ...DEFAULT_SCALE_UP, ...given });

describe('what one metric wants', () => {
  test.each([
    // "If the current metric value is 200m, and the desired value is 100m, the number of replicas will be doubled, since 200.0 / 100.0 == 2.0"
    ['twice the target doubles', 2 * 200, 100, 2, 0, 4],
    ['half of it halves', 2 * 50, 100, 2, 0, 1],
    ['a fraction is rounded up', 3 * 50, 60, 3, 0, 3],
    ['within a tenth above nothing changes', 3 * 66, 60, 3, 0, 3],
    ['beyond it something does', 3 * 66.1, 60, 3, 0, 4],
    ['within a tenth below nothing changes', 10 * 54, 60, 10, 0, 10],
    ['beyond it something does', 10 * 53.9, 60, 10, 0, 9],
    ['pods that start count as idle: 3 x 120 over 6 is the target', 3 * 120, 60, 3, 3, 6],
    ['and more is wanted only for what they will not take', 3 * 160, 60, 3, 3, 8],
    ['for less they are left out', 3 * 20, 60, 3, 3, 1],
    ['nothing is known before a pod is ready', 0, 60, 0, 3, 3],
  ])('%s', (_, total, target, ready, unready, expected) => {
    expect(wanted({ total, target }, { ready, unready }, TOLERANCES)).toBe(expected);
  });

  test.each([[1_000, 100, 5, 10], [549, 100, 5, 5], [551, 100, 5, 6], [450, 100, 5, 5], [40, 100, 5, 1]])(
    'external: %d in all at %d each with %d pods', (total, target, pods, expected) => {
      expect(wanted({ total, target, ofAll: true }, { ready: pods, unready: 0 }, TOLERANCES)).toBe(expected);
    });
});

/** Replicas after each sync, for totals of a metric with a target of 10 for each pod, all pods being ready at once. */
function trace(scaler: Autoscaler, from: number, totals: readonly number[]): number[] {
  const run = new AutoscalerRun(scaler, from);
  return totals.map((total, index) => run.sync((index + 1) * SYNC_SECONDS, [{ total, target: 10 }], 0));
}

describe('from sync to sync', () => {
  test('up by what is more of four pods and 100 %, in each period of 15 s', () => {
    // At 96 the ratio is 1.04, which is within the tolerance: the last four never come.
    expect(trace(autoscaler(), 2, new Array<number>(6).fill(1_000))).toEqual([6, 12, 24, 48, 96, 96]);
  });

  test('down only when the window of five minutes has seen nothing higher', () => {
    // 20 syncs of 15 s are 300 s: the last recommendation of 10, at 15 s, is out of the window at 315 s.
    expect(trace(autoscaler(), 10, [100, ...new Array<number>(20).fill(20)])).toEqual([...new Array<number>(20).fill(10), 2]);
  });

  test('a dip in the window is nothing, and the highest of the window holds', () => {
    const down = rules({ ...DEFAULT_SCALE_DOWN, stabilizationWindowSeconds: 60 });
    expect(trace(autoscaler({ scaleDown: down }), 8, [80, 20, 60, 20, 20, 20, 20, 20])).toEqual([8, 8, 8, 8, 6, 6, 2, 2]);
  });

  test('a window for up waits for the lowest', () => {
    const up = rules({ stabilizationWindowSeconds: 45 });
    expect(trace(autoscaler({ scaleUp: up }), 2, [60, 40, 60, 60, 60])).toEqual([2, 2, 4, 4, 6]);
  });

  test('policies of pods and percent over a longer period, and the smaller of them', () => {
    const up = rules({ selectPolicy: 'Min', policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }, { type: 'Percent', value: 50, periodSeconds: 60 }] });
    // 4 + 50 % = 6 until the first of them is a minute old; then 6 + 50 % = 9, and 9 + 4 = 13.
    expect(trace(autoscaler({ scaleUp: up }), 4, new Array<number>(9).fill(1_000))).toEqual([6, 6, 6, 6, 9, 9, 9, 9, 13]);
  });

  test('a direction that is disabled', () => {
    const down = rules({ stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' });
    expect(trace(autoscaler({ scaleDown: down }), 9, [10, 10])).toEqual([9, 9]);
  });

  test('10 % each minute down', () => {
    const down = rules({ stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] });
    // 80 - 10 % = 72, 72 - 10 % = 64.8, which is cut to 64: the documentation's example of a gradual scale-down.
    expect(trace(autoscaler({ scaleDown: down }), 80, new Array<number>(6).fill(0))).toEqual([72, 72, 72, 72, 64, 64]);
  });

  test('the largest of several metrics wins', () => {
    const run = new AutoscalerRun(autoscaler(), 4);
    expect(run.sync(15, [{ total: 20, target: 10 }, { total: 60, target: 10 }], 0)).toBe(6);
  });

  test('its own tolerance, also one of 0', () => {
    const narrow = autoscaler({ scaleUp: rules({ tolerance: 0 }), scaleDown: rules({ ...DEFAULT_SCALE_DOWN, tolerance: 0.5 }) });
    expect(trace(narrow, 10, [101, 60])).toEqual([11, 11]);
  });

  test('never leaves its bounds', () => {
    const totals = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 80 });
    fc.assert(fc.property(totals, fc.integer({ min: 3, max: 30 }), (drawn, from) => {
      for (const replicas of trace(autoscaler({ minReplicas: 3, maxReplicas: 30 }), from, drawn)) {
        expect(replicas).toBeGreaterThanOrEqual(3);
        expect(replicas).toBeLessThanOrEqual(30);
      }
    }));
  });
});
