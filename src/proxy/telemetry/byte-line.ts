/**
 * JSON, put together as bytes in memory that is used again, for what is written for requests: as a text it takes twice the time, and
 * leaves garbage. It grows to the longest there was.
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
/** What the digits of a large integer are divided by: both parts are small. */
const BILLION = 1e9;
const BILLION_DIGITS = 9;
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
    // Room may be new memory.
    const at = this.take(1);
    this.bytes[at] = byte;
  }

  /** In quotation marks, each of these bytes as a character. */
  quoted(source: Buffer, start: number, end: number): void {
    this.byte(QUOTE);
    this.characters(source, start, end);
    this.byte(QUOTE);
  }

  /** Each of these bytes as a character, within quotation marks. */
  characters(source: Buffer, start: number, end: number): void {
    const before = this.length;
    let at = this.take(end - start);
    const { bytes } = this;
    let plain = 1;
    for (let i = start; i < end; i += 1, at += 1) {
      const byte = source[i]!;
      plain &= IS_PLAIN[byte]!;
      bytes[at] = byte;
    }
    if (plain === 1) return;
    this.length = before;
    this.text(JSON.stringify(source.toString('latin1', start, end)).slice(1, -1));
  }

  /** A whole number. */
  integer(value: number): void {
    if (value >= 0 && value < SMALL) {
      let digits = 1;
      for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits += 1;
      this.digits(value | 0, digits);
      return;
    }
    const billions = Math.floor(value / BILLION);
    if (!(billions >= 0 && billions < SMALL)) {
      this.text(String(value));
      return;
    }
    this.integer(billions);
    this.digits(value - billions * BILLION, BILLION_DIGITS);
  }

  /** So many digits of a whole number below {@link SMALL}, with zeros before it. */
  private digits(value: number, count: number): void {
    const start = this.take(count);
    const { bytes } = this;
    let rest = value;
    for (let at = start + count - 1; at >= start; at -= 1) {
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
