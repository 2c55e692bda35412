/**
 * Reads a load report in its binary form: xds.data.orca.v3.OrcaLoadReport as bytes of protocol buffers, in base64. That is how servers of
 * gRPC send it (gRFC A51).
 *
 * The report becomes an object with the names of its JSON form. That costs memory, but only a few reports of an endpoint are read in a second.
 * Fields that are not known, or have another type than expected, are passed over, as by every reader of protocol buffers. Nothing throws.
 */

/** A report: numbers by name, and maps of them. */
export type Members = Readonly<Record<string, unknown>>;

const DOUBLES: Readonly<Record<number, string>> = { 1: 'cpu_utilization', 2: 'mem_utilization', 6: 'rps_fractional', 7: 'eps', 9: 'application_utilization' };
const MAPS: Readonly<Record<number, string>> = { 4: 'request_cost', 5: 'utilization', 8: 'named_metrics' };
/** Deprecated, an integer. */
const OLD_RATE = 3;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Types of the wire format (https://protobuf.dev/programming-guides/encoding/). Groups are of no use and not read. */
const enum Wire { VARINT = 0, I64 = 1, BYTES = 2, I32 = 5 }

/**
 * @param text the value of a `-bin` field; padding may be missing. Of values that were joined, the first counts
 * @returns undefined when it is malformed
 */
export function decodeReport(text: string): Members | undefined {
  const value = text.split(',', 1)[0]!.trim();
  if (!BASE64.test(value) || value.replace(/=/g, '').length % 4 === 1) return undefined;
  const bytes = Buffer.from(value, 'base64');
  const report: Record<string, unknown> = Object.create(null);
  const reader = new WireReader(bytes, 0, bytes.length);
  while (reader.next()) {
    const { field, wire } = reader;
    if (wire === Wire.I64 && DOUBLES[field] !== undefined) report[DOUBLES[field]] = reader.double;
    else if (wire === Wire.VARINT && field === OLD_RATE) report['rps'] = reader.integer;
    else if (wire === Wire.BYTES && MAPS[field] !== undefined && !addEntry(report, MAPS[field], bytes, reader)) return undefined;
  }
  return reader.broken ? undefined : report;
}

/** Adds one entry of a map. @returns whether it could be read */
function addEntry(report: Record<string, unknown>, map: string, bytes: Buffer, { start, end }: WireReader): boolean {
  const reader = new WireReader(bytes, start, end);
  let key = '';
  let value = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === Wire.BYTES) key = bytes.toString('utf8', reader.start, reader.end);
    else if (reader.field === 2 && reader.wire === Wire.I64) value = reader.double;
  }
  const entries = (report[map] ??= Object.create(null)) as Record<string, number>;
  entries[key] = value;
  return !reader.broken;
}

/** Goes from field to field of one message. */
class WireReader {
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
