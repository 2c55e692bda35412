/** Lengths of time as people write them on the command line. */
import { UserError } from './errors';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const WHOLE = new RegExp(`^(?:${PART.source})+$`);

/** `500ms`, `10s`, `2m`, `1h`, `1m30s`; a number alone is seconds. Undefined: it is none of these. */
export function parseDurationMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!WHOLE.test(text)) return undefined;
  return [...text.matchAll(PART)].reduce((sum, [, value, unit]) => sum + Number(value) * UNITS[unit!]!, 0);
}

/** The value of a flag, between two bounds in milliseconds, both allowed. */
export function readDurationMs(flag: string, text: string, bounds: { readonly min: number; readonly max: number }): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new UserError(`--${flag} must be a length of time, such as 10s, 2m, 500ms or 10 (seconds), got '${text}'`);
  if (ms < bounds.min || ms > bounds.max) throw new UserError(`--${flag} must be from ${inWords(bounds.min)} to ${inWords(bounds.max)}, got '${text}'`);
  return ms;
}

/** The largest unit in which it is a whole number. */
function inWords(ms: number): string {
  const [unit, length] = Object.entries(UNITS).reverse().find(([, each]) => ms % each === 0)!;
  return `${ms / length}${unit}`;
}
