/**
 * The TLS side of a listener. Connections are accepted as any others and handed in here; they come out when their handshake
 * is over, or not at all. The server inside never listens, so that a listener may get or lose TLS without its socket being
 * bound again, and so that connections count for the limit from the moment they are accepted.
 *
 * Settings are those of node:tls (its ciphers, session tickets), but for: HTTP/1.1 is the only protocol (RFC 7301: a client
 * that offers others alone is refused), and a client can't ask for another handshake on a connection of TLS 1.2, which
 * would cost the proxy more than the client.
 */
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server, TLSSocket } from 'node:tls';
import type { TlsConfig } from '../../contract';
import { crypto, tls } from '../runtime/on-demand';
import type { HandshakeFailure, Instruments, TlsInstruments } from '../telemetry/instruments';
import type { Certificate } from './certificate';
import { holdUpTo } from './socket';

/** What a listener does about TLS; equal objects mean that nothing has changed. */
export interface TlsSettings {
  readonly certificate: Certificate;
  readonly minimumVersion: NonNullable<TlsConfig['minimumVersion']>;
  readonly handshakeTimeoutMs: number;
  readonly instruments: TlsInstruments;
}

const MINIMUM_VERSIONS = { 1.2: 'TLSv1.2', 1.3: 'TLSv1.3' } as const;

export class Handshakes {
  private readonly server: Server;
  private readonly stopUsing: () => void;

  /** @param onSecure gets each connection whose handshake is over, before anything has been read from it */
  constructor(
    readonly settings: TlsSettings,
    bufferedBytes: number,
    private readonly instruments: Instruments,
    onSecure: (socket: TLSSocket) => void,
  ) {
    const { certificate, minimumVersion, handshakeTimeoutMs } = settings;
    const options: SecureContextOptions = {
      minVersion: MINIMUM_VERSIONS[minimumVersion], secureOptions: crypto().constants.SSL_OP_NO_RENEGOTIATION, honorCipherOrder: true,
    };
    this.server = tls().createServer({ handshakeTimeout: handshakeTimeoutMs, ALPNProtocols: ['http/1.1'] });
    this.stopUsing = certificate.use(({ cert, key }) => this.server.setSecureContext({ ...options, cert, key }));
    this.server.on('secureConnection', (socket) => {
      settings.instruments.handshakes.value += 1;
      holdUpTo(bufferedBytes, socket);
      socket.allowHalfOpen = true;
      // Node says what is wrong with a record and leaves the rest to others.
      socket.on('error', () => socket.destroy());
      onSecure(socket);
    });
    this.server.on('tlsClientError', (error, socket) => this.onFailed(error, socket));
  }

  /** Begins with a connection that has just been accepted. It is closed when the handshake fails. */
  begin(socket: Socket): void {
    // TLS above it hears of it too.
    socket.on('error', () => {});
    // TLS takes this over: whoever ends its side within a handshake is gone.
    socket.allowHalfOpen = false;
    this.server.emit('connection', socket);
  }

  /** Begins no more; what has begun goes on. */
  close(): void {
    this.stopUsing();
  }

  private onFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const kind = kindOf(error.code ?? '');
    if (kind === 'timeout') this.instruments.limitReached('tlsHandshakeTimeoutMs');
    this.settings.instruments.failure(kind).value += 1;
    socket.destroy();
  }
}

/** From the codes of Node and OpenSSL. */
function kindOf(code: string): HandshakeFailure {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'closed';
    case 'ERR_TLS_HANDSHAKE_TIMEOUT': return 'timeout';
    case 'ERR_SSL_HTTP_REQUEST': return 'plain_http';
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
    case 'ERR_SSL_VERSION_TOO_LOW':
      return 'version';
    case 'ERR_SSL_NO_SHARED_CIPHER': return 'cipher';
    case 'ERR_SSL_NO_APPLICATION_PROTOCOL': return 'alpn';
    default: return code.includes('_ALERT_') ? 'alert' : 'other';
  }
}
