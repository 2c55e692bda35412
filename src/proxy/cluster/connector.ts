/**
 * Makes connections to an endpoint, by TCP or by TLS: at whichever of its addresses accepts one. Pools and health probes both connect
 * here and nowhere else, so that no probe passes where a request would not. With TLS a connection is made when the endpoint has
 * proved who it is; before that nothing can be sent on it.
 */
import { connect, OnReadOpts, Socket } from 'node:net';
import type { ResolvedCluster } from '../../contract';
import type { TLSSocket } from 'node:tls';
import { Assurance, UnusableCode, UpstreamSecurity, wordOf } from '../tls/upstream-security';
import { Addresses, Dial } from './addresses';

/** Why a connection could not be established. */
export type UnestablishedCode = 'connect_failed' | 'connect_timeout' | 'server_unverified' | 'tls_failed' | UnusableCode;

/** Where to. */
export interface Destination {
  readonly addresses: Addresses;
  readonly port: number;
  /** Who must be there; undefined: nobody is asked, and there is no TLS. */
  readonly security?: UpstreamSecurity | undefined;
}

export interface SocketOptions {
  /** How many bytes may wait before the socket holds back. */
  readonly highWaterMark?: number;
  /** The socket stays writable when the endpoint has ended its side. */
  readonly allowHalfOpen?: boolean;
  /** What is to be spoken, for a handshake to agree on. Absent: HTTP/1.1. */
  readonly protocol?: ResolvedCluster['protocol'];
  /** Takes what is read past the stream. */
  readonly onread?: OnReadOpts;
}

/** Hears how the making goes. One call of `onConnected` or `onUnconnected` follows, unless the connecting is cancelled. */
export interface ConnectListener {
  /** There is another socket, on its way to another address, in place of the one before. Called within `start`, too. */
  onSocket(socket: Socket): void;
  onConnected(): void;
  /**
   * No address has accepted the connection, or who has did not prove to be the endpoint.
   *
   * @param detail the system's error, with the addresses when there were several; or what is wrong with who is there
   */
  onUnconnected(detail: string, code: Exclude<UnestablishedCode, 'connect_timeout'>): void;
}

/** One connection that is being made. */
export class Connecting {
  /** As whose it was made; undefined without TLS. */
  readonly security: UpstreamSecurity | undefined;
  /** Of a connection that is made: how long it may be used; undefined without TLS. */
  assurance: Assurance | undefined;
  private socket: Socket | undefined;
  private connected = false;
  private lastError = '';
  private code: Exclude<UnestablishedCode, 'connect_timeout'> = 'connect_failed';
  private readonly dial: Dial;

  constructor({ addresses, port, security }: Destination, options: SocketOptions, private readonly listener: ConnectListener) {
    this.security = security;
    this.dial = new Dial(addresses);
    this.open(port, options);
  }

  /** It has taken too long, or nobody wants it any more; `detail` becomes the reason that the listener hears. */
  cancel(detail: string): void {
    this.lastError = detail;
    this.socket!.destroy();
  }

  private open(port: number, options: SocketOptions): void {
    const { security } = this;
    const to = { ...options, port, host: this.dial.address };
    const socket = security ? security.connect(to) : connect({ noDelay: true, ...to });
    this.socket = socket;
    if (security && socket.destroyed) {
      this.code = security.unusableCode;
      this.lastError = security.whyUnusable.join('; ');
    }
    socket.on('connect', () => {
      this.dial.succeeded();
      if (security) this.secure(socket as TLSSocket, security, options);
      else this.establish();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => { this.lastError = wordOf(error); });
    socket.on('close', () => {
      if (this.connected) return;
      if (this.dial.goesOn(this.lastError)) this.open(port, options);
      else this.listener.onUnconnected(this.dial.describe(this.lastError), this.code);
    });
    this.listener.onSocket(socket);
  }

  private secure(socket: TLSSocket, security: UpstreamSecurity, { protocol }: SocketOptions): void {
    socket.setNoDelay(true);
    this.code = 'tls_failed';
    socket.on('secureConnect', () => {
      const verdict = security.judge(socket, protocol);
      if (verdict.ok) {
        this.assurance = verdict.assurance;
        this.establish();
        return;
      }
      this.code = 'server_unverified';
      this.lastError = verdict.problem;
      socket.destroy();
    });
  }

  private establish(): void {
    this.connected = true;
    this.listener.onConnected();
  }
}
