/**
 * What props about cookies have in common: names, and how long a cookie lasts.
 */
import { Duration } from 'cdk8s';
import { millisecondsOf } from './quantities';
import { ValidationErrors } from './validation-errors';

/** Names of header fields and cookies: `token` of RFC 9110. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Longer than this, browsers keep no cookie (RFC 6265bis). */
const MOST_DAYS = 400;
const MS_PER_DAY = 86_400_000;

/** Checks how long a cookie lasts. */
export function checkLifetime(errors: ValidationErrors, prop: string, ttl: Duration | undefined, leastMs: number): void {
  if (ttl === undefined) {
    return;
  }
  const ms = millisecondsOf(ttl);
  if (ms === undefined) {
    errors.add(prop, ttl, 'use a Duration, such as Duration.hours(1)');
  } else if (!(Number.isInteger(ms) && ms >= leastMs && ms <= MOST_DAYS * MS_PER_DAY)) {
    errors.add(prop, `${ms} ms`, `use whole milliseconds, from ${leastMs} ms to ${MOST_DAYS} days`);
  }
}
