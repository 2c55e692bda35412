/** One edge of the call graph: a caller and a version of what it calls. */
import { dashboard } from './dashboard.mjs';
import { lines, number, percentiles, UNIT } from './panels.mjs';
import { grpcStatuses, latency, OWN, rate, requests, share, success } from './queries.mjs';

const CALL = `${OWN},cluster="$callee"`;
const OUT = `${CALL},direction="outbound"`;

export const call = (sources) => dashboard({
  uid: 'cdk8s-mesh-call',
  title: 'Call',
  description: 'One edge of the call graph: a caller, and a version of what it calls, with attempts, connections and endpoints.',
  variables: ['namespace', 'service', 'callee'],
  rows: [
    ['Requests', [
      number('Requests', 'A second.', UNIT.perSecond, requests([], OUT)),
      number('Success', 'Part of them that did not fail.', UNIT.ratio, success(sources, [], OUT)),
      number('p50', 'Time to the end of the response.', UNIT.seconds, latency(0.5, [], OUT)),
      number('p99', 'Time to the end of the response.', UNIT.seconds, latency(0.99, [], OUT)),
      number('In flight', 'Requests under way to endpoints, those that wait included.', UNIT.count, `sum(mesh_upstream_requests_in_flight{${CALL}})`),
      number('Ready endpoints', 'Of the caller that sees the fewest.', UNIT.count, `min(mesh_endpoints{${CALL},state="ready"})`),
      lines('Requests by status', 'And by reason, when the proxy answered by itself.', UNIT.perSecond, { '{{code}} {{reason}}': requests(['code', 'reason'], OUT) }),
      lines('gRPC calls by status', 'By its number: 0 is OK. Empty where no gRPC is spoken.', UNIT.perSecond, { '{{grpc_response_status}}': grpcStatuses(OUT) }),
      percentiles('Latency', 'Time to the end of the response.', (quantile) => latency(quantile, [], OUT)),
      lines('Requests by route', 'And by method.', UNIT.perSecond, { '{{route}} {{method}}': requests(['route', 'method'], OUT) }),
    ]],
    ['Attempts', [
      lines('Attempts for each request', 'More than 1 are retries and hedges.', UNIT.count, {
        attempts: share(rate([], 'mesh_upstream_attempts_total', CALL), requests([], OUT)),
      }),
      lines('Retries by reason', 'What failed before.', UNIT.events, { '{{reason}}': rate(['reason'], 'mesh_retries_total', CALL) }),
      lines('Hedges, and retries denied', 'Denied by the retry budget, or by the limit on retries in flight.', UNIT.events, {
        hedges: rate([], 'mesh_hedges_total', CALL), 'denied: {{cause}}': rate(['cause'], 'mesh_retries_denied_total', CALL),
      }),
    ]],
    ['Connections', [
      lines('Connections', 'Open or being made.', UNIT.count, { '{{pod}}': `sum by (pod) (mesh_upstream_connections_open{${CALL}})` }),
      lines('Connections begun, and reused', 'A second.', UNIT.events, {
        begun: rate([], 'mesh_upstream_connections_total', CALL), reused: rate([], 'mesh_upstream_connections_reused_total', CALL),
      }),
      lines('Connection failures', 'By kind.', UNIT.events, { '{{kind}}': rate(['kind'], 'mesh_upstream_connection_failures_total', CALL) }),
      lines('Waiting requests', 'For a connection, or for the first endpoints.', UNIT.count, { '{{pod}}': `sum by (pod) (mesh_pending_requests{${CALL}})` }),
      lines('Limits reached', 'By name in the configuration.', UNIT.events, { '{{limit}}': rate(['limit'], 'mesh_upstream_limit_reached_total', CALL) }),
    ]],
    ['TCP', [
      lines('Connections', 'Open to its endpoints.', UNIT.count, { '{{pod}}': `sum by (pod) (mesh_tcp_connections_open{${OUT}})` }),
      lines('Connections closed by reason', '"-" are those that both sides have ended in order.', UNIT.events, {
        '{{reason}}': rate(['reason'], 'mesh_tcp_connections_closed_total', OUT),
      }),
      lines('Bytes', 'From and to the caller\'s apps.', UNIT.bytesPerSecond, {
        received: rate([], 'mesh_tcp_received_bytes_total', OUT), sent: rate([], 'mesh_tcp_sent_bytes_total', OUT),
      }),
      lines('How long connections last', 'Median of those that are over.', UNIT.seconds, {
        p50: `histogram_quantile(0.5, ${rate(['le'], 'mesh_tcp_connection_duration_seconds_bucket', OUT)})`,
      }),
    ]],
    ['Endpoints', [
      lines('Endpoints by state', 'Highest number of any pod of the caller.', UNIT.count, { '{{state}}': `max by (state) (mesh_endpoints{${CALL}})` }),
      lines('Ejections', 'Outliers that were ejected, by rule.', UNIT.events, { '{{rule}}': rate(['rule'], 'mesh_outliers_ejected_total', CALL) }),
      lines('Staleness of discovery', 'Time since endpoints were last confirmed.', UNIT.seconds, { '{{pod}}': `max by (pod) (mesh_discovery_age_seconds{${CALL}})` }),
      lines('Health checks', 'By result.', UNIT.events, { '{{result}}': rate(['result'], 'mesh_health_checks_total', CALL) }),
      lines('Load-balancing policy', 'The one in use, where one of several is chosen.', UNIT.count, { '{{policy}}': `sum by (policy) (mesh_balancing_policy{${CALL}})` }),
      lines('Requests in the zone', 'Part that stays in the caller\'s zone.', UNIT.ratio, { '{{pod}}': `max by (pod) (mesh_local_zone_share{${CALL}})` }),
    ]],
  ],
});
