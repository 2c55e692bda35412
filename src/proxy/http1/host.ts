/**
 * `host [":" port]` of RFC 3986, as Host and the authority of a URL have it, narrower than the grammar: no user
 * information, no percent-encoding (nobody needs it in a name, and two readers may decode it differently), no empty labels (a reader that
 * strips more than the one final dot takes it for another name), an address in brackets must be one of IPv6, a port is a number up to 65535.
 */
import { isIPv6 } from 'node:net';
import { COLON, IS_HOST } from './bytes';

const OPEN = 0x5b;
const CLOSE = 0x5d;
const PERCENT = 0x25;
const DOT = 0x2e;
/** Longest name of the DNS; also holds every address. */
const MAX_HOST_BYTES = 255;
const MAX_PORT_DIGITS = 5;

export function isHost(buffer: Uint8Array, start: number, end: number): boolean {
  const hostEnd = buffer[start] === OPEN ? literalEnd(buffer, start, end) : nameEnd(buffer, start, end);
  if (hostEnd <= start || hostEnd - start > MAX_HOST_BYTES) return false;
  if (hostEnd === end) return true;
  return buffer[hostEnd] === COLON && isPort(buffer, hostEnd + 1, end);
}

function nameEnd(buffer: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && buffer[position] !== COLON) {
    const byte = buffer[position]!;
    if (IS_HOST[byte] !== 1 || byte === OPEN || byte === CLOSE || byte === PERCENT) return -1;
    if (byte === DOT && (position === start || buffer[position - 1] === DOT)) return -1;
    position += 1;
  }
  return position;
}

/** End of an address in brackets, which is rare enough to make text of it. */
function literalEnd(buffer: Uint8Array, start: number, end: number): number {
  const close = buffer.indexOf(CLOSE, start);
  if (close < 0 || close >= end || close - start > MAX_HOST_BYTES) return -1;
  const address = String.fromCharCode(...buffer.subarray(start + 1, close));
  return !address.includes('%') && isIPv6(address) ? close + 1 : -1;
}

/** May be empty, as RFC 3986 section 3.2.3 has it. */
function isPort(buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_PORT_DIGITS) return false;
  let port = 0;
  for (let i = start; i < end; i += 1) {
    const digit = buffer[i]! - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65_535;
}
