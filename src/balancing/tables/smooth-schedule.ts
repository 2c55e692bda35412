/**
 * One period of nginx's smooth weighted round robin (ngx_http_upstream_round_robin.c; Igor Sysoev and Maxim Dounin,
 * commit 52327e0627f4, "Upstream: smooth weighted round-robin balancing", 2012), worked out once and read off in a circle.
 *
 * The original per pick: every index gains its weight, the one with the most is chosen (the first of equals) and pays
 * the sum of all weights. After a period of sum/gcd picks all are back at 0 and each was chosen weight/gcd times. So
 * {5, 1, 1} yields a a b a c a a, where plain weighted round robin would yield a a a a a b c.
 *
 * Time and memory are paid up front, n x period steps and 2 x period bytes: the caller bounds them.
 */
export class SmoothSchedule {
  private readonly order: Uint16Array;
  private position: number;

  /**
   * @param weights whole numbers without a common divisor; at most 65,536 of them
   * @param period  their sum
   * @param start   where in the period to begin, in [0, 1)
   */
  constructor(weights: readonly number[], period: number, start: number) {
    this.order = new Uint16Array(period);
    this.position = Math.floor(start * period);
    const current = new Float64Array(weights.length);
    for (let turn = 0; turn < period; turn++) {
      let chosen = 0;
      for (let index = 0; index < current.length; index++) {
        current[index] = current[index]! + weights[index]!;
        if (current[index]! > current[chosen]!) chosen = index;
      }
      current[chosen] = current[chosen]! - period;
      this.order[turn] = chosen;
    }
  }

  next(): number {
    const index = this.order[this.position]!;
    this.position = this.position + 1 === this.order.length ? 0 : this.position + 1;
    return index;
  }
}
