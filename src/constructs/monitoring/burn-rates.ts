/**
 * Alerts on burn rates in several windows: the way of "The Site Reliability Workbook", chapter 5 (https://sre.google/workbook/alerting-on-slos/),
 * with the windows, factors and waits of kubernetes-mixin. A burn rate of 1 uses the error budget up in exactly 30 days. The long window says
 * that it matters, the short one that it still goes on.
 */
import { DURATION_BUCKETS } from '../../contract';
import type { LatencyPromise } from '../../planning/objectives/published';
import { failureRatio } from './failures';

/** A rule of Prometheus. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

interface BurnRate {
  readonly severity: 'critical' | 'warning';
  readonly long: string;
  readonly short: string;
  readonly factor: number;
  readonly wait: string;
}

const BURN_RATES: readonly BurnRate[] = [
  { severity: 'critical', long: '1h', short: '5m', factor: 14.4, wait: '2m' },
  { severity: 'critical', long: '6h', short: '30m', factor: 6, wait: '15m' },
  { severity: 'warning', long: '1d', short: '2h', factor: 3, wait: '1h' },
  { severity: 'warning', long: '3d', short: '6h', factor: 1, wait: '3h' },
];
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];

/** With fewer requests than this in a second, over the long window, one that fails would be an alert. */
const LEAST_RATE = 0.01;

/** What the rules are about: the requests that one service or gateway is judged by. */
export interface SloSubject {
  readonly namespace: string;
  readonly service: string;
  /** Labels that select the series of those requests, as they are counted where they come from. */
  readonly requests: string;
}

/** The requests to versions of a service, as its callers see them. */
export function requestsTo(clusters: readonly string[]): string {
  return `direction="outbound",cluster=~"${clusters.map((name) => name.replace(/[.\\]/g, '\\\\$&')).join('|')}"`;
}

/** The objectives, and the shares of failed and slow requests in each window. */
export function recordingRules(subject: SloSubject, availability: number, latencies: readonly LatencyPromise[]): Rule[] {
  const selector = subject.requests;
  const labels = { mesh_namespace: subject.namespace, mesh_service: subject.service };
  const failures = WINDOWS.map((window): Rule => ({
    record: `mesh:slo_errors:ratio_rate${window}`, expr: failureRatio(selector, window), labels,
  }));
  const requests = WINDOWS.map((window): Rule => ({
    record: `mesh:slo_requests:rate${window}`, expr: `sum(rate(mesh_requests_total{${selector}}[${window}]))`, labels,
  }));
  const slow = latencies.flatMap(({ seconds }) => WINDOWS.map((window): Rule => ({
    record: `mesh:slo_slow:ratio_rate${window}`, expr: `1 - (${within(seconds, selector, window)}) / ${answered('count', selector, window)}`,
    labels: { ...labels, within: String(seconds) },
  })));
  const objectives = [
    { record: 'mesh:slo_objective:ratio', expr: `vector(${availability})`, labels },
    ...latencies.map(({ ratio, seconds }): Rule => ({
      record: 'mesh:slo_latency_objective:ratio', expr: `vector(${ratio})`, labels: { ...labels, within: String(seconds) },
    })),
  ];
  return [...objectives, ...requests, ...failures, ...slow];
}

/** Alerts on the burn rates of all objectives. `annotate` gives the annotations of an alert. */
export function burnRateAlerts(
  subject: SloSubject, availability: number, latencies: readonly LatencyPromise[],
  annotate: (alert: string, summary: string) => Record<string, string>,
): Rule[] {
  const { namespace, service } = subject;
  const matcher = `mesh_namespace="${namespace}",mesh_service="${service}"`;
  const alertOf = (alert: string, series: string, more: string, ratio: number, summary: string): Rule[] => BURN_RATES.map((rate) => {
    const { severity, long, short, factor, wait } = rate;
    const threshold = `${factor} * ${Number((1 - ratio).toFixed(8))}`;
    return {
      alert,
      expr: `${series}${long}{${matcher}${more}} > ${threshold}\nand ${series}${short}{${matcher}${more}} > ${threshold}\n`
        + `and on (mesh_namespace, mesh_service) mesh:slo_requests:rate${long}{${matcher}} > ${LEAST_RATE}`,
      for: wait,
      labels: { severity, long, short },
      annotations: annotate(alert, summary),
    };
  });
  return [
    ...alertOf('MeshErrorBudgetBurn', 'mesh:slo_errors:ratio_rate', '', availability,
      `${namespace}/${service}: {{ $value | humanizePercentage }} of the requests fail, and ${percent(1 - availability)} may`),
    ...latencies.flatMap(({ ratio, seconds }) => alertOf('MeshLatencyBudgetBurn', 'mesh:slo_slow:ratio_rate', `,within="${seconds}"`, ratio,
      `${namespace}/${service}: {{ $value | humanizePercentage }} of the requests take longer than ${seconds} s, and ${percent(1 - ratio)} may`)),
  ];
}

function answered(part: string, selector: string, window: string, le?: number): string {
  const bound = le === undefined ? '' : `,le="${Number.isInteger(le) ? `${le}.0` : le}"`;
  return `sum(rate(mesh_request_duration_seconds_${part}{${selector},class!="5xx"${bound}}[${window}]))`;
}

/**
 * The rate of requests that took at most so long. Between two buckets it is interpolated linearly, as `histogram_quantile` does it.
 */
function within(seconds: number, selector: string, window: string): string {
  const above = DURATION_BUCKETS.findIndex((bucket) => bucket >= seconds);
  const upper = DURATION_BUCKETS[above];
  if (upper === seconds) {
    return answered('bucket', selector, window, seconds);
  }
  const lower = above === 0 ? 0 : DURATION_BUCKETS[above - 1];
  const share = Number(((seconds - lower) / (upper - lower)).toFixed(6));
  const rest = above === 0 ? '' : ` + ${Number((1 - share).toFixed(6))} * ${answered('bucket', selector, window, lower)}`;
  return `${share} * ${answered('bucket', selector, window, upper)}${rest}`;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(6))}%`;
}
