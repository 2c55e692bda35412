/**
 * Finds how many requests at a time the app can work on, and lets no more in: what is above waits in no queue and is
 * refused at once, while it can still go elsewhere. It is for one app behind a proxy, whose concurrency nobody has told.
 *
 * The idea is that of the gradient limiters (Envoy's adaptive concurrency, Netflix's Gradient2): an app with room to spare
 * takes the same time for a request whatever is in flight, and one without takes longer the more is. What they differ in is
 * where the latency of little load is from. Envoy measures it every minute by letting three requests in at a time, which
 * refuses requests to an app that is perfectly well; Netflix takes a long-term average, which a long overload pulls up until
 * it no longer limits anything. Both take a shift to slower requests for overload. Here:
 *
 *   - A limit that is not reached is never lowered: it did nothing, so it can't have been too high. An app that is well is
 *     left alone, whatever its latencies do.
 *   - While not half of the limit is in use, what is seen is the latency of little load, at no cost.
 *   - Only a limit that is reached is questioned, by a dip: for one cohort half as many are let in. When they take half as
 *     long, the other half was a queue: the lower limit stays, and is questioned in turn, until a dip changes little. That
 *     takes a few cohorts from any limit. When they take as long as before, it is not load that makes them slow, but what
 *     they ask for, and the limit grows. Both halves of the comparison are moments apart, so a shift in what is asked for
 *     does not come between them.
 *   - Between dips the limit follows the gradient, up or down. A dip is made again when its measure gets old, and when
 *     requests take much longer than it lets expect; dips are a small part of the time, so what they cost is too.
 *   - When the clients of many requests give up, their latencies say nothing any more (the app may work on for nobody), and
 *     the limit is halved.
 *
 * At an overload of any size the limit settles where requests take `tolerance` times as long as under little load, and a bit:
 * for c requests at a time that the app can work on, about tolerance * c + sqrt(tolerance * c).
 */
import { Cohort } from './cohort';
import { gradient, nextLimit } from './gradient';

export interface AdaptiveLimitOptions {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  /** How many times as long as under little load a request may take; more than 1. */
  readonly tolerance: number;
}

/** Of requests in flight, what a dip lets in. */
const DIP = 0.5;
/** A dip stays when it makes requests faster by this factor: all in excess of the app's concurrency would make it 2. */
const WORTHWHILE = 1.5;
/** Latency under little load follows what is seen of it by this part, cohort by cohort. */
const SMOOTHING = 0.3;
/** A measure is old after this time, or after so many times the time that it took. */
const OLD_AFTER_MS = 10_000;
const OLD_AFTER_TIMES = 15;
/** A gradient below this is not believed before it was measured anew, unless that was just done. */
const DOUBTFUL = 0.6;
const DOUBTFUL_AFTER_TIMES = 10;
/** Part of a cohort that may be given up, when the limit is reached and when it is not: clients have other reasons, too. */
const GIVEN_UP = 0.25;
const GIVEN_UP_AT_REST = 0.5;

export class AdaptiveLimit {
  private readonly cohort = new Cohort();
  /** The limit but for a dip, with its fraction. */
  private estimate: number;
  /** In a dip, the mean latency before it. */
  private before: number | undefined;
  /** Latency under little load. */
  private restMs: number | undefined;
  private measuredAt = 0;
  private tookMs = 0;

  constructor(private readonly options: AdaptiveLimitOptions) {
    this.estimate = options.initial;
  }

  /** Most requests in flight right now. */
  get limit(): number {
    return Math.floor(this.before === undefined ? this.estimate : this.lower());
  }

  /**
   * Asks for one more.
   *
   * @param inFlight without it
   */
  allows(inFlight: number, now: number): boolean {
    if (inFlight < this.limit) return true;
    const { cohort } = this;
    if (!cohort.refused) {
      // Those before came while the app's queue was filling: they took less time than the limit makes requests take.
      cohort.begin(now);
      cohort.refused = true;
    }
    return false;
  }

  /**
   * A request goes to the app.
   *
   * @param inFlight with it
   * @returns its ticket
   */
  enter(inFlight: number, now: number): number {
    const ticket = this.cohort.enter(now);
    if (inFlight > this.cohort.peak) this.cohort.peak = inFlight;
    return ticket;
  }

  /** It was answered after this time, or its client gave it up. */
  end(ticket: number, latencyMs: number, givenUp: boolean, now: number): void {
    const late = givenUp && (this.restMs === undefined || latencyMs > this.restMs);
    if (this.cohort.end(ticket, latencyMs, late, now)) this.learn(now);
  }

  /** It ended in a way that says nothing of the app. */
  forget(ticket: number, now: number): void {
    if (this.cohort.forget(ticket, now)) this.learn(now);
  }

  /** A cohort is over. */
  private learn(now: number): void {
    const { cohort } = this;
    const reached = cohort.refused;
    if (cohort.givenUp > cohort.ended * (reached ? GIVEN_UP : GIVEN_UP_AT_REST)) {
      this.set(Math.min(this.estimate, cohort.peak) * DIP);
      this.before = undefined;
      this.restMs = undefined;
    } else if (this.before !== undefined) {
      this.endDip(this.before, now);
    } else if (!reached && cohort.peak <= this.estimate * DIP) {
      this.restMs = this.restMs === undefined ? cohort.meanMs : this.restMs + (cohort.meanMs - this.restMs) * SMOOTHING;
      this.measuredAt = now;
    } else {
      this.follow(reached, now);
    }
    cohort.begin(now);
  }

  /** Requests under load. */
  private follow(reached: boolean, now: number): void {
    const { meanMs } = this.cohort;
    if (this.restMs === undefined || (reached && this.doubts(this.restMs, meanMs, now - this.measuredAt))) {
      if (reached) this.before = meanMs;
      return;
    }
    const next = nextLimit(this.estimate, gradient(this.restMs, meanMs, this.options.tolerance));
    if (reached || next > this.estimate) this.set(next);
  }

  private doubts(restMs: number, meanMs: number, ageMs: number): boolean {
    if (ageMs >= Math.max(OLD_AFTER_MS, OLD_AFTER_TIMES * this.tookMs)) return true;
    return gradient(restMs, meanMs, this.options.tolerance) < DOUBTFUL && ageMs >= DOUBTFUL_AFTER_TIMES * this.tookMs;
  }

  private endDip(before: number, now: number): void {
    const { meanMs, beganAt } = this.cohort;
    const lower = this.lower();
    if (before > meanMs * WORTHWHILE && lower < this.estimate) {
      this.set(lower);
      this.before = meanMs;
      return;
    }
    this.before = undefined;
    this.restMs = meanMs;
    this.measuredAt = now;
    this.tookMs = now - beganAt;
    this.set(nextLimit(this.estimate, gradient(meanMs, before, this.options.tolerance)));
  }

  private lower(): number {
    return Math.max(this.options.min, this.estimate * DIP);
  }

  private set(limit: number): void {
    this.estimate = Math.min(this.options.max, Math.max(this.options.min, limit));
  }
}
