/**
 * The three instruments. Each is bound to its labels when it is made, so that recording is `counter.value += 1` or a few
 * steps in an array: no lookup, no allocation, no text. Text is made when somebody asks for it (exposition.ts).
 */

/** Only ever grows; code that counts adds to `value`. */
export class Counter {
  value = 0;
}

/** Goes up and down. */
export class Gauge {
  value = 0;
}

/** A request that a bucket counts, by its trace. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/**
 * Counts values by size, in buckets with fixed upper bounds (inclusive, as in Prometheus).
 *
 * The bucket is found by walking up from the smallest: requests are short, so it is mostly one of the first, and for 16
 * buckets a walk is no slower than a binary search. What was not chosen: buckets of exponential width (HdrHistogram,
 * Prometheus's native histograms) are finer, but the text format can't carry them.
 */
export class Histogram {
  /** Values per bucket, not cumulative; the last is for those above every bound. */
  readonly counts: Float64Array;
  sum = 0;
  /** The latest of each bucket; absent while nothing is traced. */
  exemplars: (Exemplar | undefined)[] | undefined;

  /** @param bounds upper bounds, ascending */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const bucket = this.bucketOf(value);
    this.counts[bucket] = this.counts[bucket]! + 1;
    this.sum += value;
  }

  /** Shows a value that was recorded as an example of its bucket. */
  exemplify(exemplar: Exemplar): void {
    (this.exemplars ??= Array.from(this.counts, () => undefined))[this.bucketOf(exemplar.value)] = exemplar;
  }

  private bucketOf(value: number): number {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    return bucket;
  }
}

/** A value that is somewhere else already, and read when it is asked for. */
export type Reading = () => number;
