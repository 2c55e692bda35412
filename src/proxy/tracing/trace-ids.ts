/**
 * Ids of traces and spans, as words of 32 bits in fixed memory: they are read out of a head and written into the next one without a string
 * being made of them.
 */
import { TRACE_ID_DIGITS } from '../telemetry/trace-id-source';
import type { RandomWords } from './random-words';

const DIGITS = Buffer.from('0123456789abcdef');
/** Both digits of each byte. */
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte >> 4]!);
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte & 15]!);
/** The value of a lower-case digit; -1 for any other byte. */
const VALUES = Int8Array.from({ length: 256 }, (_, byte) => DIGITS.indexOf(byte));
export const ZERO_DIGIT = 0x30;

export const SPAN_ID_DIGITS = 16;
const DIGITS_PER_WORD = 8;

export type Id = Int32Array;

export function newTraceId(): Id {
  return new Int32Array(TRACE_ID_DIGITS / DIGITS_PER_WORD);
}

export function newSpanId(): Id {
  return new Int32Array(SPAN_ID_DIGITS / DIGITS_PER_WORD);
}

/** Draws an id, never one of zeros alone. */
export function drawId(id: Id, words: RandomWords): void {
  let any = 0;
  for (let i = 0; i < id.length; i += 1) {
    const word = words.next();
    id[i] = word;
    any |= word;
  }
  if (any === 0) id[id.length - 1] = 1;
}

/**
 * Reads an id of so many lower-case digits, or of fewer than it has: then it begins with zeros.
 *
 * @returns whether it is one; otherwise what `id` holds is of no meaning
 */
export function readId(buffer: Uint8Array, start: number, digits: number, id: Id): boolean {
  const words = digits / DIGITS_PER_WORD;
  const missing = id.length - words;
  let any = 0;
  let at = start;
  for (let i = 0; i < missing; i += 1) id[i] = 0;
  for (let i = missing; i < id.length; i += 1) {
    let word = 0;
    for (const end = at + DIGITS_PER_WORD; at < end; at += 1) {
      const value = VALUES[buffer[at]!]!;
      if (value < 0) return false;
      word = (word << 4) | value;
    }
    id[i] = word;
    any |= word;
  }
  return any !== 0;
}

/** Writes the digits of an id. */
export function writeId(id: Id, target: Uint8Array, start: number): void {
  let at = start;
  for (let i = 0; i < id.length; i += 1) {
    const word = id[i]!;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const byte = (word >>> shift) & 0xff;
      target[at] = HIGH[byte]!;
      target[at + 1] = LOW[byte]!;
      at += 2;
    }
  }
}

/** The digits of an id, where a text is needed. */
export function textOfId(id: Id): string {
  const digits = Buffer.allocUnsafe(id.length * DIGITS_PER_WORD);
  writeId(id, digits, 0);
  return digits.toString('latin1');
}

/** Whether these bytes are lower-case hexadecimal digits. */
export function isHex(buffer: Uint8Array, start: number, digits: number): boolean {
  for (let i = start; i < start + digits; i += 1) if (hexValue(buffer[i]!) < 0) return false;
  return true;
}

/** Of a lower-case digit; -1 for any other byte. */
export function hexValue(byte: number): number {
  return VALUES[byte]!;
}

/** Whether a trace is among so many percent of all, by the last 52 bits of its id: every proxy with the same share decides alike. */
export function isAmong(traceId: Id, percent: number): boolean {
  if (percent >= 100) return true;
  if (percent <= 0) return false;
  return (traceId[2]! & 0xfffff) * 2 ** 32 + (traceId[3]! >>> 0) < percent / 100 * 2 ** 52;
}
