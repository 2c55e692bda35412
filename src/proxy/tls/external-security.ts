/**
 * The client's side of TLS to what is outside of the mesh: an endpoint has to prove a host name, as a web server does to a browser. OpenSSL checks
 * the chain and, by its own reading of the certificate's bytes, the name; the subject's common name counts for nothing (RFC 9525). Follows its files:
 * new connections use what is in them now.
 *
 * No session is taken up again, as between sidecars: it would be verified by the roots and pins of another time. No renegotiation: the server could
 * become another one by it.
 */
import type { X509Certificate } from 'node:crypto';
import { isIP, Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { ResolvedUpstreamTls } from '../../contract';
import type { Clock } from '../runtime/clock';
import { crypto, tls } from '../runtime/on-demand';
import type { CredentialInstruments } from '../telemetry/credential-instruments';
import { BegunHandshakes } from './begun-handshakes';
import { faultOfChain } from './chain';
import { checkExternal, externalFiles, ExternalMaterial } from './external-files';
import { FirstReading, FollowedFiles, readFirst } from './followed-files';
import type { MeshVersion } from './peer-identity';
import type { Assurance, SecureConnectOptions, ServerVerdict, UpstreamSecurity } from './upstream-security';
import { timeProblem } from './validity';

/** Told that the files of a cluster have changed: without problems, new connections use them. */
export type ExternalListener = (cluster: string, problems: readonly string[]) => void;

/** Protocols of the application (ALPN), by what is spoken. What TCP carries has no name here, so none is offered. */
const PROTOCOLS = { http1: 'http/1.1', http2: 'h2', tcp: undefined } as const;
/** The longest list of names that is shown of a certificate, in characters. */
const LONGEST_NAMES = 200;

export class ExternalSecurity implements UpstreamSecurity {
  readonly unusableCode = 'tls_unusable';
  private readonly files: FollowedFiles<ExternalMaterial>;
  private readonly pins: ReadonlySet<string>;
  /** Of the roots in use: goes up when one of them is taken away. */
  trust = 0;
  private readonly begun = new BegunHandshakes();
  private secureContext: SecureContext | undefined;
  private started = false;

  /** Reads the files. When they can't be used, nothing can be sent until they can. */
  static async load(
    cluster: string, config: ResolvedUpstreamTls, clock: Clock, instruments: CredentialInstruments, onChange: ExternalListener,
  ): Promise<ExternalSecurity> {
    const reading = await readFirst(externalFiles(config), (texts) => checkExternal(config, texts));
    return new ExternalSecurity(cluster, config, reading, clock, instruments, onChange);
  }

  private constructor(
    private readonly cluster: string,
    private readonly config: ResolvedUpstreamTls,
    reading: FirstReading<ExternalMaterial>,
    private readonly clock: Clock,
    private readonly instruments: CredentialInstruments,
    private readonly onChange: ExternalListener,
  ) {
    this.pins = new Set(config.pins);
    this.files = new FollowedFiles(externalFiles(config), reading, clock, (texts) => checkExternal(config, texts), instruments, {
      onApplied: (material, before) => this.renew(material, before),
      onRejected: (problems) => onChange(cluster, problems),
    });
  }

  get whyUnusable(): readonly string[] {
    const { current, problems } = this.files;
    if (!current) return problems;
    const problem = this.timeProblem(current);
    return problem === undefined ? [] : [problem, ...problems];
  }

  /** It is in force: follows its files from now on. */
  start(): void {
    this.started = true;
    const { files, instruments } = this;
    instruments.observe({
      expiresAt: () => files.current?.expiresAt ?? NaN,
      rootsExpireAt: () => files.current?.rootsExpireAt ?? NaN,
      usable: () => this.whyUnusable.length === 0,
      rejected: () => files.problems.length > 0,
    });
    if (files.problems.length > 0) this.onChange(this.cluster, files.problems);
    files.start();
  }

  close(): void {
    if (this.started) this.instruments.forget();
    this.files.close();
  }

  connect({ protocol = 'http1', ...options }: SecureConnectOptions): Socket {
    const { context } = this;
    if (!context) return new Socket().destroy();
    const { serverName, sni = serverName } = this.config;
    const offered = PROTOCOLS[protocol];
    const socket = tls().connect({
      ...options, secureContext: context, ...(offered && { ALPNProtocols: [offered] }),
      // An address may not be asked for (RFC 6066).
      ...(isIP(sni) === 0 && { servername: sni }),
      // Both are judged below, where there are words for it.
      rejectUnauthorized: false, checkServerIdentity: () => undefined,
    });
    this.begun.begin(socket, this);
    return socket;
  }

  judge(socket: TLSSocket, version: MeshVersion = 'http1'): ServerVerdict {
    // Servers without ALPN speak HTTP/1.1; HTTP/2 has to be agreed on (RFC 9113 section 3.2).
    if (version === 'http2' && socket.alpnProtocol !== PROTOCOLS.http2) return { ok: false, problem: 'it doesn\'t speak HTTP/2 (ALPN h2)' };
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) return { ok: false, problem: 'it showed no certificate' };
    const { serverName, trustBundleFile } = this.config;
    const root = trustBundleFile === undefined ? 'a public authority' : 'a root of the trust bundle';
    const problem = this.begun.problemOf(socket, this)?.problem ?? faultOfChain(socket, certificate, this.clock, root)?.problem
      ?? problemOfName(certificate, serverName) ?? this.problemOfKey(certificate);
    if (problem !== undefined) return { ok: false, problem };
    const own = this.files.current?.expiresAt ?? NaN;
    const expiresAt = Date.parse(certificate.validTo) / 1_000;
    return { ok: true, assurance: { until: Number.isNaN(own) ? expiresAt : Math.min(own, expiresAt), trust: this.trust } };
  }

  assures({ until, trust }: Assurance): boolean {
    return trust === this.trust && this.clock.wallTime() / 1_000 < until;
  }

  /** For new connections; undefined when it can't be used. */
  private get context(): SecureContext | undefined {
    const { current } = this.files;
    if (!current || this.timeProblem(current) !== undefined) return undefined;
    return this.secureContext ??= tls().createSecureContext(contextOptions(current, this.config));
  }

  private renew(material: ExternalMaterial, before: ExternalMaterial | undefined): void {
    if (before?.ca?.some((root) => !material.ca?.includes(root))) this.trust += 1;
    this.secureContext = undefined;
    this.onChange(this.cluster, []);
  }

  private timeProblem({ validFrom, expiresAt }: ExternalMaterial): string | undefined {
    return timeProblem(`the certificate in '${this.config.certificateFile}'`, validFrom, expiresAt, this.clock.wallTime() / 1_000);
  }

  private problemOfKey(certificate: X509Certificate): string | undefined {
    if (this.pins.size === 0) return undefined;
    const pin = pinOf(certificate);
    return this.pins.has(pin) ? undefined : `its key has the pin ${pin}, which is not one of those that are declared`;
  }
}

/** SHA-256 of a certificate's public key as it stands there, in base64. */
export function pinOf({ publicKey }: Pick<X509Certificate, 'publicKey'>): string {
  return crypto().createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
}

function contextOptions({ ca, cert, key }: ExternalMaterial, { minimumVersion }: ResolvedUpstreamTls): object {
  const { SSL_OP_NO_TICKET, SSL_OP_NO_RENEGOTIATION } = crypto().constants;
  return {
    // A bundle may hold the authority that issues and not the root above it, or the server's own certificate.
    ...(ca && { ca: [...ca], allowPartialTrustChain: true }), ...(cert !== undefined && { cert, key }), minVersion: `TLSv${minimumVersion}`,
    secureOptions: SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION,
  };
}

function problemOfName(certificate: X509Certificate, name: string): string | undefined {
  const matches = isIP(name) === 0 ? certificate.checkHost(name, { subject: 'never', partialWildcards: false }) : certificate.checkIP(name);
  if (matches !== undefined) return undefined;
  const names = certificate.subjectAltName ?? 'no name';
  return `its certificate is for ${names.length > LONGEST_NAMES ? `${names.slice(0, LONGEST_NAMES)}...` : names}, and must be for ${name}`;
}
