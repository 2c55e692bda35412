/** A number that changes at moments, and its mean over time. */
export class Integral {
  value = 0;
  private sum = 0;
  private at = 0;
  private from = 0;

  add(change: number, now: number): void {
    this.sum += this.value * (now - this.at);
    this.at = now;
    this.value += change;
  }

  /** Counts one more for this long. */
  include(ms: number): void {
    this.sum += ms;
  }

  /** Mean since the last {@link restart}. */
  mean(now: number): number {
    const elapsed = now - this.from;
    return elapsed > 0 ? (this.sum + this.value * (now - this.at)) / elapsed : this.value;
  }

  restart(now: number): void {
    this.sum = 0;
    this.at = now;
    this.from = now;
  }
}
