/**
 * What lints take from Kubernetes objects, with Kubernetes' own defaults. The constructs read manifests that are about to be written,
 * `cdk8s-mesh check` those that were; both come here, so that they see the same mesh.
 */
import type { DisruptionRule } from '../disruption';
import { OBJECTIVES_ANNOTATION, readObjectives } from '../objectives/published';
import { PLAN_ANNOTATION, readDeclared } from '../sizing/declared';
import type { Range, ServiceInfo, WorkloadInfo } from './info';

/** Kubernetes' default of `terminationGracePeriodSeconds`. */
export const DEFAULT_GRACE_SECONDS = 30;

/** How long Kubernetes waits between two looks at an autoscaler, and by its default between two scale-ups. */
const SCALE_UP_SECONDS = 15;

/** Kinds whose number of pods nobody knows: one for each node, or some from time to time. */
const UNCOUNTED: readonly string[] = ['DaemonSet', 'CronJob'];

/** Annotation of workloads whose replicas others manage: the fewest there are, and behind a hyphen the most, as in `2-20`. */
export const REPLICAS_ANNOTATION = 'cdk8s-mesh/replicas';

type Annotations = Readonly<Record<string, string>>;

/** The range that others keep the replicas in, if they do. */
export function managedReplicas(annotations: Annotations | undefined): { readonly min: number; readonly max?: number } | undefined {
  const [, min, max] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(annotations?.[REPLICAS_ANNOTATION] ?? '') ?? [];
  return min === undefined ? undefined : { min: Number(min), ...(max !== undefined && { max: Number(max) }) };
}

/** Pods of a workload that no autoscaler of the app decides about. */
export function replicasOf(kind: string, stated: number | undefined, annotations?: Annotations): Range | undefined {
  const managed = managedReplicas(annotations);
  if (managed) {
    return managed.max === undefined ? undefined : { min: managed.min, max: managed.max };
  }
  const replicas = stated ?? 1;
  return UNCOUNTED.includes(kind) ? undefined : { min: replicas, max: replicas };
}

/**
 * What annotations say of a workload's objectives, capacity and availability.
 *
 * @param unreadable takes the name of an annotation that has another form than the constructs write
 */
export function promisesIn(annotations: Annotations | undefined, unreadable: (annotation: string) => void): Pick<WorkloadInfo, 'objectives' | 'declared'> {
  const read = <T>(name: string, reader: (text: string) => T | undefined): T | undefined => {
    const text = annotations?.[name];
    const value = text === undefined ? undefined : reader(text);
    if (text !== undefined && value === undefined) unreadable(name);
    return value;
  };
  return { objectives: read(OBJECTIVES_ANNOTATION, readObjectives), declared: read(PLAN_ANNOTATION, readDeclared) };
}

/** An autoscaler, as far as lints go. */
export interface AutoscalerInfo {
  readonly replicas: Range;
  /** Longest time that it waits before it adds pods again. */
  readonly scaleUpCycleMs: number;
  /** Metrics of pods that it follows. */
  readonly podMetrics: readonly string[];
}

/** What an autoscaler's object says. */
export interface AutoscalerSpec {
  readonly minReplicas?: number | undefined;
  readonly maxReplicas: number;
  /** `behavior.scaleUp.stabilizationWindowSeconds`. */
  readonly stabilizationSeconds?: number | undefined;
  /** `behavior.scaleUp.policies[].periodSeconds`. */
  readonly periodSeconds: readonly number[];
  /** `metrics[].pods.metric.name`. */
  readonly podMetrics?: readonly string[];
}

export function autoscalerInfo(
  { minReplicas = 1, maxReplicas, stabilizationSeconds = 0, periodSeconds, podMetrics = [] }: AutoscalerSpec,
): AutoscalerInfo {
  return {
    replicas: { min: minReplicas, max: maxReplicas },
    scaleUpCycleMs: Math.max(SCALE_UP_SECONDS, stabilizationSeconds, ...periodSeconds) * 1_000,
    podMetrics,
  };
}

/** One of the rules of a PodDisruptionBudget: a number of pods or a percentage; undefined when the text is neither. */
export function disruptionRule(rule: DisruptionRule['rule'], value: number | string): DisruptionRule | undefined {
  if (typeof value === 'number') return { rule, count: { unit: 'pods', value } };
  const [, percent] = /^(\d{1,3})%$/.exec(value) ?? [];
  return percent === undefined ? undefined : { rule, count: { unit: 'percent', value: Number(percent) } };
}

/** Whether a selector of labels alone selects pods with these; an empty one is taken to select none, as a Service's does. */
export function selectsLabels(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value);
}

/** The Service that a fully qualified name belongs to, also that of an SRV record; undefined for any other name. */
export function serviceOfName(hostname: string): { readonly name: string; readonly namespace: string } | undefined {
  const [, name, namespace] = /^(?:_[^.]+\._tcp\.)?([^.]+)\.([^.]+)\.svc(?:\..*)?$/.exec(hostname) ?? [];
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

/** The part of a Service's manifest that tells its ports. */
export interface ServiceSpec {
  readonly clusterIP?: string | undefined;
  readonly ports?: readonly {
    readonly port: number;
    readonly name?: string | undefined;
    readonly targetPort?: number | string | undefined;
    readonly appProtocol?: string | undefined;
  }[] | undefined;
}

export function serviceInfo(name: string, namespace: string, { clusterIP, ports = [] }: ServiceSpec): ServiceInfo {
  return { name, namespace, headless: clusterIP === 'None', ports: ports.map((port) => ({ ...port, targetPort: port.targetPort ?? port.port })) };
}

/** A container, as far as its probes go. */
interface Probed {
  readonly ports?: readonly { readonly name?: string | undefined; readonly containerPort: number }[] | undefined;
  readonly startupProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly livenessProbe?: Probe | undefined;
}

interface Probe {
  readonly httpGet?: { readonly scheme?: string | undefined; readonly port?: number | string | undefined } | undefined;
}

/** Ports at which the kubelet asks containers by HTTPS. */
export function httpsProbePorts(containers: readonly Probed[]): number[] {
  return containers.flatMap(({ ports = [], startupProbe, readinessProbe, livenessProbe }) => [startupProbe, readinessProbe, livenessProbe]
    .flatMap((probe) => (probe?.httpGet?.scheme === 'HTTPS' && probe.httpGet.port !== undefined ? [probe.httpGet.port] : []))
    .map((port) => (typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort))
    .filter((port) => port !== undefined));
}
