/** The tables of metrics and reason codes as pages for people. */
import { code, page, table } from './markdown.mjs';

export function metricsPage({ FAMILIES, MAX_SERIES_PER_FAMILY, OTHER, LABEL_LIMITS }) {
  const families = Object.values(FAMILIES);
  return page('Metrics', [
    'The proxy reports these at `/metrics` on its admin port, or on a port of their own [by mutual TLS](security.md#metrics-by-mutual-tls), in the',
    'Prometheus text format or in OpenMetrics. All times are seconds, all sizes bytes. Counters begin at 0 when the proxy starts.',
    '',
    `A family has at most ${MAX_SERIES_PER_FAMILY} series. Further label sets are counted together in one whose labels all read`,
    `${code(OTHER)}, and \`mesh_limit_reached_total{limit="metricSeries"}\` says so. The series of a cluster or listener go when it`,
    'leaves the configuration.',
    '',
    `One listener has at most ${LABEL_LIMITS.metricCallers} callers, ${LABEL_LIMITS.metricRoutes} routes and ${LABEL_LIMITS.metricCodes} status codes of its own`,
    `in \`mesh_requests_total\`. Further callers and routes are ${code(OTHER)}, and further codes their class, such as \`5xx\`; the limits`,
    '`metricCallers`, `metricRoutes` and `metricCodes` of `mesh_limit_reached_total` count such requests.',
    '',
    'A scraper that prefers OpenMetrics in its `Accept` field, as Prometheus does, gets OpenMetrics 1.0. [Names of Istio and',
    'Linkerd](metric-names.md) has the counterparts of what their dashboards read.',
    '',
    ...table(['Name', 'Type', 'Labels', 'Meaning'], families.map(({ name, type, labels, help }) => [
      code(name), type, labels.map(code).join(', '), help,
    ])),
    ...families.flatMap(({ name, buckets }) => (buckets.length > 0 ? ['', `Buckets of ${code(name)}: ${buckets.join(', ')}.`] : [])),
  ]);
}

/** What the client sees, by the outcome that a reason has. */
const OUTCOMES = {
  answered: (status) => String(status),
  cut: () => 'connection cut',
  gone: (status) => `(${status})`,
};

/** `mesh_requests_total{reason="overloaded"}`. */
const inPrometheus = ({ family, label }) => code(`${family.name}{${Object.entries(label).map(([name, value]) => `${name}="${value}"`).join(',')}}`);

export function reasonsPage({ REASONS, REASON_CODES, metricsOf }) {
  return page('Reason codes', [
    'When the proxy answers a request by itself or breaks one off, it says why with one of these codes: in the response',
    '(`Proxy-Status`, RFC 9209, and the first word of the body), in [metrics](metrics.md), and in the field `reason` of the access log. A',
    'response without such a code is the application\'s own.',
    '',
    '**503 means that no application has seen the request**: it is safe to send again, whatever its method',
    '([why](decisions/503-means-unseen.md)). After 502 and 504 an application may have acted on it. *Connection cut*: the status',
    'had been sent when it happened, so the client sees a body that breaks off; metrics and log show the status sent. A status in',
    'brackets is in metrics and log only, as nobody is left to be answered. A request that was tried more than once shows the',
    'reason of its last attempt.',
    '',
    'The proxy has no words for clients of [TCP](tcp.md): it resets or ends their connections, and counts why.',
    '',
    '*Metric* is where it is counted: as a request or a connection of TCP that is over, and besides where a limit or a connection was the cause (of several, the',
    'one that was). What was sent again after a failure is not over, and counts by the reason of the failure in `mesh_retries_total`.',
    '',
    'What to do names fields of the proxy\'s [document](configuration.md), and in brackets the [prop](constructs.md#limits-and-connections)',
    'that sets them.',
    '',
    ...table(['Code', 'Status', 'RFC 9209 error type', 'Metric', 'What happened', 'What to do'], REASON_CODES.map((reason) => {
      const { outcome, status, proxyStatus, meaning, remedy } = REASONS[reason];
      return [code(reason), OUTCOMES[outcome](status), code(proxyStatus), metricsOf(reason).map(inPrometheus).join(', '), meaning, remedy];
    })),
  ]);
}
