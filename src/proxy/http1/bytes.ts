/**
 * Bytes and classes of bytes of RFC 9110 and 9112. Messages are read as bytes, never as text: what is a letter to
 * one reader may be a delimiter to the next.
 */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const COMMA = 0x2c;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const ZERO = 0x30;
export const NINE = 0x39;

/** `tchar` of RFC 9110 section 5.6.2: what a method or a field name is made of. */
export const IS_TOKEN = classOf((code) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)));

/** What a field value may hold: HTAB, SP, visible ASCII and `obs-text`; no CR, LF, NUL or other control. */
export const IS_VALUE = classOf((code) => code === HTAB || (code >= 0x20 && code !== 0x7f));

/** What a request target may hold: visible ASCII without `#`; RFC 3986 knows no raw space, control or byte above 0x7f. */
export const IS_TARGET = classOf((code) => code > 0x20 && code < 0x7f && code !== 0x23);

/** `reg-name`, `IP-literal` and port of RFC 3986, without `,`, which joins two hosts rather than names one. */
export const IS_HOST = classOf((code) => /[-._~A-Za-z0-9%!$&'()*+;=:[\]]/.test(String.fromCharCode(code)));

/** Value of a hexadecimal digit, 255 for any other byte. */
export const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return digit < 0 ? 255 : digit;
});

function classOf(member: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (code < 0x100 && member(code) ? 1 : 0));
}

/** Whether `buffer[start, end)` is the lower-case ASCII `word`, letters compared without case. Both must hold token bytes. */
export function isWord(buffer: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  const length = word.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i += 1) {
    if ((buffer[start + i]! | 0x20) !== word[i]) return false;
  }
  return true;
}

/** A lower-case word as bytes, to compare with {@link isWord}. */
export function word(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** A field name in any case, to compare with {@link isWord}: `_` is folded as that does it. */
export function fieldName(name: string): Uint8Array {
  return word(name).map((byte) => byte | 0x20);
}

/**
 * A decimal number of digits alone: no sign, no space, no list; at most `Number.MAX_SAFE_INTEGER`, for beyond it
 * JavaScript's numbers would round and two readers would disagree on a length. -1 when it is anything else.
 */
export function parseDecimal(buffer: Uint8Array, start: number, end: number): number {
  if (start >= end || end - start > 16) return -1;
  let value = 0;
  for (let i = start; i < end; i += 1) {
    const digit = buffer[i]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** Both, without a copy when one is empty. */
export function joined(a: Buffer, b: Buffer): Buffer {
  if (b.length === 0) return a;
  return a.length === 0 ? b : Buffer.concat([a, b]);
}
