/**
 * The TLS side of a listener. Connections are accepted as any others and handed in here; they come out when their handshake
 * is over, or not at all. The server inside never listens, so that a listener may get or lose TLS without its socket being
 * bound again, and so that connections count for the limit from the moment they are accepted.
 *
 * Settings are those of node:tls (its ciphers, session tickets), but for the groups of keys (key-exchange.ts). Only the listener's versions
 * of HTTP are offered (RFC 7301: a client that offers others alone is refused), and a client can't ask for another handshake on a
 * connection of TLS 1.2, which would cost the proxy more than the client. Listeners of TCP offer none.
 */
import type { Socket } from 'node:net';
import type { SecureContext, SecureContextOptions, Server, TlsOptions, TLSSocket } from 'node:tls';
import type { ResolvedListener, ResolvedTls } from '../../contract';
import { crypto, tls } from '../runtime/on-demand';
import type { Instruments } from '../telemetry/instruments';
import type { HandshakeFailure, TlsInstruments } from '../telemetry/tls-instruments';
import type { Certificate } from './certificate';
import type { CertificateSet } from './certificate-set';
import { keyExchangeGroups } from './key-exchange';
import { holdUpTo } from './socket';

/** What a listener does about TLS; equal objects mean that nothing has changed. */
export interface TlsSettings extends Pick<ResolvedTls, 'minimumVersion' | 'requireSni' | 'requireHostMatch'> {
  readonly certificates: CertificateSet;
  readonly handshakeTimeoutMs: number;
  readonly instruments: TlsInstruments;
}

const MINIMUM_VERSIONS = { 1.2: 'TLSv1.2', 1.3: 'TLSv1.3' } as const;

/** By what a listener speaks, the first choice first. */
const ALPN = { http1: ['http/1.1'], http2: ['h2'], alpn: ['h2', 'http/1.1'], tcp: undefined };

/** What OpenSSL says when it has no certificate to show. */
const NO_CERTIFICATE: ReadonlySet<string | undefined> = new Set(['ERR_SSL_NO_SHARED_CIPHER', 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM']);

export class Handshakes {
  private readonly server: Server;
  private readonly stopUsing: readonly (() => void)[];
  /** For certificates other than the default, by the host name that is asked for. */
  private readonly contexts = new Map<Certificate, SecureContext>();
  private readonly options: SecureContextOptions;

  /** @param onSecure gets each connection whose handshake is over, before anything has been read from it */
  constructor(
    readonly settings: TlsSettings,
    protocol: NonNullable<ResolvedListener['protocol']>,
    bufferedBytes: number,
    private readonly instruments: Instruments,
    onSecure: (socket: TLSSocket) => void,
  ) {
    const { certificates, minimumVersion, handshakeTimeoutMs, requireSni } = settings;
    this.options = {
      minVersion: MINIMUM_VERSIONS[minimumVersion], secureOptions: crypto().constants.SSL_OP_NO_RENEGOTIATION, honorCipherOrder: true,
      ecdhCurve: keyExchangeGroups(),
    };
    const chooses = requireSni || certificates.all.length > 1;
    const offered = ALPN[protocol];
    this.server = tls().createServer({
      handshakeTimeout: handshakeTimeoutMs, ...(offered && { ALPNProtocols: offered }), ...(chooses && { SNICallback: this.onServername }),
    });
    // Without a certificate of its own, a handshake that chooses none fails.
    if (requireSni) this.server.setSecureContext(this.options);
    this.stopUsing = certificates.all.map((certificate, i) => certificate.use(({ cert, key }) => {
      if (i === 0 && !requireSni) this.server.setSecureContext({ ...this.options, cert, key });
      this.contexts.delete(certificate);
    }));
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
    // TLS takes this over: a client that ends its side within a handshake is gone.
    socket.allowHalfOpen = false;
    this.server.emit('connection', socket);
  }

  /** Begins no more; what has begun goes on. */
  close(): void {
    for (const stop of this.stopUsing) stop();
  }

  private readonly onServername: NonNullable<TlsOptions['SNICallback']> = (servername, done) => {
    done(null, this.settings.certificates.contextFor(servername, this.contextOf));
  };

  /** Made when it is first asked for. */
  private readonly contextOf = (certificate: Certificate): SecureContext => {
    let context = this.contexts.get(certificate);
    if (!context) {
      context = tls().createSecureContext({ ...this.options, ...certificate.keyPair });
      this.contexts.set(certificate, context);
    }
    return context;
  };

  private onFailed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const kind = this.settings.requireSni && NO_CERTIFICATE.has(error.code) ? 'sni' : failureOf(error.code ?? '');
    if (kind === 'timeout') this.instruments.limitReached('tlsHandshakeTimeoutMs');
    this.settings.instruments.failure(kind).value += 1;
    socket.destroy();
  }
}

/** The kind of failure, from the codes of Node and OpenSSL. */
export function failureOf(code: string): HandshakeFailure {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'closed';
    case 'ERR_TLS_HANDSHAKE_TIMEOUT': return 'timeout';
    case 'ERR_SSL_HTTP_REQUEST': return 'plain_http';
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
    case 'ERR_SSL_VERSION_TOO_LOW':
      return 'version';
    case 'ERR_SSL_NO_SHARED_CIPHER':
    case 'ERR_SSL_NO_SUITABLE_KEY_SHARE':
      return 'cipher';
    case 'ERR_SSL_NO_APPLICATION_PROTOCOL': return 'alpn';
    default: return code.includes('_ALERT_') ? 'alert' : 'other';
  }
}
