/**
 * Requests that came one after the other, and how long they took: the unit in which latency is measured.
 *
 * What is chosen by when it came is fair to slow requests. To take those that end within some time instead, as most
 * limiters do, finds mostly quick ones at first and slow ones later, and calls that a change of latency. The price is that
 * somebody has to be waited for; so a cohort is over when nine tenths of it have ended, and the mean is theirs. That also
 * takes the edge off a tail: one slow request in twenty does not show at all. And no request is waited for forever: one that has not
 * ended when the others would have long been through is left out.
 *
 * Tickets are given in order, so a cohort is all of them from its first to its last.
 */

/** Requests in a cohort. */
export const COHORT_SIZE = 50;
/** With little traffic, as many are enough ... */
export const SMALL_COHORT_SIZE = 10;
/** ... once it has taken them so long to come. */
const SMALL_AFTER_MS = 1_000;
/** A cohort that did not get as many within this time says nothing of one moment, and is begun again. */
const STALE_AFTER_MS = 10_000;
/** Part of a cohort that has to have ended. */
const ENOUGH = 0.9;

export class Cohort {
  /** Requests in it, and how many of them have ended and were given up by their client. */
  size = 0;
  ended = 0;
  givenUp = 0;
  /** Most requests in flight since it began. */
  peak = 0;
  /** A request was refused since it began. */
  refused = false;
  beganAt = 0;

  private first = Infinity;
  private last = -Infinity;
  private lastAt = 0;
  private sumMs = 0;
  private sumHeldMs = 0;
  private open = true;

  /** Forgets the requests that it has, and takes the next ones. */
  begin(now: number): void {
    this.size = 0;
    this.ended = 0;
    this.givenUp = 0;
    this.peak = 0;
    this.refused = false;
    this.first = Infinity;
    this.last = -Infinity;
    this.sumMs = 0;
    this.sumHeldMs = 0;
    this.open = true;
    this.beganAt = now;
  }

  /** A request comes; it is of the cohort when that is open. */
  enter(ticket: number, now: number): void {
    if (this.open && this.size < SMALL_COHORT_SIZE && now - this.beganAt >= STALE_AFTER_MS) this.begin(now);
    if (!this.open) return;
    // It is closed behind a request that comes, so that there is one whose end it can be over with.
    if (this.size === 0) this.first = ticket;
    this.last = ticket;
    this.lastAt = now;
    this.size += 1;
    if (this.size === COHORT_SIZE) this.open = false;
    else this.closeInTime(now);
  }

  /** A request has ended. True when the cohort is over with it. */
  end(ticket: number, latencyMs: number, heldMs: number, givenUp: boolean, now: number): boolean {
    if (!this.has(ticket)) return false;
    this.ended += 1;
    this.sumMs += latencyMs;
    this.sumHeldMs += heldMs;
    if (givenUp) this.givenUp += 1;
    return this.over(now);
  }

  /** A request never got to the app. True when the cohort is over with it. */
  forget(ticket: number, now: number): boolean {
    if (!this.has(ticket)) return false;
    this.size -= 1;
    if (this.size === 0) this.open = true;
    return this.over(now);
  }

  /** Those that have not ended were waited for long enough: as long as this since the last one came. */
  waited(ms: number, now: number): boolean {
    if (this.size === 0 || now - this.lastAt < ms) return false;
    this.closeInTime(now);
    return !this.open;
  }

  /** Enough have ended to tell something, when it is not to be waited for others. */
  get tells(): boolean {
    return this.ended >= SMALL_COHORT_SIZE / 2;
  }

  /** Mean latency of those that have ended. */
  get meanMs(): number {
    return this.ended === 0 ? 0 : this.sumMs / this.ended;
  }

  /** Mean time for which they had a place. */
  get meanHeldMs(): number {
    return this.ended === 0 ? 0 : this.sumHeldMs / this.ended;
  }

  private has(ticket: number): boolean {
    return ticket >= this.first && ticket <= this.last;
  }

  private over(now: number): boolean {
    this.closeInTime(now);
    return !this.open && this.ended > 0 && this.ended >= this.size * ENOUGH;
  }

  private closeInTime(now: number): void {
    if (this.size >= SMALL_COHORT_SIZE && now - this.beganAt >= SMALL_AFTER_MS) this.open = false;
  }
}
