/**
 * Reads ASN.1 in DER (ITU-T X.690) as far as a certificate needs it: one element after the other, in place. Strict, for what two readers
 * could take for different things is refused: lengths are definite, in their shortest form, and end within what is around them. It never
 * throws and never reads past its end; what is malformed ends the reading, and `broken` says so.
 */

/** Tags as they stand in a certificate, with the bit for "has elements inside". */
export const enum Tag {
  BOOLEAN = 0x01,
  INTEGER = 0x02,
  BIT_STRING = 0x03,
  OCTET_STRING = 0x04,
  OBJECT_IDENTIFIER = 0x06,
  SEQUENCE = 0x30,
}

/** Lengths have two bytes at most: no certificate of a mesh is longer than 64 KiB. */
const MAX_LENGTH_BYTES = 2;
/** In a tag's low bits: the number follows in further bytes, which nothing in a certificate has. */
const LONG_TAG = 0x1f;

const EMPTY = new Uint8Array(0);

export class DerReader {
  /** What has been read so far is no DER, or not what was expected. */
  broken = false;
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Everything has been read. */
  get done(): boolean { return this.broken || this.position >= this.bytes.length; }

  /** Where the next element begins. */
  get offset(): number { return this.position; }

  /** The tag of the next element; 0 when there is none. */
  get tag(): number { return this.done ? 0 : this.bytes[this.position]!; }

  /** The content of the next element, which must have this tag; nothing when it has another one. */
  read(tag: number): Uint8Array {
    if (this.tag !== tag || (tag & LONG_TAG) === LONG_TAG) return this.fail();
    const { bytes } = this;
    let at = this.position + 1;
    let length = bytes[at++] ?? 0xff;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > MAX_LENGTH_BYTES || at + count > bytes.length) return this.fail();
      length = 0;
      for (let i = 0; i < count; i += 1) length = length * 256 + bytes[at++]!;
      if (length < (count === 1 ? 0x80 : 0x100)) return this.fail();
    }
    if (at + length > bytes.length) return this.fail();
    this.position = at + length;
    return bytes.subarray(at, at + length);
  }

  /** What is inside of the next element. */
  enter(tag: number): DerReader {
    const inside = new DerReader(this.read(tag));
    inside.broken = this.broken;
    return inside;
  }

  /** The content of the next element if it has this tag; undefined otherwise. */
  optional(tag: number): Uint8Array | undefined {
    return this.tag === tag ? this.read(tag) : undefined;
  }

  /** Passes over the next element. */
  skip(): void {
    if (this.done) this.fail();
    else this.read(this.tag);
  }

  /** Something else than what was expected. */
  fail(): Uint8Array {
    this.broken = true;
    return EMPTY;
  }
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
