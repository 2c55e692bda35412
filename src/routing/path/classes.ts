/** Classes of the bytes of a path, and of the bytes that an escape stands for. */
import { hexValue } from '../bytes/bytes';

export const SLASH = 0x2f;
export const DOT = 0x2e;
export const PERCENT = 0x25;
export const QUESTION = 0x3f;
export const SEMICOLON = 0x3b;
export const BACKSLASH = 0x5c;
export const STAR = 0x2a;
export const HASH = 0x23;

/** What a raw byte is in a path. */
export const enum Raw {
  /** Unreserved and sub-delims of RFC 3986, `:` and `@`: stays. */
  PLAIN = 0,
  SLASH,
  PERCENT,
  QUESTION,
  /** Visible ASCII that no URI holds, though clients send it: is percent-encoded, so that there is one form of it. */
  ENCODE,
  BACKSLASH,
  HASH,
  /** Space, control or above 0x7f. */
  REFUSED,
}

const PLAIN = /[A-Za-z0-9\-._~!$&'()*+,;=:@]/;
const ENCODED = /["<>[\]^`{|}]/;

export const RAW = Uint8Array.from({ length: 256 }, (_, code) => {
  switch (code) {
    case SLASH: return Raw.SLASH;
    case PERCENT: return Raw.PERCENT;
    case QUESTION: return Raw.QUESTION;
    case BACKSLASH: return Raw.BACKSLASH;
    case HASH: return Raw.HASH;
    default: {
      const character = String.fromCharCode(code);
      return PLAIN.test(character) ? Raw.PLAIN : ENCODED.test(character) ? Raw.ENCODE : Raw.REFUSED;
    }
  }
});

/** 1 for what needs no escape anywhere (RFC 3986 section 2.3). */
export const IS_UNRESERVED = Uint8Array.from({ length: 256 }, (_, code) => (/[A-Za-z0-9\-._~]/.test(String.fromCharCode(code)) ? 1 : 0));

const UPPER_HEX = [...'0123456789ABCDEF'].map((digit) => digit.charCodeAt(0));

export function upperHex(digit: number): number {
  return UPPER_HEX[digit]!;
}

/** The byte that the escape at `at` stands for; -1 when it is malformed. */
export function escapedByte(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end) return -1;
  const high = hexValue(bytes[at + 1]);
  const low = hexValue(bytes[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * Whether the escape at `at`, of the byte `lead`, begins a character that is encoded longer than needed (RFC 3629 section 3), as old
 * decoders accept: they read `/` in %C0%AF.
 */
export function isOverlong(lead: number, bytes: Uint8Array, at: number, end: number): boolean {
  if (lead !== 0xc0 && lead !== 0xc1 && lead !== 0xe0 && lead !== 0xf0) return false;
  if (bytes[at + 3] !== PERCENT) return false;
  const next = escapedByte(bytes, at + 3, end);
  const first = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0xc0;
  return next >= 0x80 && next < first;
}
