/**
 * Timeouts by the thousand: every wait of one kind has the same length, so a first-in first-out list per kind is always
 * sorted, starting and stopping one is O(1) and allocates nothing, and one real timer per kind is enough. The price is
 * accuracy: a timeout fires up to a sixteenth of its length late, at least 5 ms, at most a second (undici's shared timers
 * make the same bargain).
 */
import type { Cancel, Clock } from './clock';

/** Something that waits; embedded in what owns it. It is in one queue at a time. */
export class Timeout {
  /** @internal */ previous: Timeout | undefined;
  /** @internal */ next: Timeout | undefined;
  /** @internal */ queue: TimeoutQueue | undefined;
  /** @internal */ dueAt = 0;

  constructor(readonly fire: () => void) {}

  /** Waits in `queue` from now on, in place of any wait before. */
  start(queue: TimeoutQueue): void {
    if (this.queue) this.queue.remove(this);
    queue.append(this);
  }

  /** When its wait began; Infinity when it doesn't wait. */
  get since(): number {
    return this.queue ? this.dueAt - this.queue.milliseconds : Infinity;
  }

  /** How long it has waited; 0 when it doesn't. */
  waitedMs(now: number): number {
    return this.queue ? now - this.since : 0;
  }

  /** Waits no longer. */
  stop(): void {
    if (this.queue) this.queue.remove(this);
  }
}

/** Waits of one length. */
export class TimeoutQueue {
  private first: Timeout | undefined;
  private last: Timeout | undefined;
  private cancel: Cancel | undefined;
  private readonly slack: number;

  /** @param milliseconds length of every wait; 0 means that nothing ever fires */
  constructor(private readonly clock: Clock, readonly milliseconds: number) {
    this.slack = Math.min(1_000, Math.max(5, milliseconds / 16));
  }

  /** @internal */
  append(timeout: Timeout): void {
    if (this.milliseconds === 0) return;
    timeout.queue = this;
    timeout.dueAt = this.clock.now() + this.milliseconds;
    timeout.next = undefined;
    timeout.previous = this.last;
    if (this.last) this.last.next = timeout;
    else this.first = timeout;
    this.last = timeout;
    if (!this.cancel) this.arm(this.milliseconds);
  }

  /** @internal */
  remove(timeout: Timeout): void {
    const { previous, next } = timeout;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    timeout.previous = undefined;
    timeout.next = undefined;
    timeout.queue = undefined;
  }

  /** Ends every wait without firing. */
  close(): void {
    while (this.first) this.remove(this.first);
    this.cancel?.();
    this.cancel = undefined;
  }

  private arm(milliseconds: number): void {
    this.cancel = this.clock.after(milliseconds + this.slack, this.expire);
  }

  /** The timer is not moved when a wait ends early; it looks at what is left and waits for the next. */
  private readonly expire = (): void => {
    this.cancel = undefined;
    const now = this.clock.now();
    while (this.first && this.first.dueAt <= now) {
      const due = this.first;
      this.remove(due);
      due.fire();
    }
    if (this.first && !this.cancel) this.arm(Math.max(0, this.first.dueAt - now));
  };
}

/** One queue per length, made on demand: as many as the configuration names, and eight more for each doubling of those that vary. */
export class TimeoutQueues {
  private readonly byLength = new Map<number, TimeoutQueue>();

  constructor(private readonly clock: Clock) {}

  of(milliseconds: number): TimeoutQueue {
    let queue = this.byLength.get(milliseconds);
    if (!queue) {
      queue = new TimeoutQueue(this.clock, milliseconds);
      this.byLength.set(milliseconds, queue);
    }
    return queue;
  }

  /** A queue of at least this length and at most an eighth more, for lengths that vary: so there are few of them. */
  near(milliseconds: number): TimeoutQueue {
    const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, milliseconds))) - 3);
    return this.of(Math.max(1, Math.ceil(milliseconds / step) * step));
  }

  close(): void {
    this.byLength.forEach((queue) => queue.close());
    this.byLength.clear();
  }
}
