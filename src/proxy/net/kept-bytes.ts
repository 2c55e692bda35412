/**
 * Bytes that are kept until somebody takes all of them, in one buffer that doubles when it is full. A sender that sends them in small pieces
 * costs no more than another: each byte is copied a few times at most, and no piece is kept for itself. How many there may be is up to who
 * adds them.
 */
const EMPTY = Buffer.alloc(0);
const FIRST_CAPACITY = 1_024;

export class KeptBytes {
  private buffer = EMPTY;
  private length = 0;

  /** Memory that they take. */
  get heldBytes(): number { return this.buffer.length; }

  /** @param data valid during the call only */
  add(data: Buffer): void {
    const needed = this.length + data.length;
    if (needed > this.buffer.length) this.grow(needed);
    this.length += data.copy(this.buffer, this.length);
  }

  /** All of them; undefined when there are none. They are kept no more. */
  take(): Buffer | undefined {
    const taken = this.length > 0 ? this.buffer.subarray(0, this.length) : undefined;
    this.clear();
    return taken;
  }

  clear(): void {
    this.buffer = EMPTY;
    this.length = 0;
  }

  private grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2, FIRST_CAPACITY));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}
