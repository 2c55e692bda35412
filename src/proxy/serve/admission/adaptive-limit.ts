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
 *   - It is a limit on requests that move. Those that hang (stragglers.ts) have places of their own, as many as a pod begins with, so
 *     that a few don't eat up the limit, and an app that answers nobody is not given ever more. However many they are, `min` others
 *     are let in, and from those is learned: nothing that the app would answer is refused for good.
 *   - When the clients of many requests give up, their latencies say nothing any more (the app may work on for nobody), and
 *     the limit is halved.
 *
 * At an overload of any size the limit settles where requests take `tolerance` times as long as under little load, and a bit:
 * for c requests at a time that the app can work on, about tolerance * c + sqrt(tolerance * c).
 */
import { Cohort } from './cohort';
import { gradient, nextLimit } from './gradient';
import { Stragglers } from './stragglers';

export interface AdaptiveLimitOptions {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  /** How many times as long as under little load a request may take; more than 1. */
  readonly tolerance: number;
}

/** Of requests in flight, what a dip lets in. */
const DIP = 0.5;
/** A dip stays when requests have their places for less time by this factor: all in excess of the app's concurrency would make it 2. */
const WORTHWHILE = 1.5;
/** Latency under little load follows what is seen of it by this part, cohort by cohort. */
const SMOOTHING = 0.3;
/** A measure is old after this time, or after so many times the time that a cohort takes now, as another measure would. */
const OLD_AFTER_MS = 10_000;
const OLD_AFTER_TIMES = 15;
/** A gradient below this is not believed before it was measured anew, unless that was just done. */
const DOUBTFUL = 0.6;
const DOUBTFUL_AFTER_TIMES = 10;
/** Part of a cohort that may be given up, when the limit is reached and when it is not: clients have other reasons, too. */
const GIVEN_UP = 0.25;
const GIVEN_UP_AT_REST = 0.5;
/**
 * In place of the latency of little load while that is not known: who gives up sooner did not wait for a queue. A hedge that lost,
 * for one, is given up as soon as another pod has answered, however well this one does.
 */
const UNKNOWN_REST_MS = 250;

export class AdaptiveLimit {
  private readonly cohort = new Cohort();
  private readonly stragglers = new Stragglers();
  /** Of the next request. */
  private ticket = 0;
  /** The limit on those that move, but for a dip, with its fraction. */
  private estimate: number;
  /** In a dip, the mean latency before it, and the mean time for which requests had a place. */
  private before: number | undefined;
  private beforeHeld = 0;
  /** Latency under little load. */
  private restMs: number | undefined;
  private measuredAt = 0;

  constructor(private readonly options: AdaptiveLimitOptions) {
    this.estimate = options.initial;
  }

  /** Most requests in flight right now. */
  get limit(): number {
    const { min, max, initial } = this.options;
    const { count } = this.stragglers;
    const moving = Math.floor(this.before === undefined ? this.estimate : this.lower());
    return Math.max(Math.min(moving + Math.min(count, initial), max), count + min);
  }

  /**
   * Asks for one more.
   *
   * @param inFlight without it
   */
  allows(inFlight: number, now: number): boolean {
    this.look(now);
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
    const { cohort, stragglers } = this;
    const ticket = this.ticket;
    this.ticket += 1;
    stragglers.enter();
    cohort.enter(ticket, now);
    const moving = inFlight - stragglers.count;
    if (moving > cohort.peak) cohort.peak = moving;
    return ticket;
  }

  /**
   * It was answered after this time, or its client gave it up.
   *
   * @param heldMs the time for which it had a place: longer, when its body came after its head
   */
  end(ticket: number, latencyMs: number, heldMs: number, givenUp: boolean, now: number): void {
    this.stragglers.leave(ticket);
    if (!givenUp) this.stragglers.took(heldMs);
    const late = givenUp && latencyMs > (this.restMs ?? UNKNOWN_REST_MS);
    if (this.cohort.end(ticket, latencyMs, heldMs, late, now)) this.learn(now);
  }

  /** It ended in a way that says nothing of the app. */
  forget(ticket: number, now: number): void {
    this.stragglers.leave(ticket);
    if (this.cohort.forget(ticket, now)) this.learn(now);
  }

  /** What time alone changes. */
  private look(now: number): void {
    const { cohort, stragglers } = this;
    stragglers.look(this.ticket, now);
    if (!cohort.waited(stragglers.afterMs, now)) return;
    if (cohort.tells) {
      this.learn(now);
    } else {
      this.before = undefined;
      cohort.begin(now);
    }
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
    const { meanMs, meanHeldMs, beganAt } = this.cohort;
    if (this.restMs === undefined || (reached && this.doubts(this.restMs, now - this.measuredAt, now - beganAt))) {
      if (reached) this.dip(meanMs, meanHeldMs);
      return;
    }
    const next = nextLimit(this.estimate, gradient(this.restMs, meanMs, this.options.tolerance, meanHeldMs - meanMs));
    if (reached || next > this.estimate) this.set(next);
  }

  private doubts(restMs: number, ageMs: number, tookMs: number): boolean {
    if (ageMs >= Math.max(OLD_AFTER_MS, OLD_AFTER_TIMES * tookMs)) return true;
    return gradient(restMs, this.cohort.meanMs, this.options.tolerance) < DOUBTFUL && ageMs >= DOUBTFUL_AFTER_TIMES * tookMs;
  }

  private endDip(before: number, now: number): void {
    const { meanMs, meanHeldMs } = this.cohort;
    const lower = this.lower();
    // Half of the places for half of the time each: as many were answered. Bodies on their way are no queue.
    if (this.beforeHeld > meanHeldMs * WORTHWHILE && lower < this.estimate) {
      this.set(lower);
      this.dip(meanMs, meanHeldMs);
      return;
    }
    this.before = undefined;
    this.restMs = meanMs;
    this.measuredAt = now;
    this.set(nextLimit(this.estimate, gradient(meanMs, before, this.options.tolerance, this.beforeHeld - before)));
  }

  private dip(meanMs: number, heldMs: number): void {
    this.before = meanMs;
    this.beforeHeld = heldMs;
  }

  private lower(): number {
    return Math.max(this.options.min, this.estimate * DIP);
  }

  private set(limit: number): void {
    this.estimate = Math.min(this.options.max, Math.max(this.options.min, limit));
  }
}
