/**
 * What an absent field of a health check or of outlier detection means, and why.
 */
import type { GrpcHealthCheckConfig, HealthCheckConfig, HealthCheckTiming, HttpHealthCheckConfig, OutlierDetectionConfig, TcpHealthCheckConfig } from './health-config';

/**
 * HAProxy's rise 2 and fall 3, and Envoy's 60 s without traffic. The interval lies between HAProxy's 2 s and the kubelet's
 * 10 s: every caller asks, so a service with a hundred callers' pods answers twenty checks a second.
 */
export const DEFAULT_HEALTH_CHECK: Required<HealthCheckTiming> = {
  // #region generated defaults of TcpHealthCheckConfig
  intervalMs: 5_000,
  idleIntervalMs: 60_000,
  timeoutMs: 1_000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  // #endregion
};

/** What an HTTP check expects: any success. */
export const DEFAULT_EXPECTED_STATUSES: Required<HttpHealthCheckConfig>['expectedStatuses'] = [{ from: 200, to: 299 }];

/**
 * On, because it acts only on what sets an endpoint apart from most others, takes back by one request, and keeps the last.
 * Five in a row are Envoy's and Istio's; the longest ejection is Envoy's; the base is shorter than their 30 s, since one
 * request is enough to learn that an endpoint still fails. Half may be ejected, so that ejections alone never let
 * availability fall below the panic threshold of 50 %, where they would be ignored; with two or three endpoints it is one.
 * The margins are explained at the rules (src/balancing/outliers/rules.ts).
 */
export const DEFAULT_OUTLIER_DETECTION: Required<OutlierDetectionConfig> = {
  // #region generated defaults of OutlierDetectionConfig
  mode: 'enforce',
  consecutiveGatewayErrors: 5,
  consecutiveServerErrors: 5,
  successRateMarginPercent: 10,
  failurePercent: 0,
  latencyFactor: 5,
  latencyMarginMs: 20,
  minimumRequests: 20,
  windowMs: 5_000,
  baseEjectionMs: 10_000,
  maxEjectionMs: 300_000,
  maxEjectedPercent: 50,
  // #endregion
};

/** A health check with nothing left open but the Host, which depends on the endpoint. */
export type ResolvedHealthCheck =
  | (Required<Omit<HttpHealthCheckConfig, 'host'>> & Pick<HttpHealthCheckConfig, 'host'>)
  | (Required<Omit<GrpcHealthCheckConfig, 'host'>> & Pick<GrpcHealthCheckConfig, 'host'>)
  | Required<TcpHealthCheckConfig>;

/** Fills in what a health check leaves open. */
export function withHealthCheckDefaults(check: HealthCheckConfig): ResolvedHealthCheck {
  switch (check.type) {
    case 'http': return { ...DEFAULT_HEALTH_CHECK, headers: [], expectedStatuses: DEFAULT_EXPECTED_STATUSES, ...check };
    case 'grpc': return { ...DEFAULT_HEALTH_CHECK, service: '', ...check };
    default: return { ...DEFAULT_HEALTH_CHECK, ...check };
  }
}
