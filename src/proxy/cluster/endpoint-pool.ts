/** The connections to one endpoint, as clusters and attempts use them, whichever version of HTTP is spoken on them. */
import type { PooledCarrier } from './carrier';
import type { Waiter } from './waiting-list';

/** What is known at once when there is no connection: the waiter is called later, or not at all because too many wait already. */
export const WAITS = 'waits';
export const NO_ROOM = 'no_room';

export interface EndpointPool {
  /** Connections that exist. */
  readonly connections: number;
  /**
   * What carries a request at once, if there is one. When the request {@link WAITS}, its waiter is called later; when there is {@link NO_ROOM},
   * never.
   *
   * @param safely the request can't be sent again, so it must not go on a connection that is about to be closed
   */
  acquire(waiter: Waiter, safely?: boolean): PooledCarrier | typeof WAITS | typeof NO_ROOM;
  /** The waiter is no longer interested; one that does not wait is ignored. */
  forget(waiter: Waiter): void;
  /** Closes what is unused, as when the endpoint is about to go. */
  closeIdle(): void;
  /** Takes no new requests for good; waiting ones still get their connections. */
  retire(): void;
}

/** A pool that shares its cluster's limit of connections with others. */
export interface SharingPool {
  /** Makes connections for the requests that wait, if there is room now. */
  openForWaiters(): void;
  /** Closes one that is unused, for another pool's sake. False: there is none. */
  closeOneIdle(): boolean;
}
