/**
 * Who of the requests to a listener is let in: at most so many at a time, at most so many in some time, and those for health
 * always. Nothing waits here. The app has a queue of its own that the limit leaves room for, so that waiting in front of it would add
 * to the latency and nothing to the throughput; and what is refused at once can still be answered by another endpoint in time.
 */
import type { ResolvedAdmission } from '../../../contract';
import type { PathOptions } from '../../../routing';
import type { RequestHead } from '../../http1/request-head';
import { AdaptiveLimit } from './adaptive-limit';
import { ExemptPaths } from './exempt-paths';
import type { ConcurrencyLimit } from './concurrency-limit';
import { FixedLimit } from './fixed-limit';
import { TokenBucket } from './token-bucket';

/** `exempt` passes and does not count. */
export type Verdict = 'passes' | 'exempt' | 'overloaded' | 'rate_limited';

export class Admission {
  /** Requests that have a place: let in and not answered, without exempt ones and those that lost it (admission-slot.ts). */
  inFlight = 0;
  /** Undefined when any number may be in flight. */
  readonly concurrency: ConcurrencyLimit | undefined;
  private readonly bucket: TokenBucket | undefined;
  private readonly exempt: ExemptPaths;

  /** @param path how the paths of requests are normalised */
  constructor({ concurrency, rateLimit, exemptPaths }: ResolvedAdmission, path: PathOptions | undefined, now: number) {
    if (concurrency?.type === 'fixed') this.concurrency = new FixedLimit(concurrency.max);
    else if (concurrency) this.concurrency = new AdaptiveLimit({ ...concurrency, tolerance: 1 + concurrency.latencyTolerancePercent / 100 });
    this.bucket = rateLimit && new TokenBucket(rateLimit.requestsPerSecond, rateLimit.burst, now);
    this.exempt = new ExemptPaths(exemptPaths, path);
  }

  ask(head: RequestHead, now: number): Verdict {
    if (this.exempt.includes(head)) return 'exempt';
    if (!this.hasRoom(now)) return 'overloaded';
    return this.bucket?.take(now) === false ? 'rate_limited' : 'passes';
  }

  /** Whether one more may be in flight. */
  hasRoom(now: number): boolean {
    return this.concurrency?.allows(this.inFlight, now) !== false;
  }

  /** Seconds until the next request has a chance, for `Retry-After`. */
  retryAfterSeconds(verdict: Verdict): number | undefined {
    return verdict === 'rate_limited' ? Math.max(1, Math.ceil(this.bucket!.waitMs / 1_000)) : undefined;
  }

  enter(now: number): number {
    this.inFlight += 1;
    return this.concurrency?.enter(this.inFlight, now) ?? 0;
  }

  end(ticket: number, latencyMs: number, heldMs: number, givenUp: boolean, now: number): void {
    this.inFlight -= 1;
    this.concurrency?.end(ticket, latencyMs, heldMs, givenUp, now);
  }

  forget(ticket: number, now: number): void {
    this.inFlight -= 1;
    this.concurrency?.forget(ticket, now);
  }
}
