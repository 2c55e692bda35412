/**
 * How a call ends that the proxy itself ends: with a status that gRPC's clients understand, in the only head of the response (Trailers-Only)
 * or, when messages were sent before, in its trailers. A client would make UNKNOWN or INTERNAL of anything else.
 */
import { grpcStatusOf } from './status';

const NAME = 'grpc-status';

/** What stands in a message of a status as it is: printable ASCII but `%` (gRPC's `Percent-Byte-Unencoded`). */
const ESCAPED = /[^\x20-\x24\x26-\x7e]/g;

/**
 * Field lines of a status.
 *
 * @param httpStatus what it would be in HTTP
 */
export function statusLines(httpStatus: number, message: string): string {
  const escaped = Buffer.from(message).toString('latin1').replace(ESCAPED, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return `${NAME}: ${grpcStatusOf(httpStatus)}\r\ngrpc-message: ${escaped}\r\n`;
}

/** The status in trailers: lines, each with its CRLF, and an empty one; -1 when there is none, or it is none. */
export function statusIn(trailers: Buffer | undefined): number {
  if (trailers === undefined) return -1;
  for (let at = 0, end = trailers.indexOf('\r\n'); end > at; at = end + 2, end = trailers.indexOf('\r\n', at)) {
    if (trailers[at + NAME.length] !== 0x3a || trailers.toString('latin1', at, at + NAME.length).toLowerCase() !== NAME) continue;
    const value = trailers.toString('latin1', at + NAME.length + 1, end).trim();
    return /^\d{1,3}$/.test(value) ? Number(value) : -1;
  }
  return -1;
}
