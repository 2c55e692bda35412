/**
 * Another sequence in windows, each window in an order that chance decides: shares stay exact over a window, and nobody can know
 * who comes next.
 *
 * A regular sequence resonates with callers that are regular, too. When two kinds of requests alternate and a version's turns all
 * fall on even places, one kind never reaches that version, although its share of all requests is right. The price is one random
 * number per request, and that two turns of one index may follow each other where windows meet.
 *
 * A window is drawn from without replacement: the shuffle of Fisher and Yates, one step at a time (R. Durstenfeld, "Algorithm 235:
 * Random permutation", Communications of the ACM 7(7), 1964).
 */
import type { IndexSequence } from './weighted-sequence';

export class ShuffledSequence implements IndexSequence {
  private readonly window: Uint32Array;
  /** Those of the window that were not drawn yet are in front. */
  private left = 0;

  /**
   * @param length of a window; with a multiple of the period of `sequence`, shares are exact in each window
   * @param random uniform in [0, 1); asked once per call of `next`
   */
  constructor(private readonly sequence: IndexSequence, length: number, private readonly random: () => number) {
    this.window = new Uint32Array(length);
  }

  next(): number {
    const { window } = this;
    if (this.left === 0) {
      for (let place = 0; place < window.length; place++) window[place] = this.sequence.next();
      this.left = window.length;
    }
    const place = Math.floor(this.random() * this.left);
    const drawn = window[place]!;
    this.left -= 1;
    window[place] = window[this.left]!;
    return drawn;
  }
}
