/**
 * Tells requests that hang from those that move. A request is a straggler when it is under way for many times as long as requests
 * usually take: the app has lost it, or holds it open, and how many of them there are says nothing of how many it can work on.
 *
 * No request is looked at for it. Those under way are counted in three ages by their tickets, which are given in order: the
 * recent ones, those before, and all older ones, which are the stragglers. When the recent age is long enough, each becomes the one
 * before it. So a request becomes a straggler after one to two times {@link afterMs}, and costs three additions.
 *
 * What is usual follows what is seen. It never is a fixed time alone: in an app that is slow because its queue is long, those behind
 * wait no longer than those in front did, and are no stragglers.
 */

/** Requests that take less are never told apart. */
const AFTER_MS = 2_000;
/** How many times what is usual. */
const AFTER_TIMES = 5;
/** The usual time follows that of each request by this part. */
const SMOOTHING = 0.1;

export class Stragglers {
  /** How many there are. */
  count = 0;

  private usualMs: number | undefined;
  private recent = 0;
  private earlier = 0;
  /** Tickets of these ages begin here. */
  private recentFrom = 0;
  private earlierFrom = 0;
  private turnedAt = 0;

  /** A request that takes longer than this may become one. */
  get afterMs(): number {
    return Math.max(AFTER_MS, AFTER_TIMES * (this.usualMs ?? 0));
  }

  /** @param next the ticket that is given next */
  look(next: number, now: number): void {
    if (now - this.turnedAt < this.afterMs) return;
    this.count += this.earlier;
    this.earlier = this.recent;
    this.recent = 0;
    this.earlierFrom = this.recentFrom;
    this.recentFrom = next;
    this.turnedAt = now;
  }

  enter(): void {
    this.recent += 1;
  }

  leave(ticket: number): void {
    if (ticket >= this.recentFrom) this.recent -= 1;
    else if (ticket >= this.earlierFrom) this.earlier -= 1;
    else this.count -= 1;
  }

  /** A request was answered after this time. */
  took(ms: number): void {
    this.usualMs = this.usualMs === undefined ? ms : this.usualMs + (ms - this.usualMs) * SMOOTHING;
  }
}
