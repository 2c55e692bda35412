/**
 * An HTTP/2 connection to an endpoint: carries as many requests at a time as both sides let it. States: connecting -> open -> leaving
 * (no new requests) -> closed.
 */
import type { Socket } from 'node:net';
import type { HeadLimits } from '../../http1/head-buffer';
import { ClientSession, SessionOwner } from '../../http2/client-session';
import type { Http2Fault } from '../../http2/frames';
import { PingWatch, Watched } from '../../http2/ping-watch';
import { end, holdsBack } from '../../net/direct-write';
import { onread } from '../../net/shared-read';
import { Timeout } from '../../runtime/timeouts';
import { UpstreamSecurity, wordOf } from '../../tls/upstream-security';
import { Connecting, ConnectListener, Destination, UnestablishedCode } from '../connector';
import type { PoolDependencies } from '../pool-dependencies';
import { CarrierSession, Http2Carrier } from './http2-carrier';

const TIMED_OUT = 'timeout';
/** The window of a whole connection, in windows of a stream. */
const WINDOWS_A_CONNECTION = 4;

/** Whose a connection is. */
export interface Http2ConnectionOwner {
  onEstablished(connection: Http2Connection): void;
  onConnectFailed(connection: Http2Connection, code: UnestablishedCode, detail: string): void;
  /** It can carry another request. */
  onRoom(connection: Http2Connection): void;
  /** It takes no new requests. */
  onLeaving(connection: Http2Connection): void;
  /** Its socket is closed. */
  onClosed(connection: Http2Connection): void;
}

export class Http2Connection implements ConnectListener, SessionOwner, CarrierSession, Watched {
  session!: ClientSession;
  used = false;
  idleSince = Number.POSITIVE_INFINITY;
  /** Requests on it, and those that are about to be. */
  load = 0;
  /** How often bytes have come. */
  heard = 0;

  private socket!: Socket;
  private open = false;
  private leaving = false;
  /**
   * A request was given up after a time in which nothing came, as when the endpoint's node is gone: it takes no requests until something comes. The
   * requests that would wait for their time-outs here go on another connection, and what can't be connected to is found out sooner.
   */
  private doubted = false;
  /** A ping asked about that doubt, and no response has come since. */
  private questioned = false;
  private lastError = '';
  private readonly connecting: Connecting;
  private readonly timeout: Timeout;
  /** There while it is open. */
  private pings: PingWatch | undefined;

  constructor(to: Destination, private readonly owner: Http2ConnectionOwner, private readonly dependencies: PoolDependencies) {
    this.timeout = new Timeout(() => this.onTimeout());
    this.connecting = new Connecting(to, {
      allowHalfOpen: true,
      highWaterMark: dependencies.limits.maxBufferedBytes,
      onread: onread((bytes) => this.onBytes(bytes)),
      protocol: 'http2',
    }, this);
    this.timeout.start(dependencies.connectTimeout);
  }

  get limits(): HeadLimits { return this.dependencies.limits; }
  get holdsBack(): boolean { return holdsBack(this.socket); }
  /** How many more requests it can carry. */
  get room(): number {
    const { session, load } = this;
    return this.open && !this.leaving && !this.doubted ? Math.max(0, session.room - (load - session.streams.size)) : 0;
  }

  /** @internal */
  get busy(): boolean { return this.load > 0; }
  /** Nothing is on it. */
  get idle(): boolean { return this.open && this.load === 0; }

  /** @internal */
  now(): number { return this.dependencies.now(); }

  /** Whether it was made for who must be there now, and neither side's certificate has expired since. */
  isFor(security: UpstreamSecurity | undefined): boolean {
    const { security: own, assurance } = this.connecting;
    return own === security && (assurance === undefined || security!.assures(assurance));
  }

  carrier(): Http2Carrier {
    const carrier = new Http2Carrier(this);
    this.used = true;
    this.idleSince = Number.POSITIVE_INFINITY;
    return carrier;
  }

  /** @internal */
  reserve(): void {
    this.load += 1;
    this.timeout.stop();
  }

  /** @internal */
  release(): void {
    this.load -= 1;
    if (this.load === 0 && (this.leaving || !this.open || this.doubted)) this.close();
    else if (this.load === 0) this.rest();
    if (!this.leaving) this.owner.onRoom(this);
  }

  /** @internal */
  onResponse(): void {
    this.questioned = false;
  }

  /**
   * Servers of gRPC close connections of clients that send several pings without a response in between, so a second doubt ends the connection's
   * use without one.
   *
   * @internal
   */
  onGivenUp(sentAt: number, heardThen: number): void {
    const { dependencies: { now, connectTimeout } } = this;
    const silentMs = heardThen === this.heard ? now() - sentAt : 0;
    if (!this.open || this.leaving || this.doubted || connectTimeout.milliseconds === 0 || silentMs < connectTimeout.milliseconds) return;
    if (this.questioned) {
      this.leave();
      return;
    }
    this.doubted = true;
    this.questioned = true;
    this.session.ping();
  }

  /** @internal */
  brokenInUse(): void {
    this.dependencies.stats.brokenInUse += 1;
  }

  /** Carries no new requests, and closes when it has none. */
  leave(): void {
    if (this.leaving) return;
    this.leaving = true;
    if (this.open) this.session.end();
    this.owner.onLeaving(this);
    if (this.idle) this.close();
  }

  /** @internal */
  onSocket(socket: Socket): void {
    this.socket = socket;
  }

  /** @internal */
  onConnected(): void {
    const { socket, dependencies: { limits, now } } = this;
    socket.on('drain', () => this.session.onDrain());
    socket.on('end', () => this.onGone('the endpoint has ended the connection'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.lastError = wordOf(error);
      this.onGone(this.lastError);
    });
    socket.on('close', () => {
      this.onGone(this.lastError || 'closed');
      this.owner.onClosed(this);
    });
    this.timeout.stop();
    this.session = new ClientSession(socket, {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      streamWindowBytes: limits.maxBufferedBytes,
      connectionWindowBytes: limits.maxBufferedBytes * WINDOWS_A_CONNECTION,
      maxHeadBytes: limits.maxHeadBytes,
      maxStreamResets: limits.maxStreamResets,
      maxIdleFrames: limits.maxIdleFrames,
      now,
    }, this, this.connecting.security !== undefined);
    this.open = true;
    const { timeouts } = this.dependencies;
    this.pings = new PingWatch(this, timeouts.of(limits.pingIntervalMs), timeouts.of(limits.pingTimeoutMs));
    this.rest();
    this.owner.onEstablished(this);
  }

  /** @internal */
  ping(): void {
    this.session.ping();
  }

  /** @internal */
  onSilent(): void {
    this.dependencies.instruments.limitReached('pingTimeoutMs');
    this.onGone('a ping was not answered');
  }

  /** @internal */
  onUnconnected(detail: string, code: UnestablishedCode): void {
    this.timeout.stop();
    this.owner.onConnectFailed(this, detail === TIMED_OUT ? 'connect_timeout' : code, detail);
  }

  /** @internal */
  onStreamClosed(): void {
    if (this.session.spent) this.leave();
  }

  /** @internal */
  onLeaving(): void {
    this.leave();
  }

  /** @internal */
  onCapacity(): void {
    this.owner.onRoom(this);
  }

  /** @internal */
  onFault(fault: Http2Fault): void {
    this.lastError = fault.detail;
    this.leaving = true;
    this.owner.onLeaving(this);
    end(this.socket);
    this.timeout.start(this.dependencies.connectTimeout);
  }

  close(): void {
    if (!this.leaving) {
      this.leaving = true;
      this.owner.onLeaving(this);
    }
    if (!this.open) {
      this.socket.destroy();
      return;
    }
    this.session.end();
    this.timeout.start(this.dependencies.connectTimeout);
    end(this.socket);
  }

  /** Nothing is on it: it waits for another request until its idle time is over. */
  private rest(): void {
    this.idleSince = this.dependencies.now();
    this.timeout.start(this.dependencies.idleTimeout);
  }

  private onBytes(bytes: Buffer): void {
    if (!this.open) return;
    this.heard += 1;
    this.pings!.hear();
    this.session.feed(bytes);
    if (!this.doubted) return;
    this.doubted = false;
    if (!this.leaving) this.owner.onRoom(this);
  }

  private onGone(detail: string): void {
    if (!this.open) return;
    this.open = false;
    this.pings!.stop();
    this.timeout.stop();
    if (!this.leaving) {
      this.leaving = true;
      this.owner.onLeaving(this);
    }
    this.session.onSocketClosed(detail);
    this.socket.destroy();
  }

  private onTimeout(): void {
    if (!this.open) this.connecting.cancel(TIMED_OUT);
    else if (this.leaving) this.socket.destroy();
    else this.close();
  }
}
