/**
 * Ids of traces and spans as hexadecimal bytes in fixed memory: they are read out of a head and written into the next one without a string
 * being made of them. Ids are drawn from the proxy's random numbers; they must be unique, not secret.
 */
const DIGITS = Buffer.from('0123456789abcdef');
/** Both digits of each byte. */
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte >> 4]!);
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte & 15]!);
export const ZERO_DIGIT = 0x30;

export const TRACE_ID_DIGITS = 32;
export const SPAN_ID_DIGITS = 16;

/** Writes random digits, never zeros alone. */
export function drawId(target: Uint8Array, start: number, digits: number, random: () => number): void {
  let at = start;
  while (at < start + digits) {
    const bits = Math.floor(random() * 2 ** 32);
    for (let shift = 24; shift >= 0; shift -= 8) {
      const byte = (bits >>> shift) & 0xff;
      target[at] = HIGH[byte]!;
      target[at + 1] = LOW[byte]!;
      at += 2;
    }
  }
  if (target[start] === ZERO_DIGIT && isZero(target, start, digits)) target[start + digits - 1] = LOW[1]!;
}

/** Whether these bytes are lower-case hexadecimal digits. */
export function isHex(buffer: Uint8Array, start: number, digits: number): boolean {
  for (let i = start; i < start + digits; i += 1) if (hexValue(buffer[i]!) < 0) return false;
  return true;
}

/** An id of zeros alone is none. */
export function isZero(buffer: Uint8Array, start: number, digits: number): boolean {
  for (let i = start; i < start + digits; i += 1) if (buffer[i] !== ZERO_DIGIT) return false;
  return true;
}

/** Of a lower-case digit; -1 for any other byte. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** Whether a trace is among so many percent of all, by the last 52 bits of its id: every proxy with the same share decides alike. */
export function isAmong(traceId: Uint8Array, percent: number): boolean {
  if (percent >= 100) return true;
  if (percent <= 0) return false;
  let value = 0;
  for (let i = TRACE_ID_DIGITS - 13; i < TRACE_ID_DIGITS; i += 1) value = value * 16 + hexValue(traceId[i]!);
  return value < percent / 100 * 2 ** 52;
}
