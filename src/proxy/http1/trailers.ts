/**
 * Which fields may follow a body, and how they are passed on. The others are left out: a reader of the head does not know of them, so they
 * can't mean what they would mean there.
 */
import { FieldTable, isOfIdentity, Kind, kindOf, nameList } from './fields';

/** What RFC 9110 section 6.5.1 wants to be known before the body, beside the fields that are hop-by-hop. */
const isHeadOnly = nameList([
  'authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate', 'cookie', 'set-cookie', 'forwarded', 'x-forwarded-',
  'x-real-ip', 'via', 'origin', 'content-encoding', 'content-type', 'content-range', 'cache-control', 'max-forwards', 'pragma', 'range',
  'if-', 'age', 'expires', 'location', 'retry-after', 'vary', 'http2-settings',
]);

/** Whether a field of this name may be a trailer. */
export function isTrailer(buffer: Uint8Array, nameStart: number, nameEnd: number): boolean {
  return isPassed(kindOf(buffer, nameStart, nameEnd), buffer, nameStart, nameEnd);
}

/**
 * The trailers that may be passed on, as a section of our own: `name: value` and CRLF, and an empty line; undefined when there are none.
 *
 * @param fields those that were scanned in `buffer`; one of a kind that the proxy acts on is left out
 */
export function trailersOf(buffer: Buffer, fields: FieldTable): Buffer | undefined {
  let text = '';
  for (let i = 0; i < fields.count; i += 1) {
    if (!isPassed(fields.kinds[i]!, buffer, fields.nameStart(i), fields.nameEnd(i))) continue;
    const name = buffer.toString('latin1', fields.nameStart(i), fields.nameEnd(i));
    text += `${name}: ${buffer.toString('latin1', fields.valueStart(i), fields.valueEnd(i))}\r\n`;
  }
  return text === '' ? undefined : Buffer.from(`${text}\r\n`, 'latin1');
}

/** Leaves out of a request's trailers what says whose it is, and which. Those of a response may: that is metadata of a gRPC call. */
export function leaveOutIdentity(buffer: Buffer, fields: FieldTable): void {
  for (let i = 0; i < fields.count; i += 1) if (isOfIdentity(buffer, fields.nameStart(i), fields.nameEnd(i))) fields.kinds[i] = Kind.HOP_BY_HOP;
}

function isPassed(kind: Kind, buffer: Uint8Array, nameStart: number, nameEnd: number): boolean {
  // A load report is known only at the end by some.
  if (kind === Kind.LOAD_METRICS || kind === Kind.LOAD_METRICS_BIN || kind === Kind.GRPC_STATUS) return true;
  return kind === Kind.OTHER && !isHeadOnly(buffer, nameStart, nameEnd);
}
