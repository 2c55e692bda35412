/**
 * A line of JSON, put together as bytes in memory that is used again, for what is written for each request: as a text it takes twice the
 * time, and leaves garbage. It grows to the longest line there was.
 */
const FIRST_BYTES = 1_024;
/** Most bytes of a character, as UTF-8 has it. */
const CHARACTER_BYTES = 3;
/** 1 for bytes that JSON has as they are. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? 1 : 0));
const ZERO = 0x30;
const QUOTE = 0x22;
const POINT = 0x2e;
/** Below it, integers are divided as V8 does it fastest. */
const SMALL = 2 ** 31;
/** Longer pieces are copied faster by V8's own loop than by one of ours. */
const LONG_PIECE_BYTES = 12;

export class ByteLine {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  length = 0;

  restart(): void {
    this.length = 0;
  }

  /** What is there as it is. */
  piece(piece: Buffer): void {
    const at = this.take(piece.length);
    if (piece.length > LONG_PIECE_BYTES) {
      this.bytes.set(piece, at);
      return;
    }
    const { bytes } = this;
    for (let i = 0; i < piece.length; i += 1) bytes[at + i] = piece[i]!;
  }

  text(text: string): void {
    const at = this.take(text.length * CHARACTER_BYTES);
    this.length = at + this.bytes.write(text, at);
  }

  byte(byte: number): void {
    this.bytes[this.take(1)] = byte;
  }

  /** In quotation marks, each of these bytes as a character. */
  quoted(source: Buffer, length: number): void {
    const start = this.length;
    const at = this.take(length + 2);
    const { bytes } = this;
    bytes[at] = QUOTE;
    let plain = 1;
    for (let i = 0; i < length; i += 1) {
      const byte = source[i]!;
      plain &= IS_PLAIN[byte]!;
      bytes[at + 1 + i] = byte;
    }
    bytes[at + 1 + length] = QUOTE;
    if (plain === 1) return;
    this.length = start;
    this.text(JSON.stringify(source.toString('latin1', 0, length)));
  }

  /** A whole number. */
  integer(value: number): void {
    if (!(value >= 0 && value < SMALL)) {
      this.text(String(value));
      return;
    }
    let digits = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits += 1;
    const start = this.take(digits);
    const { bytes } = this;
    let rest = value | 0;
    for (let at = start + digits - 1; at >= start; at -= 1) {
      const tens = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
  }

  /** A number to three decimals, without zeros at its end. */
  thousandths(value: number): void {
    const thousandths = Math.round(value * 1_000);
    if (!(thousandths >= 0 && thousandths < SMALL)) {
      this.text(String(thousandths / 1_000));
      return;
    }
    const whole = (thousandths / 1_000) | 0;
    this.integer(whole);
    let rest = thousandths - whole * 1_000;
    if (rest === 0) return;
    this.byte(POINT);
    for (let unit = 100; rest > 0; unit /= 10) {
      const digit = (rest / unit) | 0;
      this.byte(ZERO + digit);
      rest -= digit * unit;
    }
  }

  /** Room for so many bytes, which are to be written there. @returns where it begins */
  take(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length) this.grow(at + count);
    this.length = at + count;
    return at;
  }

  toString(): string {
    return this.bytes.toString('utf8', 0, this.length);
  }

  private grow(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}

/** Values of one member that are kept at a time. */
const MAX_KEPT = 500;

/** A member of objects whose values come again and again, as names do: each is made into bytes once, and kept. */
export class KeptMember {
  private readonly pieces = new Map<string, Buffer>();

  /** @param before what is written before the value, such as `,"route":` */
  constructor(private readonly before: string) {}

  /** Writes the member with what is before it; nothing for a value that is absent. */
  write(line: ByteLine, value: string | undefined): void {
    if (value !== undefined) line.piece(this.pieces.get(value) ?? this.keep(value));
  }

  private keep(value: string): Buffer {
    if (this.pieces.size >= MAX_KEPT) this.pieces.clear();
    const piece = Buffer.from(this.before + JSON.stringify(value));
    this.pieces.set(value, piece);
    return piece;
  }
}
