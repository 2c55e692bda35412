/**
 * A connection to an endpoint for one client's connection of TCP. It is made when the endpoint has accepted it, has proved who it is where that
 * is asked for, and, between sidecars, when the callee's has said that its app is there (greeting.ts). All of it has to be done within the
 * cluster's `connectTimeoutMs`.
 *
 * States: connecting (-> greeting) -> made -> closed. Counted in the cluster until its socket is closed.
 */
import type { Socket } from 'node:net';
import type { FailureKind } from '../../../balancing';
import { onread } from '../../net/shared-read';
import { Timeout } from '../../runtime/timeouts';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import { SidecarSecurity } from '../../tls/sidecar-security';
import { reset } from '../../tls/socket';
import { isRefusalOfCertificate, wordOf } from '../../tls/upstream-security';
import { Connecting, ConnectListener, Destination, UnestablishedCode } from '../connector';
import { countUnestablished, PoolDependencies } from '../pool-dependencies';
import { readGreeting } from './greeting';

/** What of its cluster a connection goes by, and counts in. */
export type DialSettings = Pick<PoolDependencies, 'connectTimeout' | 'limits' | 'stats'>;

/** Hears of one connection: of its making once, unless it is cancelled before, and then of its bytes. */
export interface DialListener {
  onConnected(socket: Socket): void;
  /** Nothing was sent on it but what belongs to TLS. */
  onUnconnected(code: ReasonCode, failure: FailureKind, detail: string): void;
  /** The endpoint has sent these; valid during the call only. */
  onBytes(bytes: Buffer): void;
}

const enum State { CONNECTING, GREETING, MADE, OVER }

export class TcpDial implements ConnectListener {
  private socket!: Socket;
  private state: State = State.CONNECTING;
  private timedOut = false;
  private lastError = '';
  private readonly connecting: Connecting;
  private readonly timeout: Timeout;

  constructor(to: Destination, private readonly settings: DialSettings, private readonly listener: DialListener) {
    settings.stats.opened += 1;
    settings.stats.open += 1;
    this.timeout = new Timeout(() => this.onTimeout());
    this.connecting = new Connecting(to, {
      allowHalfOpen: true,
      highWaterMark: settings.limits.maxBufferedBytes,
      protocol: 'tcp',
      onread: onread((bytes) => this.onBytes(bytes)),
    }, this);
    this.timeout.start(settings.connectTimeout);
  }

  /** Nobody wants it any more. Once it is made, nothing happens. */
  cancel(): void {
    const { state } = this;
    if (state === State.MADE || state === State.OVER) return;
    this.state = State.OVER;
    this.timeout.stop();
    this.settings.stats.open -= 1;
    if (state === State.CONNECTING) this.connecting.cancel('');
    else reset(this.socket);
  }

  /** @internal */
  onSocket(socket: Socket): void {
    this.socket = socket;
  }

  /** @internal */
  onConnected(): void {
    const { socket } = this;
    if (this.state !== State.CONNECTING) {
      reset(socket);
      return;
    }
    socket.on('error', (error: NodeJS.ErrnoException) => { this.lastError = wordOf(error); });
    socket.on('end', () => { if (this.state === State.GREETING) reset(socket); });
    socket.on('close', () => this.onClosed());
    if (this.connecting.security instanceof SidecarSecurity) this.state = State.GREETING;
    else this.made();
  }

  /** @internal */
  onUnconnected(detail: string, code: Exclude<UnestablishedCode, 'connect_timeout'>): void {
    if (this.state === State.OVER) return;
    this.fail(this.timedOut ? 'connect_timeout' : code, REASONS[code].failure, this.timedOut ? '' : detail);
  }

  private made(): void {
    this.timeout.stop();
    this.state = State.MADE;
    this.listener.onConnected(this.socket);
  }

  private onBytes(bytes: Buffer): void {
    if (this.state === State.MADE) {
      this.listener.onBytes(bytes);
    } else if (this.state === State.GREETING) {
      const refused = readGreeting(bytes[0]!);
      if (refused) {
        this.fail('connect_failed', refused.failure, 'said by the sidecar there', refused.code);
        this.socket.destroy();
        return;
      }
      this.made();
      if (bytes.length > 1) this.listener.onBytes(bytes.subarray(1));
    }
  }

  private onTimeout(): void {
    this.timedOut = true;
    if (this.state === State.CONNECTING) this.connecting.cancel('timeout');
    else reset(this.socket);
  }

  /** Of a connection that the endpoint has accepted. */
  private onClosed(): void {
    if (this.state === State.MADE) {
      this.state = State.OVER;
      this.settings.stats.open -= 1;
    } else if (this.state === State.GREETING) {
      if (this.timedOut) this.fail('connect_timeout', 'unconnected', 'the sidecar there has not said that its app is there');
      else if (isRefusalOfCertificate(this.lastError)) this.fail('connect_failed', 'unconnected', this.lastError, 'identity_refused');
      else this.fail('connect_failed', 'unconnected', this.lastError || 'closed before the sidecar there had a connection to its app');
    }
  }

  /** @param code what it is counted as; `told` is the reason, when it is another */
  private fail(code: UnestablishedCode, failure: FailureKind, detail: string, told: ReasonCode = code): void {
    this.timeout.stop();
    this.state = State.OVER;
    countUnestablished(this.settings.stats, code);
    this.listener.onUnconnected(told, failure, detail);
  }
}
