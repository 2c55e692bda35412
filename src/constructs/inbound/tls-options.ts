/**
 * TLS for clients from outside.
 */
import * as kplus from '../kubernetes/kplus';

/**
 * Versions of TLS.
 */
export enum TlsVersion {
  /** TLS 1.2 (RFC 5246). */
  TLS_1_2 = '1.2',
  /** TLS 1.3 (RFC 8446). */
  TLS_1_3 = '1.3',
}

/**
 * TLS for clients outside of the mesh. It is terminated at the sidecars of the service.
 */
export interface TlsOptions {
  /**
   * Secret with the certificate and its key, of type `kubernetes.io/tls`, in the namespace of the service. Only the sidecar can read it.
   * When it is renewed, as cert-manager does, new connections use the new certificate.
   */
  readonly secret: kplus.ISecret;

  /**
   * Port that clients connect to with TLS.
   *
   * @default 443
   */
  readonly port?: number;

  /**
   * Name of that port.
   *
   * @default 'https'
   */
  readonly portName?: string;

  /**
   * Port on every node, for the types NODE_PORT and LOAD_BALANCER.
   *
   * @default - Kubernetes chooses one
   */
  readonly nodePort?: number;

  /**
   * Minimum TLS version.
   *
   * @default TlsVersion.TLS_1_2
   */
  readonly minimumVersion?: TlsVersion;
}
