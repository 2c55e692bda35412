/**
 * Settings of one part of a document that contradict each other. Each rule is written here once, about the fields of the document. The
 * document's check tells them with the path of the field, the constructs with the prop that the field comes from.
 */
import type { AdaptiveConcurrencyConfig } from './admission-config';
import type { ClusterConfig } from './cluster-config';
import { DEFAULT_RETRY, DEFAULT_SESSION } from './defaults';
import { isOfTheCheck } from './field-names';
import type { HealthCheckTiming, OutlierDetectionConfig } from './health-config';
import { DEFAULT_HEALTH_CHECK, DEFAULT_OUTLIER_DETECTION } from './health-defaults';
import type { MaglevConfig } from './load-balancing-config';
import type { RetryConfig } from './retry-config';
import type { SessionConfig } from './session-config';

/** A setting that can't hold beside another one. */
export interface Contradiction {
  /** The field that is wrong. */
  readonly field: string;
  readonly value: number | string | boolean | undefined;
  /** Why, and what to do. Names of other fields stand in braces: `{maxEjectionMs}`. */
  readonly remedy: string;
}

/** The words for a contradiction: the value in its unit, and the remedy with the reader's names for fields. */
export function wordsOf(
  { field, value, remedy }: Contradiction, nameOf: (field: string) => string,
): { readonly value: Contradiction['value']; readonly remedy: string } {
  return { value: field.endsWith('Ms') ? `${value} ms` : value, remedy: remedy.replace(/\{(\w+)\}/g, (_, other: string) => `'${nameOf(other)}'`) };
}

export function contradictionsOfOutlierDetection(
  { baseEjectionMs, maxEjectionMs = DEFAULT_OUTLIER_DETECTION.maxEjectionMs }: OutlierDetectionConfig,
): Contradiction[] {
  return unfitGrowth('baseEjectionMs', baseEjectionMs, 'maxEjectionMs', maxEjectionMs);
}

export function contradictionsOfRetry({ backoffMs, maxBackoffMs = DEFAULT_RETRY.maxBackoffMs }: RetryConfig): Contradiction[] {
  return unfitGrowth('backoffMs', backoffMs, 'maxBackoffMs', maxBackoffMs);
}

export function contradictionsOfHealthCheck(timing: HealthCheckTiming): Contradiction[] {
  const { intervalMs, timeoutMs } = { ...DEFAULT_HEALTH_CHECK, ...timing };
  return timeoutMs <= intervalMs ? [] : [{
    field: 'timeoutMs', value: timeoutMs,
    remedy: `it is longer than the ${intervalMs} ms between two checks ({intervalMs}); shorten it, or lengthen the interval`,
  }];
}

/**
 * What to do about a header field of a health check that is the check's own to say, or undefined: where the message ends, what becomes of its
 * connection, its Host, and the User-Agent by which sidecars know it.
 */
export function refusalOfCheckField(header: string): string | undefined {
  if (/^host$/i.test(header)) return 'say it with \'host\'';
  return isOfTheCheck(header) ? 'the check says it by itself; leave it out' : undefined;
}

/** What a browser would not take of a session's cookie (RFC 6265bis). */
export function contradictionsOfSession(session: Pick<SessionConfig, 'cookie' | 'path' | 'sameSite' | 'secure'>): Contradiction[] {
  const { cookie, path = DEFAULT_SESSION.path, sameSite, secure } = session;
  const found: Contradiction[] = [];
  if (!secure && (sameSite === 'none' || /^__(Host|Secure)-/i.test(cookie))) {
    const cause = sameSite === 'none' ? '{sameSite} is \'none\'' : `its name is '${cookie}'`;
    found.push({ field: 'secure', value: secure, remedy: `browsers take such a cookie only when it is secure, since ${cause}; set it to true` });
  }
  if (/^__Host-/i.test(cookie) && path !== '/') {
    found.push({ field: 'path', value: path, remedy: `browsers take the cookie '${cookie}' only with the path '/'; leave it out` });
  }
  return found;
}

/** Limits that can't be reached because another one is lower, or that let nothing pass. */
export function contradictionsOfConnections(
  { maxRequests = 0, maxRequestsPerEndpoint = 0, maxPendingRequests }: Partial<ClusterConfig>,
): Contradiction[] {
  const found: Contradiction[] = [];
  if (maxRequests > 0 && maxRequestsPerEndpoint > maxRequests) {
    found.push({
      field: 'maxRequestsPerEndpoint', value: maxRequestsPerEndpoint,
      remedy: `it can't be reached, as only ${maxRequests} may go to all endpoints together ({maxRequests}); lower it, or raise {maxRequests}`,
    });
  }
  if (maxPendingRequests === 0) {
    found.push({
      field: 'maxPendingRequests', value: 0,
      remedy: 'no request would ever be answered, as one waits while its connection is being made, too; use at least 1, or leave it out',
    });
  }
  return found;
}

export function contradictionsOfConcurrency({ min = 1, max = Infinity, initial }: Omit<AdaptiveConcurrencyConfig, 'type'>): Contradiction[] {
  if (min > max) return [{ field: 'min', value: min, remedy: `it is above the max of ${max}; make min at most max` }];
  if (initial === undefined || (initial >= min && initial <= max)) return [];
  return [{
    field: 'initial', value: initial,
    remedy: max === Infinity ? `it is below the min of ${min}` : `use a number from ${min} to ${max}, as min and max say`,
  }];
}

export function contradictionsOfMaglev({ tableSize }: Pick<MaglevConfig, 'tableSize'>): Contradiction[] {
  if (tableSize === undefined || isPrime(tableSize)) return [];
  let next = tableSize;
  while (!isPrime(next)) next++;
  return [{ field: 'tableSize', value: tableSize, remedy: `use a prime number, such as ${next}` }];
}

/**
 * A wait that grows, and the longest that it may become. Only what somebody said is held against the default: a longest wait below the
 * default of the first is obeyed.
 */
function unfitGrowth(field: string, firstMs: number | undefined, longest: string, longestMs: number): Contradiction[] {
  return firstMs === undefined || firstMs <= longestMs ? [] : [{
    field, value: firstMs, remedy: `it never lasts longer than {${longest}}, ${longestMs} ms; use that much at most, or raise {${longest}}`,
  }];
}

/** Whether a whole number is prime, as the size of a maglev table has to be. */
function isPrime(number: number): boolean {
  if (number < 2) return false;
  for (let factor = 2; factor * factor <= number; factor++) if (number % factor === 0) return false;
  return true;
}
