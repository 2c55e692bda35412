/**
 * Reads the fields of a message of protocol buffers (https://protobuf.dev/programming-guides/encoding/), as far as the proxy needs them. It never
 * reads past the end of the message, and nothing throws: what can't be read makes the reader broken.
 */

/** Types of fields. Groups are of no use and not read. */
export const enum Wire { VARINT = 0, I64 = 1, BYTES = 2, I32 = 5 }

/** Goes from field to field of one message. */
export class WireReader {
  /** It ends within a field, or has something that is none. */
  broken = false;
  field = 0;
  wire = 0;
  integer = 0;
  double = 0;
  /** Where the bytes of the present field are. */
  start = 0;
  end = 0;

  constructor(private readonly bytes: Buffer, private position: number, private readonly limit: number) {}

  /** @returns false at the end, and when the rest can't be read */
  next(): boolean {
    if (this.position >= this.limit || this.broken) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0) return this.stop();
    switch (this.wire) {
      case Wire.VARINT:
        this.integer = this.varint();
        return !this.broken;
      case Wire.BYTES:
        return this.skip(this.varint());
      case Wire.I32:
        return this.skip(4);
      case Wire.I64:
        if (!this.skip(8)) return false;
        this.double = this.bytes.readDoubleLE(this.start);
        return true;
      default:
        return this.stop();
    }
  }

  private skip(length: number): boolean {
    if (this.broken || length > this.limit - this.position) return this.stop();
    this.start = this.position;
    this.end = this.position += length;
    return true;
  }

  /** Seven bits a byte, the lowest first; ten bytes at most. Above 2^53 it is not exact, which no rate is hurt by. */
  private varint(): number {
    let value = 0;
    for (let factor = 1, count = 0; count < 10; factor *= 128, count += 1) {
      if (this.position >= this.limit) break;
      const byte = this.bytes[this.position]!;
      this.position += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    this.broken = true;
    return 0;
  }

  private stop(): false {
    this.broken = true;
    return false;
  }
}
