/**
 * Places for things that come and go by the thousand, as columns of numbers: a thing is an index. Places are used again. Each has a
 * serial number, which tells an event for an earlier thing in the same place.
 */
import { enlarged } from './event-queue';

const FIRST_CAPACITY = 1_024;

type Column = Float64Array | Int32Array | Uint8Array | Uint32Array;

/** End of a list. */
export const NONE = -1;

export abstract class Slots {
  serial = new Int32Array(FIRST_CAPACITY);
  /** The one behind it in a list. */
  next = new Int32Array(FIRST_CAPACITY);
  private firstFree = NONE;
  private used = 0;

  /** Every place that was ever used. */
  get places(): number {
    return this.used;
  }

  protected take(): number {
    const index = this.firstFree;
    if (index !== NONE) {
      this.firstFree = this.next[index]!;
      return index;
    }
    if (this.used === this.serial.length) this.enlarge();
    return this.used++;
  }

  release(index: number): void {
    this.serial[index]!++;
    this.next[index] = this.firstFree;
    this.firstFree = index;
  }

  private enlarge(): void {
    const columns = this as unknown as Record<string, Column>;
    for (const [name, column] of Object.entries(columns)) {
      if (ArrayBuffer.isView(column)) columns[name] = enlarged(column, new (column.constructor as new (length: number) => Column)(2 * column.length));
    }
  }
}

/** A column of so many places as there are at first. */
export const column = {
  bytes: (): Uint8Array => new Uint8Array(FIRST_CAPACITY),
  integers: (): Int32Array => new Int32Array(FIRST_CAPACITY),
  hashes: (): Uint32Array => new Uint32Array(FIRST_CAPACITY),
  numbers: (): Float64Array => new Float64Array(FIRST_CAPACITY),
};
