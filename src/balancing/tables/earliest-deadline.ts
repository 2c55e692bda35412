/**
 * Earliest deadline first: index i has a deadline every 1/weight(i) of virtual time; each pick takes the earliest one and
 * moves it on. O(n) to build, O(log n) a pick, whatever the weights are. After gRPC's static stride and EDF schedulers
 * (gRFC A58, "Client-side weighted round robin") and Envoy's EdfScheduler.
 *
 * Three things differ from the usual form:
 *
 *   - Deadlines are not summed up but computed from a turn number: turn k of an epoch falls on (k + phase) / weight, and
 *     after `weight` turns the next epoch begins. Every epoch therefore holds each index exactly `weight` times at exactly
 *     the same floating-point moments: the sequence is exactly periodic, for ever, however long the process runs.
 *   - First deadlines must not coincide, else equal weights form bursts. Phases are multiples of the golden ratio modulo
 *     1, which lie as far from each other as n points can for every n at once (the three-distance theorem), where the
 *     random phases of A58 clump.
 *   - An instance begins at a virtual time chosen by chance.
 */
const GOLDEN_RATIO = 0.618_033_988_749_894_9;

export class EarliestDeadline {
  private readonly phase: Float64Array;
  /** Turn within the epoch, less than the weight. */
  private readonly turn: Uint32Array;
  /** Epochs completed; of any two indices they differ by 1 at most. */
  private readonly epoch: Float64Array;
  /** Deadline within the epoch, in [0, 1). */
  private readonly moment: Float64Array;
  /** Binary heap of indices, the earliest deadline first. */
  private readonly heap: Uint32Array;

  /**
   * @param weights whole numbers, at least one of them
   * @param start   virtual time to begin at, in [0, 1)
   */
  constructor(private readonly weights: readonly number[], start: number) {
    const count = weights.length;
    this.phase = new Float64Array(count);
    this.turn = new Uint32Array(count);
    this.epoch = new Float64Array(count);
    this.moment = new Float64Array(count);
    this.heap = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const phase = (0.5 + index * GOLDEN_RATIO) % 1;
      const weight = weights[index]!;
      const first = Math.max(0, Math.ceil(start * weight - phase));
      this.phase[index] = phase;
      this.turn[index] = first < weight ? first : 0;
      this.epoch[index] = first < weight ? 0 : 1;
      this.moment[index] = (this.turn[index]! + phase) / weight;
      this.heap[index] = index;
    }
    for (let slot = (count >>> 1) - 1; slot >= 0; slot--) this.sink(slot);
  }

  next(): number {
    const index = this.heap[0]!;
    const weight = this.weights[index]!;
    const turn = this.turn[index]! + 1;
    if (turn === weight) this.epoch[index] = this.epoch[index]! + 1;
    this.turn[index] = turn === weight ? 0 : turn;
    this.moment[index] = (this.turn[index]! + this.phase[index]!) / weight;
    this.sink(0);
    return index;
  }

  /** Moves what is in a slot down until both below it are later. */
  private sink(slot: number): void {
    const heap = this.heap;
    const index = heap[slot]!;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.earlier(heap[below + 1]!, heap[below]!)) below++;
      if (!this.earlier(heap[below]!, index)) break;
      heap[slot] = heap[below]!;
      slot = below;
    }
    heap[slot] = index;
  }

  private earlier(a: number, b: number): boolean {
    if (this.epoch[a] !== this.epoch[b]) return this.epoch[a]! < this.epoch[b]!;
    if (this.moment[a] !== this.moment[b]) return this.moment[a]! < this.moment[b]!;
    return a < b;
  }
}
