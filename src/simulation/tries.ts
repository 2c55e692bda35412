/** The attempts under way: each is one sending of a request to one endpoint. A backend may still hold one that its caller has given up. */
import { column, Slots } from './slots';

/** Where an attempt is. */
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
  /** Its caller has given up, but its endpoint still holds it. */
  FORGOTTEN,
}

export class Tries extends Slots {
  phase = column.bytes();
  request = column.integers();
  endpoint = column.integers();
  /** On a connection that was used before. */
  reused = column.bytes();
  /** Counts in its caller's budget as a retry that is under way. */
  budgeted = column.bytes();
  /** Answered with 503. */
  refused = column.bytes();
  startedAt = column.numbers();
  /** When it came to its endpoint; before {@link startedAt} when it has not. */
  reachedAt = column.numbers();
  /** How large its work is, as the share of requests whose work is smaller. */
  work = column.numbers();
  /** Answers that the endpoint had begun when it was sent. */
  answersBefore = column.numbers();

  begin(request: number, endpoint: number, now: number): number {
    const attempt = this.take();
    this.phase[attempt] = Phase.SENT;
    this.request[attempt] = request;
    this.endpoint[attempt] = endpoint;
    this.budgeted[attempt] = 0;
    this.refused[attempt] = 0;
    this.startedAt[attempt] = now;
    this.reachedAt[attempt] = -1;
    return attempt;
  }

  /** There is a connection that it was sent on. */
  isConnected(attempt: number): boolean {
    return this.reused[attempt] === 1 || this.reachedAt[attempt]! >= this.startedAt[attempt]!;
  }

  /** Its caller has done with it; an endpoint that holds it doesn't know. */
  drop(attempt: number): void {
    const phase = this.phase[attempt]!;
    if (phase === Phase.QUEUED || phase === Phase.SERVED) this.phase[attempt] = Phase.FORGOTTEN;
    else this.release(attempt);
  }

  override release(attempt: number): void {
    this.phase[attempt] = Phase.FREE;
    super.release(attempt);
  }
}
