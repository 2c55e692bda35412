/**
 * The server's side of mutual TLS at an inbound listener. As with {@link Handshakes}, connections are handed in when they are accepted, and
 * come out when their handshake is over: with the id of the caller, or with what is wrong with it.
 */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { ResolvedListenerMutualTls } from '../../contract';
import { tls } from '../runtime/on-demand';
import type { Instruments } from '../telemetry/instruments';
import type { TlsInstruments } from '../telemetry/tls-instruments';
import { BegunHandshakes } from './begun-handshakes';
import { failureOf } from './handshakes';
import type { Identity } from './identity';
import { judgePeer, MESH_PROTOCOLS, MeshVersion, PeerFault } from './peer-identity';
import { holdUpTo, tcpBelow, useContext } from './socket';
import type { Assurance } from './upstream-security';

/** What a listener does about mutual TLS; equal objects mean that nothing has changed. */
export interface MutualTlsSettings extends ResolvedListenerMutualTls {
  /** What they were made of. */
  readonly key: string;
  readonly identity: Identity;
  /** What is spoken. */
  readonly version: MeshVersion;
  readonly handshakeTimeoutMs: number;
  readonly instruments: TlsInstruments;
}

export interface MutualTlsListener {
  /** Before anything has been read from it. */
  onVerified(socket: TLSSocket, id: string, assurance: Assurance): void;
  /** It may be told, and no more. */
  onRefused(socket: TLSSocket, fault: PeerFault, problem: string): void;
}

export class MutualTlsServer {
  private readonly server: Server;
  private readonly begun = new BegunHandshakes();
  private readonly stopFollowing: () => void;

  constructor(
    readonly settings: MutualTlsSettings, bufferedBytes: number, private readonly instruments: Instruments,
    private readonly listener: MutualTlsListener,
  ) {
    const { identity, handshakeTimeoutMs } = settings;
    this.server = tls().createServer({
      handshakeTimeout: handshakeTimeoutMs, ALPNProtocols: [MESH_PROTOCOLS[settings.version]], requestCert: true,
      // Judged in `onSecure`, where there are words for it; nothing is done with a connection before.
      rejectUnauthorized: false,
    });
    this.renew();
    this.stopFollowing = identity.onRenewed(() => this.renew());
    this.server.on('secureConnection', (socket) => {
      settings.instruments.handshakes.value += 1;
      holdUpTo(bufferedBytes, socket);
      socket.allowHalfOpen = true;
      // Node says what is wrong with a record and leaves the rest to others.
      socket.on('error', () => socket.destroy());
      this.onSecure(socket);
    });
    this.server.on('tlsClientError', (error, socket) => this.onFailed(error, socket));
  }

  /** Begins with a connection that has sent the first byte of TLS. It is closed when the handshake fails. */
  begin(socket: Socket): void {
    socket.on('error', () => {});
    if (!this.settings.identity.usable) {
      this.settings.instruments.failure('no_identity').value += 1;
      socket.destroy();
      return;
    }
    // TLS takes this over: a client that ends its side within a handshake is gone.
    socket.allowHalfOpen = false;
    this.begun.begin(socket, this.settings.identity);
    this.server.emit('connection', socket);
  }

  /** Begins no more; what has begun goes on. */
  close(): void {
    this.stopFollowing();
  }

  private renew(): void {
    const { context } = this.settings.identity;
    if (context) useContext(context, this.server);
  }

  private onSecure(socket: TLSSocket): void {
    const { identity, instruments, version } = this.settings;
    const verdict = this.begun.problemOf(tcpBelow(socket), identity) ?? judgePeer(socket, identity, version);
    if (!verdict.ok) {
      instruments.callerRefused(verdict.fault);
      this.listener.onRefused(socket, verdict.fault, verdict.problem);
      return;
    }
    const until = Math.min(verdict.expiresAt, identity.usable?.expiresAt ?? 0);
    this.listener.onVerified(socket, verdict.id, { until, trust: identity.trust });
  }

  private onFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const kind = failureOf(error.code ?? '');
    if (kind === 'timeout') this.instruments.limitReached('tlsHandshakeTimeoutMs');
    this.settings.instruments.failure(kind).value += 1;
    socket.destroy();
  }
}
