/**
 * TLS that ends at a listener: its certificates, and for which host names each of them is shown.
 */

/** The proxy's side of TLS. HTTP/1.1 is the protocol offered (ALPN). Clients are not asked for a certificate. */
export interface TlsConfig {
  /**
   * Certificates, chosen by the host name that a client asks for (SNI): one for that very name before one for `*.` and the rest of it. The
   * first one is the default, for clients that ask for no name or an unknown one.
   * @minItems 1
   * @maxItems 64
   */
  readonly certificates?: CertificateConfig[];
  /**
   * File with the certificate in PEM form. The older form of a single certificate: `certificates` takes its place, and has no fields beside it.
   * @minLength 1
   */
  readonly certificateFile?: string;
  /**
   * File with the private key of `certificateFile`. The older form, too.
   * @minLength 1
   */
  readonly keyFile?: string;
  /**
   * Whether clients that ask for no host name, or for one that no certificate is for, are refused in the handshake.
   * @default false
   */
  readonly requireSni?: boolean;
  /**
   * Whether a request is refused (421) when another certificate than its connection's is for its host, as when a browser uses a connection
   * for a second name. Absent: it is with several certificates or `requireSni`, and isn't otherwise.
   */
  readonly requireHostMatch?: boolean;
  /**
   * Oldest version of TLS that is spoken.
   * @default '1.2'
   */
  readonly minimumVersion?: '1.2' | '1.3';
}

/** A certificate and its private key. */
export interface CertificateConfig {
  /**
   * File with the certificate in PEM form, and after it those that lead to its authority. Read again when it changes.
   * @minLength 1
   */
  readonly certificateFile: string;
  /**
   * File with the certificate's private key in PEM form, not encrypted. Read again when it changes.
   * @minLength 1
   */
  readonly keyFile: string;
  /**
   * Host names that it is for. Absent: those that the certificate itself names (subject alternative names).
   * @minItems 1
   * @maxItems 256
   */
  readonly hosts?: HostPattern[];
}

/**
 * A host name in lower case, without a final dot; with `*.` in front, every name that has one label more.
 * @minLength 1
 * @maxLength 253
 * @pattern ^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$
 */
export type HostPattern = string;

/** TLS with nothing left open. */
export interface ResolvedTls {
  readonly certificates: CertificateConfig[];
  readonly requireSni: boolean;
  readonly requireHostMatch: boolean;
  readonly minimumVersion: NonNullable<TlsConfig['minimumVersion']>;
}

/** Default of `tls`: what is older than 1.2 is deprecated (RFC 8996). */
export const DEFAULT_TLS: Required<Pick<TlsConfig, 'requireSni' | 'minimumVersion'>> = {
  // #region generated defaults of TlsConfig
  requireSni: false,
  minimumVersion: '1.2',
  // #endregion
};

/** Fills in what `tls` leaves open. The older form becomes a list of one. */
export function withTlsDefaults({ certificates, certificateFile, keyFile, ...said }: TlsConfig): ResolvedTls {
  const list = certificates ?? [{ certificateFile: certificateFile!, keyFile: keyFile! }];
  const { requireSni, minimumVersion } = { ...DEFAULT_TLS, ...said };
  return { certificates: list, requireSni, requireHostMatch: said.requireHostMatch ?? (requireSni || list.length > 1), minimumVersion };
}

/** What is wrong with `tls`, in the words for a field of the document; undefined when nothing is. */
export function errorOfTls({ certificates, certificateFile, keyFile }: TlsConfig): string | undefined {
  if (!certificates) return certificateFile !== undefined && keyFile !== undefined ? undefined : 'there is no certificate; give a list of certificates';
  return certificateFile === undefined && keyFile === undefined ? undefined
    : 'it has both certificates and the older certificateFile and keyFile; put all of them into certificates';
}
