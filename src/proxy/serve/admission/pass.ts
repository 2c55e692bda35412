/**
 * The way of one request through an admission, from its head to its end. An exchange has one and uses it again.
 *
 * A request counts from when its last octet is there to when the head of its response is: what a slow client takes to send or to
 * read is not the app's time, and a few slow clients must not be able to take all the room there is. The price: an app that
 * sends a head at once and works on the body after it is not limited by how long that takes.
 */
import type { RequestHead } from '../../http1/request-head';
import type { ReasonCode } from '../../telemetry/reasons';
import type { Admission } from './admission';

/** How it ends when whoever waits for the response waits no longer. */
const GIVEN_UP: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['client_abort', 'request_timeout', 'deadline_exceeded']);

const OUTSIDE = -1;

export class Pass {
  /** Of a request that was refused, when the reason's own is not it. */
  retryAfterSeconds: number | undefined;
  private admission: Admission | undefined;
  private ticket = OUTSIDE;
  private enteredAt = 0;

  /**
   * A request asks to be let in.
   *
   * @param complete all of it is there
   * @returns why it is not; undefined when it is
   */
  ask(admission: Admission, buffer: Buffer, head: RequestHead, complete: boolean, now: number): 'overloaded' | 'rate_limited' | undefined {
    const verdict = admission.ask(buffer, head, now);
    if (verdict === 'exempt') return undefined;
    if (verdict !== 'passes') {
      this.retryAfterSeconds = admission.retryAfterSeconds(verdict);
      return verdict;
    }
    this.admission = admission;
    if (complete) this.enter(now);
    return undefined;
  }

  /** All of the request is there. */
  enter(now: number): void {
    if (!this.admission || this.ticket !== OUTSIDE) return;
    this.ticket = this.admission.enter(now);
    this.enteredAt = now;
  }

  /** The response has begun. */
  answered(now: number): void {
    const { admission, ticket } = this;
    this.out();
    if (ticket !== OUTSIDE) admission!.end(ticket, now - this.enteredAt, false, now);
  }

  /** The request is over. Nothing happens when its response had begun. */
  leave(reason: ReasonCode | undefined, now: number): void {
    const { admission, ticket } = this;
    this.out();
    if (ticket === OUTSIDE) return;
    if (reason !== undefined && GIVEN_UP.has(reason)) admission!.end(ticket, now - this.enteredAt, true, now);
    else admission!.forget(ticket, now);
  }

  private out(): void {
    this.retryAfterSeconds = undefined;
    this.admission = undefined;
    this.ticket = OUTSIDE;
  }
}
