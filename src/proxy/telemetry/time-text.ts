/** Times of lines in RFC 3339. Lines of one second share all of it but the milliseconds. */
const SECOND_MS = 1_000;

let second = NaN;
let textOfSecond = '';

/** @param wallTime milliseconds since 1970 */
export function timeText(wallTime: number): string {
  const whole = Math.floor(wallTime / SECOND_MS);
  if (whole !== second) {
    second = whole;
    textOfSecond = new Date(whole * SECOND_MS).toISOString().slice(0, -'000Z'.length);
  }
  const rest = Math.floor(wallTime - whole * SECOND_MS);
  return `${textOfSecond}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}
