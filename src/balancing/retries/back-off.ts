/**
 * How long to wait before a request is sent again: drawn from 0 to (2^n - 1) times the base, up to a maximum, so that clients
 * that failed together don't come back together (Envoy's router filter, "x-envoy-max-retries").
 */
import type { RetryConfig } from '../../contract';

/**
 * @param retry  the first is 1
 * @param chance from 0 to 1
 */
export function backOffMs(retry: number, { backoffMs, maxBackoffMs }: Required<RetryConfig>, chance: number): number {
  return chance * Math.min((2 ** retry - 1) * backoffMs, maxBackoffMs);
}
