/** What can be said of where the certificates of sidecars come from. */
import { Duration } from 'cdk8s';
import { TrustBundle } from './trust-bundle';

/**
 * What all ways to get certificates have in common.
 */
export interface IdentityOptions {
  /**
   * The SPIFFE trust domain: whose authority issues the ids. All services that call each other have the same.
   *
   * @default 'cluster.local'
   */
  readonly trustDomain?: string;

  /**
   * The root certificates that sidecars trust. A bundle of its own, which can hold the old and the new root, lets roots rotate without a
   * failure.
   *
   * @default TrustBundle.withCertificate()
   */
  readonly trustBundle?: TrustBundle;
}

/**
 * Options of `Identity.certManagerSpiffe`.
 */
export interface CertManagerSpiffeOptions extends IdentityOptions {
  /**
   * Whether each ServiceAccount gets a Role to create CertificateRequests in its namespace, in whose name the driver asks. Set it to false when
   * the cluster has such a permission already.
   *
   * @default true
   */
  readonly grantRequests?: boolean;
}

/**
 * Algorithms of keys that cert-manager makes.
 */
export enum CertManagerKey {
  /** ECDSA with P-256. */
  ECDSA = 'ECDSA',
  /** Ed25519. */
  ED25519 = 'Ed25519',
  /** RSA with 2048 bits. A handshake costs several times what it costs with ECDSA. */
  RSA = 'RSA',
}

/**
 * Options of `Identity.certManager`.
 */
export interface CertManagerOptions extends IdentityOptions {
  /**
   * Name of the issuer. It must sign what a CA key signs: a SelfSigned issuer does not.
   */
  readonly issuer: string;

  /**
   * Kind of the issuer. An `Issuer` must be in the namespace of each service.
   *
   * @default 'ClusterIssuer'
   */
  readonly issuerKind?: string;

  /**
   * API group of the issuer.
   *
   * @default 'cert-manager.io'
   */
  readonly issuerGroup?: string;

  /**
   * Lifetime of certificates. At least one hour.
   *
   * @default Duration.hours(24)
   */
  readonly duration?: Duration;

  /**
   * How long before its end a certificate is renewed.
   *
   * @default - a third of the lifetime
   */
  readonly renewBefore?: Duration;

  /**
   * Algorithm of the keys.
   *
   * @default CertManagerKey.ECDSA
   */
  readonly key?: CertManagerKey;
}

/**
 * Types of keys that the kubelet makes.
 */
export enum PodCertificateKey {
  /** ECDSA with P-256. */
  ECDSA_P256 = 'ECDSAP256',
  /** ECDSA with P-384. */
  ECDSA_P384 = 'ECDSAP384',
  /** ECDSA with P-521. */
  ECDSA_P521 = 'ECDSAP521',
  /** Ed25519. */
  ED25519 = 'ED25519',
  /** RSA with 3072 bits. */
  RSA_3072 = 'RSA3072',
  /** RSA with 4096 bits. */
  RSA_4096 = 'RSA4096',
}

/**
 * Options of `Identity.podCertificate`.
 */
export interface PodCertificateOptions {
  /**
   * Name of the signer, such as `example.com/mesh`. Kubernetes has none for traffic between pods; a controller in the cluster must sign for
   * this name, with the SPIFFE id of the pod's ServiceAccount.
   */
  readonly signerName: string;

  /**
   * The root certificates that sidecars trust.
   */
  readonly trustBundle: TrustBundle;

  /**
   * Version of the cluster, such as `1.37`. Below 1.37 synthesis fails: `podCertificate` volumes are off there.
   *
   * @default - not checked
   */
  readonly kubernetesVersion?: string;

  /**
   * Type of the keys.
   *
   * @default PodCertificateKey.ECDSA_P256
   */
  readonly keyType?: PodCertificateKey;

  /**
   * Longest lifetime of certificates: 1 hour to 91 days. The signer may issue shorter ones.
   *
   * @default Duration.hours(24)
   */
  readonly maxExpiration?: Duration;

  /**
   * The SPIFFE trust domain: whose authority issues the ids. All services that call each other have the same.
   *
   * @default 'cluster.local'
   */
  readonly trustDomain?: string;
}

/**
 * Options of `Identity.spire`.
 */
export interface SpireOptions {
  /**
   * The SPIFFE trust domain that SPIRE has. Roots of other domains, with which it federates, are not trusted.
   *
   * @default 'cluster.local'
   */
  readonly trustDomain?: string;

  /**
   * Name of the agent's socket in the folder that its CSI driver mounts.
   *
   * @default 'spire-agent.sock'
   */
  readonly socket?: string;

  /**
   * Whether each workload gets a `ClusterSPIFFEID`, by which spire-controller-manager registers its sidecars, and nothing else of its pods. Those
   * objects belong to the cluster and to no namespace. Without it, entries for `spiffe://<trust domain>/ns/<namespace>/sa/<ServiceAccount>` have to be there
   * already.
   *
   * @default false
   */
  readonly register?: boolean;

  /**
   * Class of the `ClusterSPIFFEID` objects, where spire-controller-manager has one: SPIRE's Helm chart gives it one, such as `spire-system-spire`.
   *
   * @default - none
   */
  readonly className?: string;
}

/**
 * Options of `Identity.files`.
 */
export interface IdentityFilesOptions extends IdentityOptions {
  /**
   * Name of the Secret in the namespace of each service. `{account}` is replaced with the name of its ServiceAccount; leave it out only for
   * a single service, since every service has its own id.
   *
   * @default '{account}-identity'
   */
  readonly secretName?: string;

  /**
   * Key of the Secret with the certificate and its chain, in PEM form.
   *
   * @default 'tls.crt'
   */
  readonly certificate?: string;

  /**
   * Key of the Secret with the private key, in PEM form.
   *
   * @default 'tls.key'
   */
  readonly privateKey?: string;
}
