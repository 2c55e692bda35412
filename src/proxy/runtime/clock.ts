/**
 * Time, injected: the proxy's parts read the clock and set timers only through this, so that tests advance time by
 * hand. Lint bans `Date.now`, `performance.now` and global timers elsewhere in the proxy.
 */

// The global of this name is a getter, which costs the hot path a call each time.
import { performance } from 'node:perf_hooks';

/** Cancels a timer; calling it after the timer fired does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Monotonic milliseconds, with fractions. */
  now(): number;
  /** Wall-clock milliseconds since 1970: for what people or other machines read, and never for measuring. */
  wallTime(): number;
  /** The same of a moment that `now` told, as fine as that: of two moments the later one stays the later. */
  wallTimeAt(moment: number): number;
  /** Calls `task` once after `ms`, or after the longest wait that the clock can do. Does not keep the process alive. */
  after(ms: number, task: () => void): Cancel;
}

/** Longest wait of a timer, almost 25 days: Node takes anything longer for 1 ms, and a drain of 30 days would end at once. */
export const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** When the turn that is under way began; 0 outside of one. */
let turnBegan = 0;

/**
 * Has `listener` take `bytes` in one turn: for all that is done about them, the machine's clock shows the time at which they
 * came. That takes microseconds and asks for the time about ten times, each of which is a call into the kernel's page.
 */
export function inOneTurn(listener: (bytes: Buffer) => void, bytes: Buffer): void {
  turnBegan = performance.now();
  try {
    listener(bytes);
  } finally {
    turnBegan = 0;
  }
}

/** Calls `task` when all that this round of the event loop reads from sockets has been read. */
export function atEndOfRound(task: () => void): void {
  setImmediate(task);
}

/** Calls `task` when the event loop has come round: what had arrived at any socket by now has been read by then. */
export function afterOneRound(task: () => void): void {
  setImmediate(() => setImmediate(task));
}

/** The wall-clock time at which the monotonic clock of the process was 0. */
let origin = performance.timeOrigin;

/** A difference of more than this between both clocks means that somebody has set the one on the wall. */
const SET_MS = 5;

function wallTimeAt(moment: number): number {
  const difference = Date.now() - performance.now() - origin;
  if (Math.abs(difference) > SET_MS) origin += difference;
  return origin + moment;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => (turnBegan === 0 ? performance.now() : turnBegan),
  wallTime: () => Date.now(),
  wallTimeAt,
  after(ms, task) {
    const timer = setTimeout(task, Math.min(ms, LONGEST_WAIT_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
