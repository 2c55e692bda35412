/**
 * Draws an index by chance, in proportion to weights, in constant time: Walker's alias method, with Vose's stable way to
 * build the table in O(n) (M. D. Vose, "A linear algorithm for generating random numbers with a given distribution",
 * IEEE Transactions on Software Engineering 17(9), 1991).
 *
 * Think of n columns of equal height: each holds the rest of one weight and, on top, a piece of one heavier weight. A
 * draw chooses a column and then a height in it. One random number serves both: its whole part after scaling by n is the
 * column, its fraction the height. With 53 random bits and fewer than 2^21 endpoints the height keeps 32 bits.
 *
 * When all weights are equal there is no table: the column is the answer.
 */
export class AliasTable {
  /** All weights are the same. */
  readonly uniform: boolean;
  private readonly count: number;
  /** At 2i the height in column i up to which i itself is drawn, at 2i + 1 what is drawn above it: one place in memory. */
  private readonly columns: Float64Array;

  /** @param weights each finite and more than 0; at least one */
  constructor(weights: readonly number[], private readonly random: () => number) {
    const count = weights.length;
    this.count = count;
    this.uniform = weights.every((weight) => weight === weights[0]);
    this.columns = new Float64Array(this.uniform ? 0 : 2 * count);
    if (this.uniform) return;

    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const rest = Float64Array.from(weights, (weight) => (weight / total) * count);
    const small: number[] = [];
    const large: number[] = [];
    rest.forEach((height, index) => (height < 1 ? small : large).push(index));
    while (small.length > 0 && large.length > 0) {
      const low = small.pop()!;
      const high = large[large.length - 1]!;
      this.columns[2 * low] = rest[low]!;
      this.columns[2 * low + 1] = high;
      // Vose's order of operations: (rest[high] + rest[low]) - 1 loses less than rest[high] - (1 - rest[low]).
      rest[high] = rest[high]! + rest[low]! - 1;
      if (rest[high]! < 1) {
        large.pop();
        small.push(high);
      }
    }
    // Rounding may leave columns in either list; they are full but for that rounding.
    for (const index of [...large, ...small]) {
      this.columns[2 * index] = 1;
      this.columns[2 * index + 1] = index;
    }
  }

  draw(): number {
    const place = this.random() * this.count;
    const column = Math.floor(place);
    if (this.uniform) return column;
    return place - column < this.columns[2 * column]! ? column : this.columns[2 * column + 1]! | 0;
  }
}
