/** One service: what it gets, from whom, by which versions and routes, and what it asks others for. */
import { dashboard } from './dashboard.mjs';
import { heatmap, lines, number, percentiles, table, UNIT } from './panels.mjs';
import { failures, grpcStatuses, latency, OWN, rate, requests, SERVICE, share, success, VERSION } from './queries.mjs';

const IN = `${OWN},direction="inbound"`;
const OUT = `${OWN},direction="outbound"`;
/** Requests to its versions, as callers count them. */
const TO = 'direction="outbound",cluster=~"$namespace/$service-($version)"';
const CALLER = ['namespace', SERVICE];
const ROUTE = ['listener', 'route'];

export const service = (sources) => dashboard({
  uid: 'cdk8s-mesh-service',
  title: 'Service',
  description: 'One service: what it gets, from whom, by which versions and routes, and what it asks others for.',
  variables: ['namespace', 'service', 'version'],
  rows: [
    ['Golden signals, at the service', [
      number('Requests', 'Requests that its sidecars got, a second.', UNIT.perSecond, requests([], IN)),
      number('Success', 'Part of them that did not fail.', UNIT.ratio, success(sources, [], IN)),
      number('p50', 'Time to the end of the response.', UNIT.seconds, latency(0.5, [], IN)),
      number('p99', 'Time to the end of the response.', UNIT.seconds, latency(0.99, [], IN)),
      number('In flight', 'Requests under way in its sidecars.', UNIT.count, `sum(mesh_requests_in_flight{${OWN},listener=~"inbound.*"})`),
      number('Pods', 'Proxies that are scraped.', UNIT.count, `count(mesh_build_info{${OWN}})`),
      lines('Requests by status', 'And by reason, when the sidecar answered by itself.', UNIT.perSecond, { '{{code}} {{reason}}': requests(['code', 'reason'], IN) }),
      lines('gRPC calls by status', 'By its number: 0 is OK. Empty where no gRPC is spoken.', UNIT.perSecond, { '{{grpc_response_status}}': grpcStatuses(IN) }),
      percentiles('Latency', 'Time to the end of the response.', (quantile) => latency(quantile, [], IN)),
      heatmap('Latency, all requests', 'How many took how long.', rate(['le'], 'mesh_request_duration_seconds_bucket', IN)),
      lines('Saturation', 'Requests that the app works on, of those that it may.', UNIT.ratio, {
        '{{pod}}': `sum by (pod) (mesh_admission_in_flight{${OWN}}) / sum by (pod) (mesh_admission_limit{${OWN}})`,
      }),
      lines('Requests by caller', 'By verified identity; "unknown" has none.', UNIT.perSecond, { '{{caller}}': requests(['caller'], IN) }),
      lines('Authorization', 'What its rules decided, and why not.', UNIT.events, {
        '{{decision}} {{cause}}': rate(['decision', 'cause'], 'mesh_authorization_decisions_total', OWN),
      }),
    ]],
    ['In: as callers see it', [
      table('Callers', 'Requests to it, by the sidecars of its callers.', {
        labels: { namespace: 'Namespace', [SERVICE]: 'Caller' },
        columns: [
          ['Requests/s', UNIT.perSecond, requests(CALLER, TO)],
          ['Success', UNIT.ratio, success(sources, CALLER, TO)],
          ['p99', UNIT.seconds, latency(0.99, CALLER, TO)],
        ],
      }),
      table('Versions', 'Share of the requests that each version gets, and how it does.', {
        labels: { cluster: 'Version' },
        columns: [
          ['Share', UNIT.ratio, `${requests(['cluster'], TO)} / on () group_left () ${requests([], TO)}`],
          ['Requests/s', UNIT.perSecond, requests(['cluster'], TO)],
          ['Success', UNIT.ratio, success(sources, ['cluster'], TO)],
          ['p50', UNIT.seconds, latency(0.5, ['cluster'], TO)],
          ['p99', UNIT.seconds, latency(0.99, ['cluster'], TO)],
        ],
      }),
      lines('Requests by version', 'As callers count them.', UNIT.perSecond, { '{{cluster}}': requests(['cluster'], TO) }),
      lines('Success by version', 'Part of the requests that did not fail.', UNIT.ratio, { '{{cluster}}': success(sources, ['cluster'], TO) }),
      lines('p99 by version', 'Time to the end of the response, at callers.', UNIT.seconds, { '{{cluster}}': latency(0.99, ['cluster'], TO) }),
      lines('Requests by route', 'Routes of the callers\' listeners.', UNIT.perSecond, { '{{listener}} {{route}}': requests(ROUTE, TO) }),
      lines('Failures by route', 'Status 500 and above, by reason; "-" is the app\'s own response.', UNIT.perSecond, {
        '{{listener}} {{route}}: {{code}} {{reason}}': failures([...ROUTE, 'code', 'reason'], TO),
      }),
      lines('p99 by route', 'Time to the end of the response, at callers.', UNIT.seconds, { '{{listener}} {{route}}': latency(0.99, ROUTE, TO) }),
      lines('Endpoints', 'Of each version, by state; the highest number of any caller.', UNIT.count, {
        '{{cluster}} {{state}}': 'max by (cluster, state) (mesh_endpoints{cluster=~"$namespace/$service-($version)"})',
      }),
      lines('Retries', 'Part of the attempts that were retries, by version.', UNIT.ratio, {
        '{{cluster}}': share(
          rate(['cluster'], 'mesh_retries_total', 'cluster=~"$namespace/$service-($version)"'),
          rate(['cluster'], 'mesh_upstream_attempts_total', 'cluster=~"$namespace/$service-($version)"'),
        ),
      }),
      lines('Ejections', 'Endpoints that callers ejected, by rule.', UNIT.events, {
        '{{cluster}} {{rule}}': rate(['cluster', 'rule'], 'mesh_outliers_ejected_total', 'cluster=~"$namespace/$service-($version)"'),
      }),
    ]],
    ['Out: what it calls', [
      lines('Requests by callee', 'Requests of its apps.', UNIT.perSecond, { '{{cluster}}': requests(['cluster'], OUT) }),
      lines('Success by callee', 'Part of them that did not fail.', UNIT.ratio, { '{{cluster}}': success(sources, ['cluster'], OUT) }),
      lines('p99 by callee', 'Time to the end of the response.', UNIT.seconds, { '{{cluster}}': latency(0.99, ['cluster'], OUT) }),
    ]],
    ['TCP', [
      lines('Connections by caller', 'Open to its pods; by verified identity, "unknown" has none.', UNIT.count, {
        '{{caller}}': `sum by (caller) (mesh_tcp_connections_open{${IN}})`,
      }),
      lines('Connections opened by callee', 'A second, by its apps.', UNIT.events, { '{{cluster}}': rate(['cluster'], 'mesh_tcp_connections_opened_total', OUT) }),
      lines('Connections closed by reason', '"-" are those that both sides have ended in order.', UNIT.events, {
        '{{direction}} {{reason}}': rate(['direction', 'reason'], 'mesh_tcp_connections_closed_total', OWN),
      }),
      lines('Bytes', 'At its pods, on connections that came in.', UNIT.bytesPerSecond, {
        received: rate([], 'mesh_tcp_received_bytes_total', IN), sent: rate([], 'mesh_tcp_sent_bytes_total', IN),
      }),
    ]],
    ['Pods', [
      lines('Requests by pod', 'At its sidecars.', UNIT.perSecond, { '{{pod}}': requests(['pod'], IN) }),
      lines('p99 by pod', 'At its sidecars.', UNIT.seconds, { '{{pod}}': latency(0.99, ['pod'], IN) }),
      lines('CPU of sidecars', 'By version.', UNIT.cores, { [`{{${VERSION}}}`]: rate([VERSION], 'process_cpu_seconds_total', OWN) }),
    ]],
  ],
});
