import { inOneTurn, LONGEST_WAIT_MS, systemClock } from '../../../src/proxy/runtime/clock';

afterEach(() => { jest.useRealTimers(); });

test('a wait that is longer than a timer can be does not end at once, but after the longest that there is', () => {
  jest.useFakeTimers();
  let ended = 0;
  systemClock.after(100 * 24 * 3_600_000, () => { ended += 1; });
  jest.advanceTimersByTime(LONGEST_WAIT_MS - 1);
  expect(ended).toBe(0);
  jest.advanceTimersByTime(1);
  expect(ended).toBe(1);
});

describe('the machine\'s clock', () => {
  const wait = (): void => {
    const began = performance.now();
    while (performance.now() - began < 0.1);
  };

  test('stands still within a turn, and goes on behind it', () => {
    let [first, second] = [0, 0];
    const before = systemClock.now();
    inOneTurn(() => {
      first = systemClock.now();
      wait();
      second = systemClock.now();
    }, Buffer.alloc(0));
    expect(first).toBeGreaterThanOrEqual(before);
    expect(second).toBe(first);
    expect(systemClock.now()).toBeGreaterThan(first);
  });

  test('goes on behind a turn that failed', () => {
    expect(() => inOneTurn(() => { throw new Error('failed'); }, Buffer.alloc(0))).toThrow('failed');
    const before = systemClock.now();
    wait();
    expect(systemClock.now()).toBeGreaterThan(before);
  });
});
