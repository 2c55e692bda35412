/**
 * The requests of a pool that wait for a connection, oldest first. Bounded by the cluster's `maxPendingRequests`, and their time, once it
 * runs, by `pendingTimeoutMs`.
 */
import type { SharingPool } from './endpoint-pool';
import type { PoolDependencies } from './pool-dependencies';
import { Waiter, Waiting, WaitingList } from './waiting-list';

export class PendingRequests {
  private readonly waiting = new WaitingList();

  /** @param pool wants no connection any more when nobody waits */
  constructor(private readonly pool: SharingPool, private readonly dependencies: PoolDependencies) {}

  get length(): number { return this.waiting.length; }

  /** @returns its place; undefined when too many wait */
  join(waiter: Waiter): Waiting | undefined {
    const { dependencies } = this;
    if (dependencies.pending >= dependencies.maxPending) {
      dependencies.instruments.limitReached('maxPendingRequests');
      return undefined;
    }
    dependencies.pending += 1;
    const waiting = new Waiting(waiter, this.onWaitedTooLong);
    waiter.place = waiting;
    this.waiting.append(waiting);
    return waiting;
  }

  /** The waiter is no longer interested; one that does not wait is ignored. */
  forget(waiter: Waiter): void {
    if (waiter.place) this.leave(waiter.place);
  }

  /** Takes out the one that waits longest. */
  next(): Waiter | undefined {
    const waiting = this.waiting.shift();
    if (waiting) this.left(waiting);
    return waiting?.waiter;
  }

  /** They wait for connections in use, from now on or for some time already. */
  startTimeouts(): void {
    for (const { timeout } of this.waiting) if (!timeout.queue) timeout.start(this.dependencies.pendingTimeout);
  }

  private readonly onWaitedTooLong = (waiting: Waiting): void => {
    const { dependencies } = this;
    dependencies.instruments.limitReached('pendingTimeoutMs');
    this.leave(waiting);
    waiting.waiter.onConnectionFailed('pending_timeout', `none in ${dependencies.pendingTimeout.milliseconds} ms`);
  };

  private leave(waiting: Waiting): void {
    this.waiting.remove(waiting);
    this.left(waiting);
  }

  private left({ waiter }: Waiting): void {
    waiter.place = undefined;
    this.dependencies.pending -= 1;
    if (this.waiting.length === 0) this.dependencies.starving.delete(this.pool);
  }
}
