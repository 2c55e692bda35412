/**
 * What the lints look at, out of Kubernetes objects: the workloads with their documents, as `up` reads them, and what there
 * is to be said of their pods beside that.
 */
import { WEIGHT_ANNOTATION, withDefaults } from '../../contract';
import type { DisruptionRule } from '../../planning/disruption';
import type { MeshInfo, ServiceInfo, WorkloadInfo } from '../../planning/lints';
import { AutoscalerInfo, autoscalerInfo, disruptionRule, httpsProbePorts, promisesIn, replicasOf, selectsLabels, serviceInfo } from '../../planning/lints/objects';
import { ADAPTER_KEY, seriesServedBy } from '../../planning/scaling/series';
import { ObjectSize, SizedObject, sizeOf } from '../../planning/object-size';
import { enforcedBy, refusedByPodSecurity, SecuredPod } from '../../planning/pod-security';
import { TieFinder } from '../../routing';
import { UserError } from '../command-line/errors';
import { workloadsOf } from '../model/callees';
import type { Field } from '../model/field';
import type { Manifest } from '../model/manifests';
import type { MeshModel, Workload } from '../model/model';
import { networkPoliciesOf, podInfo } from './network-policies';

/** What nobody can read from YAML. */
export interface Expectations {
  readonly zones: number | undefined;
  /** Requests a second by the name of a service. */
  readonly requestsPerSecond: ReadonlyMap<string, number>;
  /** Milliseconds that a request takes, by the name of a service. */
  readonly latencyMs: ReadonlyMap<string, number>;
}

export function infoOf(manifests: readonly Manifest[], model: MeshModel, expectations: Expectations): MeshInfo {
  const autoscalers = new Map(manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler').map(readAutoscaler));
  const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget').map(readBudget);
  const local = manifests.filter(({ kind, body }) => kind === 'Service' && body.get('spec').get('externalTrafficPolicy').optionalText() === 'Local')
    .map(({ namespace, body }) => ({ namespace, selector: body.get('spec').get('selector').texts() }));
  const clusters = new Map<Workload, Set<string>>(model.workloads.map((workload) => [workload, new Set()]));
  for (const { config } of model.workloads) {
    for (const cluster of config.clusters) for (const workload of workloadsOf(cluster, model)) clusters.get(workload)!.add(cluster.name);
  }
  const namespaces = new Map(manifests.filter(({ kind }) => kind === 'Namespace')
    .map(({ name, body }) => [name, enforcedBy(body.get('metadata').get('labels').texts())]));
  const objects = new Map(manifests.map(({ kind, namespace, name, body }) => [`${kind}/${namespace}/${name}`, body.raw() as SizedObject]));
  const objectsOf = ({ kind, namespace, name, configMap }: Workload): ObjectSize[] =>
    [`ConfigMap/${namespace}/${configMap}`, `${kind}/${namespace}/${name}`].map((key) => sizeOf(objects.get(key)!));
  const ties = new TieFinder();
  return {
    policies: networkPoliciesOf(manifests),
    services: manifests.filter(({ kind }) => kind === 'Service').map(readService),
    servedMetrics: manifests.filter(({ kind }) => kind === 'ConfigMap').flatMap(({ body }) => seriesServedBy(body.get('data').texts()[ADAPTER_KEY] ?? '')),
    workloads: model.workloads.map((workload): WorkloadInfo => {
      const { kind, namespace, name, service, version, config, labels, replicas, preStopMs, graceMs } = workload;
      const object = objects.get(`${kind}/${namespace}/${name}`)!;
      const template = templateOf(object);
      const enforced = namespaces.get(namespace);
      const autoscaler = autoscalers.get(`${kind}/${namespace}/${name}`);
      return {
        ...promisesIn((object as AnnotatedObject).metadata?.annotations, (annotation) => {
          throw new UserError(`${kind} ${namespace}/${name}: the annotation ${annotation} is not what cdk8s-mesh writes; synthesize again`);
        }),
        service, namespace, version, preStopMs, graceMs,
        replicas: autoscaler?.replicas ?? replicasOf(kind, replicas, (object as AnnotatedObject).metadata?.annotations),
        scaleUpCycleMs: autoscaler?.scaleUpCycleMs,
        podMetrics: autoscaler?.podMetrics,
        keepsTrafficLocal: local.some((service) => service.namespace === namespace && selectsLabels(service.selector, labels)),
        disruption: budgets.find((budget) => budget.namespace === namespace && selectsLabels(budget.selector, labels))?.rule,
        clusters: [...clusters.get(workload)!],
        pod: podInfo(workload),
        objects: objectsOf(workload),
        refusals: enforced && refusedByPodSecurity(template, enforced.level, enforced.version),
        httpsProbes: httpsProbePorts(template.spec.containers),
        zones: expectations.zones,
        requestsPerSecond: of(expectations.requestsPerSecond, service, namespace),
        latencyMs: of(expectations.latencyMs, service, namespace),
        ties: ties.of(config.listeners),
        document: withDefaults(config),
        stated: config,
      };
    }),
  };
}

/** What is looked at in the pods of a workload. */
interface Template extends SecuredPod {
  readonly spec: SecuredPod['spec'] & { readonly containers: Parameters<typeof httpsProbePorts>[0] };
}
interface AnnotatedObject {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}
interface PodOwner {
  readonly template: Template;
  readonly jobTemplate?: { readonly spec: PodOwner };
}

function templateOf(workload: object): Template {
  const { spec } = workload as { readonly spec: PodOwner };
  return (spec.jobTemplate?.spec ?? spec).template;
}

function readService({ name, namespace, body }: Manifest): ServiceInfo {
  const spec = body.get('spec');
  const weight = Number(body.get('metadata').get('annotations').texts()[WEIGHT_ANNOTATION]);
  return { ...serviceInfo(name, namespace, {
    clusterIP: spec.get('clusterIP').optionalText(),
    ports: spec.get('ports').list().map((port) => ({
      port: port.get('port').integer(),
      name: port.get('name').optionalText(),
      targetPort: port.get('targetPort').present ? port.get('targetPort').integerOrText() : undefined,
      appProtocol: port.get('appProtocol').optionalText(),
    })),
  }), ...(Number.isInteger(weight) && { weight }) };
}

/** What is expected of a service, which may be named with its namespace. */
function of(expected: ReadonlyMap<string, number>, service: string, namespace: string): number | undefined {
  return expected.get(service) ?? expected.get(`${service}.${namespace}`);
}

function readAutoscaler({ namespace, body }: Manifest): readonly [string, AutoscalerInfo] {
  const spec = body.get('spec');
  const target = spec.get('scaleTargetRef');
  const scaleUp = spec.get('behavior').get('scaleUp');
  return [`${target.get('kind').text()}/${namespace}/${target.get('name').text()}`, autoscalerInfo({
    minReplicas: spec.get('minReplicas').optionalInteger(),
    maxReplicas: spec.get('maxReplicas').integer(),
    stabilizationSeconds: scaleUp.get('stabilizationWindowSeconds').optionalInteger(),
    periodSeconds: scaleUp.get('policies').list().map((policy) => policy.get('periodSeconds').integer()),
    podMetrics: spec.get('metrics').list().flatMap((metric) => metric.get('pods').get('metric').get('name').optionalText() ?? []),
  })];
}

interface Budget {
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly rule: DisruptionRule | undefined;
}

function readBudget({ namespace, body }: Manifest): Budget {
  const spec = body.get('spec');
  return {
    namespace,
    selector: spec.get('selector').get('matchLabels').texts(),
    rule: readRule('minAvailable', spec.get('minAvailable')) ?? readRule('maxUnavailable', spec.get('maxUnavailable')),
  };
}

function readRule(rule: DisruptionRule['rule'], field: Field): DisruptionRule | undefined {
  if (!field.present) return undefined;
  const value = field.integerOrText();
  const read = disruptionRule(rule, value);
  if (!read) throw new UserError(`${field.where}: ${rule} must be a number or a percentage such as 50%, got '${value}'`);
  return read;
}
