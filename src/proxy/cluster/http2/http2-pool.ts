/**
 * The HTTP/2 connections to one endpoint. A request goes on the connection with the fewest; another connection is made when none has room. So
 * most endpoints have one connection, and no connection is a bottleneck while its peer takes more of them.
 *
 * The limits are those of connections of HTTP/1.1, and so is who waits for what: see pool.ts.
 */
import type { PooledCarrier } from '../carrier';
import type { Destination, UnestablishedCode } from '../connector';
import { EndpointPool, NO_ROOM, SharingPool, WAITS } from '../endpoint-pool';
import { countUnestablished, PoolDependencies } from '../pool-dependencies';
import { PendingRequests } from '../pending-requests';
import { giveToStarving, limitOf, takePlace } from '../shared-limit';
import type { Waiter } from '../waiting-list';
import { Http2Connection, Http2ConnectionOwner } from './http2-connection';

export class Http2Pool implements EndpointPool, SharingPool, Http2ConnectionOwner {
  /** That take requests. */
  private readonly usable: Http2Connection[] = [];
  private readonly waiting: PendingRequests;
  private size = 0;
  private connecting = 0;
  private retired = false;

  constructor(private readonly endpoint: Destination & { readonly available: boolean }, private readonly dependencies: PoolDependencies) {
    this.waiting = new PendingRequests(this, dependencies);
    dependencies.pools.add(this);
  }

  get connections(): number { return this.size; }

  acquire(waiter: Waiter): PooledCarrier | typeof WAITS | typeof NO_ROOM {
    const { dependencies } = this;
    const connection = this.leastLoaded();
    if (connection) {
      if (connection.used) dependencies.stats.reused += 1;
      return connection.carrier();
    }
    if (!this.waiting.join(waiter)) return NO_ROOM;
    this.openForWaiters();
    if (this.connecting === 0) dependencies.instruments.limitReached(limitOf(this.size, dependencies));
    this.timeWaiters();
    return WAITS;
  }

  forget(waiter: Waiter): void {
    this.waiting.forget(waiter);
  }

  closeIdle(): void {
    for (const connection of [...this.usable]) if (connection.idle) connection.close();
  }

  retire(): void {
    this.retired = true;
    this.dependencies.pools.delete(this);
    for (const connection of [...this.usable]) connection.leave();
  }

  /** @internal */
  openForWaiters(): void {
    const { dependencies } = this;
    // One connection that is being made may be for many requests.
    if (this.waiting.length === 0 || this.connecting > 0 || this.size >= dependencies.maxConnectionsPerEndpoint) return;
    if (!takePlace(this, dependencies)) return;
    this.size += 1;
    this.connecting += 1;
    // It tells the pool what becomes of it.
    new Http2Connection(this.endpoint, this, dependencies);
  }

  /** @internal */
  closeOneIdle(): boolean {
    const connection = this.usable.find(({ idle }) => idle);
    connection?.close();
    return connection !== undefined;
  }

  /** @internal */
  onEstablished(connection: Http2Connection): void {
    this.connecting -= 1;
    this.usable.push(connection);
    this.serve(connection);
    if (this.retired || !this.endpoint.available) connection.leave();
    this.openForWaiters();
    this.timeWaiters();
  }

  /** @internal */
  onConnectFailed(_connection: Http2Connection, code: UnestablishedCode, detail: string): void {
    this.connecting -= 1;
    this.size -= 1;
    countUnestablished(this.dependencies.stats, code);
    // Those that came for it wait no longer than they would have for connections of their own.
    for (let left = this.waiting.length; left > 0; left -= 1) this.waiting.next()!.onConnectionFailed(code, detail);
    giveToStarving(this.dependencies);
    this.openForWaiters();
  }

  /** @internal */
  onRoom(connection: Http2Connection): void {
    this.serve(connection);
    if (connection.idle && (this.retired || !this.dependencies.reuses || this.dependencies.starving.size > 0)) connection.close();
  }

  /** @internal */
  onLeaving(connection: Http2Connection): void {
    const at = this.usable.indexOf(connection);
    if (at >= 0) this.usable.splice(at, 1);
    this.openForWaiters();
  }

  /** @internal */
  onClosed(): void {
    this.size -= 1;
    this.dependencies.stats.open -= 1;
    giveToStarving(this.dependencies);
    this.openForWaiters();
  }

  /** While a connection is being made, that bounds how long its requests wait; otherwise they wait for one in use. */
  private timeWaiters(): void {
    if (this.connecting === 0) this.waiting.startTimeouts();
  }

  private serve(connection: Http2Connection): void {
    while (connection.room > 0 && this.waiting.length > 0) this.waiting.next()!.onConnection(connection.carrier());
  }

  /** The connection that has the fewest requests, of those that have room. One that lapses leaves. */
  private leastLoaded(): Http2Connection | undefined {
    let best: Http2Connection | undefined;
    for (let i = this.usable.length - 1; i >= 0; i -= 1) {
      const connection = this.usable[i]!;
      if (!connection.isFor(this.endpoint.security) || (!this.dependencies.reuses && connection.used)) connection.leave();
      else if (connection.room > 0 && (!best || connection.load < best.load)) best = connection;
    }
    return best;
  }
}
