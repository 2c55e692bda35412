/**
 * The connections to one endpoint. The connection used last is used first, so that a quiet time lets the others reach
 * their idle time and close. Requests that find none wait in order for whichever comes first: one that is being made, or
 * one that another request gives back.
 *
 * Bounded: connections by `maxConnectionsPerEndpoint`, waiting requests by the cluster's `maxPendingRequests`.
 */
import type { HeadLimits } from '../http1/request-head';
import type { TimeoutQueue } from '../timeouts';
import { BackendConnection, SocketOptions } from './backend-connection';
import type { Endpoint } from './endpoint';

/** A request that needs a connection. */
export interface Waiter {
  /** Here is one; it is the waiter's until given back. */
  onConnection(connection: BackendConnection): void;
  /** None could be made, and nothing of the request was sent. */
  onConnectionFailed(code: 'connect_failed' | 'connect_timeout', detail: string): void;
}

/** What all pools of a cluster share. A configuration reload replaces the values, not the object. */
export interface PoolSurroundings {
  connectTimeout: TimeoutQueue;
  idleTimeout: TimeoutQueue;
  maxConnections: number;
  maxPending: number;
  limits: HeadLimits & { readonly maxHeadBytes: number; readonly maxBufferedBytes: number };
  /** Requests of the cluster that wait for a connection. */
  pending: number;
  readonly stats: PoolStats;
}

/** Counters of a cluster's connections; plain numbers, read when metrics are asked for. */
export interface PoolStats {
  opened: number;
  open: number;
  reused: number;
  connectFailed: number;
  connectTimedOut: number;
  /** Closed by the endpoint while a request was on it. */
  brokenInUse: number;
}

export class ConnectionPool {
  private readonly idle: BackendConnection[] = [];
  private readonly waiters: Waiter[] = [];
  /** Connections that exist: being made, in use, idle. */
  private size = 0;
  private connecting = 0;
  private retired = false;

  constructor(private readonly endpoint: Endpoint, private readonly surroundings: PoolSurroundings) {}

  /** Connections that exist. */
  get connections(): number {
    return this.size;
  }

  /**
   * A connection at once, or undefined: the waiter is called later, or, when `false`, not at all because too many wait
   * already.
   */
  acquire(waiter: Waiter): BackendConnection | undefined | false {
    const { surroundings } = this;
    const connection = this.idle.pop();
    if (connection) {
      connection.leaveIdle();
      surroundings.stats.reused += 1;
      return connection;
    }
    if (surroundings.pending >= surroundings.maxPending) return false;
    surroundings.pending += 1;
    this.waiters.push(waiter);
    if (this.connecting < this.waiters.length && this.size < surroundings.maxConnections) this.open();
    return undefined;
  }

  /** The waiter is no longer interested; unknown waiters are ignored. */
  forget(waiter: Waiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    this.surroundings.pending -= 1;
  }

  /** Takes back a connection that can carry another request. */
  release(connection: BackendConnection): void {
    this.handOver(connection, 1);
  }

  /** @param reuses what it counts as when a request waits for it: 0 for a connection that carried none yet */
  private handOver(connection: BackendConnection, reuses: 0 | 1): void {
    const waiter = this.nextWaiter();
    if (waiter) {
      this.surroundings.stats.reused += reuses;
      waiter.onConnection(connection);
    } else if (this.retired || !this.endpoint.available) {
      connection.close();
    } else {
      this.idle.push(connection);
      connection.enterIdle(this.surroundings.idleTimeout);
    }
  }

  /** Closes what is unused, as when the endpoint is about to go. */
  closeIdle(): void {
    for (const connection of this.idle.splice(0)) connection.close();
  }

  /** Takes no new requests for good; waiting ones still get their connections. */
  retire(): void {
    this.retired = true;
    this.closeIdle();
  }

  /** @internal A connection is established. */
  onEstablished(connection: BackendConnection): void {
    this.connecting -= 1;
    this.handOver(connection, 0);
  }

  /** @internal A connection could not be established: the request that waits longest learns of it. */
  onConnectFailed(code: 'connect_failed' | 'connect_timeout', detail: string): void {
    this.connecting -= 1;
    this.size -= 1;
    const { stats } = this.surroundings;
    stats.open -= 1;
    if (code === 'connect_timeout') stats.connectTimedOut += 1;
    else stats.connectFailed += 1;
    this.nextWaiter()?.onConnectionFailed(code, detail);
    this.openForWaiters();
  }

  /** @internal An established connection is closed, whoever closed it. */
  onClosed(connection: BackendConnection): void {
    this.size -= 1;
    this.surroundings.stats.open -= 1;
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    this.openForWaiters();
  }

  private openForWaiters(): void {
    if (this.connecting < this.waiters.length && this.size < this.surroundings.maxConnections) this.open();
  }

  private nextWaiter(): Waiter | undefined {
    const waiter = this.waiters.shift();
    if (waiter) this.surroundings.pending -= 1;
    return waiter;
  }

  private open(): void {
    const { stats, limits, connectTimeout } = this.surroundings;
    this.size += 1;
    this.connecting += 1;
    stats.opened += 1;
    stats.open += 1;
    const options: SocketOptions = {
      host: this.endpoint.address,
      port: this.endpoint.port,
      noDelay: true,
      allowHalfOpen: true,
      highWaterMark: limits.maxBufferedBytes,
    };
    new BackendConnection(options, this, this.surroundings).awaitConnection(connectTimeout);
  }
}
