/**
 * A real Prometheus scrapes a running mesh, first in peace, then while a service fails. Every query of every dashboard and rule has to
 * return data, and exactly those alerts fire that should.
 *
 * Hours can't pass in a test. Prometheus sees the run as it is; for the alerts on burn rates, whose windows are hours, `promtool` gets the
 * series of the same run with a minute for each second.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PrometheusClient } from '../../src/cli/prometheus/client';
import { PrometheusSource } from '../../src/cli/prometheus/source';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { OUTSIDE } from '../../src/cli/up/traffic/outside';
import { FAMILIES } from '../../src/proxy/telemetry/catalog';
import { Dashboard, dashboards, queriesOf } from '../support/dashboards';
import { startMesh } from '../support/local-mesh';
import { Labels, Prometheus, PROMETHEUS_IS_MISSING, Range } from '../support/prometheus-server';
import { promtool } from '../support/promtool';
import { shop } from './shop';
import { sendRequests } from './traffic';

/** Minutes of the compressed run. The long window of the fastest alert is an hour. */
const QUIET = 62;
const OUTAGE = 15;
/** Of the availability of `catalog`. */
const BUDGET = 0.01;

jest.setTimeout(240_000);

const { model, groups } = shop();
const rules = groups.flatMap((group) => group.rules);
let mesh: LocalMesh;
let prometheus: Prometheus;
let endTraffic = (): void => {};
/** When Prometheus had something to compute rates of, and when the outage began. */
let from: number;
let failsAt: number;
let quietAlerts: Labels[];
/** What `watch --prometheus` shows during the outage. */
let picture: Awaited<ReturnType<PrometheusSource['look']>>;

beforeAll(async () => {
  if (PROMETHEUS_IS_MISSING) throw new Error('prometheus is missing: apt-get install prometheus');
  mesh = await startMesh(model, { behaviour: () => ({ latency: { type: 'fixed', ms: 5 }, failureRate: 0 }) });
  prometheus = await Prometheus.start(groups);
  prometheus.scrape(mesh);
  endTraffic = sendRequests(mesh, [[OUTSIDE, 'edge'], ['web', 'catalog'], ['web', 'cart']]);
  await prometheus.until('all pods are scraped', async () => (await prometheus.query('max_over_time(up[1m]) == 1')).length === mesh.pods.length);
  await prometheus.until('there are rates', async () => (await prometheus.query('mesh:slo_requests:rate5m > 0')).length === 2);
  from = await prometheus.now();
  await until(from + QUIET);
  quietAlerts = (await prometheus.query('ALERTS')).map(({ metric }) => metric);
  failsAt = await prometheus.now();
  for (const workload of model.workloads.filter(({ service }) => service === 'catalog')) {
    mesh.behave(workload, { latency: { type: 'fixed', ms: 5 }, failureRate: 1 });
  }
  await until(failsAt + OUTAGE);
  picture = await new PrometheusSource(new PrometheusClient({ url: prometheus.url }), undefined, 10).look();
  endTraffic();
});

afterAll(async () => {
  endTraffic();
  prometheus?.stop();
  await mesh?.stop();
});

async function until(second: number): Promise<void> {
  await prometheus.until(`it is ${second} seconds`, async () => await prometheus.now() >= second);
}

/** What the proxies have no series of in this run, and why. A query may be empty only when it reads such a metric. */
const ABSENT: Record<string, string> = {
  mesh_bypassing_requests_total: 'no request passed a sidecar by',
  mesh_certificate_problem: 'no listener has TLS for clients',
  mesh_certificate_seconds_to_expiry: 'no listener has TLS for clients',
  mesh_downstream_connections_refused_total: 'no client was refused',
  mesh_outliers_ejected_total: 'no outliers are looked for',
  mesh_http2_connections_failed_total: 'no client breaks a rule of HTTP/2',
  mesh_jwt_tokens_total: 'no listener reads tokens',
  mesh_tcp_connections_closed_total: 'nothing speaks TCP',
  mesh_tcp_connection_duration_seconds: 'nothing speaks TCP',
  mesh_tcp_connections_open: 'nothing speaks TCP',
  mesh_tcp_connections_opened_total: 'nothing speaks TCP',
  mesh_tcp_received_bytes_total: 'nothing speaks TCP',
  mesh_tcp_sent_bytes_total: 'nothing speaks TCP',
  mesh_tls_handshakes_total: 'the gateway has no TLS',
  mesh_tls_handshake_failures_total: 'no handshake failed',
  mesh_upstream_connection_failures_total: 'no connection failed',
  mesh_upstream_limit_reached_total: 'no limit was reached',
  mesh_limit_reached_total: 'no limit was reached',
  mesh_memory_level: 'the processes have no memory limit',
  mesh_memory_actions_total: 'the processes have no memory limit',
  mesh_mutual_tls_callers_refused_total: 'no caller was refused',
  mesh_plain_connections_refused_total: 'nobody came without TLS',
  mesh_process_deaths_total: 'no supervisor starts the processes',
  mesh_retries_denied_total: 'the budget has room for all retries',
  mesh_hedges_total: 'no call has hedges',
  mesh_local_zone_share: 'there is one zone',
  mesh_spans_total: 'nothing is traced',
  mesh_spans_queued: 'nothing is traced',
  mesh_upstream_tls_expiration_timestamp_seconds: 'nothing outside of the mesh is called',
  mesh_upstream_tls_rejected: 'nothing outside of the mesh is called',
  mesh_upstream_tls_usable: 'nothing outside of the mesh is called',
};

/** What a query yields during the outage. A pod whose scrape took too long has no series for a second, so one moment does not count. */
const during = (expr: string): Promise<Range[]> => prometheus.range(expr, failsAt, failsAt + OUTAGE);

/** The metrics that an expression reads. */
const metricsOf = (expr: string): string[] => (
  Object.values(FAMILIES).map(({ name }) => name as string).filter((name) => new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(expr)));

/** Fails for a query that is empty though all that it reads is there. */
async function expectData(what: string, exprs: readonly string[]): Promise<void> {
  for (const expr of exprs) if ((await during(expr)).length > 0) return;
  // Nothing failed at the gateway, and nothing speaks gRPC: then all of the requests are there.
  const all = exprs.map((expr) => expr.replaceAll(/,code=~"5\.\."|,grpc_response_status!=""/g, ''));
  for (const [index, expr] of all.entries()) if (expr !== exprs[index] && (await during(expr)).length > 0) return;
  const proxies = exprs.map((expr) => /namespace="\w+",cdk8s_mesh_service="\w+"/.exec(expr)?.[0] ?? '');
  for (const name of metricsOf(exprs[0]).filter((metric) => metric in ABSENT)) {
    if ((await during(proxies.map((selector) => `${name}{${selector}}`).join(' or '))).length === 0) return;
  }
  throw new Error(`no data: ${what}: ${exprs.join('\n')}`);
}

/** Every choice of a dashboard's variables, as Grafana puts them in. */
async function choicesOf({ variables }: Dashboard): Promise<Labels[]> {
  let choices: Labels[] = [{}];
  for (const { name, multi, query: { query } } of variables) {
    const [, metric, label] = /^label_values\((.*), (\w+)\)$/.exec(query)!;
    const next: Labels[] = [];
    for (const choice of choices) {
      const found = await during(`group by (${label}) (${filled(metric, choice)})`);
      const values = found.map(({ metric: labels }) => labels[label]).sort();
      const taken = multi ? [`(${values.join('|')})`] : values;
      next.push(...taken.map((value) => ({ ...choice, [name]: value })));
    }
    choices = next;
  }
  return choices;
}

function filled(expr: string, choice: Labels): string {
  // A subquery has a value every five minutes, and this run is shorter.
  return expr.replaceAll('$__rate_interval', '1m').replaceAll('[30d:5m]', '[5m:1s]').replace(/\$(\w+)/g, (_, name: string) => choice[name]);
}

test('the live page has its picture from it', () => {
  const { services, edges } = picture.snapshot;
  expect(services.map(({ id, kind, versions, pods }) => [id, kind, versions.length, pods.filter(({ ready }) => ready).length])).toEqual([
    ['shop/cart', 'service', 1, 1], ['shop/catalog', 'service', 2, 3], ['shop/edge', 'gateway', 1, 1], ['shop/web', 'service', 1, 1],
  ]);
  expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(['shop/edge shop/web', 'shop/web shop/cart', 'shop/web shop/catalog']);
  const [toWeb, toCart, toCatalog] = edges;
  for (const { figures } of [toWeb!, toCart!]) {
    expect(figures).toMatchObject({ rate: expect.any(Number), p50Ms: expect.any(Number), p99Ms: expect.any(Number) });
  }
  expect(toCart!.figures.success).toBe(1);
  expect(toCatalog!.figures.success).toBeLessThan(0.5);
  expect(toCatalog!.retries).toBeGreaterThan(0);
  expect(toCatalog!.versions.map(({ version, figures }) => [version, figures.rate > 0])).toEqual([['v1', true], ['v2', true]]);
});

describe.each(dashboards().map((dashboard) => [dashboard.file, dashboard] as const))('dashboard %s', (_, dashboard) => {
  test('every query returns data', async () => {
    const choices = await choicesOf(dashboard);
    expect(choices).not.toEqual([]);
    const failures: string[] = [];
    for (const { panel, expr } of queriesOf(dashboard)) {
      await expectData(panel, choices.map((choice) => filled(expr, choice))).catch((error) => failures.push(String(error.message)));
    }
    expect(failures).toEqual([]);
  });
});

test('every recording rule returns data', async () => {
  const names = [...new Set(rules.flatMap(({ record }) => record ?? []))];
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect([name, (await during(name)).length]).not.toEqual([name, 0]);
});

test('what alerts compare is there', async () => {
  for (const { alert, expr } of rules.filter((rule) => rule.alert !== undefined)) {
    // Without its bounds an alert says what it looks at.
    const looked = expr.split(/\nand (?:on \([^)]*\) )?/).map((part) => part.replace(/ (>=?|<|==) [\d. *]+$/, '').replace(/,(reason|cause)="\w+"/, ''));
    for (const part of looked) await expectData(alert!, [part]);
  }
});

test('counters whose increase is an alert are there before they increase', async () => {
  expect(await during('count by (pod) (mesh_config_reloads_total{result="rejected"})')).toHaveLength(mesh.pods.length);
});

test('in peace nothing fires and nothing is about to', () => {
  expect(quietAlerts).toEqual([]);
});

test('promtool finds nothing to complain about in metrics as they were served', async () => {
  for (const { adminAddress: { address, port }, name } of mesh.pods) {
    const text = await (await fetch(`http://${address}:${port}/metrics`)).text();
    expect({ name, ...promtool(['check', 'metrics'], text) }).toEqual({ name, ok: true, output: '' });
  }
});

describe('with a minute for each second', () => {
  let series: Range[];

  beforeAll(async () => {
    const read = new Set(rules.flatMap(({ expr }) => metricsOf(expr)));
    const names = `__name__=~"(${[...read].join('|')})(_bucket|_sum|_count)?"`;
    // Rules read buckets of outbound requests alone.
    series = await prometheus.range(`{${names},direction=~"outbound|"} or {${names},reason="overloaded"}`, from, failsAt + OUTAGE);
  });

  /** Judges which alerts fire so many minutes after the beginning of the outage. */
  function judge(expected: Readonly<Record<number, readonly string[]>>): { ok: boolean; output: string } {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-rules-'));
    try {
      writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: groups.filter(({ name }) => !name.endsWith('.istio')) }));
      writeFileSync(join(folder, 'tests.yaml'), JSON.stringify({
        rule_files: [join(folder, 'rules.yaml')],
        evaluation_interval: '1m',
        tests: [{
          interval: '1m',
          input_series: series.map(({ metric, values }) => ({ series: textOf(metric), values: valuesOf(values) })),
          promql_expr_test: Object.entries(expected).map(([minute, alerts]) => ({
            // Ejections take seconds, which are minutes here, so what counts how long there is no endpoint fires by chance.
            expr: 'group by (alertname, mesh_service, cdk8s_mesh_service, long) (ALERTS{alertstate="firing",alertname!="MeshNoReadyEndpoint"})',
            eval_time: `${failsAt - from + Number(minute)}m`,
            exp_samples: alerts.map((labels) => ({ labels, value: 1 })),
          })),
        }],
      }));
      return promtool(['test', 'rules', join(folder, 'tests.yaml')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  function textOf({ __name__: name, ...labels }: Labels): string {
    return `${name}{${Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
  }

  function valuesOf(values: Range['values']): string {
    const at = new Map(values.map(([second, value]) => [Math.round(second), value]));
    return Array.from({ length: failsAt + OUTAGE - from + 1 }, (_, minute) => at.get(from + minute) ?? '_').join(' ');
  }

  /** All requests fail: so many minutes of the last hour are needed, and the alert waits for two more. */
  const DUE = 60 * 14.4 * BUDGET + 2;
  const BURN = '{alertname="MeshErrorBudgetBurn",mesh_service="catalog",long="1h"}';

  test('nothing fires before the outage, and the burn rate when arithmetic says, not earlier', () => {
    expect(judge({ 0: [], [Math.floor(DUE) - 1]: [], [Math.ceil(DUE) + 2]: [BURN] }))
      .toEqual({ ok: true, output: expect.stringContaining('SUCCESS') as string });
  });
});
