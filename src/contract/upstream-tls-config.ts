/**
 * TLS that the proxy begins towards what is outside of the mesh: apps send plain HTTP to their sidecar, and the wire has TLS. Endpoints
 * prove a host name by a certificate. Between sidecars there is mutual TLS with SPIFFE ids instead: identity-config.ts.
 */
import type { HostName } from './scalars';

/**
 * TLS to the endpoints of a cluster. Nothing is sent before the endpoint has proved that it is `serverName`. HTTP/1.1 is the protocol offered
 * (ALPN). Sessions are not resumed, so every connection is verified by the files of today.
 */
export interface UpstreamTlsConfig {
  /**
   * Host name in lower case, or IP address, that the certificate of an endpoint must be for, by its subject alternative names.
   * @minLength 1
   * @maxLength 253
   * @pattern ^([a-z0-9_]([a-z0-9_.-]*[a-z0-9])?|[0-9a-f.:]*:[0-9a-f.:]*)$
   */
  readonly serverName: string;
  /** Host name that the proxy asks for (SNI). Absent: `serverName`, and none where that is an IP address. */
  readonly sni?: HostName;
  /**
   * File with the root certificates that are trusted, in PEM form. Read again when it changes. Absent: the public authorities in Mozilla's list, as
   * the proxy's Node has it.
   * @minLength 1
   */
  readonly trustBundleFile?: string;
  /**
   * File with the certificate by which the proxy proves who it is, in PEM form, and after it those that lead to its authority. Read again when it
   * changes. Absent: none is shown.
   * @minLength 1
   */
  readonly certificateFile?: string;
  /**
   * File with the private key of `certificateFile` in PEM form, not encrypted.
   * @minLength 1
   */
  readonly keyFile?: string;
  /**
   * Oldest version of TLS that is spoken.
   * @default '1.2'
   */
  readonly minimumVersion?: '1.2' | '1.3';
  /**
   * Public keys of which the certificate of an endpoint must have one, besides all else. Absent: any key.
   * @minItems 1
   * @maxItems 16
   */
  readonly pins?: SpkiPin[];
}

/**
 * SHA-256 of a public key as certificates have it (SubjectPublicKeyInfo), in base64, as in RFC 7469: what
 * `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` prints.
 * @pattern ^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$
 */
export type SpkiPin = string;

/** TLS to endpoints with nothing left open. */
export type ResolvedUpstreamTls = UpstreamTlsConfig & Required<Pick<UpstreamTlsConfig, 'minimumVersion'>>;

/** Default of a cluster's `tls`: what is older than 1.2 is deprecated (RFC 8996). */
export const DEFAULT_UPSTREAM_TLS: Required<Pick<UpstreamTlsConfig, 'minimumVersion'>> = {
  // #region generated defaults of UpstreamTlsConfig
  minimumVersion: '1.2',
  // #endregion
};

/** Fills in what a cluster's `tls` leaves open. */
export function withUpstreamTlsDefaults(tls: UpstreamTlsConfig): ResolvedUpstreamTls {
  return { ...DEFAULT_UPSTREAM_TLS, ...tls };
}
