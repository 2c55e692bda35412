/**
 * A hash table with bytes as keys, which are looked up where they lie, by a hash that was made while they were read (FNV-1a, Fowler,
 * Noll and Vo). Keys come from the configuration only, so no client can make them collide: a bad hash costs it one comparison.
 */
import { equals } from '../bytes/bytes';

export const HASH_START = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME);
}

export class ByteIndex<V> {
  readonly size: number;
  private readonly mask: number;
  /** 1 and the index of an entry; 0 for none. At most half of them are taken. */
  private readonly slots: Int32Array;
  private readonly hashes: Int32Array;
  private readonly keys: readonly Uint8Array[];
  private readonly values: readonly V[];

  constructor(entries: readonly (readonly [key: Uint8Array, value: V])[]) {
    this.size = entries.length;
    this.keys = entries.map(([key]) => key);
    this.values = entries.map(([, value]) => value);
    this.hashes = Int32Array.from(this.keys, (key) => key.reduce(hashByte, HASH_START));
    let slots = 2;
    while (slots < entries.length * 2) slots *= 2;
    this.mask = slots - 1;
    this.slots = new Int32Array(slots);
    for (let entry = 0; entry < entries.length; entry++) {
      let slot = this.slotOf(this.hashes[entry]!);
      while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = entry + 1;
    }
  }

  /** @param hash of `bytes[start, end)` */
  get(hash: number, bytes: Uint8Array, start: number, end: number): V | undefined {
    for (let slot = this.slotOf(hash); this.slots[slot] !== 0; slot = (slot + 1) & this.mask) {
      const entry = this.slots[slot]! - 1;
      if (this.hashes[entry] === hash && equals(bytes, start, end, this.keys[entry]!)) return this.values[entry];
    }
    return undefined;
  }

  private slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & this.mask;
  }
}
