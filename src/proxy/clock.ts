/**
 * Time, injected: the proxy's parts read the clock and set timers only through this, so that tests advance time by
 * hand. Lint bans `Date.now`, `performance.now` and global timers elsewhere in the proxy.
 */

/** Cancels a timer; calling it after the timer fired does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Monotonic milliseconds, with fractions. */
  now(): number;
  /** Wall-clock milliseconds since 1970, for log lines only. */
  wallTime(): number;
  /** Calls `task` once after `ms`. Does not keep the process alive. */
  after(ms: number, task: () => void): Cancel;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
