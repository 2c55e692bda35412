/**
 * How long, and for how many requests, an endpoint says that it keeps a connection (`Keep-Alive: timeout=5, max=100`). A request that
 * arrives just when the endpoint closes is lost, and one that may not be sent twice is lost for good, so a connection is used no longer
 * than what was stated less a margin: for the way there, and for a clock that began when the endpoint was done and not when the response
 * was read.
 */
import type { KeepAlive } from '../http1/keep-alive';

/** Taken off for requests that can be sent again, in milliseconds, but at most half of what was stated. */
const MARGIN_MS = 1_000;
/** The same for the others: an app that is busy for so long may close first when it looks up. */
const SAFE_MARGIN_MS = 5_000;

export class StatedLimits {
  private timeoutMs = -1;
  private max = -1;
  /** Requests that the connection has carried. */
  private requests = 0;
  private countsDown = false;

  /** Another request is sent. */
  used(): void {
    this.requests += 1;
  }

  take({ timeoutMs, max }: KeepAlive): void {
    if (timeoutMs >= 0) this.timeoutMs = timeoutMs;
    if (max < 0) return;
    // Apache states how many are left, Node how many there may be in all.
    if (this.max >= 0) this.countsDown = max < this.max;
    this.max = max;
  }

  /** No other request may follow. */
  get exhausted(): boolean {
    return this.timeoutMs === 0 || (this.max >= 0 && (this.countsDown ? this.max === 0 : this.max <= this.requests));
  }

  /** How long the connection may be unused before another request; Infinity when nothing was stated. */
  idleMs(safely: boolean): number {
    if (this.timeoutMs < 0) return Infinity;
    return this.timeoutMs - Math.min(safely ? SAFE_MARGIN_MS : MARGIN_MS, this.timeoutMs / 2);
  }
}
