/**
 * How much a peer may ask of a session without getting anything done: a bucket each for streams that come to nothing and for frames that
 * carry nothing. They refill with time, so a long connection may do so many each second for ever. What is behind each: rapid reset
 * (CVE-2023-44487), streams that this side is made to reset (CVE-2025-8671), floods of SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty and
 * unknown frames (CVE-2019-9511 to -9518). nghttp2 has the first bucket, with the same rate.
 */

/** What sessions go by. */
export interface SessionSettings {
  /** Streams that the peer may have open at a time. */
  readonly maxConcurrentStreams: number;
  /** What the peer may send of a stream ahead of its receiver. */
  readonly streamWindowBytes: number;
  /** The same for the whole connection. */
  readonly connectionWindowBytes: number;
  /** Of a header block as it is sent. */
  readonly maxHeadBytes: number;
  /** Streams that come to nothing, and frames that carry nothing, in a burst. */
  readonly maxStreamResets: number;
  readonly maxIdleFrames: number;
  /** Monotonic milliseconds. */
  now(): number;
}

/** Refilled by one each so many milliseconds: 33 a second, as in nghttp2. */
const REFILL_MS = 30;

export class Bucket {
  private level: number;
  private filledAt = 0;

  constructor(private readonly burst: number) {
    this.level = burst;
  }

  /** Half of it or less is left. */
  get low(): boolean { return this.level * 2 <= this.burst; }

  /** Takes one out. False: it is empty. */
  take(now: number): boolean {
    const due = Math.floor((now - this.filledAt) / REFILL_MS);
    if (due > 0) {
      this.level = Math.min(this.burst, this.level + due);
      this.filledAt = this.level === this.burst ? now : this.filledAt + due * REFILL_MS;
    }
    if (this.level === 0) return false;
    this.level -= 1;
    return true;
  }
}
