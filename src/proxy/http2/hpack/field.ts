/** A field as the tables of HPACK keep it: its name and its value, one behind the other. */

/** What an entry counts beside its bytes (RFC 7541 section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** Its bytes lie among those of others: the name in `bytes[start, nameEnd)`, the value in `bytes[nameEnd, end)`. */
export class Field {
  constructor(readonly bytes: Buffer, readonly start: number, readonly nameEnd: number, readonly end: number) {}

  static of(name: string, value: string): Field {
    return new Field(Buffer.from(name + value, 'latin1'), 0, name.length, name.length + value.length);
  }

  /** What it counts in a table, and in the limit of a list. */
  get size(): number { return this.end - this.start + ENTRY_OVERHEAD; }
}
