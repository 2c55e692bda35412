/** The delay before a request is hedged, as a queue of timeouts. It is computed at most every quarter of a second, once there is one. */
import { HedgeDelay } from '../../../balancing';
import type { HedgeConfig } from '../../../contract';
import type { Clock } from '../../runtime/clock';
import type { TimeoutQueue, TimeoutQueues } from '../../runtime/timeouts';

const REFRESH_MS = 250;

export class Hedging extends HedgeDelay {
  private refreshedAt = -Infinity;
  private queue: TimeoutQueue | undefined;

  constructor(config: Required<HedgeConfig>, private readonly timeouts: TimeoutQueues, clock: Pick<Clock, 'now'>) {
    super(config, clock);
  }

  /** How long a request may take before it is hedged; undefined while too little is known. */
  delay(): TimeoutQueue | undefined {
    const now = this.clock.now();
    if (this.queue === undefined || now - this.refreshedAt >= REFRESH_MS) {
      this.refreshedAt = now;
      const delayMs = this.delayMs();
      this.queue = delayMs === undefined ? undefined : this.timeouts.near(delayMs);
    }
    return this.queue;
  }
}
