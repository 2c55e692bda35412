import { LONGEST_WAIT_MS, systemClock } from '../../src/proxy/clock';

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
