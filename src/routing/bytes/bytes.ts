/**
 * Bytes of a request and of patterns. Requests are read as bytes, where they lie; only tools and messages make text of them.
 */

/** Bytes `[start, end)` of a buffer. A caller must not keep one: a proxy reads the next request into the same buffer. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A question about some bytes. */
export interface ValueTest {
  test(bytes: Uint8Array, start: number, end: number): boolean;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return ENCODER.encode(text);
}

export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return DECODER.decode(bytes.subarray(start, end));
}

export function rangeOf(text: string): ByteRange {
  const bytes = bytesOf(text);
  return { bytes, start: 0, end: bytes.length };
}

/** Whether `bytes[start, end)` is `other`. */
export function equals(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  return equalRanges(bytes, start, end, other, 0, other.length);
}

export function equalRanges(bytes: Uint8Array, start: number, end: number, other: Uint8Array, otherStart: number, otherEnd: number): boolean {
  const length = end - start;
  if (otherEnd - otherStart !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== other[otherStart + at]) return false;
  return true;
}

/** Whether `bytes[start, end)` is the lower-case `other`, ASCII letters compared without case. */
export function equalsInAnyCase(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  const length = other.length;
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (lowerCase(bytes[start + at]!) !== other[at]) return false;
  return true;
}

/** The same, where `_` in `bytes` counts as `-`. */
export function equalsAlike(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  const length = other.length;
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (withHyphen(lowerCase(bytes[start + at]!)) !== withHyphen(other[at]!)) return false;
  return true;
}

function withHyphen(byte: number): number {
  return byte === 0x5f ? 0x2d : byte;
}

export function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Value of a hexadecimal digit; -1 for any other byte. */
export function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
