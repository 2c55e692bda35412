/**
 * The connections to one endpoint. The connection used last is used first, so that a quiet time lets the others reach
 * their idle time and close. Requests that find none wait in order for whichever comes first: one that is being made, or
 * one that another request gives back.
 *
 * Bounded: connections by `maxConnectionsPerEndpoint` and the cluster's `maxConnections`, waiting requests by the cluster's
 * `maxPendingRequests`, and their time by `connectTimeoutMs` while a connection is being made for them, else by
 * `pendingTimeoutMs`. The oldest get what comes first, so as many as there are connections being made are the ones that those are for.
 *
 * When the cluster has as many connections as it may, a pool that has none for its requests is given the next that closes,
 * and unused ones of other pools are closed for it.
 */
import { BackendConnection, ConnectionOwner } from './backend-connection';
import type { Destination, UnestablishedCode } from './connector';
import { EndpointPool, NO_ROOM, SharingPool, WAITS } from './endpoint-pool';
import { PendingRequests } from './pending-requests';
import { countUnestablished, PoolDependencies } from './pool-dependencies';
import { giveToStarving, limitOf, takePlace } from './shared-limit';
import type { Waiter } from './waiting-list';

export class ConnectionPool implements EndpointPool, SharingPool, ConnectionOwner {
  private readonly idle: BackendConnection[] = [];
  private readonly waiting: PendingRequests;
  /** Connections that exist: being made, in use, idle. */
  private size = 0;
  private connecting = 0;
  private retired = false;

  constructor(private readonly endpoint: Destination & { readonly available: boolean }, private readonly dependencies: PoolDependencies) {
    this.waiting = new PendingRequests(this, dependencies);
    dependencies.pools.add(this);
  }

  /** Connections that exist. */
  get connections(): number {
    return this.size;
  }

  acquire(waiter: Waiter, safely = false): BackendConnection | typeof WAITS | typeof NO_ROOM {
    const { dependencies } = this;
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      const fresh = connection.isFresh(safely) && connection.isFor(this.endpoint.security);
      connection.leaveIdle();
      if (fresh) {
        dependencies.stats.reused += 1;
        return connection;
      }
      connection.close();
    }
    const waiting = this.waiting.join(waiter);
    if (!waiting) return NO_ROOM;
    this.openForWaiters();
    if (this.connecting < this.waiting.length) {
      dependencies.instruments.limitReached(limitOf(this.size, dependencies));
      waiting.timeout.start(dependencies.pendingTimeout);
    }
    return WAITS;
  }

  forget(waiter: Waiter): void {
    this.waiting.forget(waiter);
  }

  /**
   * Takes back a connection that can carry another request. While none is to carry several, as when the app is about to end and may
   * close what it has, it is closed, and so is one that lapses; the request that waits longest gets a new one.
   */
  release(connection: BackendConnection): void {
    if (this.dependencies.reuses && connection.isFor(this.endpoint.security)) this.handOver(connection, 1);
    else connection.close();
  }

  /** @param reuses what it counts as when a request waits for it: 0 for a connection that carried none yet */
  private handOver(connection: BackendConnection, reuses: 0 | 1): void {
    const waiter = this.waiting.next();
    if (waiter) {
      this.dependencies.stats.reused += reuses;
      waiter.onConnection(connection);
    } else if (this.retired || !this.dependencies.reuses || !this.endpoint.available || this.dependencies.starving.size > 0) {
      connection.close();
    } else {
      this.idle.push(connection);
      connection.enterIdle(this.dependencies.idleTimeout);
    }
  }

  closeIdle(): void {
    for (const connection of this.idle.splice(0)) connection.close();
  }

  retire(): void {
    this.retired = true;
    this.dependencies.pools.delete(this);
    this.closeIdle();
  }

  /** @internal A connection is established. */
  onEstablished(connection: BackendConnection): void {
    this.connecting -= 1;
    this.handOver(connection, 0);
  }

  /** @internal A connection could not be established: the request that waits longest learns of it. */
  onConnectFailed(code: UnestablishedCode, detail: string): void {
    this.connecting -= 1;
    this.size -= 1;
    countUnestablished(this.dependencies.stats, code);
    this.waiting.next()?.onConnectionFailed(code, detail);
    giveToStarving(this.dependencies);
    this.openForWaiters();
  }

  /** @internal An unused connection can carry no request any more. */
  onWithdrawn(connection: BackendConnection): void {
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
  }

  /** @internal An established connection is closed, by either side. It counts until then. */
  onClosed(): void {
    this.size -= 1;
    this.dependencies.stats.open -= 1;
    giveToStarving(this.dependencies);
    this.openForWaiters();
  }

  /** @internal */
  openForWaiters(): void {
    const { dependencies } = this;
    while (this.connecting < this.waiting.length && this.size < dependencies.maxConnectionsPerEndpoint && takePlace(this, dependencies)) {
      this.size += 1;
      this.connecting += 1;
      // It tells the pool what becomes of it.
      new BackendConnection(this.endpoint, this, dependencies);
    }
  }

  /** @internal The one that was not used for longest. It is gone when the system says so, and counts until then. */
  closeOneIdle(): boolean {
    const connection = this.idle.shift();
    connection?.close();
    return connection !== undefined;
  }
}
