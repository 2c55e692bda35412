/** The dashboards: what Grafana gets, and that it reads metrics that there are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Testing } from 'cdk8s';
import { ConfigMapDashboardOptions, Dashboards, Mesh, MeshService, Monitoring, PrometheusOptions, Slo } from '../../src';
import { FAMILIES } from '../../src/proxy/telemetry/catalog';
import { dashboards, queriesOf } from '../support/dashboards';
import { findByKind, Manifest, newChart } from '../support/manifests';
import { promtool, testWithPromtool } from '../support/promtool';

const NAMES = ['call', 'gateway', 'overview', 'proxy', 'service', 'slo'];

function synth(options: PrometheusOptions): Manifest[] {
  const chart = newChart();
  new Mesh(chart, 'mesh', { monitoring: Monitoring.prometheus(options) });
  new MeshService(chart, 'web', { containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }], slo: Slo.availability('99%') });
  return Testing.synth(chart);
}

describe('what Grafana gets', () => {
  test('nothing, unless it is asked for', () => {
    expect(JSON.stringify(synth({}))).not.toContain('cdk8s-mesh-overview');
  });

  test('a ConfigMap for each dashboard, with the label that its sidecar looks for', () => {
    const maps = findByKind(synth({ dashboards: Dashboards.configMaps({ folder: 'Mesh' }) }), 'ConfigMap').filter(({ metadata }) => metadata.labels?.grafana_dashboard);
    expect(maps.map(({ metadata }) => metadata.name).sort()).toEqual(NAMES.map((name) => `cdk8s-mesh-${name}`));
    for (const { metadata, data } of maps) {
      expect(metadata).toMatchObject({ namespace: 'shop', labels: { grafana_dashboard: '1' }, annotations: { grafana_folder: 'Mesh' } });
      expect(Object.keys(data as object)).toEqual([`${metadata.name}.json`]);
      expect(JSON.parse(Object.values(data as Record<string, string>)[0])).toMatchObject({ uid: metadata.name });
    }
  });

  test('a GrafanaDashboard for each, where the Grafana Operator is', () => {
    const objects = findByKind(synth({ dashboards: Dashboards.grafanaOperator({ namespace: 'monitoring', folder: 'Mesh' }) }), 'GrafanaDashboard');
    expect(objects.map(({ metadata }) => metadata.name).sort()).toEqual(NAMES.map((name) => `cdk8s-mesh-${name}`));
    for (const { apiVersion, metadata, spec } of objects) {
      expect([apiVersion, metadata.namespace]).toEqual(['grafana.integreatly.org/v1beta1', 'monitoring']);
      expect(spec).toMatchObject({ instanceSelector: { matchLabels: { dashboards: 'grafana' } }, folder: 'Mesh' });
      expect(JSON.parse(spec.json as string)).toMatchObject({ uid: metadata.name });
    }
  });

  test('in a chart of their own when the Mesh is in none', () => {
    const app = new App();
    new Mesh(app, 'mesh', { monitoring: Monitoring.prometheus({ dashboards: Dashboards.configMaps({ namespace: 'grafana' }) }) });
    const charts = app.node.findAll().filter((construct) => Chart.isChart(construct)).map((chart) => Testing.synth(chart as Chart) as Manifest[]);
    expect(charts.flat().map(({ metadata }) => metadata.namespace)).toEqual(NAMES.map(() => 'grafana'));
  });

  test.each<[string, PrometheusOptions['dashboards'], string]>([
    ['another object', {} as Dashboards, '\'monitoring.dashboards\' is {}: make it with Dashboards.configMaps()'],
    ['no such option', Dashboards.configMaps({ label: {} } as ConfigMapDashboardOptions), '\'monitoring.dashboards.label\' is not a prop here: did you mean \'labels\'?'],
    ['a namespace that is no name', Dashboards.configMaps({ namespace: 'Grafana' }), '\'monitoring.dashboards.namespace\' is "Grafana"'],
    ['labels that find nothing', Dashboards.configMaps({ labels: {} }), '\'monitoring.dashboards.labels\' is {}: use an object of texts'],
    ['labels that are no texts', Dashboards.grafanaOperator({ instanceLabels: { a: 1 } as never }), '\'monitoring.dashboards.instanceLabels\''],
  ])('synthesis refuses %s', (_, options, message) => {
    expect(() => synth({ dashboards: options })).toThrow(message);
  });
});

testWithPromtool('promtool reads every query', () => {
  const queries = dashboards().flatMap(queriesOf).map(({ expr }) => expr.replaceAll('$__rate_interval', '1m'));
  const rules = { groups: [{ name: 'queries', rules: queries.map((expr, index) => ({ record: `query_${index}`, expr })) }] };
  const folder = mkdtempSync(join(tmpdir(), 'mesh-queries-'));
  try {
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify(rules));
    expect(promtool(['check', 'rules', join(folder, 'rules.yaml')])).toMatchObject({ ok: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.each(dashboards().map((dashboard) => [dashboard.file, dashboard] as const))('%s', (_, dashboard) => {
  const rules = findByKind(synth({}), 'PrometheusRule').flatMap(({ spec }) => (spec.groups as { rules: { record?: string; labels?: object }[] }[])
    .flatMap((group) => group.rules));
  const recorded = new Map(rules.map(({ record, labels }) => [record, Object.keys(labels ?? {})]));
  const families = new Map(Object.values(FAMILIES).map(({ name, labels }) => [name, labels as readonly string[]]));
  const ofTargets = ['namespace', 'pod', 'cdk8s_mesh_service', 'cdk8s_mesh_version', 'le'];

  test('is far smaller than kubectl apply can take, and a line for each panel', () => {
    expect(dashboard.text.length).toBeLessThan(64 * 1024);
    expect(dashboard.text.split('\n').filter((line) => line.startsWith('{"')).length).toBe(dashboard.panels.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  test('has no variable that nothing gives', () => {
    const known = [...dashboard.variables.map(({ name }) => name), 'datasource', '__rate_interval', '__data', '__value'];
    for (const [, name] of dashboard.text.replaceAll('"$__all"', '').matchAll(/\$\{?(\w+)/g)) expect(known).toContain(name);
  });

  test('reads metrics and labels that there are', () => {
    const exprs = [...queriesOf(dashboard).map(({ expr }) => expr), ...dashboard.variables.map(({ query }) => query.query)];
    for (const expr of exprs) {
      for (const [, metric, selector = ''] of expr.matchAll(/\b(mesh[:_][\w:]+|process_\w+)\b(?:\{([^}]*)\})?/g)) {
        if (/^mesh_(namespace|service)$/.test(metric)) continue;
        const labels = families.get(metric) ?? families.get(metric.replace(/_(bucket|sum|count)$/, ''))
          ?? (metric.startsWith('mesh:slo_slow') || metric.startsWith('mesh:slo_latency') ? ['mesh_namespace', 'mesh_service', 'within'] : recorded.get(metric));
        expect([metric, labels]).not.toEqual([metric, undefined]);
        for (const [, label] of selector.matchAll(/(\w+)(?:=|!)~?"/g)) expect([...labels!, ...ofTargets]).toContain(label);
      }
    }
  });
});
