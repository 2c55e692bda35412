/**
 * The connections that all pools of a cluster may have together. A pool that may not make one for its requests is given the next that
 * closes, and an unused one of another pool is closed for it.
 */
import type { SharingPool } from './endpoint-pool';
import type { PoolDependencies } from './pool-dependencies';

/** Counts a connection that is about to be made. False: the cluster has as many as it may, and `openForWaiters` is called when one is closed. */
export function takePlace(pool: SharingPool, { maxConnections, stats, starving, pools }: PoolDependencies): boolean {
  if (maxConnections > 0 && stats.open >= maxConnections) {
    starving.add(pool);
    for (const other of pools) if (other.closeOneIdle()) break;
    return false;
  }
  stats.opened += 1;
  stats.open += 1;
  return true;
}

/** A connection is gone, which leaves room for one to the endpoint that has waited longest for that. */
export function giveToStarving({ starving }: PoolDependencies): void {
  const [first] = starving;
  if (!first) return;
  starving.delete(first);
  first.openForWaiters();
}

/** Which limit keeps a pool of so many connections from another one. */
export function limitOf(size: number, { maxConnectionsPerEndpoint }: PoolDependencies): 'maxConnections' | 'maxConnectionsPerEndpoint' {
  return size < maxConnectionsPerEndpoint ? 'maxConnections' : 'maxConnectionsPerEndpoint';
}
