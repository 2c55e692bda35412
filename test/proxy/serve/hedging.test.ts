import { DEFAULT_HEDGE } from '../../../src/contract';
import { Hedging } from '../../../src/proxy/serve/route/hedging';
import { TimeoutQueues } from '../../../src/proxy/runtime/timeouts';
import { FakeClock } from '../../support/fake-clock';

function hedging(config: Partial<typeof DEFAULT_HEDGE> = {}) {
  const clock = new FakeClock();
  return { clock, hedging: new Hedging({ ...DEFAULT_HEDGE, ...config }, new TimeoutQueues(clock), clock) };
}

describe('the time after which a request is hedged', () => {
  it('is unknown, given fewer samples than a percentile needs', () => {
    const { hedging: subject } = hedging();
    for (let i = 0; i < 49; i += 1) subject.record(10);
    expect(subject.delay()).toBeUndefined();
  });

  it.each([[50, 50], [90, 90], [95, 95], [99, 99]])('is that percentile of the latencies, to an eighth: %d', (percentile, expected) => {
    const { hedging: subject } = hedging({ percentile });
    for (let ms = 1; ms <= 100; ms += 1) for (let i = 0; i < 10; i += 1) subject.record(ms);
    expect(subject.delayMs()!).toBeGreaterThanOrEqual(expected);
    expect(subject.delayMs()!).toBeLessThanOrEqual(expected * 1.13);
  });

  it('is not below the minimum', () => {
    const { hedging: subject } = hedging({ minimumDelayMs: 20 });
    for (let i = 0; i < 100; i += 1) subject.record(1);
    expect(subject.delayMs()).toBe(20);
    expect(subject.delay()!.milliseconds).toBe(20);
  });

  it('is known at once, given the latencies of the configuration before', () => {
    const { hedging: before } = hedging();
    for (let i = 0; i < 100; i += 1) before.record(40);
    const { hedging: subject } = hedging({ percentile: 50 });
    subject.resume(before);
    expect(subject.delayMs()).toBeCloseTo(before.delayMs()!);
  });

  it('follows the last seconds and forgets what is older', () => {
    const { clock, hedging: subject } = hedging();
    for (let i = 0; i < 1_000; i += 1) subject.record(400);
    clock.advance(6_000);
    expect(subject.delayMs()).toBeGreaterThan(300);
    for (let i = 0; i < 100; i += 1) subject.record(10);
    clock.advance(5_000);
    expect(subject.delayMs()).toBeLessThan(12);
    clock.advance(20_000);
    expect(subject.delayMs()).toBeUndefined();
  });
});
