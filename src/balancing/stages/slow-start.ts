/**
 * Slow start: an endpoint that begins to take requests gets its share little by little, so that caches, connection pools and
 * compilers warm up first. Envoy's formula (docs, "Slow start mode"):
 *
 *     weight * max(minimum, (max(age, 1 s) / window) ^ (1 / aggression))
 *
 * It can help only where there are others to take the rest: when all endpoints are new, all weights shrink alike and nothing
 * changes. Endpoints that were there when the proxy started are not new, whatever the proxy's own age.
 */
import type { SlowStartConfig } from '../../contract';

/** Steps in which a share grows, and how short and how long one may be. */
const STEPS = 50;
const SHORTEST_STEP_MS = 100;
const LONGEST_STEP_MS = 1_000;

/** @param since monotonic milliseconds since when the endpoint takes requests; undefined when it always did */
export function slowStartFactor(since: number | undefined, now: number, config: Required<SlowStartConfig>): number {
  if (since === undefined) return 1;
  const age = Math.max(now - since, 1_000) / config.windowMs;
  return age >= 1 ? 1 : Math.max(config.minimumPercent / 100, age ** (1 / config.aggression));
}

/** When shares are to be computed again; undefined when no endpoint is in its window. */
export function slowStartStepMs(
  endpoints: readonly { readonly since?: number | undefined }[], now: number, { windowMs }: Required<SlowStartConfig>,
): number | undefined {
  return endpoints.some(({ since }) => since !== undefined && now - since < windowMs)
    ? Math.min(Math.max(windowMs / STEPS, SHORTEST_STEP_MS), LONGEST_STEP_MS)
    : undefined;
}
