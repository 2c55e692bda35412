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
 * How clients from outside of the mesh reach a service by TLS, which ends at its sidecars.
 */
export interface TlsOptions {
  /**
   * The Secret with the certificate and its key, of type `kubernetes.io/tls` and in the namespace of the service. Only the
   * sidecar gets to see it. When it is renewed, as cert-manager does, new connections get the new certificate.
   */
  readonly secret: kplus.ISecret;

  /**
   * Port at which clients come by TLS.
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
   * Port on every node for it, for the types NODE_PORT and LOAD_BALANCER.
   *
   * @default - Kubernetes chooses one
   */
  readonly nodePort?: number;

  /**
   * Oldest version of TLS that clients may speak.
   *
   * @default TlsVersion.TLS_1_2
   */
  readonly minimumVersion?: TlsVersion;
}
