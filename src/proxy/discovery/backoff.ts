/**
 * Exponential back-off with full jitter: the wait before attempt n is uniform in [0, min(cap, base * 2^n)). When many
 * proxies lose one server together, their attempts spread evenly over the whole interval instead of arriving in waves.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export class Backoff {
  private attempt = 0;

  constructor(
    private readonly baseMs: number,
    private readonly capMs: number,
    private readonly random: () => number,
  ) {}

  /** How long to wait before the next attempt. */
  next(): number {
    const ceiling = Math.min(this.capMs, this.baseMs * 2 ** this.attempt);
    if (ceiling < this.capMs) this.attempt++;
    return this.random() * ceiling;
  }

  /** An attempt succeeded. */
  reset(): void {
    this.attempt = 0;
  }
}
