/**
 * The Keep-Alive field of a response: how long the server keeps an unused connection, and for how many requests. RFC 9112 doesn't
 * have it any more; Node, Apache, Tomcat and others send it, and close a connection by it.
 */
import { isWord, parseDecimal, word } from './bytes';

const TIMEOUT = word('timeout');
const MAX = word('max');
const EQUALS = 0x3d;
const COMMA = 0x2c;
const SP = 0x20;

/** Longest time that is understood, in seconds; more is as good as no end. */
const MOST_SECONDS = 86_400;

export class KeepAlive {
  /** In milliseconds; -1 when the field does not say. */
  timeoutMs = -1;
  /** -1 when the field does not say. */
  max = -1;

  clear(): void {
    this.timeoutMs = -1;
    this.max = -1;
  }

  /** Takes in `buffer[start, end)`: `timeout=5, max=100`, in any order. What is something else says nothing. */
  read(buffer: Uint8Array, start: number, end: number): void {
    for (let position = start; position < end; position += 1) {
      while (position < end && buffer[position]! <= SP) position += 1;
      const nameStart = position;
      while (position < end && buffer[position] !== COMMA && buffer[position] !== EQUALS) position += 1;
      const nameEnd = position;
      while (position < end && buffer[position] !== COMMA) position += 1;
      let valueEnd = position;
      while (valueEnd > nameEnd && buffer[valueEnd - 1]! <= SP) valueEnd -= 1;
      const value = parseDecimal(buffer, nameEnd + 1, valueEnd);
      if (value < 0) continue;
      if (isWord(buffer, nameStart, nameEnd, TIMEOUT)) this.timeoutMs = Math.min(value, MOST_SECONDS) * 1_000;
      else if (isWord(buffer, nameStart, nameEnd, MAX)) this.max = value;
    }
  }
}
