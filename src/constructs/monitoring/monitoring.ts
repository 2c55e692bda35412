/**
 * How Prometheus finds the proxies of a mesh, and which rules it gets: objects of the Prometheus Operator, or annotations for a Prometheus
 * without it.
 */
import { ApiObject, Duration, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { ADMIN_PORT_NAME, METRICS_PORT_NAME } from '../../contract';
import { millisecondsOf } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { isA, mark, refusalOfCopy } from '../synthesis/copies';
import { alertRules } from './alerts';
import { burnRateAlerts, recordingRules, Rule } from './burn-rates';
import { Dashboards } from './dashboards';
import { istioRules } from './istio-names';
import { MetricsMutualTls } from './metrics-mutual-tls';
import { checkMetricsMutualTls, endpointTls } from './scrape-tls';
import { PART_OF_SERVICE, POD_LABELS, RuledService, ScrapedWorkload, seriesOf } from './subjects';

const METRICS_PATH = '/metrics';

const RUNBOOKS = 'https://github.com/cdk8s-mesh/cdk8s-mesh/blob/main/docs/alerts.md';

/**
 * Options of `Monitoring.prometheus`.
 */
export interface PrometheusOptions {
  /**
   * Whether the Prometheus Operator is there. With it, each workload gets a PodMonitor and each service a PrometheusRule. Without it, pods
   * get the annotations `prometheus.io/scrape`, `prometheus.io/port`, `prometheus.io/path` and, with `mutualTls`, `prometheus.io/scheme`, and there
   * are no rules.
   *
   * @default true
   */
  readonly operator?: boolean;

  /**
   * Labels of the PodMonitors and PrometheusRules, by which a Prometheus selects them.
   *
   * @default - none
   */
  readonly labels?: { readonly [name: string]: string };

  /**
   * How often metrics are read.
   *
   * @default - as the Prometheus says
   */
  readonly interval?: Duration;

  /**
   * Has metrics read by mutual TLS, at a port of their own (`proxyPorts.metrics`), and only by those that it names. It needs an `identity`. Probes
   * stay at the admin port, without TLS.
   *
   * @default - everybody who reaches the admin port can read metrics
   */
  readonly mutualTls?: MetricsMutualTls;

  /**
   * Whether there are alerts. Those on service level objectives are made for services with `slo`.
   *
   * @default true
   */
  readonly alerts?: boolean;

  /**
   * Whether recording rules give dashboards made for Istio the series that they read, such as `istio_requests_total`.
   *
   * @default false
   */
  readonly istioNames?: boolean;

  /**
   * Dashboards for Grafana. A Mesh makes them, once for all of its services: what a service says of its own monitoring makes none.
   *
   * @default - none
   */
  readonly dashboards?: Dashboards;

  /**
   * Page with a section for each alert, which alerts link to.
   *
   * @default - docs/alerts.md of this project
   */
  readonly runbookUrl?: string;
}

const OPTIONS = {
  operator: true, labels: true, interval: true, mutualTls: true, alerts: true, istioNames: true, dashboards: true, runbookUrl: true,
} as const satisfies Record<keyof PrometheusOptions, true>;

/**
 * How the mesh is monitored.
 */
export class Monitoring {
  /**
   * With Prometheus.
   */
  public static prometheus(options: PrometheusOptions = {}): Monitoring {
    return new Monitoring(options);
  }

  /**
   * Not at all, for a workload of a mesh that is. Metrics can still be read at the admin port.
   */
  public static none(): Monitoring {
    return new Monitoring(undefined);
  }

  private constructor(private readonly options: PrometheusOptions | undefined) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { interval, labels, mutualTls, dashboards, runbookUrl, ...flags } = this.options ?? {};
    errors.unknownProps(this.options ?? {}, OPTIONS, `${prop}.`);
    const milliseconds = interval === undefined ? 1_000 : millisecondsOf(interval);
    if (milliseconds === undefined || milliseconds < 1_000 || milliseconds % 1_000 !== 0) {
      errors.add(`${prop}.interval`, milliseconds === undefined ? interval : `${milliseconds} ms`, 'use a Duration of whole seconds');
    }
    if (labels !== undefined && !(typeof labels === 'object' && labels !== null && Object.values(labels).every((label) => typeof label === 'string'))) {
      errors.add(`${prop}.labels`, labels, 'use an object of texts, such as { release: \'prometheus\' }');
    }
    if (mutualTls !== undefined) {
      checkMetricsMutualTls(errors, `${prop}.mutualTls`, mutualTls, this._hasObjects);
    }
    if (dashboards !== undefined && !isA(Dashboards, dashboards)) {
      errors.add(`${prop}.dashboards`, dashboards, refusalOfCopy(Dashboards, dashboards) ?? 'make it with Dashboards.configMaps() or Dashboards.grafanaOperator()');
    } else {
      dashboards?._check(errors, `${prop}.dashboards`);
    }
    if (runbookUrl !== undefined && !URL.canParse(String(runbookUrl))) {
      errors.add(`${prop}.runbookUrl`, runbookUrl, 'use the URL of a page');
    }
    for (const [name, value] of Object.entries(flags)) {
      if (value !== undefined && Object.hasOwn(OPTIONS, name) && typeof value !== 'boolean') {
        errors.add(`${prop}.${name}`, value, 'use true or false');
      }
    }
  }

  /**
   * Who may read metrics by mutual TLS; undefined where everybody may without.
   *
   * @internal
   */
  public get _mutualTls(): MetricsMutualTls | undefined {
    return this.options?.mutualTls;
  }

  /**
   * Has the pods of a workload scraped: by a PodMonitor, or by annotations.
   *
   * @internal
   */
  public _scrape(scope: Construct, { name, namespace, pods, metricsPort, podLabels }: ScrapedWorkload): void {
    if (this.options === undefined) {
      return;
    }
    if (!this._hasObjects) {
      pods.podMetadata.addAnnotation('prometheus.io/scrape', 'true');
      pods.podMetadata.addAnnotation('prometheus.io/port', String(metricsPort));
      pods.podMetadata.addAnnotation('prometheus.io/path', METRICS_PATH);
      if (this._mutualTls) {
        pods.podMetadata.addAnnotation('prometheus.io/scheme', 'https');
      }
      return;
    }
    const { interval, mutualTls } = this.options;
    this.object(scope, 'PodMonitor', name, namespace, Lazy.any({
      produce: () => ({
        selector: { matchLabels: podLabels() },
        podTargetLabels: POD_LABELS,
        ...(mutualTls?.scrapeClass !== undefined && { scrapeClass: mutualTls.scrapeClass }),
        podMetricsEndpoints: [{
          port: mutualTls ? METRICS_PORT_NAME : ADMIN_PORT_NAME, path: METRICS_PATH, ...(mutualTls && endpointTls(mutualTls)),
          ...(interval && { interval: `${interval.toSeconds()}s` }), relabelings: [PART_OF_SERVICE],
        }],
      }),
    }));
  }

  /**
   * The rules of a service.
   *
   * @internal
   */
  public _rules(service: RuledService): { readonly name: string; readonly rules: Rule[] }[] {
    const { alerts = true, istioNames = false } = this.options ?? {};
    const { slo, namespace } = service;
    const annotate = (alert: string, summary: string): Record<string, string> => ({ summary, runbook_url: this.runbook(alert) });
    const of = seriesOf(namespace, service.service);
    const groups = [
      { name: 'slo', rules: slo ? recordingRules(service, slo._availability, slo._latencies) : [] },
      { name: 'slo-alerts', rules: slo && alerts ? burnRateAlerts(service, slo._availability, slo._latencies, annotate) : [] },
      { name: 'alerts', rules: alerts ? alertRules(of, service.hasApp, annotate) : [] },
      { name: 'istio', rules: istioNames ? istioRules(of, service) : [] },
    ];
    return groups.filter(({ rules }) => rules.length > 0).map(({ name, rules }) => ({ name: `mesh.${namespace}.${service.service}.${name}`, rules }));
  }

  /**
   * The PrometheusRule of a service, if there is to be one. What it says is asked for at the end of synthesis.
   *
   * @internal
   */
  public _alert(scope: Construct, name: string, service: () => RuledService): void {
    if (!this._hasObjects) {
      return;
    }
    this.object(scope, 'PrometheusRule', name, undefined, Lazy.any({ produce: () => ({ groups: this._rules(service()) }) }));
  }

  /**
   * The dashboards, if there are to be any.
   *
   * @internal
   */
  public _show(mesh: Construct): void {
    this.options?.dashboards?._make(mesh);
  }

  /**
   * It takes the Prometheus Operator.
   *
   * @internal
   */
  public get _hasObjects(): boolean {
    return this.options !== undefined && this.options.operator !== false;
  }

  private runbook(alert: string): string {
    return `${this.options?.runbookUrl ?? RUNBOOKS}#${alert.toLowerCase()}`;
  }

  private object(scope: Construct, kind: string, name: string, namespace: string | undefined, spec: unknown): void {
    const { labels } = this.options!;
    new ApiObject(scope, kind, {
      apiVersion: 'monitoring.coreos.com/v1', kind, spec,
      metadata: { name, ...(namespace !== undefined && { namespace }), ...(labels && { labels: { ...labels } }) },
    });
  }
}

mark(Monitoring);
