/**
 * The requests under way, as columns of numbers: a request is an index. Places are used again, so a request also has a
 * serial number, by which an event that is meant for an earlier one, or for an earlier attempt, is told.
 */
import { enlarged } from './event-queue';

/** Where a request is. */
export const enum Phase {
  /** Not in use. */
  FREE,
  /** On its way to an endpoint, or nothing ever comes back from there. */
  SENT,
  /** Waits at its endpoint. */
  QUEUED,
  /** Is worked on. */
  SERVED,
  /** Its answer is on the way back. */
  ANSWERED,
  /** Is at no endpoint, and sent to one after a while. */
  WAITING,
  /** Its caller has given up, but its endpoint still holds it. */
  FORGOTTEN,
}

const FIRST_CAPACITY = 1_024;

export class Requests {
  phase = new Uint8Array(FIRST_CAPACITY);
  serial = new Int32Array(FIRST_CAPACITY);
  caller = new Int32Array(FIRST_CAPACITY);
  endpoint = new Int32Array(FIRST_CAPACITY);
  attempts = new Uint8Array(FIRST_CAPACITY);
  /** On a connection that was used before. */
  reused = new Uint8Array(FIRST_CAPACITY);
  /** May be executed twice. */
  repeatable = new Uint8Array(FIRST_CAPACITY);
  /** Counts in its caller's budget as a retry that is under way. */
  budgeted = new Uint8Array(FIRST_CAPACITY);
  /** Answered with 503. */
  refused = new Uint8Array(FIRST_CAPACITY);
  startedAt = new Float64Array(FIRST_CAPACITY);
  attemptedAt = new Float64Array(FIRST_CAPACITY);
  /** When it came to its endpoint. */
  reachedAt = new Float64Array(FIRST_CAPACITY);
  /** How large its work is, as the share of requests whose work is smaller. */
  work = new Float64Array(FIRST_CAPACITY);
  hash = new Uint32Array(FIRST_CAPACITY);
  /** The one behind it in a queue, or among those free. */
  next = new Int32Array(FIRST_CAPACITY);

  private firstFree = -1;
  private used = 0;

  /** A place for a request. */
  take(): number {
    let index = this.firstFree;
    if (index >= 0) this.firstFree = this.next[index]!;
    else {
      if (this.used === this.phase.length) this.grow();
      index = this.used++;
    }
    return index;
  }

  release(index: number): void {
    this.phase[index] = Phase.FREE;
    this.serial[index]!++;
    this.next[index] = this.firstFree;
    this.firstFree = index;
  }

  /** Every place that was ever used. */
  get places(): number {
    return this.used;
  }

  private grow(): void {
    const length = 2 * this.phase.length;
    this.phase = enlarged(this.phase, new Uint8Array(length));
    this.serial = enlarged(this.serial, new Int32Array(length));
    this.caller = enlarged(this.caller, new Int32Array(length));
    this.endpoint = enlarged(this.endpoint, new Int32Array(length));
    this.attempts = enlarged(this.attempts, new Uint8Array(length));
    this.reused = enlarged(this.reused, new Uint8Array(length));
    this.repeatable = enlarged(this.repeatable, new Uint8Array(length));
    this.budgeted = enlarged(this.budgeted, new Uint8Array(length));
    this.refused = enlarged(this.refused, new Uint8Array(length));
    this.startedAt = enlarged(this.startedAt, new Float64Array(length));
    this.attemptedAt = enlarged(this.attemptedAt, new Float64Array(length));
    this.reachedAt = enlarged(this.reachedAt, new Float64Array(length));
    this.work = enlarged(this.work, new Float64Array(length));
    this.hash = enlarged(this.hash, new Uint32Array(length));
    this.next = enlarged(this.next, new Int32Array(length));
  }
}
