/**
 * Reads a load report in its binary form: xds.data.orca.v3.OrcaLoadReport as bytes of protocol buffers, in base64. That is how servers of
 * gRPC send it (gRFC A51).
 *
 * The report becomes an object with the names of its JSON form. That costs memory, but only a few reports of an endpoint are read in a second.
 * Fields that are not known, or have another type than expected, are passed over, as by every reader of protocol buffers. Nothing throws.
 */
import { Wire, WireReader } from '../protobuf/wire-reader';

/** A report: numbers by name, and maps of them. */
export type Members = Readonly<Record<string, unknown>>;

const DOUBLES: Readonly<Record<number, string>> = { 1: 'cpu_utilization', 2: 'mem_utilization', 6: 'rps_fractional', 7: 'eps', 9: 'application_utilization' };
const MAPS: Readonly<Record<number, string>> = { 4: 'request_cost', 5: 'utilization', 8: 'named_metrics' };
/** Deprecated, an integer. */
const OLD_RATE = 3;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

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
