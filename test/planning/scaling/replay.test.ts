import { InstanceCapacity } from '../../../src/planning/capacity/instances';
import { responseQuantileMs } from '../../../src/planning/capacity/response-time';
import { DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP } from '../../../src/planning/scaling/autoscaler';
import { cheapestSettings } from '../../../src/planning/scaling/cheapest';
import { SHAPES, throughPoints } from '../../../src/planning/scaling/load';
import { replay, ReplayPlan } from '../../../src/planning/scaling/replay';
import { callers, planOf, run } from '../../simulation/support';

const CAPACITY: InstanceCapacity = {
  serviceMs: 20, concurrency: 4, variation: 1, networkMs: 0, derating: 0, maxUtilization: 1, model: 'separate', goal: { share: 0.99, withinMs: 150 },
};

const plan = (given: Partial<ReplayPlan> = {}): ReplayPlan => ({
  load: () => 300, seconds: 1_800, capacity: CAPACITY, targets: [{ metric: 'requestsPerSecond', target: 100 }], external: false,
  replicas: 3, startUpSeconds: 30, slowStartSeconds: 0, metricDelaySeconds: 15, metricWindowSeconds: 15,
  autoscaler: { minReplicas: 2, maxReplicas: 20, scaleUp: DEFAULT_SCALE_UP, scaleDown: DEFAULT_SCALE_DOWN }, ...given,
});

test('a load that the pods carry changes nothing, and has the response time of the queueing model', () => {
  const { steps, shed, podHours } = replay(plan());
  expect(new Set(steps.map(({ replicas }) => replicas))).toEqual(new Set([3]));
  expect(steps[10]!.utilization).toBeCloseTo(0.5, 9);
  expect(steps[10]!.responseMs).toBeCloseTo(responseQuantileMs(CAPACITY, 3, 300, 0.99), 6);
  expect(shed).toBe(0);
  expect(podHours).toBeCloseTo(1.5, 9);
});

test('a jump is followed after the delay, the sync and the start-up, worked out by hand', () => {
  // At 600 s from 300 to 900 a second. Three pods do 600 at most, so 300 are shed and the metric sees 600: 6 pods, later 9.
  const { steps, shed } = replay(plan({ load: (seconds) => (seconds < 600 ? 300 : 900) }));
  const at = (seconds: number) => steps.find((step) => step.seconds === seconds)!;
  expect(at(600)).toMatchObject({ replicas: 3, ready: 3, shedRps: 300, responseMs: Infinity });
  // What is seen at 615 s is the mean of 590 to 600 s: two of three samples are the old load, and (300 + 300 + 600) / 3 / 100 is 4 pods.
  expect(at(615)).toMatchObject({ replicas: 4, ready: 3 });
  // At 630 s all of it is new: 600 over the 4 pods of which one starts is 1.5 x 4 = 6.
  expect(at(630)).toMatchObject({ replicas: 6, ready: 3 });
  expect(at(645)).toMatchObject({ replicas: 6, ready: 4, shedRps: 100 });
  expect(steps.find(({ ready }) => ready === 9)!.seconds).toBeLessThan(750);
  expect(steps[steps.length - 1]).toMatchObject({ replicas: 9, ready: 9, shedRps: 0 });
  expect(shed).toBeGreaterThan(300 * 45);
});

test('in slow start new pods take less, so the others have more for longer', () => {
  const load = (seconds: number) => (seconds < 600 ? 300 : 500);
  const [at, slow] = [0, 60].map((slowStartSeconds) => replay(plan({ load, slowStartSeconds })));
  expect(slow!.goodShare).toBeLessThan(at!.goodShare);
});

test('a schedule raises the fewest pods before a peak that is known', () => {
  const load = (seconds: number) => (seconds < 900 ? 300 : 900);
  const [without, scheduled] = [undefined, (seconds: number) => (seconds >= 600 ? 9 : 0)].map((floor) => replay(plan({ load, floor })));
  expect(without!.shed).toBeGreaterThan(0);
  expect(scheduled!.shed).toBe(0);
});

test('the cheapest settings hold the objective, and cost less than the peak all the time', () => {
  const day = plan({ load: SHAPES.ramp.load(100, 1_500), seconds: SHAPES.ramp.seconds, replicas: 2 });
  const cheapest = cheapestSettings(day)!;
  expect(cheapest.result.goodShare).toBeGreaterThanOrEqual(0.99);
  expect(cheapest.result.podHours).toBeLessThan(10);
  expect(replay({ ...day, replicas: cheapest.minReplicas, targets: [{ metric: 'requestsPerSecond', target: cheapest.target }],
    autoscaler: { ...day.autoscaler!, minReplicas: cheapest.minReplicas } }).podHours).toBeCloseTo(cheapest.result.podHours, 9);
});

test('without an objective there is nothing to hold', () => {
  expect(cheapestSettings(plan({ capacity: { ...CAPACITY, goal: undefined } }))).toBeUndefined();
});

test('at a steady load the response times are those of the simulator', () => {
  const { steps } = replay(plan({ load: () => 420, autoscaler: undefined }));
  const { latency } = run(planOf({ callers: callers(1), rps: 420, requests: 40_000, networkMs: 0, timeoutMs: 1e9, warmUp: 0.05 },
    { concurrency: 4, serviceTime: { type: 'exponential', meanMs: 20 } }, 3), { type: 'random' });
  expect(Math.abs(steps[5]!.responseMs / latency.percentile(0.99) - 1)).toBeLessThan(0.08);
});

test('curves go straight from point to point', () => {
  const load = throughPoints([{ seconds: 10, rps: 100 }, { seconds: 20, rps: 200 }]);
  expect([0, 10, 15, 20, 30, 12].map(load)).toEqual([100, 100, 150, 200, 200, 120]);
});
