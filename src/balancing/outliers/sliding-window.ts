/**
 * How an endpoint did in the last seconds: the difference between its totals now and then. So an exact rate costs a
 * request nothing. The past is a few readings of the totals; one is added when it is a fifth of the window later and a fifth
 * of the requests that it takes to judge have come, and the oldest is dropped. So the past is as short as the window when
 * requests are many, and reaches back further when they are few: what is judged has always enough requests, and not many
 * more. After {@link LONGEST_MS} they no longer say anything about now.
 *
 * linkerd2-proxy's circuit breaker keeps ten equal parts of its window for the same reason: an average that decays hides a
 * burst of failures behind a long good time, an exact window doesn't.
 */
import type { EndpointStats } from '../endpoints/endpoint-stats';

/** Parts of the window. */
export const PARTS = 5;

/** How far back the past reaches at most. */
export const LONGEST_MS = 60_000;

/** Numbers of a reading: when it was, and the totals then. */
const WIDTH = 4;
const READINGS = PARTS + 1;

export class SlidingWindow {
  /** Since the oldest reading: how long ago that is, and how requests ended. */
  spanMs = 0;
  succeeded = 0;
  failed = 0;
  /** Sum of the logarithms of the latency of those that succeeded. */
  latencyLogSum = 0;

  private readonly readings = new Float64Array(READINGS * WIDTH);
  private oldest = 0;
  private count = 0;

  /** Requests that ended. */
  get requests(): number { return this.succeeded + this.failed; }
  /** Part of them that failed. */
  get failureRatio(): number { return this.failed / (this.succeeded + this.failed); }
  /** Mean of the logarithm of the latency of those that succeeded. */
  get meanLog(): number { return this.latencyLogSum / this.succeeded; }

  /** What was before `now` doesn't count. */
  begin(stats: EndpointStats, excused: number, now: number): void {
    this.count = 0;
    this.add(stats, excused, now);
    this.look(stats, excused, now);
  }

  /**
   * Reads the totals.
   *
   * @param excused  failures so far that don't count
   * @param partMs   least time between two readings
   * @param requests fewest requests that end between two
   */
  advance(stats: EndpointStats, excused: number, now: number, partMs: number, requests: number): void {
    while (this.count > 0 && now - this.at(0, 0) > LONGEST_MS) this.drop();
    if (this.count === 0) this.add(stats, excused, now);
    const newest = this.count - 1;
    const ended = stats.succeeded + stats.failed - excused - this.at(newest, 1) - this.at(newest, 2);
    this.look(stats, excused, now);
    if (now - this.at(newest, 0) < partMs || ended < requests) return;
    if (this.count === READINGS) this.drop();
    this.add(stats, excused, now);
  }

  private look(stats: EndpointStats, excused: number, now: number): void {
    this.spanMs = now - this.at(0, 0);
    this.succeeded = stats.succeeded - this.at(0, 1);
    this.failed = stats.failed - excused - this.at(0, 2);
    this.latencyLogSum = stats.latencyLogSum - this.at(0, 3);
  }

  private at(reading: number, column: number): number {
    return this.readings[((this.oldest + reading) % READINGS) * WIDTH + column]!;
  }

  private drop(): void {
    this.oldest = (this.oldest + 1) % READINGS;
    this.count -= 1;
  }

  private add(stats: EndpointStats, excused: number, now: number): void {
    const at = ((this.oldest + this.count) % READINGS) * WIDTH;
    this.readings[at] = now;
    this.readings[at + 1] = stats.succeeded;
    this.readings[at + 2] = stats.failed - excused;
    this.readings[at + 3] = stats.latencyLogSum;
    this.count += 1;
  }
}
