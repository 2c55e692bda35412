/** What the proxies of a workload need, and how they do. */
import { dashboard } from './dashboard.mjs';
import { lines, number, UNIT } from './panels.mjs';
import { OWN, rate, requests } from './queries.mjs';

const perPod = (metric, more = '') => ({ '{{pod}}': `max by (pod) (${metric}{${OWN}${more}})` });

export const proxy = () => dashboard({
  uid: 'cdk8s-mesh-proxy',
  title: 'Proxies',
  description: 'The proxies of a workload: CPU, memory, delays, limits, configuration, discovery, identity, telemetry.',
  variables: ['namespace', 'service'],
  rows: [
    ['State', [
      number('Proxies', 'That are scraped.', UNIT.count, `count(mesh_build_info{${OWN}})`),
      number('Ready', 'Proxies that are ready.', UNIT.count, `sum(mesh_ready{${OWN}})`),
      number('Terminating', 'Proxies whose pods go away.', UNIT.count, `sum(mesh_terminating{${OWN}})`),
      number('Configurations', 'Different ones in force: more than one for a version means that some proxies are behind.', UNIT.count, `count(count by (hash) (mesh_config_info{${OWN}}))`),
      number('Releases', 'Different releases of the proxy.', UNIT.count, `count(count by (version) (mesh_build_info{${OWN}}))`),
      number('Fields left out', 'Places of the configuration that proxies are too old for.', UNIT.count, `max(mesh_config_ignored_fields{${OWN}})`),
    ]],
    ['Resources', [
      lines('CPU', 'Cores in use.', UNIT.cores, { '{{pod}}': rate(['pod'], 'process_cpu_seconds_total', OWN) }),
      lines('CPU for each request', 'Seconds; both directions count.', UNIT.seconds, {
        '{{pod}}': `${rate(['pod'], 'process_cpu_seconds_total', OWN)} / ${requests(['pod'], OWN)}`,
      }),
      lines('Memory', 'Resident.', UNIT.bytes, perPod('process_resident_memory_bytes')),
      lines('Event loop delay', 'How much later than planned work was done, at worst.', UNIT.seconds, perPod('mesh_event_loop_delay_seconds', ',percentile="99"')),
      lines('Shortness of memory', 'Level 0 to 3.', UNIT.count, perPod('mesh_memory_level')),
      lines('What was done about memory', 'By action.', UNIT.events, { '{{action}}': rate(['action'], 'mesh_memory_actions_total', OWN) }),
      lines('Connections', 'Open, from clients and to endpoints.', UNIT.count, {
        'from clients': `sum(mesh_downstream_connections_open{${OWN}})`, 'to endpoints': `sum(mesh_upstream_connections_open{${OWN}})`,
      }),
      lines('Limits reached', 'By name.', UNIT.events, { '{{limit}}': rate(['limit'], 'mesh_limit_reached_total', OWN) }),
      lines('Restarts', 'Processes that died and were started again.', UNIT.count, perPod('mesh_process_deaths_total')),
    ]],
    ['Configuration, discovery and identity', [
      lines('Configurations read', 'By result.', UNIT.events, { '{{result}}': rate(['result'], 'mesh_config_reloads_total', OWN) }),
      lines('Staleness of discovery', 'Time since endpoints were last confirmed.', UNIT.seconds, { '{{cluster}}': `max by (cluster) (mesh_discovery_age_seconds{${OWN}})` }),
      lines('Failures of discovery', 'In a row.', UNIT.count, { '{{cluster}}': `max by (cluster) (mesh_discovery_consecutive_failures{${OWN}})` }),
      lines('Time to expiry of identities', 'Certificate and trust bundle; shortest of all pods.', UNIT.seconds, {
        '{{file}}': `min by (file) (mesh_identity_expiration_timestamp_seconds{${OWN}}) - time()`,
      }),
      lines('Callers refused', 'Connections whose client did not prove who it is, or came without TLS.', UNIT.events, {
        '{{fault}}': rate(['fault'], 'mesh_mutual_tls_callers_refused_total', OWN), plain: rate([], 'mesh_plain_connections_refused_total', OWN),
      }),
      lines('HTTP/2 connections closed', 'Because of what the client did, by error code.', UNIT.events, {
        '{{code}}': rate(['code'], 'mesh_http2_connections_failed_total', OWN),
      }),
      lines('Tokens', 'JSON Web Tokens of requests, by what became of them.', UNIT.events, { '{{result}}': rate(['result'], 'mesh_jwt_tokens_total', OWN) }),
      lines('Past the sidecar', 'Requests that came without a sidecar though their pods have one.', UNIT.events, {
        requests: rate([], 'mesh_bypassing_requests_total', OWN),
      }),
    ]],
    ['Telemetry', [
      lines('Spans', 'By what became of them.', UNIT.events, { '{{result}}': rate(['result'], 'mesh_spans_total', OWN) }),
      lines('Spans that wait', 'For the collector.', UNIT.count, { '{{pod}}': `max by (pod) (mesh_spans_queued{${OWN}})` }),
      lines('Log lines dropped', 'Because nobody read them.', UNIT.events, { '{{pod}}': rate(['pod'], 'mesh_log_lines_dropped_total', OWN) }),
    ]],
  ],
});
