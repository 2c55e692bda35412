/** Cookies of one Cookie field (RFC 6265 section 5.4), read in place. Values are compared as they are, quotes included. */
import type { ValueTest } from '../bytes/bytes';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Whether one of the cookies of a name passes. */
export function testAnyCookie(bytes: Uint8Array, start: number, end: number, name: Uint8Array, test: ValueTest): boolean {
  let position = start;
  while (position < end) {
    while (position < end && (isBlank(bytes[position]!) || bytes[position] === SEMICOLON)) position++;
    let pairEnd = position;
    while (pairEnd < end && bytes[pairEnd] !== SEMICOLON) pairEnd++;
    if (isNamed(bytes, position, pairEnd, name)) {
      let valueEnd = pairEnd;
      const valueStart = position + name.length + 1;
      while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
      if (test.test(bytes, valueStart, valueEnd)) return true;
    }
    position = pairEnd;
  }
  return false;
}

function isNamed(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start <= name.length || bytes[start + name.length] !== EQUALS) return false;
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false;
  return true;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
