import fc from 'fast-check';
import { RetryBudget } from '../../../src/balancing';
import { DEFAULT_RETRY_BUDGET } from '../../../src/contract';

function budget(config: Partial<typeof DEFAULT_RETRY_BUDGET> = {}) {
  const time = { now: 0 };
  return { time, subject: new RetryBudget({ ...DEFAULT_RETRY_BUDGET, ...config }, () => time.now) };
}

/** How many retries it grants in a row. */
function drain(subject: RetryBudget): number {
  let granted = 0;
  while (subject.take() === 'none') {
    subject.release();
    granted += 1;
  }
  return granted;
}

describe('the retry budget', () => {
  it('grants its part of the requests, and the minimum of ten seconds', () => {
    const { subject } = budget({ percent: 20, minimumPerSecond: 3 });
    for (let i = 0; i < 100; i += 1) subject.deposit();
    expect(drain(subject)).toBe(20 + 30);
  });

  it('grants the minimum again as time passes', () => {
    const { subject, time } = budget({ percent: 0, minimumPerSecond: 3 });
    drain(subject);
    time.now += 1_000;
    expect(drain(subject)).toBe(3);
    time.now += 3_600_000;
    expect(drain(subject)).toBe(30);
  });

  it('forgets what was not used', () => {
    const { subject, time } = budget({ percent: 20, minimumPerSecond: 0 });
    for (let i = 0; i < 1_000; i += 1) subject.deposit();
    time.now += 10_000;
    expect(drain(subject)).toBe(Math.floor(200 / Math.E));
    for (let i = 0; i < 1_000; i += 1) subject.deposit();
    time.now += 120_000;
    expect(drain(subject)).toBe(0);
  });

  it('has its part of the last ten seconds, given a long time without a retry', () => {
    const { subject, time } = budget({ percent: 20, minimumPerSecond: 0 });
    for (let i = 0; i < 60_000; i += 1) {
      subject.deposit();
      time.now += 10;
    }
    expect(drain(subject)).toBeGreaterThan(190);
    expect(drain(subject)).toBe(0);
  });

  it('says that too many are under way, and counts them down', () => {
    const { subject } = budget({ maxInFlight: 2 });
    expect([subject.take(), subject.take(), subject.take()]).toEqual(['none', 'none', 'in_flight']);
    expect(subject.takeFree()).toBe(false);
    subject.release();
    expect(subject.takeFree()).toBe(true);
  });

  it('never grants more than its part and the minimum, given any course of requests and times', () => {
    fc.assert(fc.property(
      fc.array(fc.oneof(fc.constant('request' as const), fc.constant('retry' as const), fc.integer({ min: 1, max: 5_000 })), { maxLength: 300 }),
      (course) => {
        const { subject, time } = budget({ percent: 20, minimumPerSecond: 3 });
        let requests = 0;
        let granted = 0;
        for (const step of course) {
          if (step === 'request') {
            requests += 1;
            subject.deposit();
          } else if (step === 'retry') {
            granted += subject.take() === 'none' ? 1 : 0;
          } else {
            time.now += step;
          }
          if (granted > 0.2 * requests + 30 + (3 * time.now) / 1_000 + 1e-6) return false;
        }
        return true;
      }));
  });
});
