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
import type { LimitsConfig, ResolvedCluster } from '../../contract';
import type { TimeoutQueue } from '../runtime/timeouts';
import type { Identity } from '../tls/identity';
import type { UpstreamSecurity } from '../tls/upstream-security';
import { BackendConnection, ConnectionOwner, ConnectionSettings } from './backend-connection';
import type { ClusterInstruments } from '../telemetry/instruments';
import type { Destination, UnestablishedCode } from './connector';
import { EndpointPool, NO_ROOM, SharingPool, WAITS } from './endpoint-pool';
import { Waiter, Waiting, WaitingList } from './waiting-list';

/** What all pools of a cluster share. A configuration reload replaces the values, not the object. */
export interface PoolDependencies extends ConnectionSettings {
  /** Which version of HTTP its endpoints speak. */
  protocol: ResolvedCluster['protocol'];
  limits: Required<LimitsConfig>;
  idleTimeout: TimeoutQueue;
  pendingTimeout: TimeoutQueue;
  maxConnectionsPerEndpoint: number;
  /** A connection may carry several requests. */
  reuses: boolean;
  /** Of the cluster; 0 is no limit. */
  maxConnections: number;
  maxPending: number;
  /** Requests of the cluster that wait for a connection, or for the first endpoints. */
  pending: number;
  /** Who this proxy is, and who must be at endpoints of which discovery says nothing else; undefined: TLS is not asked for. */
  identity: Identity | undefined;
  security: UpstreamSecurity | undefined;
  readonly stats: PoolStats;
  readonly instruments: ClusterInstruments;
  /** The pools of the cluster's endpoints. */
  readonly pools: Set<SharingPool>;
  /** Those that could make no connection for their requests because the cluster has as many as it may. */
  readonly starving: Set<SharingPool>;
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
  /** By TLS: who is there did not prove to be the endpoint; there was no handshake. */
  serverUnverified: number;
  tlsFailed: number;
  /** This proxy can't prove who it is, by mutual TLS; the files of the cluster's TLS can't be used. */
  noIdentity: number;
  tlsUnusable: number;
  /** The endpoint has refused this proxy's certificate, with a request on the connection. */
  certificateRefused: number;
}

/** What counts a connection that could not be established. */
const FAILED: { readonly [Code in UnestablishedCode]: keyof PoolStats } = {
  connect_failed: 'connectFailed',
  connect_timeout: 'connectTimedOut',
  server_unverified: 'serverUnverified',
  tls_failed: 'tlsFailed',
  no_identity: 'noIdentity',
  tls_unusable: 'tlsUnusable',
};

export function newPoolStats(): PoolStats {
  return {
    opened: 0,
    open: 0,
    reused: 0,
    connectFailed: 0,
    connectTimedOut: 0,
    brokenInUse: 0,
    serverUnverified: 0,
    tlsFailed: 0,
    noIdentity: 0,
    tlsUnusable: 0,
    certificateRefused: 0,
  };
}

/** Counts a connection that could not be established. */
export function countUnestablished(stats: PoolStats, code: UnestablishedCode): void {
  stats.open -= 1;
  stats[FAILED[code]] += 1;
}

export class ConnectionPool implements EndpointPool, SharingPool, ConnectionOwner {
  private readonly idle: BackendConnection[] = [];
  private readonly waiting = new WaitingList();
  /** Connections that exist: being made, in use, idle. */
  private size = 0;
  private connecting = 0;
  private retired = false;

  constructor(private readonly endpoint: Destination & { readonly available: boolean }, private readonly dependencies: PoolDependencies) {
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
    if (dependencies.pending >= dependencies.maxPending) {
      dependencies.instruments.limitReached('maxPendingRequests');
      return NO_ROOM;
    }
    dependencies.pending += 1;
    const waiting = new Waiting(waiter, this.onWaitedTooLong);
    waiter.place = waiting;
    this.waiting.append(waiting);
    this.openForWaiters();
    if (this.connecting < this.waiting.length) {
      dependencies.instruments.limitReached(this.size < dependencies.maxConnectionsPerEndpoint ? 'maxConnections' : 'maxConnectionsPerEndpoint');
      waiting.timeout.start(dependencies.pendingTimeout);
    }
    return WAITS;
  }

  forget(waiter: Waiter): void {
    if (waiter.place) this.leave(waiter.place);
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
    const waiter = this.nextWaiter();
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
    this.nextWaiter()?.onConnectionFailed(code, detail);
    this.openForStarving();
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
    this.openForStarving();
    this.openForWaiters();
  }

  /** @internal */
  openForWaiters(): void {
    const { dependencies } = this;
    while (this.connecting < this.waiting.length && this.size < dependencies.maxConnectionsPerEndpoint) {
      if (dependencies.maxConnections > 0 && dependencies.stats.open >= dependencies.maxConnections) {
        dependencies.starving.add(this);
        for (const pool of dependencies.pools) if (pool.closeOneIdle()) break;
        return;
      }
      this.open();
    }
  }

  /** A connection of the cluster is gone, which leaves room for one to the endpoint that has waited longest for that. */
  private openForStarving(): void {
    const { starving } = this.dependencies;
    const [first] = starving;
    if (!first) return;
    starving.delete(first);
    first.openForWaiters();
  }

  /** @internal The one that was not used for longest. It is gone when the system says so, and counts until then. */
  closeOneIdle(): boolean {
    const connection = this.idle.shift();
    connection?.close();
    return connection !== undefined;
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

  private open(): void {
    const { stats } = this.dependencies;
    this.size += 1;
    this.connecting += 1;
    stats.opened += 1;
    stats.open += 1;
    // It tells the pool what becomes of it.
    new BackendConnection(this.endpoint, this, this.dependencies);
  }
}
