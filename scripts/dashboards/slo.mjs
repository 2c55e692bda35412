/** Objectives of a service or gateway, and what is left of their error budgets. The rules of the mesh record what it reads. */
import { dashboard } from './dashboard.mjs';
import { lines, number, table, UNIT } from './panels.mjs';

const SUBJECT = 'mesh_namespace="$namespace",mesh_service="$service"';
const EACH = 'mesh_namespace, mesh_service';
const WINDOWS = ['5m', '1h', '6h', '1d', '3d'];

/** What part of the error budget of 30 days is left; below 0 it is overspent. */
const left = (selector) => {
  const failed = `sum by (${EACH}) (sum_over_time((mesh:slo_errors:ratio_rate5m{${selector}} * mesh:slo_requests:rate5m{${selector}} > 0)[30d:5m]))`;
  const all = `sum by (${EACH}) (sum_over_time(mesh:slo_requests:rate5m{${selector}}[30d:5m]))`;
  return `1 - ((${failed} or 0 * ${all}) / ${all}) / on (${EACH}) (1 - mesh:slo_objective:ratio{${selector}})`;
};

const burn = (ratio, objective, window, selector, on) => `${ratio}${window}{${selector}} / on (${on}) (1 - ${objective}{${selector}})`;
const errorBurn = (window, selector) => burn('mesh:slo_errors:ratio_rate', 'mesh:slo_objective:ratio', window, selector, EACH);
const latencyBurn = (window) => burn('mesh:slo_slow:ratio_rate', 'mesh:slo_latency_objective:ratio', window, SUBJECT, `${EACH}, within`);

export const slo = () => dashboard({
  uid: 'cdk8s-mesh-slo',
  title: 'Objectives',
  description: 'Service level objectives over 30 days: how fast error budgets are used, and what is left of them.',
  variables: ['sloNamespace', 'sloService'],
  rows: [
    ['All objectives', [
      table('Availability', 'A burn rate of 1 uses the budget up in exactly 30 days.', {
        labels: { mesh_namespace: 'Namespace', mesh_service: 'Service' },
        columns: [
          ['Objective', UNIT.ratio, `max by (${EACH}) (mesh:slo_objective:ratio)`],
          ['Budget left', UNIT.ratio, left('')],
          ['Burn rate, 1 h', UNIT.count, errorBurn('1h', '')],
          ['Requests/s', UNIT.perSecond, `max by (${EACH}) (mesh:slo_requests:rate1h)`],
        ],
      }),
      lines('Error budget left', 'Of 30 days; below 0 it is overspent.', UNIT.ratio, { '{{mesh_namespace}}/{{mesh_service}}': left('') }).span(12).height(9),
    ]],
    ['$namespace/$service', [
      number('Objective', 'Part of the requests that may not fail.', UNIT.ratio, `max(mesh:slo_objective:ratio{${SUBJECT}})`),
      number('Budget left', 'Of 30 days.', UNIT.ratio, left(SUBJECT)),
      number('Burn rate, 1 h', 'An alert is critical from 14.4 on.', UNIT.count, errorBurn('1h', SUBJECT)),
      number('Burn rate, 6 h', 'An alert is critical from 6 on.', UNIT.count, errorBurn('6h', SUBJECT)),
      number('Requests', 'A second, over 5 minutes.', UNIT.perSecond, `max(mesh:slo_requests:rate5m{${SUBJECT}})`),
      number('Alerts', 'On its budgets, that fire.', UNIT.count, 'count(ALERTS{alertname=~"Mesh(Error|Latency)BudgetBurn",alertstate="firing",mesh_namespace="$namespace",mesh_service="$service"}) or vector(0)'),
      lines('Burn rate of errors', 'By window.', UNIT.count, Object.fromEntries(WINDOWS.map((window) => [window, errorBurn(window, SUBJECT)]))),
      lines('Burn rate of latency', 'By window; "within" is the time that the objective gives.', UNIT.count, Object.fromEntries(WINDOWS.map((window) => [`${window}, within {{within}} s`, latencyBurn(window)]))),
      lines('Failed and slow requests', 'Over 5 minutes.', UNIT.ratio, {
        failed: `mesh:slo_errors:ratio_rate5m{${SUBJECT}}`, 'longer than {{within}} s': `mesh:slo_slow:ratio_rate5m{${SUBJECT}}`,
      }),
    ]],
  ],
});
