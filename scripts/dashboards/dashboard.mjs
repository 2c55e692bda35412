/** A dashboard of rows of panels, as text: each panel is a line, so that a diff tells which ones have changed. */
import { DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder, DashboardLinkType, DatasourceVariableBuilder, QueryVariableBuilder, RowBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

const TAG = 'cdk8s-mesh';

/** Choices at the top, each among the values of a label. */
const VARIABLES = {
  namespace: { metric: 'mesh_build_info', label: 'namespace' },
  service: { metric: 'mesh_build_info{namespace="$namespace"}', label: 'cdk8s_mesh_service' },
  version: { metric: 'mesh_build_info{namespace="$namespace",cdk8s_mesh_service="$service"}', label: 'cdk8s_mesh_version', multi: true },
  callee: { metric: 'mesh_upstream_attempts_total{namespace="$namespace",cdk8s_mesh_service="$service"}', label: 'cluster' },
  gatewayNamespace: { name: 'namespace', metric: 'mesh_downstream_connections_total{listener=~"https?"}', label: 'namespace' },
  gateway: { name: 'service', title: 'gateway', metric: 'mesh_downstream_connections_total{namespace="$namespace",listener=~"https?"}', label: 'cdk8s_mesh_service' },
  sloNamespace: { name: 'namespace', metric: 'mesh:slo_objective:ratio', label: 'mesh_namespace' },
  sloService: { name: 'service', metric: 'mesh:slo_objective:ratio{mesh_namespace="$namespace"}', label: 'mesh_service' },
};

/**
 * @param {{ uid: string, title: string, description: string, variables?: string[], rows: any[] }} about names of its variables, and rows of a
 * title and panels
 */
export function dashboard({ uid, title, description, variables = [], rows }) {
  const builder = new DashboardBuilder(`Mesh / ${title}`).uid(uid).description(description).tags([TAG]).refresh('30s').time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(new DashboardLinkBuilder('Mesh').type(DashboardLinkType.Dashboards).tags([TAG]).asDropdown(true).includeVars(true).keepTime(true))
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  for (const name of variables) builder.withVariable(variable(name));
  let id = 1;
  for (const [row, panels] of rows) {
    builder.withRow(new RowBuilder(row).id(id++));
    for (const panel of panels) builder.withPanel(panel.id(id++));
  }
  return textOf(builder.build());
}

function variable(key) {
  const { name = key, title = name, metric, label, multi = false } = VARIABLES[key];
  const definition = `label_values(${metric}, ${label})`;
  const builder = new QueryVariableBuilder(name).label(title).datasource({ type: 'prometheus', uid: '$datasource' })
    .query({ query: definition, refId: 'PrometheusVariableQuery' }).definition(definition)
    .refresh(VariableRefresh.OnTimeRangeChanged).sort(VariableSort.AlphabeticalAsc).multi(multi).includeAll(multi);
  return multi ? builder.current({ selected: true, text: ['All'], value: ['$__all'] }) : builder;
}

function textOf(model) {
  const fields = Object.entries(model).filter(([, value]) => value !== undefined).map(([name, value]) => (
    name === 'panels' ? `"panels":[\n${value.map((panel) => JSON.stringify(panel)).join(',\n')}\n]` : `${JSON.stringify(name)}:${JSON.stringify(value)}`));
  return `{\n${fields.join(',\n')}\n}\n`;
}
