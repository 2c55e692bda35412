/**
 * What lints look at in the objects of an app: replicas, autoscalers, budgets, and which Service leads to which workload. It is read
 * from the manifests as they will be written, and not from the props that they were made of: workloads, autoscalers and Services may
 * come from elsewhere, and patches may change those of the mesh. So a lint says the same here as `cdk8s-mesh check` does of the YAML.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { ClusterConfig, ProxyConfig } from '../../contract';
import { DisruptionRule } from '../../planning/disruption';
import { ServiceInfo, WorkloadInfo } from '../../planning/lints';
import {
  AutoscalerInfo, autoscalerInfo, DEFAULT_GRACE_SECONDS, disruptionRule, httpsProbePorts, promisesIn, replicasOf, selectsLabels, serviceInfo,
  serviceOfName, ServiceSpec,
} from '../../planning/lints/objects';
import { ADAPTER_KEY, seriesServedBy } from '../../planning/scaling/series';
import { identityOf, Manifest, manifestOf } from '../kubernetes/manifests';
import { writtenTemplateOf } from '../kubernetes/patches';
import { constructsOf } from '../mesh/mesh-settings';

/** What is read of a workload's objects. */
export type PodInfo = Pick<WorkloadInfo, 'httpsProbes' | 'objectives' | 'declared' | 'replicas' | 'scaleUpCycleMs' | 'podMetrics' | 'disruption' | 'preStopMs' | 'graceMs' | 'keepsTrafficLocal'>;

type Labels = Readonly<Record<string, string>>;

/** A manifest, as far as it is read here. */
interface LintedManifest extends Manifest {
  /** Of a ConfigMap. */
  readonly data?: Labels;
  readonly spec?: {
    readonly replicas?: number;
    readonly parallelism?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
    readonly metrics?: readonly { readonly pods?: { readonly metric: { readonly name: string } } }[];
    readonly behavior?: {
      readonly scaleUp?: { readonly stabilizationWindowSeconds?: number; readonly policies?: { readonly periodSeconds: number }[] };
    };
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly externalTrafficPolicy?: string;
    /** Of a Service the labels themselves. */
    readonly selector?: Labels & { readonly matchLabels?: Labels };
  };
}

/** The objects of an app beside its workloads. */
export class LintObjects {
  private readonly autoscalers = new Map<string, AutoscalerInfo>();
  private readonly budgets: { readonly namespace: string; readonly selector: Labels; readonly rule?: DisruptionRule }[] = [];
  private readonly configMaps: ApiObject[] = [];
  /** Selectors of Services that keep traffic on its node. */
  private readonly local: { readonly namespace: string; readonly selector: Labels }[] = [];
  /** Services, and their selectors where they were asked for, by `namespace/name`. */
  private readonly services = new Map<string, ApiObject>();
  private readonly selectors = new Map<string, Labels>();

  /** @param cluster the one whose objects count, of those that the app is for */
  constructor(root: IConstruct, cluster: string) {
    for (const { construct, cluster: its } of constructsOf(root)) {
      if (its === cluster && ApiObject.isApiObject(construct)) {
        this.add(construct);
      }
    }
  }

  /** What there is to say of a workload's pods. */
  public podsOf(workload: IConstruct): PodInfo & { readonly labels: Labels; readonly writtenNamespace: string } {
    const object = ApiObject.of(workload);
    const manifest = manifestOf(object) as LintedManifest;
    const { metadata, spec } = writtenTemplateOf(workload);
    const labels = metadata?.labels ?? {};
    const { name, namespace } = identityOf(object);
    const autoscaler = this.autoscalers.get(`${object.kind}/${namespace}/${name}`);
    const sleep = spec.containers[0]?.lifecycle?.preStop as { readonly sleep?: { readonly seconds?: number } } | undefined;
    return {
      // One that a patch has spoilt counts for nothing; `cdk8s-mesh check` refuses it.
      ...promisesIn(manifest.metadata?.annotations, () => undefined),
      labels,
      writtenNamespace: namespace,
      replicas: autoscaler?.replicas
        ?? replicasOf(object.kind, manifest.spec?.replicas ?? manifest.spec?.parallelism, manifest.metadata?.annotations),
      scaleUpCycleMs: autoscaler?.scaleUpCycleMs,
      podMetrics: autoscaler?.podMetrics,
      keepsTrafficLocal: this.local.some((service) => service.namespace === namespace && selectsLabels(service.selector, labels)),
      disruption: this.budgets.find((budget) => budget.namespace === namespace && selectsLabels(budget.selector, labels))?.rule,
      preStopMs: (sleep?.sleep?.seconds ?? 0) * 1_000,
      httpsProbes: httpsProbePorts(spec.containers),
      graceMs: (spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1_000,
    };
  }

  /** For each workload, the names of the clusters in anybody's document that lead to it. */
  public clustersOf(workloads: readonly { readonly namespace: string; readonly labels: Labels; readonly document: ProxyConfig }[]): string[][] {
    const byLabel = new Map<string, number[]>();
    workloads.forEach(({ namespace, labels }, index) => {
      for (const [label, value] of Object.entries(labels)) {
        const key = `${namespace}/${label}=${value}`;
        const known = byLabel.get(key);
        if (known) {
          known.push(index);
        } else {
          byLabel.set(key, [index]);
        }
      }
    });
    const found = workloads.map(() => new Set<string>());
    for (const { name, discovery } of workloads.flatMap(({ document }) => document.clusters)) {
      const service = serviceOf(discovery);
      const selector = service ? this.selectorOf(`${service.namespace}/${service.name}`) : {};
      const [first] = Object.entries(selector);
      if (!service || !first) {
        continue;
      }
      for (const index of byLabel.get(`${service.namespace}/${first[0]}=${first[1]}`) ?? []) {
        if (selectsLabels(selector, workloads[index].labels)) {
          found[index].add(name);
        }
      }
    }
    return found.map((names) => [...names]);
  }

  /** The Services of the app that clusters in these documents lead to: the mesh's and all others. */
  public servicesOf(documents: readonly ProxyConfig[]): ServiceInfo[] {
    const names = new Set<string>();
    for (const { discovery } of documents.flatMap(({ clusters }) => clusters)) {
      const service = serviceOf(discovery);
      if (service) {
        names.add(`${service.namespace}/${service.name}`);
      }
    }
    return [...names].map((name) => this.services.get(name)).filter((service) => service !== undefined)
      .map((service) => {
        const { name, namespace } = identityOf(service);
        return serviceInfo(name, namespace, specOf(service) as ServiceSpec);
      });
  }

  /** Metrics that rules of prometheus-adapter serve. ConfigMaps are read only when an autoscaler asks for a metric of pods. */
  public get servedMetrics(): string[] {
    if (![...this.autoscalers.values()].some(({ podMetrics }) => podMetrics.length > 0)) return [];
    return this.configMaps.flatMap((object) => seriesServedBy((manifestOf(object) as LintedManifest).data?.[ADAPTER_KEY] ?? ''));
  }

  private add(object: ApiObject): void {
    const { name, namespace } = identityOf(object);
    if (object.kind === 'ConfigMap') {
      this.configMaps.push(object);
    } else if (object.kind === 'Service') {
      this.services.set(`${namespace}/${name}`, object);
      const { externalTrafficPolicy, selector = {} } = specOf(object);
      if (externalTrafficPolicy === 'Local') {
        this.local.push({ namespace, selector });
      }
    } else if (object.kind === 'PodDisruptionBudget') {
      const { minAvailable, maxUnavailable, selector } = specOf(object);
      const rule = ruleOf('minAvailable', minAvailable) ?? ruleOf('maxUnavailable', maxUnavailable);
      this.budgets.push({ namespace, selector: selector?.matchLabels ?? {}, rule });
    } else if (object.kind === 'HorizontalPodAutoscaler') {
      const { scaleTargetRef: target, minReplicas, maxReplicas = minReplicas ?? 1, behavior, metrics = [] } = specOf(object);
      this.autoscalers.set(`${target?.kind}/${namespace}/${target?.name}`, autoscalerInfo({
        minReplicas,
        maxReplicas,
        stabilizationSeconds: behavior?.scaleUp?.stabilizationWindowSeconds,
        periodSeconds: (behavior?.scaleUp?.policies ?? []).map(({ periodSeconds }) => periodSeconds),
        podMetrics: metrics.flatMap(({ pods }) => pods?.metric.name ?? []),
      }));
    }
  }

  private selectorOf(name: string): Labels {
    const known = this.selectors.get(name);
    if (known) {
      return known;
    }
    const service = this.services.get(name);
    const selector: Labels = service ? specOf(service).selector ?? {} : {};
    this.selectors.set(name, selector);
    return selector;
  }
}

function specOf(object: ApiObject): NonNullable<LintedManifest['spec']> {
  return (manifestOf(object) as LintedManifest).spec ?? {};
}

function serviceOf(discovery: ClusterConfig['discovery']): { readonly name: string; readonly namespace: string } | undefined {
  if (discovery.type === 'endpointSlice') {
    return { name: discovery.service, namespace: discovery.namespace };
  }
  return discovery.type === 'dns' ? serviceOfName(discovery.hostname) : undefined;
}

function ruleOf(rule: DisruptionRule['rule'], value: number | string | undefined): DisruptionRule | undefined {
  return value === undefined ? undefined : disruptionRule(rule, value);
}
