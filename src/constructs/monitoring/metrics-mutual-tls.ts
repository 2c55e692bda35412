/** What users say of metrics by mutual TLS. */

/**
 * Who may read metrics, and how Prometheus proves that it is one of them. Give one of `clientSecret` and `scrapeClass`, or neither without the
 * Prometheus Operator.
 */
export interface MetricsMutualTls {
  /**
   * SPIFFE ids of those that may read metrics, such as `spiffe://cluster.local/ns/monitoring/sa/prometheus`. They are of the trust domain of the
   * `identity`. From 1 to 64. Everybody else gets 403.
   */
  readonly clientIds: string[];

  /**
   * Name of the Secret with the certificate and key of Prometheus, under `tls.crt` and `tls.key`. The operator reads it in the namespace of each
   * PodMonitor, which is that of the workload.
   *
   * @default - those of the `scrapeClass`
   */
  readonly clientSecret?: string;

  /**
   * Scrape class of the Prometheus object (`spec.scrapeClasses`) whose `tlsConfig` names the files of the certificate and key, such as those of a
   * CSI driver. It says how the server is verified, too.
   *
   * @default - none
   */
  readonly scrapeClass?: string;

  /**
   * DNS name that the certificates of all proxies have beside their SPIFFE id. With it, Prometheus verifies the proxy by this name and the roots
   * under `ca.crt` of `clientSecret`.
   *
   * @default - Prometheus does not verify the proxy (`insecureSkipVerify`), since it can't verify a SPIFFE id
   */
  readonly serverName?: string;
}
