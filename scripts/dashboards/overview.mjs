/** All services, who calls whom, and what is wrong anywhere. */
import { dashboard } from './dashboard.mjs';
import { lines, number, table, UNIT } from './panels.mjs';
import { failures, latency, requests, SERVICE, success } from './queries.mjs';

const IN = 'direction="inbound"';
const OUT = 'direction="outbound"';
const EACH = ['namespace', SERVICE];
const EDGE = [...EACH, 'cluster'];
const CALLS = `${OUT},cluster!="-"`;

export const overview = (sources) => dashboard({
  uid: 'cdk8s-mesh-overview',
  title: 'Overview',
  description: 'All services of the mesh: their traffic, errors and latency, who calls whom, and what is wrong.',
  rows: [
    ['The mesh', [
      number('Requests', 'Requests that services got from callers, a second.', UNIT.perSecond, requests([], IN)),
      number('Success', 'Part of the requests that did not fail, as callers see it.', UNIT.ratio, success(sources, [], OUT)),
      number('p99', 'Time to the end of the response, as callers see it.', UNIT.seconds, latency(0.99, [], OUT)),
      number('Proxies', 'Proxies that are scraped.', UNIT.count, 'count(mesh_build_info)'),
      number('Not ready', 'Proxies that are not ready.', UNIT.count, 'count(mesh_ready == 0) or vector(0)'),
      number('Alerts', 'Alerts of the mesh that fire.', UNIT.count, 'count(ALERTS{alertname=~"Mesh.*",alertstate="firing"}) or vector(0)'),
    ]],
    ['Services', [
      table('Services', 'Requests from callers, by the sidecars of the service.', {
        labels: { namespace: 'Namespace', [SERVICE]: 'Service' },
        columns: [
          ['Requests/s', UNIT.perSecond, requests(EACH, IN)],
          ['Success', UNIT.ratio, success(sources, EACH, IN)],
          ['p50', UNIT.seconds, latency(0.5, EACH, IN)],
          ['p99', UNIT.seconds, latency(0.99, EACH, IN)],
        ],
        link: { column: 'Service', title: 'Service', url: '/d/cdk8s-mesh-service?var-namespace=${__data.fields.Namespace}&var-service=${__value.text}' },
      }),
      table('Who calls whom', 'Requests by caller and version of the callee, by the sidecars and gateways of the callers.', {
        labels: { namespace: 'Namespace', [SERVICE]: 'Caller', cluster: 'Callee' },
        columns: [
          ['Requests/s', UNIT.perSecond, requests(EDGE, CALLS)],
          ['Success', UNIT.ratio, success(sources, EDGE, CALLS)],
          ['p99', UNIT.seconds, latency(0.99, EDGE, CALLS)],
        ],
        link: {
          column: 'Callee', title: 'Call',
          url: '/d/cdk8s-mesh-call?var-namespace=${__data.fields.Namespace}&var-service=${__data.fields.Caller}&var-callee=${__value.text}',
        },
      }),
      lines('Requests', 'By service.', UNIT.perSecond, { [`{{${SERVICE}}}`]: requests(EACH, IN) }),
      lines('Failures by reason', 'Status 500 and above, as callers see it. A reason "-" is the app\'s own response.', UNIT.perSecond, {
        '{{cluster}}: {{code}} {{reason}}': failures(['cluster', 'code', 'reason'], OUT),
      }),
      lines('p99', 'By service.', UNIT.seconds, { [`{{${SERVICE}}}`]: latency(0.99, EACH, IN) }),
    ]],
    ['What is wrong', [
      lines('Endpoints that get no requests', 'By callee and state, as the worst placed caller sees it.', UNIT.count, {
        '{{cluster}} {{state}}': 'max by (cluster, state) (mesh_endpoints{state!="ready"}) > 0 or max by (cluster, state) (0 * mesh_endpoints{state="ejected"})',
      }),
      lines('Configurations refused', 'Proxies that keep an older configuration.', UNIT.count, {
        [`{{${SERVICE}}}`]: `sum by (${EACH.join(', ')}) (increase(mesh_config_reloads_total{result="rejected"}[15m]))`,
      }),
      lines('Staleness of discovery', 'Longest time since endpoints were last confirmed.', UNIT.seconds, {
        [`{{${SERVICE}}}`]: `max by (${EACH.join(', ')}) (mesh_discovery_age_seconds)`,
      }),
    ]],
  ],
});
