/**
 * The dynamic table of HPACK (RFC 7541 section 2.3.2): the newest entry has the lowest index, and the oldest ones go when there is no
 * room. A ring, so that an entry never moves.
 */
import { ENTRY_OVERHEAD, Field } from './field';

const FIRST_CAPACITY = 32;
/** As large as a table. A slab goes when the last of its entries has, so there are three of them at most. */
const SLAB_BYTES = 4_096;
const EMPTY = Buffer.alloc(0);

export class DynamicTable {
  /** Entries that are there. */
  length = 0;
  /** What they count together. */
  size = 0;
  /** Where the next entry's bytes go. */
  taken = 0;
  private slab = EMPTY;
  private ring: (Field | undefined)[] = [];
  /** How many were ever added. */
  private added = 0;

  /** @param maxSize what they may count together */
  constructor(private maxSize: number) {}

  /** By age: 0 is the newest. Undefined behind the oldest. */
  at(age: number): Field | undefined {
    return age < this.length ? this.ring[this.slot(this.added - 1 - age)] : undefined;
  }

  /** The age of what was added as the `serial`th; at least `length` when it is gone. */
  ageOf(serial: number): number {
    return this.added - 1 - serial;
  }

  /**
   * Where the bytes of an entry go: at `taken`, and as many as are wanted behind it. What was taken before stays as it is.
   *
   * @returns undefined: the entry is larger than the table, which it leaves empty (RFC 7541 section 4.4)
   */
  room(bytes: number): Buffer | undefined {
    if (bytes + ENTRY_OVERHEAD > this.maxSize) {
      this.shrink(0);
      return undefined;
    }
    if (this.taken + bytes > this.slab.length) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.taken = 0;
    }
    return this.slab;
  }

  /**
   * Adds an entry. One that is larger than the table leaves it empty.
   *
   * @returns its serial number; -1 when it is not kept
   */
  add(field: Field): number {
    this.shrink(this.maxSize - field.size);
    if (field.size > this.maxSize) return -1;
    if (this.length === this.ring.length) this.grow();
    this.ring[this.slot(this.added)] = field;
    this.length += 1;
    this.size += field.size;
    this.added += 1;
    return this.added - 1;
  }

  resize(maxSize: number): void {
    this.maxSize = maxSize;
    this.shrink(maxSize);
  }

  private shrink(most: number): void {
    while (this.length > 0 && this.size > most) {
      const slot = this.slot(this.added - this.length);
      this.size -= this.ring[slot]!.size;
      this.ring[slot] = undefined;
      this.length -= 1;
    }
  }

  private slot(serial: number): number {
    return serial & (this.ring.length - 1);
  }

  private grow(): void {
    const before = this.ring;
    const first = this.added - this.length;
    this.ring = new Array<Field | undefined>(Math.max(FIRST_CAPACITY, before.length * 2)).fill(undefined);
    for (let serial = first; serial < this.added; serial += 1) this.ring[this.slot(serial)] = before[serial & (before.length - 1)];
  }
}
