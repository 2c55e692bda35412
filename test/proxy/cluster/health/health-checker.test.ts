/** When endpoints are checked, and how many checks it takes to change one's mind; a clock and probes that the test drives. */
import { DEFAULT_HEALTH_CHECK, withHealthCheckDefaults } from '../../../../src/contract';
import { Addresses } from '../../../../src/proxy/cluster/addresses';
import { HealthChecker, MOST_AT_ONCE } from '../../../../src/proxy/cluster/health/health-checker';
import type { Target, Verdict } from '../../../../src/proxy/cluster/health/conversation';
import { FakeClock } from '../../../support/fake-clock';
import { seededRandom } from '../../../support/random';

const PASSED: Verdict = { passed: true };
const FAILED: Verdict = { passed: false, why: 'refused' };
const BUSY: Verdict = { passed: undefined };

function start(endpoints: number, timing = {}): {
  readonly clock: FakeClock; readonly checker: HealthChecker<Target>; readonly targets: Target[];
  /** Times of the checks of each endpoint. */
  readonly times: number[][];
  readonly complaints: string[];
  traffic: number;
  answer: Verdict | undefined;
  underWay: number;
  most: number;
  waited: number;
} {
  const clock = new FakeClock();
  const targets = Array.from({ length: endpoints }, (_, i) => ({ key: `10.0.0.${i}`, addresses: new Addresses([`10.0.0.${i}`]), port: 80 }));
  const state = {
    clock, targets, times: targets.map((): number[] => []), complaints: [] as string[], traffic: 0,
    answer: PASSED as Verdict | undefined, underWay: 0, most: 0, waited: 0,
  };
  const random = seededRandom(1);
  const checker = new HealthChecker<Target>(
    withHealthCheckDefaults({ type: 'tcp', ...timing }),
    (target, onVerdict) => {
      state.times[targets.indexOf(target)]!.push(clock.now());
      state.underWay += 1;
      state.most = Math.max(state.most, state.underWay);
      const cancel = clock.after(10, () => { if (state.answer) onVerdict(state.answer); });
      return () => {
        state.underWay -= 1;
        cancel();
      };
    },
    { now: () => clock.now(), random, after: (ms, task) => clock.after(ms, task) },
    () => state.traffic,
    { onChecked: () => undefined, onLimit: () => { state.waited += 1; }, onComplaint: (target, complaint) => state.complaints.push(`${target.key} ${complaint ?? 'works'}`) },
  );
  checker.update(targets);
  return Object.assign(state, { checker });
}

/** Time passes with requests. */
function busy(test: { readonly clock: FakeClock; traffic: number }, ms: number): void {
  for (let i = 0; i < ms; i += 100) {
    test.traffic += 1;
    test.clock.advance(100);
  }
}

test('the first checks are spread over an interval, and the others come about one after the one before', () => {
  const test = start(20);
  busy(test, 30_000);
  const firsts = test.times.map(([first]) => first! - 1_000);
  expect(Math.min(...firsts)).toBeLessThan(1_000);
  expect(Math.max(...firsts)).toBeGreaterThan(4_000);
  expect(Math.max(...firsts)).toBeLessThanOrEqual(5_000);
  const gaps = test.times.flatMap((times) => times.slice(1).map((time, i) => time - times[i]!));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4_500);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(5_600);
  expect(new Set(gaps).size).toBeGreaterThan(10);
});

test('without requests an endpoint that is well is checked once a minute, and one that isn\'t as often as ever', () => {
  const well = start(1);
  well.clock.advance(600_000);
  expect(well.times[0]!.length).toBeLessThan(15);
  const unwell = start(1);
  unwell.answer = FAILED;
  unwell.clock.advance(600_000);
  expect(unwell.times[0]!.length).toBeGreaterThan(100);
});

test('the first check decides alone; then it takes three failures, and two passes', () => {
  const test = start(1);
  const next = (answer: Verdict): void => {
    test.answer = answer;
    const before = test.times[0]!.length;
    while (test.times[0]!.length === before) busy(test, 100);
    busy(test, 100);
  };
  next(FAILED);
  expect(test.complaints).toEqual(['10.0.0.0 refused']);
  next(PASSED);
  expect(test.complaints).toHaveLength(1);
  next(PASSED);
  expect(test.complaints).toEqual(['10.0.0.0 refused', '10.0.0.0 works']);
  for (const answer of [FAILED, FAILED, PASSED, FAILED, FAILED]) next(answer);
  expect(test.complaints).toHaveLength(2);
  next(FAILED);
  expect(test.complaints).toHaveLength(3);
});

test('a check that is turned away for there is too much work changes nothing', () => {
  const test = start(1);
  test.answer = BUSY;
  busy(test, 60_000);
  expect(test.complaints).toEqual([]);
});

test('a check that is not answered fails when its time is over', () => {
  const test = start(1);
  test.answer = undefined;
  busy(test, 10_000);
  expect(test.complaints[0]).toBe(`10.0.0.0 no answer within ${DEFAULT_HEALTH_CHECK.timeoutMs} ms`);
  expect(test.underWay).toBe(0);
});

test('no more than a few run at a time, and each endpoint gets its turn', () => {
  const test = start(200, { intervalMs: 1_000, timeoutMs: 1_000 });
  test.answer = undefined;
  busy(test, 30_000);
  expect(test.most).toBe(MOST_AT_ONCE);
  expect(test.waited).toBeGreaterThan(0);
  expect(test.times.every((times) => times.length > 0)).toBe(true);
});

test('an endpoint that is gone is checked no more, and nothing is left when all are', () => {
  const test = start(40, { intervalMs: 100, timeoutMs: 100 });
  test.answer = undefined;
  busy(test, 1_000);
  test.checker.update(test.targets.slice(0, 1));
  const before = test.times.map(({ length }) => length);
  busy(test, 5_000);
  expect(test.times.slice(1).map(({ length }) => length)).toEqual(before.slice(1));
  expect(test.times[0]!.length).toBeGreaterThan(before[0]!);
  test.checker.stop();
  expect(test.clock.pending).toBe(0);
  expect(test.underWay).toBe(0);
});
