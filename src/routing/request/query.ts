/**
 * Query parameters, read in place, as apps read them (application/x-www-form-urlencoded): decoded once, `+` as a space. An escape that is
 * malformed stands for itself.
 */
import { hexValue, type ValueTest } from '../bytes/bytes';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** Reused for decoded values; a longer value gets a buffer of its own. */
const scratch = new Uint8Array(4_096);

/**
 * Whether the first parameter of a name is there and passes.
 *
 * @param start behind the `?`
 * @param name decoded
 */
export function testFirstParameter(bytes: Uint8Array, start: number, end: number, name: Uint8Array, test: ValueTest): boolean {
  let position = start;
  while (position < end) {
    let pairEnd = position;
    while (pairEnd < end && bytes[pairEnd] !== AMPERSAND) pairEnd++;
    const nameEnd = endOfName(bytes, position, pairEnd, name);
    if (nameEnd >= 0) return testValue(bytes, Math.min(nameEnd + 1, pairEnd), pairEnd, test);
    position = pairEnd + 1;
  }
  return false;
}

/** Whether one of the parameters of a name passes. @param start behind the `?` */
export function testAnyParameter(bytes: Uint8Array, start: number, end: number, name: Uint8Array, test: ValueTest): boolean {
  let position = start;
  while (position < end) {
    let pairEnd = position;
    while (pairEnd < end && bytes[pairEnd] !== AMPERSAND) pairEnd++;
    const nameEnd = endOfName(bytes, position, pairEnd, name);
    if (nameEnd >= 0 && testValue(bytes, Math.min(nameEnd + 1, pairEnd), pairEnd, test)) return true;
    position = pairEnd + 1;
  }
  return false;
}

/** Where the name ends, at its `=` or at the end of the pair; -1 when it is another one. */
function endOfName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): number {
  let position = start;
  for (let at = 0; at < name.length; at++) {
    if (position >= end || bytes[position] === EQUALS) return -1;
    const escaped = escapeAt(bytes, position, end);
    if ((escaped >= 0 ? escaped : plain(bytes[position]!)) !== name[at]) return -1;
    position += escaped >= 0 ? 3 : 1;
  }
  return position === end || bytes[position] === EQUALS ? position : -1;
}

function testValue(bytes: Uint8Array, start: number, end: number, test: ValueTest): boolean {
  let position = start;
  while (position < end && bytes[position] !== PERCENT && bytes[position] !== PLUS) position++;
  if (position === end) return test.test(bytes, start, end);
  const decoded = end - start <= scratch.length ? scratch : new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const escaped = escapeAt(bytes, at, end);
    decoded[length++] = escaped >= 0 ? escaped : plain(bytes[at]!);
    if (escaped >= 0) at += 2;
  }
  return test.test(decoded, 0, length);
}

/** The byte of the escape at `at`; -1 when there is none, or a malformed one. */
function escapeAt(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== PERCENT || at + 2 >= end) return -1;
  const high = hexValue(bytes[at + 1]);
  const low = hexValue(bytes[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function plain(byte: number): number {
  return byte === PLUS ? SPACE : byte;
}
