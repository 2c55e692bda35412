/**
 * Mutual TLS at the door of an inbound listener: tells TLS from plain by the first byte, and is the only one that does. What comes out has
 * proved who it is, or is plain where that is let in; everything else is told why not, and ends here.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { beginsTls, readFirstBytes } from '../../net/first-bytes';
import { Networks, peerAddress } from '../../net/ip-address';
import { Timeout } from '../../runtime/timeouts';
import type { ReasonCode } from '../../telemetry/reasons';
import { MutualTlsServer, MutualTlsSettings } from '../../tls/mutual-tls-server';
import { reset } from '../../tls/socket';
import type { Assurance } from '../../tls/upstream-security';
import type { ServeContext } from '../context';

/** Says to a client why its connection is not let in, in what it speaks. Returns false when there is no way to. */
export type RefusalWriter = (socket: Socket, code: ReasonCode, detail: string) => boolean;

/** Gets a connection whose client has proved who it is. */
export type CallerListener = (socket: TLSSocket, id: string, assurance: Assurance) => void;

export class SecureEntry {
  private readonly server: MutualTlsServer;
  private readonly plainFrom: Networks | undefined;
  private closed = false;

  constructor(
    readonly settings: MutualTlsSettings, private readonly context: ServeContext, private readonly tell: RefusalWriter, onCaller: CallerListener,
  ) {
    this.plainFrom = settings.plainFrom && new Networks(settings.plainFrom);
    this.server = new MutualTlsServer(settings, context.limits.maxBufferedBytes, context.instruments, {
      onVerified: (socket, id, assurance) => {
        if (this.closed) socket.destroy();
        else onCaller(socket, id, assurance);
      },
      onRefused: (socket, _, problem) => this.refuse(socket, 'caller_unverified', problem),
    });
  }

  /**
   * Begins with a connection that has just been accepted. It is closed when it is not let in.
   *
   * @param onPlain called when it is without TLS and let in all the same, with what has been read already
   */
  begin(socket: Socket, onPlain: (first: Buffer) => void): void {
    const { context, settings } = this;
    readFirstBytes(socket, context.headTimeout, (why) => {
      settings.instruments.failure(why).value += 1;
      if (why === 'timeout') context.instruments.limitReached('headTimeoutMs');
    }, (first) => {
      if (this.closed) socket.destroy();
      else if (beginsTls(first)) {
        socket.pause();
        socket.unshift(first);
        this.server.begin(socket);
      } else if (this.letsPlain(socket)) {
        onPlain(first);
      } else {
        settings.instruments.plainRefused();
        this.refuse(socket, 'mutual_tls_required', '');
      }
    });
  }

  /** Other settings are in force: what has not been let in by now has to come again. */
  close(): void {
    this.closed = true;
    this.server.close();
  }

  private letsPlain(socket: Socket): boolean {
    if (this.settings.mode !== 'permissive') return false;
    return this.plainFrom?.has(peerAddress(socket.remoteAddress ?? '')) ?? true;
  }

  /**
   * Says why, and drops what is still sent for a moment: a connection that is closed with bytes unread is reset, and the reason may be lost. The
   * caller's sidecar takes it for what no application has seen.
   */
  private refuse(socket: Socket, code: ReasonCode, detail: string): void {
    const { context } = this;
    const timeout = new Timeout(() => socket.destroy());
    timeout.start(context.lingerTimeout);
    socket.on('error', () => {});
    socket.on('close', () => timeout.stop());
    socket.on('end', () => socket.destroySoon());
    if (!this.tell(socket, code, detail)) {
      reset(socket);
      return;
    }
    socket.end();
    socket.resume();
  }
}
