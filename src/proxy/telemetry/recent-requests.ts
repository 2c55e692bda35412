/**
 * The last requests that are over, for the admin page `/requests`. They are kept only while somebody reads that page: each reading
 * asks for the seconds after it, so nothing is made of a request, and nothing held, while nobody looks. A proxy that is busier than a
 * person can read keeps so many a second and counts the others.
 *
 * A request is kept as the line that the access log would have: without its query, which is where tokens are found.
 */
import type { Clock } from '../runtime/clock';
import { AccessRecord, writeAccess } from './access-record';
import { ByteLine } from './byte-line';

export const RECENT_LIMITS = {
  /** Requests that are kept; the oldest go first. */
  requests: 256,
  /** Limit `recentRequests`: those of one second that are kept. */
  perSecond: 100,
  /** How long a reading asks for. */
  leaseMs: 10_000,
} as const;

/** One request: `id` tells it from all others of the pod, `line` is a line of JSON. */
export interface RecentRequest {
  readonly id: string;
  readonly line: string;
}

export class RecentRequests {
  private kept: RecentRequest[] = [];
  private wanted = false;
  private cancelEnd: (() => void) | undefined;
  private second = 0;
  private inSecond = 0;
  private count = 0;
  private readonly prefix: string;
  private readonly line = new ByteLine();

  /**
   * @param process  tells this process from others of the pod
   * @param onWanted somebody has begun to look, or nobody does any more
   * @param onLimit  a request was left out
   */
  constructor(private readonly clock: Clock, process: string, private readonly onWanted: () => void, private readonly onLimit: () => void) {
    this.prefix = `${process}-${clock.wallTime().toString(36)}`;
  }

  /** Somebody looks. */
  get isWanted(): boolean { return this.wanted; }

  /** What is there, oldest first; and from now on requests are kept for some seconds. */
  read(): readonly RecentRequest[] {
    this.cancelEnd?.();
    this.cancelEnd = this.clock.after(RECENT_LIMITS.leaseMs, () => this.end());
    if (!this.wanted) {
      this.wanted = true;
      this.onWanted();
    }
    return this.kept;
  }

  record(request: AccessRecord): void {
    const second = Math.floor(this.clock.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.inSecond = 0;
    }
    this.inSecond += 1;
    if (this.inSecond > RECENT_LIMITS.perSecond) {
      this.onLimit();
      return;
    }
    this.count += 1;
    this.line.restart();
    writeAccess(this.line, request, this.clock.wallTime());
    this.kept.push({ id: `${this.prefix}-${this.count}`, line: this.line.toString() });
    if (this.kept.length > RECENT_LIMITS.requests) this.kept.shift();
  }

  private end(): void {
    this.wanted = false;
    this.kept = [];
    this.onWanted();
  }
}
