/** Sets of bytes, as expressions name them. */
import { hexValue } from '../bytes/bytes';

/** 1 at each byte that is in it; 256 long. Shared, so never changed. */
export type ByteSet = Uint8Array;

/** What `.` takes. A value holds no line break, so that question does not come up. */
export const ALL: ByteSet = new Uint8Array(256).fill(1);

const DIGIT = setOf(/\d/);
const WORD = setOf(/\w/);
/** As RE2 has it: without the vertical tab. */
const SPACE = setOf(/[\t\n\f\r ]/);
const CLASSES: Readonly<Record<string, ByteSet>> = { d: DIGIT, D: invert(DIGIT), w: WORD, W: invert(WORD), s: SPACE, S: invert(SPACE) };
const CONTROLS: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

const SINGLES: readonly ByteSet[] = Array.from({ length: 256 }, (_, byte) => new Uint8Array(256).fill(1, byte, byte + 1));

/** The class that the letter behind a backslash stands for. */
export function classEscape(letter: string): ByteSet | undefined {
  return Object.prototype.hasOwnProperty.call(CLASSES, letter) ? CLASSES[letter] : undefined;
}

/** The byte that the text behind a backslash begins with, and how long that text is. */
export function literalEscape(text: string): { readonly byte: number; readonly length: number } | undefined {
  const first = text[0];
  if (first === undefined) return undefined;
  if (!/[A-Za-z0-9\s]/.test(first)) return { byte: first.charCodeAt(0), length: 1 };
  if (Object.prototype.hasOwnProperty.call(CONTROLS, first)) return { byte: CONTROLS[first]!, length: 1 };
  const high = hexValue(text.charCodeAt(1));
  const low = hexValue(text.charCodeAt(2));
  return first === 'x' && high >= 0 && low >= 0 ? { byte: high * 16 + low, length: 3 } : undefined;
}

/** The same object for the same byte, so that expressions, which are mostly of single bytes, are compiled fast. */
export function single(byte: number): ByteSet {
  return SINGLES[byte]!;
}

export function invert(set: ByteSet): ByteSet {
  return set.map((member) => 1 - member);
}

/** With the other case of its ASCII letters. */
export function fold(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    const lower = upper | 0x20;
    if (set[upper] === 1 || set[lower] === 1) folded[upper] = folded[lower] = 1;
  }
  return folded;
}

function setOf(member: RegExp): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x80 && member.test(String.fromCharCode(byte)) ? 1 : 0));
}
