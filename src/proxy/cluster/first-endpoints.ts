/**
 * Requests to a cluster whose endpoints discovery has not told yet. For some milliseconds after a start nobody knows them, and a
 * request that comes then, from an app that was there before its sidecar, would be refused though they are there. So it waits for
 * the first news, be it that there are none.
 *
 * Bounded: requests that wait by the cluster's `maxPendingRequests`, together with those that wait for a connection; each by
 * `pendingTimeoutMs`, and all by {@link EXPECTED_MS} after the cluster was made. A source that has found nothing by then will most
 * likely find nothing soon, and an answer at once is better.
 */
import { Timeout } from '../runtime/timeouts';
import type { PoolDependencies } from './pool-dependencies';

/** How long after its start a source is expected to find endpoints. */
export const EXPECTED_MS = 10_000;

type Shared = Pick<PoolDependencies, 'pending' | 'maxPending' | 'pendingTimeout'> & {
  readonly instruments: Pick<PoolDependencies['instruments'], 'limitReached'>;
};

/** A request that waits. */
class EndpointsWaiter {
  /** @internal */
  readonly timeout: Timeout;
  /** @internal */
  place: FirstEndpoints | undefined;

  /** @param onOver the wait is over: discovery has spoken, or, with `true`, has not in the time that a request waits */
  constructor(readonly onOver: (timedOut: boolean) => void) {
    this.timeout = new Timeout(() => {
      this.leave();
      onOver(true);
    });
  }

  /** It is no longer interested; one that does not wait is ignored. */
  leave(): void {
    this.place?.forget(this);
  }
}

/** The waits of one request after another. */
export class EndpointsWait {
  /** Made when it is needed, for most requests never wait. */
  private waiter: EndpointsWaiter | undefined;
  private timedOut = false;

  /** @param onOver the request is to look again, at what there is now */
  constructor(private readonly onOver: () => void) {}

  /** Forgets the request before this one. */
  reset(): void { this.timedOut = false; }

  /** Waits, if there is room and the request has not waited in vain before. Returns whether it does. */
  begin({ firstEndpoints }: { readonly firstEndpoints: FirstEndpoints }): boolean {
    if (this.timedOut) return false;
    this.waiter ??= new EndpointsWaiter((timedOut) => {
      this.timedOut = timedOut;
      this.onOver();
    });
    return firstEndpoints.add(this.waiter);
  }

  /** The request is no longer interested. */
  leave(): void { this.waiter?.leave(); }
}

export class FirstEndpoints {
  private readonly waiting = new Set<EndpointsWaiter>();
  private known = false;

  private readonly startedAt: number;

  constructor(private readonly shared: Shared, private readonly now: () => number) {
    this.startedAt = now();
  }

  /** Whether the first may be found at any moment. */
  get expected(): boolean {
    return !this.known && this.now() - this.startedAt < EXPECTED_MS;
  }

  /** @internal @returns false: too many wait already */
  add(waiter: EndpointsWaiter): boolean {
    const { shared } = this;
    if (shared.pending >= shared.maxPending) {
      shared.instruments.limitReached('maxPendingRequests');
      return false;
    }
    shared.pending += 1;
    this.waiting.add(waiter);
    waiter.place = this;
    waiter.timeout.start(shared.pendingTimeout);
    return true;
  }

  /** @internal */
  forget(waiter: EndpointsWaiter): void {
    if (!this.waiting.delete(waiter)) return;
    waiter.place = undefined;
    waiter.timeout.stop();
    this.shared.pending -= 1;
  }

  /** Discovery has spoken, or will not any more. */
  arrive(): void {
    this.known = true;
    const all = [...this.waiting];
    // Each may take others along, by an end of its client's connection.
    for (const waiter of all) this.forget(waiter);
    for (const waiter of all) waiter.onOver(false);
  }
}
