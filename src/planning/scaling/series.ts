/**
 * What an autoscaler can read of the sidecars' metrics: names in the custom metrics API, and the queries behind them. One table for the rule of
 * prometheus-adapter, the HorizontalPodAutoscaler that asks for its names, and KEDA's triggers.
 */

/** A metric of pods, each with its own query. `series` are further labels that select series, beginning with a comma or empty. */
export interface ScalingSeries {
  /** In the custom metrics API. */
  readonly name: string;
  /** What the adapter looks for to know which pods have it. */
  readonly found: string;
  /** @param by labels that it is told apart by */
  query(labels: string, by: string): string;
}

const INBOUND = 'direction="inbound"';
/** Long enough for two scrapes a minute apart at most, short enough to see a burst. */
const WINDOW = '2m';

export const REQUESTS_PER_SECOND: ScalingSeries = {
  name: 'mesh_requests_per_second',
  found: `mesh_requests_total{${INBOUND}}`,
  query: (labels, by) => `sum(rate(mesh_requests_total{${labels},${INBOUND}}[${WINDOW}]))${by}`,
};

export const REQUESTS_IN_FLIGHT: ScalingSeries = {
  name: 'mesh_inbound_requests_in_flight',
  found: 'mesh_requests_in_flight{listener=~"inbound.*"}',
  query: (labels, by) => `sum(avg_over_time(mesh_requests_in_flight{${labels},listener=~"inbound.*"}[1m]))${by}`,
};

/** In seconds. */
export const LATENCY_P99: ScalingSeries = {
  name: 'mesh_inbound_latency_p99_seconds',
  found: `mesh_request_duration_seconds_bucket{${INBOUND}}`,
  query: (labels, by) => `histogram_quantile(0.99, sum(rate(mesh_request_duration_seconds_bucket{${labels},${INBOUND}}[${WINDOW}])) by (le${by && `, ${by.slice(5, -1)}`}))`,
};

/** Where prometheus-adapter reads its rules, in a ConfigMap. */
export const ADAPTER_KEY = 'config.yaml';

export const SCALING_SERIES = [REQUESTS_PER_SECOND, REQUESTS_IN_FLIGHT, LATENCY_P99];

/** Which of them a configuration of prometheus-adapter serves. */
export function seriesServedBy(configuration: string): string[] {
  return SCALING_SERIES.map(({ name }) => name).filter((name) => new RegExp(`\\bas:\\s*["']?${name}\\b`).test(configuration));
}
