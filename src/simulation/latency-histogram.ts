/**
 * Latencies of any number of requests in bounded memory. Buckets are those of HdrHistogram (Gil Tene): within each power
 * of two the range is cut into equal parts, so that a recorded value is off by less than 1/64 of itself. Values are
 * milliseconds, kept as whole microseconds.
 */

/** Parts in each power of two. */
const PARTS = 64;
const PART_BITS = 6;
/** Longest latency that can be told apart: 2^32 µs, over an hour. */
const POWERS = 32;
const MAX_MICROS = 2 ** POWERS - 1;

export class LatencyHistogram {
  private readonly counts = new Uint32Array(PARTS * (POWERS - PART_BITS + 1));
  private total = 0;
  private longest = 0;

  /** How many values were recorded. */
  get count(): number { return this.total; }

  /** The largest value recorded, exactly. */
  get max(): number { return this.longest; }

  record(ms: number): void {
    this.counts[bucketOf(Math.min(Math.max(0, Math.round(ms * 1000)), MAX_MICROS))]!++;
    this.total++;
    if (ms > this.longest) this.longest = ms;
  }

  add(other: LatencyHistogram): void {
    other.counts.forEach((count, bucket) => { this.counts[bucket]! += count; });
    this.total += other.total;
    this.longest = Math.max(this.longest, other.longest);
  }

  /** The value that this share of all values is not above; `share` from 0 to 1. NaN when nothing was recorded. */
  percentile(share: number): number {
    if (this.total === 0) return NaN;
    const rank = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket]!;
      if (seen >= rank) return Math.min(upperEdge(bucket) / 1000, this.longest);
    }
    return this.longest;
  }

  /** What share of all values is not above each of those recorded, as exactly as buckets allow: a cumulative distribution. */
  cumulative(): { readonly ms: number; readonly share: number }[] {
    let seen = 0;
    const points: { readonly ms: number; readonly share: number }[] = [];
    this.counts.forEach((count, bucket) => {
      if (count === 0) return;
      seen += count;
      points.push({ ms: Math.min(upperEdge(bucket) / 1000, this.longest), share: seen / this.total });
    });
    return points;
  }

  clear(): void {
    this.counts.fill(0);
    this.total = 0;
    this.longest = 0;
  }

  /** How many values are above `fromMs` and not above `toMs`, as exactly as buckets allow. */
  between(fromMs: number, toMs: number): number {
    let sum = 0;
    this.counts.forEach((count, bucket) => {
      const value = upperEdge(bucket) / 1000;
      if (count > 0 && value > fromMs && value <= toMs) sum += count;
    });
    return sum;
  }
}

/** Values below 64 have a bucket each; from there on, each power of two has 64. */
function bucketOf(micros: number): number {
  if (micros < PARTS) return micros;
  const power = 31 - Math.clz32(micros);
  return (power - PART_BITS + 1) * PARTS + (micros >>> (power - PART_BITS)) - PARTS;
}

/** The largest value of a bucket, in microseconds. */
function upperEdge(bucket: number): number {
  if (bucket < PARTS) return bucket;
  const power = Math.floor(bucket / PARTS) - 1 + PART_BITS;
  const part = bucket % PARTS;
  return (PARTS + part + 1) * 2 ** (power - PART_BITS) - 1;
}
