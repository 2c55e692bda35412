/**
 * A rate limit: a bucket that fills by a steady rate up to its size, and of which each request takes one token. No timer
 * fills it: what has come in since the last look is worked out by the clock, so it costs a few sums a request and nothing
 * without. Fractions of tokens are kept, so that the rate is exact however often it is looked at.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  /**
   * @param perSecond tokens that come in, more than 0
   * @param size      most that it holds, at least 1; it is full at first
   */
  constructor(private readonly perSecond: number, private readonly size: number, now: number) {
    this.tokens = size;
    this.filledAt = now;
  }

  /** Takes a token. False when there is none. */
  take(now: number): boolean {
    // A clock that steps back fills nothing and takes nothing away.
    const elapsedMs = Math.max(0, now - this.filledAt);
    this.filledAt = now;
    this.tokens = Math.min(this.size, this.tokens + (elapsedMs * this.perSecond) / 1_000);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Time until there is a token, as of the last look. */
  get waitMs(): number {
    return this.tokens >= 1 ? 0 : ((1 - this.tokens) / this.perSecond) * 1_000;
  }
}
