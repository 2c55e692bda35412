/**
 * A text out of a request, kept as bytes until the request is over: the memory is used again, and a string is made only where somebody reads it.
 * It grows to the longest text that came, up to its limit.
 */
const FIRST_BYTES = 128;

export class KeptText {
  /** Those up to `length` are of this text. */
  bytes: Buffer = Buffer.alloc(0);
  length = 0;

  /** @param limit bytes that are kept; what is longer is cut */
  constructor(private readonly limit: number) {}

  clear(): void {
    this.length = 0;
  }

  /** Has what the other one has. */
  take(other: KeptText): void {
    this.clear();
    this.add(other.bytes, 0, other.length);
  }

  /** @param until a byte that the text ends before, where it is there; -1 for none */
  add(source: Uint8Array, start: number, end: number, until = -1): void {
    const last = Math.min(end, start + this.limit - this.length);
    if (this.length + last - start > this.bytes.length) this.grow(this.length + last - start);
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < last && source[i] !== until; i += 1, at += 1) bytes[at] = source[i]!;
    this.length = at;
  }

  /** Each byte as a character. */
  toString(): string {
    return this.bytes.toString('latin1', 0, this.length);
  }

  private grow(needed: number): void {
    const bytes = Buffer.alloc(Math.min(this.limit, Math.max(FIRST_BYTES, needed, 2 * this.bytes.length)));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}
