/**
 * The HTTP/2 connections to one endpoint. A request goes on the connection with the fewest; another connection is made when none has room. So
 * most endpoints have one connection, and no connection is a bottleneck while its peer takes more of them.
 *
 * The limits are those of connections of HTTP/1.1, and so is who waits for what: see pool.ts.
 */
import type { PooledCarrier } from '../carrier';
import type { Destination, UnestablishedCode } from '../connector';
import { EndpointPool, NO_ROOM, SharingPool, WAITS } from '../endpoint-pool';
import { countUnestablished, PoolDependencies } from '../pool';
import { Waiter, Waiting, WaitingList } from '../waiting-list';
import { Http2Connection, Http2ConnectionOwner } from './http2-connection';

export class Http2Pool implements EndpointPool, SharingPool, Http2ConnectionOwner {
  /** That take requests. */
  private readonly usable: Http2Connection[] = [];
  private readonly waiting = new WaitingList();
  private size = 0;
  private connecting = 0;
  private retired = false;

  constructor(private readonly endpoint: Destination & { readonly available: boolean }, private readonly dependencies: PoolDependencies) {
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
    if (dependencies.pending >= dependencies.maxPending) {
      dependencies.instruments.limitReached('maxPendingRequests');
      return NO_ROOM;
    }
    dependencies.pending += 1;
    const waiting = new Waiting(waiter, this.onWaitedTooLong);
    waiter.place = waiting;
    this.waiting.append(waiting);
    this.openForWaiters();
    if (this.connecting === 0) {
      dependencies.instruments.limitReached(this.size < dependencies.maxConnectionsPerEndpoint ? 'maxConnections' : 'maxConnectionsPerEndpoint');
    }
    this.timeWaiters();
    return WAITS;
  }

  forget(waiter: Waiter): void {
    if (waiter.place) this.leave(waiter.place);
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
    if (dependencies.maxConnections > 0 && dependencies.stats.open >= dependencies.maxConnections) {
      dependencies.starving.add(this);
      for (const pool of dependencies.pools) if (pool.closeOneIdle()) break;
      return;
    }
    this.size += 1;
    this.connecting += 1;
    dependencies.stats.opened += 1;
    dependencies.stats.open += 1;
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
    for (let left = this.waiting.length; left > 0; left -= 1) this.nextWaiter()!.onConnectionFailed(code, detail);
    this.openForStarving();
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
    this.openForStarving();
    this.openForWaiters();
  }

  /** While a connection is being made, that bounds how long its requests wait; otherwise they wait for one in use. */
  private timeWaiters(): void {
    if (this.connecting > 0) return;
    for (const { timeout } of this.waiting) if (!timeout.queue) timeout.start(this.dependencies.pendingTimeout);
  }

  private serve(connection: Http2Connection): void {
    while (connection.room > 0 && this.waiting.length > 0) this.nextWaiter()!.onConnection(connection.carrier());
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

  private openForStarving(): void {
    const { starving } = this.dependencies;
    const [first] = starving;
    if (!first) return;
    starving.delete(first);
    first.openForWaiters();
  }

  private readonly onWaitedTooLong = (waiting: Waiting): void => {
    const { dependencies } = this;
    dependencies.instruments.limitReached('pendingTimeoutMs');
    this.leave(waiting);
    waiting.waiter.onConnectionFailed('pending_timeout', `none in ${dependencies.pendingTimeout.milliseconds} ms`);
  };

  private leave(waiting: Waiting): void {
    this.waiting.remove(waiting);
    waiting.waiter.place = undefined;
    this.dependencies.pending -= 1;
    if (this.waiting.length === 0) this.dependencies.starving.delete(this);
  }

  private nextWaiter(): Waiter | undefined {
    const waiting = this.waiting.shift();
    if (!waiting) return undefined;
    waiting.waiter.place = undefined;
    this.dependencies.pending -= 1;
    if (this.waiting.length === 0) this.dependencies.starving.delete(this);
    return waiting.waiter;
  }
}
