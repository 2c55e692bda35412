/**
 * The mesh's dashboards for Grafana, as objects that it loads. Their contents are files, made by scripts/dashboards: the same for every
 * mesh, since services are chosen in the dashboard. Each is an object of its own, far below the size that Kubernetes and `kubectl apply` take.
 */
import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { OWN_FOLDER } from '../synthesis/own-version';

/** Names of the dashboards. */
const DASHBOARDS = ['overview', 'service', 'call', 'gateway', 'proxy', 'slo'] as const;

/**
 * What all dashboards have in common.
 */
export interface DashboardOptions {
  /**
   * Namespace of the objects.
   *
   * @default - that of the chart
   */
  readonly namespace?: string;

  /**
   * Folder in Grafana.
   *
   * @default - Grafana's default
   */
  readonly folder?: string;
}

/**
 * Options of `Dashboards.configMaps`.
 */
export interface ConfigMapDashboardOptions extends DashboardOptions {
  /**
   * Labels by which Grafana's sidecar finds the ConfigMaps.
   *
   * @default - `grafana_dashboard: "1"`, that of Grafana's Helm charts
   */
  readonly labels?: { readonly [name: string]: string };
}

/**
 * Options of `Dashboards.grafanaOperator`.
 */
export interface GrafanaOperatorDashboardOptions extends DashboardOptions {
  /**
   * Labels of the Grafana that shows them.
   *
   * @default - `dashboards: grafana`
   */
  readonly instanceLabels?: { readonly [name: string]: string };
}

const COMMON = { namespace: true, folder: true } as const;

/** A dashboard as its object has it. */
interface DashboardObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly content: string;
}

/** The kind of object, and what was said of it. */
interface Shape {
  readonly props: Record<string, unknown>;
  readonly known: Record<string, true>;
  readonly labels: { readonly prop: string; readonly value: unknown };
  readonly make: (scope: Construct, id: string, of: DashboardObject) => ApiObject;
}

/**
 * Dashboards of the mesh for Grafana: an overview, a service, a call, a gateway, proxies, and objectives.
 */
export class Dashboards {
  /**
   * ConfigMaps, for the sidecar of Grafana's Helm charts that loads dashboards.
   */
  public static configMaps(options: ConfigMapDashboardOptions = {}): Dashboards {
    const { labels = { grafana_dashboard: '1' }, folder } = options;
    return new Dashboards(options, {
      props: { ...options },
      known: { ...COMMON, labels: true } satisfies Record<keyof ConfigMapDashboardOptions, true>,
      labels: { prop: 'labels', value: labels },
      make: (scope, id, { metadata, content }) => new ApiObject(scope, id, {
        apiVersion: 'v1', kind: 'ConfigMap',
        metadata: { ...metadata, labels: { ...labels }, ...(folder !== undefined && { annotations: { grafana_folder: folder } }) },
        data: { [`${metadata.name}.json`]: content },
      }),
    });
  }

  /**
   * Objects of the kind GrafanaDashboard, for the Grafana Operator (version 5).
   */
  public static grafanaOperator(options: GrafanaOperatorDashboardOptions = {}): Dashboards {
    const { instanceLabels = { dashboards: 'grafana' }, folder } = options;
    return new Dashboards(options, {
      props: { ...options },
      known: { ...COMMON, instanceLabels: true } satisfies Record<keyof GrafanaOperatorDashboardOptions, true>,
      labels: { prop: 'instanceLabels', value: instanceLabels },
      make: (scope, id, { metadata, content }) => new ApiObject(scope, id, {
        apiVersion: 'grafana.integreatly.org/v1beta1', kind: 'GrafanaDashboard', metadata,
        spec: {
          instanceSelector: { matchLabels: { ...instanceLabels } },
          allowCrossNamespaceImport: true,
          ...(folder !== undefined && { folder }),
          json: content,
        },
      }),
    });
  }

  private constructor(private readonly options: DashboardOptions, private readonly shape: Shape) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { props, known, labels: { prop: name, value } } = this.shape;
    const { namespace, folder } = this.options;
    errors.unknownProps(props, known, `${prop}.`);
    if (namespace !== undefined) {
      errors.name(`${prop}.namespace`, namespace, NAME_RULES.label);
    }
    if (folder !== undefined && !(typeof folder === 'string' && folder !== '')) {
      errors.add(`${prop}.folder`, folder, 'use the name of a folder, such as \'Mesh\'');
    }
    const labels = typeof value === 'object' && value !== null ? Object.values(value) : [];
    if (labels.length === 0 || !labels.every((label) => typeof label === 'string')) {
      errors.add(`${prop}.${name}`, value, 'use an object of texts with at least one, such as { grafana_dashboard: \'1\' }: Grafana finds them by it');
    }
  }

  /**
   * Makes the objects, in the chart of a construct, or in one of their own when it has none above.
   *
   * @internal
   */
  public _make(scope: Construct): void {
    const { namespace } = this.options;
    const folder = new Construct(scope.node.scopes.some((above) => Chart.isChart(above)) ? scope : new Chart(scope, 'charts'), 'dashboards');
    for (const dashboard of DASHBOARDS) {
      this.shape.make(folder, dashboard, {
        metadata: { name: `cdk8s-mesh-${dashboard}`, ...(namespace !== undefined && { namespace }) },
        content: readFileSync(join(OWN_FOLDER, 'dashboards', `${dashboard}.json`), 'utf8'),
      });
    }
  }
}

mark(Dashboards);
