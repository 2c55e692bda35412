/**
 * The spans of one request to the collector, as its bytes. A span is written when it ends: texts and buffers that live for seconds would
 * be copied by each collection of garbage, and bring the large ones on. The memory is used again, and as large as the largest batch was.
 */
/** Small, for there may be as many batches as spans. */
const FIRST_BYTES = 1_024;
const COMMA = 0x2c;

export class SpanBatch {
  spans = 0;
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private length = 0;
  private readonly after: Buffer;
  /** Where the spans begin. */
  private readonly start: number;

  /** @param envelope what is before and behind the spans */
  constructor([before, after]: readonly [before: string, after: string]) {
    this.after = Buffer.from(after);
    this.write(before);
    this.start = this.length;
  }

  add(span: string): void {
    if (this.spans > 0) {
      this.room(1);
      this.bytes[this.length] = COMMA;
      this.length += 1;
    }
    this.write(span);
    this.spans += 1;
  }

  /** All of it. Valid until it is restarted or something is added. */
  body(): Buffer {
    this.room(this.after.length);
    this.after.copy(this.bytes, this.length);
    return this.bytes.subarray(0, this.length + this.after.length);
  }

  /** Forgets the spans. */
  restart(): void {
    this.spans = 0;
    this.length = this.start;
  }

  private write(text: string): void {
    this.room(Buffer.byteLength(text));
    this.length += this.bytes.write(text, this.length);
  }

  private room(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
