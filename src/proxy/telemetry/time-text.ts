/** Times of lines in RFC 3339. Lines of one second share all of it but the milliseconds. */
import type { ByteLine } from './byte-line';

const SECOND_MS = 1_000;
const ZERO = 0x30;
const UPPER_Z = 0x5a;

let second = NaN;
let textOfSecond = '';
let bytesOfSecond = Buffer.alloc(0);

/** @param wallTime milliseconds since 1970 */
export function timeText(wallTime: number): string {
  const rest = thousandthsOf(wallTime);
  return `${textOfSecond}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}

/** The same into a line of bytes. */
export function writeTime(line: ByteLine, wallTime: number): void {
  const rest = thousandthsOf(wallTime);
  line.piece(bytesOfSecond);
  if (rest < 100) line.byte(ZERO);
  if (rest < 10) line.byte(ZERO);
  line.integer(rest);
  line.byte(UPPER_Z);
}

/** Makes the texts those of its second. */
function thousandthsOf(wallTime: number): number {
  const whole = Math.floor(wallTime / SECOND_MS);
  if (whole !== second) {
    second = whole;
    textOfSecond = new Date(whole * SECOND_MS).toISOString().slice(0, -'000Z'.length);
    bytesOfSecond = Buffer.from(textOfSecond);
  }
  return Math.floor(wallTime - whole * SECOND_MS);
}
