/**
 * The PromQL of the dashboards. Series are those of the proxies' pods with the labels that PodMonitors of the mesh give them: `namespace`,
 * `pod`, `cdk8s_mesh_service` and `cdk8s_mesh_version`.
 */

/** Chosen by Grafana: long enough for rates to have two samples. */
const WINDOW = '$__rate_interval';

export const SERVICE = 'cdk8s_mesh_service';
export const VERSION = 'cdk8s_mesh_version';

/** The proxies of the workload that a dashboard is about. */
export const OWN = `namespace="$namespace",${SERVICE}="$service"`;

export const sum = (by, expr) => `sum ${by.length > 0 ? `by (${by.join(', ')}) ` : ''}(${expr})`;

/** So many a second. */
export const rate = (by, metric, selector = '') => sum(by, `rate(${metric}{${selector}}[${WINDOW}])`);

export const requests = (by, selector) => rate(by, 'mesh_requests_total', selector);

export const failures = (by, selector) => requests(by, `${selector},code=~"5.."`);

/** gRPC calls by the number of their status. Requests of HTTP have no such label. */
export const grpcStatuses = (selector) => requests(['grpc_response_status'], `${selector},grpc_response_status!=""`);

export const latency = (quantile, by, selector) => (
  `histogram_quantile(${quantile}, ${rate([...by, 'le'], 'mesh_request_duration_seconds_bucket', selector)})`
);

/** The part of the requests that did not fail. `failureRatio` is that of the objectives. */
export const success = ({ failureRatio }, by, selector) => `1 - ${failureRatio(selector, WINDOW, by)}`;

/** One rate over another; 0 while nothing of the first is counted. */
export const share = (part, whole) => `(${part} or 0 * ${whole}) / ${whole}`;
