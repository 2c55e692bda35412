/** Objects and rules for Prometheus, judged by Prometheus' own tool. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { stringify } from 'yaml';
import {
  Gateway, GatewayProps, Match, Mesh, MeshService, MeshServiceProps, MeshSidecar, Monitoring, PrometheusOptions, Route, Slo,
} from '../../src';
import { ALERT_NAMES } from '../../src/constructs/monitoring/alerts';
import { FAMILIES } from '../../src/proxy/telemetry/catalog';
import { findByKind, findOne, inventory, Manifest, newChart, podSpec } from '../support/manifests';
import { promtool, testWithPromtool } from '../support/promtool';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const SLO = Slo.availability('99.9%').latency('p99', Duration.millis(300));

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: Record<string, string>;
  readonly labels?: Record<string, string>;
}

function synth(monitoring?: Monitoring, props: Partial<MeshServiceProps> = {}): Manifest[] {
  const chart = newChart();
  new Mesh(chart, 'mesh', { monitoring });
  new MeshService(chart, 'catalog', { containers, ...props }).addVersion('v2', { containers, weight: 5 });
  return Testing.synth(chart);
}

const groupsOf = (manifests: Manifest[]) => findByKind(manifests, 'PrometheusRule')[0].spec.groups as { name: string; rules: Rule[] }[];
const rulesOf = (options: PrometheusOptions = {}, slo = SLO) => (
  groupsOf(synth(Monitoring.prometheus(options), { slo })).flatMap(({ rules }) => rules)
);

test('nothing is made unless it is declared', () => {
  const manifests = synth();
  expect(manifests.filter(({ apiVersion }) => apiVersion.startsWith('monitoring'))).toEqual([]);
  expect(JSON.stringify(manifests)).not.toContain('prometheus.io');
});

test('each workload has a PodMonitor that selects its pods and the port of metrics', () => {
  const manifests = synth(Monitoring.prometheus({ labels: { release: 'prometheus' }, interval: Duration.seconds(15) }));
  const monitors = findByKind(manifests, 'PodMonitor');
  expect(monitors.map(({ metadata }) => [metadata.name, metadata.labels])).toEqual([['catalog-v1', { release: 'prometheus' }], ['catalog-v2', { release: 'prometheus' }]]);
  for (const [index, { spec }] of monitors.entries()) {
    const { template } = findByKind(manifests, 'Deployment')[index].spec;
    expect(template.metadata.labels).toMatchObject(spec.selector.matchLabels as object);
    const [{ port, interval, path }] = spec.podMetricsEndpoints as [{ port: string; interval: string; path: string }];
    expect([interval, path]).toEqual(['15s', '/metrics']);
    expect(podSpec(findByKind(manifests, 'Deployment')[index]).initContainers[0].ports.map(({ name }: { name: string }) => name)).toContain(port);
  }
});

test('a workload that is exposed later is selected by the labels that it has then', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { monitoring: Monitoring.prometheus() });
  const workload = new kplus.Deployment(chart, 'cart', { containers });
  new MeshSidecar(chart, 'sidecar', { workload, serviceName: 'cart' }).expose({ port: 80 });
  const manifests = Testing.synth(chart);
  expect(findByKind(manifests, 'Deployment')[0].spec.template.metadata.labels)
    .toMatchObject(findByKind(manifests, 'PodMonitor')[0].spec.selector.matchLabels as object);
});

/** A gateway before a service, in a Mesh with some monitoring. */
function synthGateway(ofMesh?: Monitoring, props: GatewayProps = {}): Manifest[] {
  const chart = newChart();
  new Mesh(chart, 'mesh', { monitoring: ofMesh });
  new Gateway(chart, 'edge', props).route('shop.example.com', new MeshService(chart, 'web', { containers }));
  return Testing.synth(chart);
}

describe('a gateway', () => {
  test('has a PodMonitor for its pods and the alerts of services, by the nearest Mesh', () => {
    const manifests = synthGateway(Monitoring.prometheus({ labels: { release: 'prometheus' } }));
    const { spec, metadata } = findOne(manifests, 'PodMonitor', 'edge');
    expect([metadata.namespace, metadata.labels]).toEqual(['shop', { release: 'prometheus' }]);
    const { template } = findOne(manifests, 'Deployment', 'edge').spec;
    expect(template.metadata.labels).toMatchObject(spec.selector.matchLabels as object);
    expect(template.spec.containers[0].ports.map(({ name }: { name: string }) => name)).toContain(spec.podMetricsEndpoints[0].port);
    const { groups } = findOne(manifests, 'PrometheusRule', 'edge').spec as { groups: { name: string; rules: Rule[] }[] };
    expect(groups.map(({ name }) => name)).toEqual(['mesh.shop.edge.alerts']);
    expect(groups[0].rules.every(({ expr }) => expr.includes('{namespace="shop",cdk8s_mesh_service="edge"'))).toBe(true);
    // It has no app that could be overloaded.
    expect(groups[0].rules.map(({ alert }) => alert)).not.toContain('MeshOverloaded');
  });

  test('is annotated where there is no operator', () => {
    const { template } = findOne(synthGateway(Monitoring.prometheus({ operator: false })), 'Deployment', 'edge').spec;
    expect(template.metadata.annotations).toMatchObject({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '15020', 'prometheus.io/path': '/metrics' });
  });

  test('may say otherwise than the Mesh', () => {
    expect(inventory(synthGateway(Monitoring.prometheus(), { monitoring: Monitoring.none() })).filter((line) => /^(PodMonitor|PrometheusRule).*edge/.test(line))).toEqual([]);
  });

  test('has objectives for all that its clients send', () => {
    const { groups } = findOne(synthGateway(Monitoring.prometheus(), { slo: SLO }), 'PrometheusRule', 'edge').spec as { groups: { rules: Rule[] }[] };
    const [requests] = groups.flatMap(({ rules }) => rules).filter(({ record }) => record === 'mesh:slo_requests:rate5m');
    expect(requests.expr).toBe('sum(rate(mesh_requests_total{direction="outbound",namespace="shop",cdk8s_mesh_service="edge"}[5m]))');
    expect(() => synthGateway(undefined, { slo: SLO })).toThrow('\'slo\' is a Slo: nothing would look at it; add monitoring');
  });
});

test('without the operator pods have annotations, and there are no rules', () => {
  const manifests = synth(Monitoring.prometheus({ operator: false }));
  expect(findByKind(manifests, 'Deployment')[0].spec.template.metadata.annotations).toMatchObject({
    'prometheus.io/scrape': 'true', 'prometheus.io/port': '15020', 'prometheus.io/path': '/metrics',
  });
  expect(manifests.filter(({ apiVersion }) => apiVersion.startsWith('monitoring'))).toEqual([]);
});

test('every alert has a section that it links to', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'alerts.md'), 'utf8');
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect([...sections].sort()).toEqual([...ALERT_NAMES].sort());
  const alerts = rulesOf().filter(({ alert }) => alert !== undefined);
  expect(new Set(alerts.map(({ alert }) => alert))).toEqual(new Set(ALERT_NAMES));
  for (const { alert, annotations } of alerts) expect(annotations!.runbook_url.split('#')[1]).toBe(alert!.toLowerCase());
});

test('rules read metrics and labels that the proxy has', () => {
  const families = new Map(Object.values(FAMILIES).map(({ name, labels }) => [name, labels as readonly string[]]));
  for (const { expr } of rulesOf({ istioNames: true })) {
    for (const [, metric, selector] of expr.matchAll(/\b(mesh_\w+)\{([^}]*)\}/g)) {
      const labels = families.get(metric) ?? families.get(metric.replace(/_(bucket|sum|count)$/, ''));
      expect([metric, labels]).not.toEqual([metric, undefined]);
      for (const [, label] of selector.matchAll(/(\w+)(?:=|!)~?"/g)) expect([...labels!, 'namespace', 'cdk8s_mesh_service', 'le']).toContain(label);
    }
  }
});

test('alerts, objectives and names of Istio are there when they are asked for', () => {
  expect(rulesOf({ alerts: false }).some(({ alert }) => alert)).toBe(false);
  expect(groupsOf(synth(Monitoring.prometheus())).map(({ name }) => name)).toEqual(['mesh.shop.catalog.alerts']);
  expect(rulesOf({ istioNames: true }).map(({ record }) => record)).toContain('istio_requests_total');
});

test.each<[string, () => unknown, string]>([
  ['an availability that leaves no room', () => rulesOf({}, Slo.availability('100%')), '\'slo.availability\' is "100%": use a part of all requests'],
  ['a percentile without a p', () => rulesOf({}, Slo.availability('99%').latency('99', Duration.millis(1))), '\'slo.latency.percentile\' is "99": use a percentile such as'],
  ['a latency above all buckets', () => rulesOf({}, Slo.availability('99%').latency('p99', Duration.seconds(60))), '\'slo.latency.within\' is "60000 ms": use a Duration of less than'],
  ['objectives that nobody looks at', () => synth(undefined, { slo: SLO }), '\'slo\' is a Slo: nothing would look at it; add monitoring'],
  ['another object', () => synth({} as Monitoring), '\'monitoring\' is {}: make it with Monitoring.prometheus()'],
  ['no such option', () => synth(Monitoring.prometheus({ alert: true } as PrometheusOptions)), '\'monitoring.alert\' is not a prop here: did you mean \'alerts\'?'],
  ['an interval that Prometheus can\'t have', () => synth(Monitoring.prometheus({ interval: Duration.millis(1_500) })), '\'monitoring.interval\' is "1500 ms": use a Duration of whole seconds'],
])('synthesis refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
});

/** Runs promtool on the rules, and on tests of them when there are any. */
function judge(
  tests?: unknown[], groups = groupsOf(synth(Monitoring.prometheus({ istioNames: true }), { slo: SLO })),
): { readonly ok: boolean; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-rules-'));
  try {
    const rules = join(folder, 'rules.yaml');
    writeFileSync(rules, stringify({ groups }));
    if (!tests) return promtool(['check', 'rules', rules]);
    writeFileSync(join(folder, 'tests.yaml'), stringify({ rule_files: [rules], evaluation_interval: '5m', tests }));
    return promtool(['test', 'rules', join(folder, 'tests.yaml')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const EDGE = 'listener="outbound/shop/catalog:80",direction="outbound",route="default",caller="-"';
const requests = (code: string, cluster = 'shop/catalog-v1', reason = '-'): string => `mesh_requests_total{${EDGE},cluster="${cluster}",method="GET",code="${code}",reason="${reason}"}`;
const bucket = (le: string): string => `mesh_request_duration_seconds_bucket{${EDGE},cluster="shop/catalog-v1",class="2xx",le="${le}"}`;
const count = `mesh_request_duration_seconds_count{${EDGE},cluster="shop/catalog-v1",class="2xx"}`;
const OWN = 'namespace="shop",cdk8s_mesh_service="catalog",pod="catalog-v1-x"';

/** Counters that grow by so much a minute for four hours. */
const growing = (growth: Record<string, number>) => Object.entries(growth).map(([series, perMinute]) => ({ series, values: `0+${perMinute}x240` }));

/** The alerts of a name that fire after some time, by a label. */
const firing = (alertname: string, label: string) => (values: string[]) => ({
  expr: `count by (${label}) (ALERTS{alertname="${alertname}",alertstate="firing"})`, eval_time: '4h',
  exp_samples: values.map((value) => ({ labels: `{${label}="${value}"}`, value: 1 })),
});
const burning = firing('MeshErrorBudgetBurn', 'long');

testWithPromtool('promtool takes the rules', () => {
  expect(judge()).toMatchObject({ ok: true });
});

testWithPromtool('burn rates: alerts fire as objectives are missed, and not before', () => {
  const slow = firing('MeshLatencyBudgetBurn', 'long');
  const result = judge([
    // 2 % of errors are 20 times what 99.9 % lets.
    { interval: '1m', input_series: growing({ [requests('200')]: 980, [requests('503')]: 10, [requests('503', 'shop/catalog-v2')]: 10 }), promql_expr_test: [burning(['1h', '6h', '1d', '3d'])] },
    // 1 %: ten times.
    { interval: '1m', input_series: growing({ [requests('200')]: 990, [requests('500')]: 10 }), promql_expr_test: [burning(['6h', '1d', '3d'])] },
    { interval: '1m', input_series: growing({ [requests('200')]: 99_950, [requests('500')]: 50 }), promql_expr_test: [burning([])] },
    // Another service's errors, and clients that went away.
    { interval: '1m', input_series: growing({ [requests('200')]: 100, [requests('500', 'shop/cart-v1')]: 100, [requests('499', 'shop/catalog-v1', 'client_abort')]: 50 }), promql_expr_test: [burning([])] },
    // A response that broke off had a good status.
    { interval: '1m', input_series: growing({ [requests('200')]: 970, [requests('200', 'shop/catalog-v1', 'upstream_broken_body')]: 30 }), promql_expr_test: [burning(['1h', '6h', '1d', '3d'])] },
    // One in four hours.
    { interval: '1m', input_series: [{ series: requests('500'), values: '0x200 1x40' }, { series: requests('200'), values: '0x200 1x40' }], promql_expr_test: [burning([])] },
    // 300 ms is a fifth of the way from 250 to 500 ms: 0.8 * 500 + 0.2 * 1000 = 600 of 1000 are within, and 990 have to be.
    {
      interval: '1m',
      input_series: growing({ [requests('200')]: 1_000, [bucket('0.25')]: 500, [bucket('0.5')]: 1_000, [count]: 1_000 }),
      promql_expr_test: [slow(['1h', '6h', '1d', '3d']), { expr: 'round(mesh:slo_slow:ratio_rate5m, 0.0001)', eval_time: '4h', exp_samples: [{
        labels: '{mesh_namespace="shop",mesh_service="catalog",within="0.3"}', value: 0.4,
      }] }],
    },
    { interval: '1m', input_series: growing({ [requests('200')]: 1_000, [bucket('0.25')]: 995, [bucket('0.5')]: 1_000, [count]: 1_000 }), promql_expr_test: [slow([])] },
  ]);
  expect(result).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') as string });
});

testWithPromtool('the other alerts fire for what they are about', () => {
  const troubles: [string, string, string][] = [
    ['MeshCertificateExpiring', `mesh_certificate_seconds_to_expiry{${OWN},certificate="c"}`, '600000x240'],
    ['MeshCertificateProblem', `mesh_certificate_problem{${OWN},certificate="c",problem="expired"}`, '1x240'],
    ['MeshIdentityExpiring', `mesh_identity_expiration_timestamp_seconds{${OWN},file="certificate"}`, '14500x240'],
    ['MeshUpstreamTlsExpiring', `mesh_upstream_tls_expiration_timestamp_seconds{${OWN},cluster="c",file="certificate"}`, '600000x240'],
    ['MeshUpstreamTlsProblem', `mesh_upstream_tls_usable{${OWN},cluster="c"}`, '0x240'],
    ['MeshDiscoveryStale', `mesh_discovery_age_seconds{${OWN},cluster="c"}`, '0+60x240'],
    ['MeshNoReadyEndpoint', `mesh_endpoints{${OWN},cluster="c",state="ready"}`, '0x240'],
    ['MeshConfigRejected', `mesh_config_reloads_total{${OWN},result="rejected"}`, '0x230 1x10'],
    ['MeshMemoryShort', `mesh_memory_level{${OWN}}`, '2x240'],
    ['MeshRetryBudgetExhausted', `mesh_retries_denied_total{${OWN},cluster="c",cause="budget"}`, '0+1x240'],
    ['MeshOverloaded', `mesh_requests_total{${OWN},listener="inbound",direction="inbound",route="r",caller="a",cluster="-",method="GET",code="503",reason="overloaded"}`, '0+60x240'],
    ['MeshEndpointsEjected', `mesh_endpoints{${OWN},cluster="c",state="ejected"}`, '1x240'],
  ];
  const healthy = [
    { series: `mesh_endpoints{${OWN},cluster="c",state="ready"}`, values: '3x240' }, { series: `mesh_memory_level{${OWN}}`, values: '1x240' },
    { series: `mesh_endpoints{${OWN},cluster="c",state="ejected"}`, values: '1x240' }, { series: `mesh_discovery_age_seconds{${OWN},cluster="c"}`, values: '10x240' },
    { series: `mesh_config_reloads_total{${OWN},result="applied"}`, values: '0+1x240' }, { series: `mesh_certificate_problem{${OWN},problem="expired"}`, values: '0x240' },
    { series: `mesh_certificate_seconds_to_expiry{${OWN},certificate="c"}`, values: '2000000x240' },
    { series: `mesh_upstream_tls_usable{${OWN},cluster="c"}`, values: '1x240' }, { series: `mesh_upstream_tls_rejected{${OWN},cluster="c"}`, values: '0x240' },
    { series: `mesh_upstream_tls_expiration_timestamp_seconds{${OWN},cluster="c",file="certificate"}`, values: '2000000x240' },
    { series: `mesh_upstream_tls_expiration_timestamp_seconds{${OWN},cluster="c",file="trust_bundle"}`, values: Array<string>(241).fill('NaN').join(' ') },
  ];
  const result = judge([
    ...troubles.map(([alertname, series, values]) => ({
      interval: '1m', input_series: [{ series, values }], promql_expr_test: [firing(alertname, 'pod')(['catalog-v1-x'])],
    })),
    { interval: '1m', input_series: healthy, promql_expr_test: [{ expr: 'ALERTS', eval_time: '4h', exp_samples: [] }] },
  ]);
  expect(troubles.map(([name]) => name).sort()).toEqual(ALERT_NAMES.filter((name) => !name.endsWith('Burn')).sort());
  expect(result).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') as string });
});

testWithPromtool('dashboards made for Istio find their series', () => {
  const own = `${OWN},${EDGE},cluster="shop/cart-v1",method="POST",code="503",reason="no_endpoints",grpc_response_status="14"`;
  const result = judge([{
    interval: '1m', input_series: [{ series: `mesh_requests_total{${own.replace('outbound/shop/catalog:80', 'outbound/shop/cart:80')}}`, values: '0+5x10' }],
    promql_expr_test: [{
      expr: 'sum by (reporter, source_workload, destination_service_name, destination_workload, response_code, response_flags, grpc_response_status) (istio_requests_total)', eval_time: '10m',
      exp_samples: [{
        labels: '{reporter="source",source_workload="catalog",destination_service_name="cart",destination_workload="cart-v1",response_code="503",'
          + 'response_flags="no_endpoints",grpc_response_status="14"}', value: 50,
      }],
    }],
  }]);
  expect(result).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') as string });
});

testWithPromtool('dashboards made for Istio find what a gateway sends, by the service that it goes to', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { monitoring: Monitoring.prometheus({ istioNames: true }) });
  const other = newChart({ namespace: 'back' }, 'back', chart.node.root as never);
  new Mesh(other, 'mesh', { monitoring: Monitoring.none() });
  const [web, cart] = [new MeshService(chart, 'web', { containers }), new MeshService(other, 'cart', { containers })];
  // A version may have any name, so that of the service can't be read off the cluster's.
  web.addVersion('v2-beta', { containers, weight: 10 });
  const edge = new Gateway(chart, 'edge');
  edge.route('shop.example.com', web);
  edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/cart')).to(cart));
  const { groups } = findOne(Testing.synth(chart), 'PrometheusRule', 'edge').spec as { groups: ReturnType<typeof groupsOf> };
  const series = (cluster: string): string => (
    `mesh_requests_total{namespace="shop",cdk8s_mesh_service="edge",listener="http",direction="outbound",cluster="${cluster}",code="200",reason="-"}`);
  const sample = (namespace: string, service: string, workload: string, value: number) => ({
    labels: `{reporter="source",source_workload="edge",destination_service_namespace="${namespace}",destination_service_name="${service}",destination_workload="${workload}"}`, value,
  });
  const result = judge([{
    interval: '1m',
    input_series: [['shop/web-v1', 1], ['shop/web-v2-beta', 2], ['back/cart-v1', 3]].map(([cluster, rate]) => ({ series: series(String(cluster)), values: `0+${rate}x10` })),
    promql_expr_test: [{
      expr: 'sum by (reporter, source_workload, destination_service_namespace, destination_service_name, destination_workload) (istio_requests_total)', eval_time: '10m',
      exp_samples: [sample('shop', 'web', 'web-v1', 10), sample('shop', 'web', 'web-v2-beta', 20), sample('back', 'cart', 'cart-v1', 30)],
    }],
  }], groups);
  expect(result).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') as string });
  // No dashboard counts what comes to a gateway as the destination's view.
  expect(groups.flatMap(({ rules }) => rules).filter(({ labels }) => labels?.reporter === 'destination')).toEqual([]);
});
