/** A clock that stands still until a test moves it. */
import type { Cancel, Clock } from '../../src/proxy/runtime/clock';

interface Timer { readonly at: number; readonly task: () => void }

export class FakeClock implements Clock {
  private time = 1_000;
  private timers: Timer[] = [];

  now(): number { return this.time; }
  wallTime(): number { return this.wallTimeAt(this.time); }
  wallTimeAt(moment: number): number { return 1_700_000_000_000 + moment; }

  after(ms: number, task: () => void): Cancel {
    const timer = { at: this.time + ms, task };
    this.timers.push(timer);
    return () => { this.timers = this.timers.filter((other) => other !== timer); };
  }

  /** Timers waiting to fire. */
  get pending(): number { return this.timers.length; }

  /** Moves time forward, firing what falls due in order, each at its own moment. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.task();
    }
    this.time = end;
  }
}
