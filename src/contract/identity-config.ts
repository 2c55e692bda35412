/**
 * Who a proxy is, and mutual TLS: at which listeners it is asked for, who must be at an endpoint, and who may read metrics. TLS that ends at
 * an edge for browsers is another thing: tls-config.ts.
 */
import type { Cidr } from './cidr';
import { METRICS_PORT } from './ports';
import type { Integer, SpiffeId } from './scalars';

/**
 * A SPIFFE trust domain: whose authority issues the ids.
 * @minLength 1
 * @maxLength 255
 * @pattern ^[a-z0-9._-]+$
 */
export type TrustDomain = string;

/**
 * The certificate by which this proxy proves who it is, to those who call and those it calls (X509-SVID), and whom it trusts. All
 * files are read again when they change. One of three ways is given: `certificateFile` and `keyFile`, `credentialBundleFile`, or `workloadApiSocket`.
 */
export interface IdentityConfig {
  /** Whose ids are accepted. Ids of other trust domains are refused. */
  readonly trustDomain: TrustDomain;
  /**
   * File with the certificate in PEM form, and after it those that lead to the root, as cert-manager's CSI drivers write `tls.crt`.
   * @minLength 1
   */
  readonly certificateFile?: string;
  /**
   * File with the certificate's private key in PEM form, not encrypted.
   * @minLength 1
   */
  readonly keyFile?: string;
  /**
   * File with both, the key first, as the volume `podCertificate` of Kubernetes writes it.
   * @minLength 1
   */
  readonly credentialBundleFile?: string;
  /**
   * Socket of an agent that speaks SPIFFE's Workload API, such as SPIRE's: certificate, key and roots come from it, and are kept in memory only.
   * Roots of federated trust domains are not trusted.
   * @minLength 1
   * @maxLength 107
   */
  readonly workloadApiSocket?: string;
  /**
   * File with the root certificates that are trusted, in PEM form. While roots are replaced, it has the old and the new one. Absent with
   * `workloadApiSocket`, and needed otherwise.
   * @minLength 1
   */
  readonly trustBundleFile?: string;
  /** The id that the certificate must have. Absent: whichever it has. */
  readonly id?: SpiffeId;
}

/** Mutual TLS at an inbound listener: clients have to prove who they are. The id is passed to the app in `x-mesh-caller`. */
export interface ListenerMutualTlsConfig {
  /**
   * `strict`: connections without TLS are refused. `permissive`: they are let in, without an id; for the time in which callers change over.
   * @default 'strict'
   */
  readonly mode?: 'strict' | 'permissive';
  /**
   * With `permissive`: networks that connections without TLS are let in from. Absent: all.
   * @minItems 1
   * @maxItems 64
   */
  readonly plainFrom?: Cidr[];
  /**
   * Whether the app also gets the id in `x-forwarded-client-cert`, in Envoy's form: `By=` this proxy's id, `Hash=` the SHA-256 of the caller's
   * certificate, `URI=` the caller's id. What clients send by that name is dropped in any case.
   * @default false
   */
  readonly forwardClientCert?: boolean;
}

/** Mutual TLS to endpoints. Nothing is sent before the endpoint has proved who it is. */
export interface UpstreamMutualTlsConfig {
  /**
   * Who may be at the endpoints: the ids of exactly the service that is called.
   * @minItems 1
   * @maxItems 64
   */
  readonly serverIds: SpiffeId[];
}

/**
 * Metrics by mutual TLS, on the pod's addresses: HTTP/1.1 in TLS 1.3 with the proxy's identity. Health stays on the admin port, without TLS, as the
 * kubelet has no certificate.
 */
export interface MetricsMutualTlsConfig {
  /**
   * Port on the pod's addresses. It has `/metrics` alone. A change needs a restart.
   * @minimum 1
   * @maximum 65535
   */
  readonly port?: Integer;
  /**
   * Who may read metrics: ids of the trust domain of the identity. All others get 403.
   * @minItems 1
   * @maxItems 64
   */
  readonly clientIds: SpiffeId[];
}

/** Metrics by mutual TLS with nothing left open. */
export type ResolvedMetricsMutualTls = Required<MetricsMutualTlsConfig>;

/** Fills in what the `metricsMutualTls` of the admin listener leaves open. */
export function withMetricsDefaults(metrics: MetricsMutualTlsConfig): ResolvedMetricsMutualTls {
  return { port: METRICS_PORT, ...metrics };
}

/** Default of a listener's `mutualTls`. */
export const DEFAULT_LISTENER_MUTUAL_TLS: Required<Pick<ListenerMutualTlsConfig, 'mode' | 'forwardClientCert'>> = {
  // #region generated defaults of ListenerMutualTlsConfig
  mode: 'strict',
  forwardClientCert: false,
  // #endregion
};

/** Mutual TLS of a listener with nothing left open. */
export type ResolvedListenerMutualTls = ListenerMutualTlsConfig & Required<Pick<ListenerMutualTlsConfig, 'mode' | 'forwardClientCert'>>;

/** Fills in what a listener's `mutualTls` leaves open. */
export function withMutualTlsDefaults(mutualTls: ListenerMutualTlsConfig): ResolvedListenerMutualTls {
  return { ...DEFAULT_LISTENER_MUTUAL_TLS, ...mutualTls };
}
