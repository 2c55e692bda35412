/** Alerts about the proxies of one service, beside those on its objectives. Each has a section in docs/alerts.md. */
import { HEALTH_LIMITS } from '../../planning/health-limits';
import { Rule } from './burn-rates';

interface Alert {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  readonly wait: string;
  readonly summary: string;
  /** It is about the app beside the proxy, which a gateway does not have. */
  readonly ofApp?: true;
  /** @param of labels that select the series of the service's proxies */
  expr(of: string): string;
}

const ALERTS: readonly Alert[] = [
  {
    name: 'MeshCertificateExpiring', severity: 'warning', wait: '15m', summary: 'a certificate of {{ $labels.pod }} expires in {{ $value | humanizeDuration }}',
    expr: (of) => `mesh_certificate_seconds_to_expiry{${of}} < ${HEALTH_LIMITS.certificateSeconds}`,
  },
  {
    name: 'MeshCertificateProblem', severity: 'critical', wait: '5m', summary: 'a certificate of {{ $labels.pod }} is {{ $labels.problem }}',
    expr: (of) => `mesh_certificate_problem{${of}} == 1`,
  },
  {
    name: 'MeshIdentityExpiring', severity: 'critical', wait: '5m', summary: 'the {{ $labels.file }} of {{ $labels.pod }} expires in {{ $value | humanizeDuration }}',
    expr: (of) => `mesh_identity_expiration_timestamp_seconds{${of}} - time() < ${HEALTH_LIMITS.identitySeconds}`,
  },
  {
    name: 'MeshUpstreamTlsExpiring', severity: 'warning', wait: '15m',
    summary: 'the {{ $labels.file }} that {{ $labels.pod }} has for {{ $labels.cluster }} expires in {{ $value | humanizeDuration }}',
    expr: (of) => `mesh_upstream_tls_expiration_timestamp_seconds{${of}} - time() < ${HEALTH_LIMITS.certificateSeconds}`,
  },
  {
    name: 'MeshUpstreamTlsProblem', severity: 'critical', wait: '5m', summary: '{{ $labels.pod }} can\'t use the files of its TLS to {{ $labels.cluster }}',
    expr: (of) => `mesh_upstream_tls_rejected{${of}} == 1 or mesh_upstream_tls_usable{${of}} == 0`,
  },
  {
    name: 'MeshDiscoveryStale', severity: 'warning', wait: '5m',
    summary: 'endpoints of {{ $labels.cluster }} in {{ $labels.pod }} were last confirmed {{ $value | humanizeDuration }} ago',
    expr: (of) => `mesh_discovery_age_seconds{${of}} > ${HEALTH_LIMITS.staleSeconds}`,
  },
  {
    name: 'MeshNoReadyEndpoint', severity: 'critical', wait: '2m', summary: '{{ $labels.pod }} has no ready endpoint of {{ $labels.cluster }}',
    expr: (of) => `mesh_endpoints{${of},state="ready"} == 0`,
  },
  {
    name: 'MeshConfigRejected', severity: 'critical', wait: '0m', summary: '{{ $labels.pod }} has refused its configuration and keeps the one before',
    expr: (of) => `increase(mesh_config_reloads_total{${of},result="rejected"}[15m]) > 0`,
  },
  {
    name: 'MeshMemoryShort', severity: 'warning', wait: '5m', summary: 'the proxy of {{ $labels.pod }} is close to its memory limit (level {{ $value }} of 3)',
    expr: (of) => `mesh_memory_level{${of}} >= 2`,
  },
  {
    name: 'MeshEndpointsEjected', severity: 'warning', wait: '10m',
    summary: '{{ $value | humanizePercentage }} of the endpoints of {{ $labels.cluster }} are ejected in {{ $labels.pod }}',
    expr: (of) => `mesh_endpoints{${of},state="ejected"} / ignoring (state) sum without (state) (mesh_endpoints{${of}}) >= 0.3`,
  },
  {
    name: 'MeshRetryBudgetExhausted', severity: 'warning', wait: '5m', summary: '{{ $labels.pod }} may not retry requests to {{ $labels.cluster }}: its budget is used up',
    expr: (of) => `rate(mesh_retries_denied_total{${of},cause="budget"}[5m]) > 0`,
  },
  {
    name: 'MeshOverloaded', severity: 'warning', wait: '10m', ofApp: true, summary: 'the app of {{ $labels.pod }} has more requests than it can work on; {{ $value | humanize }} a second are refused',
    expr: (of) => `sum without (route, caller, method, code, grpc_response_status) (rate(mesh_requests_total{${of},direction="inbound",reason="overloaded"}[5m])) > 0.1`,
  },
];

/** Names of all alerts. */
export const ALERT_NAMES: readonly string[] = [...ALERTS.map(({ name }) => name), 'MeshErrorBudgetBurn', 'MeshLatencyBudgetBurn'];

export function alertRules(of: string, hasApp: boolean, annotate: (alert: string, summary: string) => Record<string, string>): Rule[] {
  return ALERTS.filter(({ ofApp = false }) => hasApp || !ofApp).map(({ name, severity, wait, summary, expr }) => ({
    alert: name, expr: expr(of), ...(wait !== '0m' && { for: wait }), labels: { severity }, annotations: annotate(name, summary),
  }));
}
