/** A gateway: what clients from outside ask for, and what becomes of it. */
import { dashboard } from './dashboard.mjs';
import { lines, number, percentiles, UNIT } from './panels.mjs';
import { failures, latency, OWN, rate, requests, success } from './queries.mjs';

const CLIENTS = `${OWN},direction="outbound"`;

export const gateway = (sources) => dashboard({
  uid: 'cdk8s-mesh-gateway',
  title: 'Gateway',
  description: 'A gateway: what clients from outside ask for, what becomes of it, and their connections.',
  variables: ['gatewayNamespace', 'gateway'],
  rows: [
    ['Requests of clients', [
      number('Requests', 'A second.', UNIT.perSecond, requests([], CLIENTS)),
      number('Success', 'Part of them that did not fail.', UNIT.ratio, success(sources, [], CLIENTS)),
      number('p50', 'Time to the end of the response.', UNIT.seconds, latency(0.5, [], CLIENTS)),
      number('p99', 'Time to the end of the response.', UNIT.seconds, latency(0.99, [], CLIENTS)),
      number('Connections', 'Open connections of clients.', UNIT.count, `sum(mesh_downstream_connections_open{${OWN}})`),
      number('Pods', 'Proxies that are scraped.', UNIT.count, `count(mesh_build_info{${OWN}})`),
      lines('Requests by status', 'And by reason, when the gateway answered by itself.', UNIT.perSecond, { '{{code}} {{reason}}': requests(['code', 'reason'], CLIENTS) }),
      percentiles('Latency', 'Time to the end of the response.', (quantile) => latency(quantile, [], CLIENTS)),
      lines('Requests by route', 'And by listener.', UNIT.perSecond, { '{{listener}} {{route}}': requests(['listener', 'route'], CLIENTS) }),
      lines('Requests by destination', 'Version of the service; "-" when none was chosen.', UNIT.perSecond, { '{{cluster}}': requests(['cluster'], CLIENTS) }),
      lines('Failures by destination', 'Status 500 and above.', UNIT.perSecond, { '{{cluster}}: {{code}} {{reason}}': failures(['cluster', 'code', 'reason'], CLIENTS) }),
      lines('p99 by destination', 'Time to the end of the response.', UNIT.seconds, { '{{cluster}}': latency(0.99, ['cluster'], CLIENTS) }),
    ]],
    ['Connections of clients', [
      lines('Connections', 'Accepted a second.', UNIT.events, { '{{listener}}': rate(['listener'], 'mesh_downstream_connections_total', OWN) }),
      lines('Refused', 'For the client that they come from.', UNIT.events, { '{{reason}}': rate(['reason'], 'mesh_downstream_connections_refused_total', OWN) }),
      lines('Bytes', 'Of bodies and tunnels.', UNIT.bytesPerSecond, {
        received: rate([], 'mesh_received_bytes_total', OWN), sent: rate([], 'mesh_sent_bytes_total', OWN),
      }),
      lines('TLS handshakes', 'Completed, and failed by kind.', UNIT.events, {
        completed: rate([], 'mesh_tls_handshakes_total', OWN), '{{kind}}': rate(['kind'], 'mesh_tls_handshake_failures_total', OWN),
      }),
      lines('Time to expiry of certificates', 'Shortest of all pods.', UNIT.seconds, {
        '{{certificate}}': `min by (certificate) (mesh_certificate_seconds_to_expiry{${OWN}})`,
      }),
      lines('Problems of certificates', '1 while there is one.', UNIT.count, {
        '{{certificate}} {{problem}}': `max by (certificate, problem) (mesh_certificate_problem{${OWN}})`,
      }),
    ]],
  ],
});
