/** A field as the tables of HPACK keep it: its name and its value, one behind the other. */

/** What an entry counts beside its bytes (RFC 7541 section 4.1). */
export const ENTRY_OVERHEAD = 32;

export class Field {
  /** @param nameLength where the name ends and the value begins */
  constructor(readonly bytes: Buffer, readonly nameLength: number) {}

  static of(name: string, value: string): Field {
    return new Field(Buffer.from(name + value, 'latin1'), name.length);
  }

  /** What it counts in a table, and in the limit of a list. */
  get size(): number { return this.bytes.length + ENTRY_OVERHEAD; }
}
