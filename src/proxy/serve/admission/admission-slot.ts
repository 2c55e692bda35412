/**
 * The place of one request in an admission, from its head to its end. An exchange has one and uses it again.
 *
 * A request has a place from its head to the head of its response, whatever of its body is there: it was let in, so it will come to
 * the app (Envoy and Netflix's limiters count the same way). Bodies are streamed, so the app has the beginning of them, and to ask only
 * when a body is complete would be to break off, under overload, most of what was let in. But what a slow client takes to send is
 * not the app's time, and a few of them must not take all the room there is: a body that takes longer than {@link KEPT_MS} loses
 * its request the place, and that asks again before the app gets the end of it. So no more are ever in the app than may be, and
 * none has a place for long without the app's being able to work on it. The price: under overload a slow upload may be refused
 * after most of it was sent; and an app that sends a head at once and works on the body after it is not limited by how long that
 * takes.
 *
 * Latency, by which the limit is found, is of the app alone: it begins when the last byte is there.
 */
import type { Clock } from '../../runtime/clock';
import type { RequestHead } from '../../http1/request-head';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';
import type { Admission } from './admission';

/** How long a place is kept for a request whose body is on its way: several times what a sender that has it at hand needs. */
export const KEPT_MS = 1_000;

const OUTSIDE = -1;

export class AdmissionSlot {
  /** Of a request that was refused, when the reason's own is not it. */
  retryAfterSeconds: number | undefined;
  /** While the request counts, or asks again. */
  private admission: Admission | undefined;
  private ticket = OUTSIDE;
  private enteredAt = 0;
  private complete = false;
  private completeAt = 0;
  private readonly kept: Timeout;

  constructor(clock: Clock) {
    this.kept = new Timeout(() => this.forget(clock.now()));
  }

  /**
   * A request asks to be let in.
   *
   * @returns why it is not; undefined when it is
   */
  ask(admission: Admission, head: RequestHead, now: number): 'overloaded' | 'rate_limited' | undefined {
    const verdict = admission.ask(head, now);
    if (verdict === 'exempt') return undefined;
    if (verdict !== 'passes') {
      this.retryAfterSeconds = admission.retryAfterSeconds(verdict);
      return verdict;
    }
    this.admission = admission;
    this.enter(now);
    return undefined;
  }

  /** Its body is on its way: it has its place for as long as this. */
  keep(time: TimeoutQueue): void {
    if (this.admission) this.kept.start(time);
  }

  /** All of it is there. False when it lost its place and there is no other. */
  completed(now: number): boolean {
    const { admission } = this;
    if (!admission) return true;
    this.kept.stop();
    if (this.ticket === OUTSIDE) {
      if (!admission.hasRoom(now)) return false;
      this.enter(now);
    }
    this.complete = true;
    this.completeAt = now;
    return true;
  }

  /** The response has begun. */
  answered(now: number): void {
    if (this.complete) this.end(false, now);
    else this.forget(now);
    this.out();
  }

  /** The request is over. Nothing happens when its response had begun. */
  leave(reason: ReasonCode | undefined, now: number): void {
    if (this.complete && reason !== undefined && REASONS[reason].caller === 'left') this.end(true, now);
    else this.forget(now);
    this.out();
  }

  private enter(now: number): void {
    this.ticket = this.admission!.enter(now);
    this.enteredAt = now;
  }

  private end(givenUp: boolean, now: number): void {
    this.admission!.end(this.ticket, now - this.completeAt, now - this.enteredAt, givenUp, now);
  }

  private forget(now: number): void {
    if (this.ticket === OUTSIDE) return;
    this.admission!.forget(this.ticket, now);
    this.ticket = OUTSIDE;
  }

  private out(): void {
    this.kept.stop();
    this.retryAfterSeconds = undefined;
    this.admission = undefined;
    this.ticket = OUTSIDE;
    this.complete = false;
  }
}
