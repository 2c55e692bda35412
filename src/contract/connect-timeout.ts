/** How long a connection to an endpoint may take, when a document does not say so: a part of the time that requests have. */
import { DEFAULT_EXTERNAL_AUTHORIZATION } from './external-authorization-config';
import type { ProxyConfig } from './proxy-config';

/**
 * A connection that is not made in this part of a request's time is given up, so that with the default of two retries two endpoints
 * that drop packets leave half of the time to a third one.
 */
const CONNECT_PART = 4;
/** But not sooner: a proxy that is busy for a moment must not take that for an endpoint that is gone. */
const LEAST_CONNECT_TIMEOUT_MS = 25;

/**
 * The shortest timeout of the routes that lead to each cluster, by its split or by a fallback, and of what listeners ask it; none for a cluster
 * without one.
 *
 * @param defaultMs of a route that does not say one
 */
export function shortestTimeouts({ listeners }: Pick<ProxyConfig, 'listeners'>, defaultMs: number): Map<string, number> {
  const shortest = new Map<string, number>();
  // Connections of TCP have no timeout that connecting would be a part of.
  const ofRequests = listeners.filter(({ protocol }) => protocol !== 'tcp');
  for (const { externalAuthorization } of ofRequests) {
    if (!externalAuthorization) continue;
    const { split, timeoutMs = DEFAULT_EXTERNAL_AUTHORIZATION.timeoutMs } = externalAuthorization;
    for (const { cluster } of split) shortest.set(cluster, Math.min(timeoutMs, shortest.get(cluster) ?? Infinity));
  }
  for (const { split = [], fallback = [], timeoutMs = defaultMs } of ofRequests.flatMap(({ routes }) => routes)) {
    if (timeoutMs === 0) continue;
    for (const { cluster } of [split, ...fallback.map((level) => level.split)].flat()) {
      shortest.set(cluster, Math.min(timeoutMs, shortest.get(cluster) ?? Infinity));
    }
  }
  return shortest;
}

/** @param mostMs what it is where requests have enough time, or no end */
export function connectTimeoutFor(timeoutMs: number | undefined, mostMs: number): number {
  return Math.min(mostMs, Math.max(LEAST_CONNECT_TIMEOUT_MS, Math.floor((timeoutMs ?? Infinity) / CONNECT_PART)));
}
