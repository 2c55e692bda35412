/**
 * What the types of cdk8s-plus-28 can't say, in one place.
 *
 * Two ways, for two needs. Fields that Kubernetes 1.28 already had but cdk8s-plus has no prop for are JSON patches: they
 * run before the patches that a user adds, so the user's win. Fields that are newer (`preStop.sleep`, hooks of init containers) would be dropped by
 * the generated 1.28 serializer after all patches have run, and values that depend on later calls (`calls()`) are not
 * known when a patch is added; both are completed on the finished manifest by {@link completePodSpec}, which only adds
 * what isn't there, so that a user's own value still wins.
 */
import { ApiObject, JsonPatch } from 'cdk8s';
import { IConstruct } from 'constructs';
import * as kplus from './kplus';
import { manifestOf, noteWritten, watchWriting } from './manifests';

/** Where the pod template is in the manifest, by kind of workload. */
const POD_TEMPLATE: Record<string, string[]> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Rollout: ['spec', 'template'],
};

/** The API group of each kind. */
const GROUPS: Record<string, string> = {
  Deployment: 'apps', StatefulSet: 'apps', DaemonSet: 'apps', Job: 'batch', CronJob: 'batch', Rollout: 'argoproj.io',
};

/** The parts of a pod spec that are completed here. */
export interface PodSpecManifest {
  containers: ContainerManifest[];
  initContainers?: ContainerManifest[];
  terminationGracePeriodSeconds?: number;
  hostAliases?: { ip: string; hostnames: string[] }[];
  securityContext?: { sysctls?: { name: string; value: string }[] };
  volumes?: object[];
  serviceAccountName?: string;
  imagePullSecrets?: { name?: string }[];
  hostNetwork?: boolean;
  nodeSelector?: Record<string, string>;
  os?: { name?: string };
  affinity?: { nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeTerm[] } } };
}

/** Nodes that a pod may run on. */
interface NodeTerm {
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** The parts of a pod template that are read here. */
export interface PodTemplateManifest {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpecManifest;
}

/** The parts of a container that are completed here. */
export interface ContainerManifest {
  name: string;
  env?: { name: string; value?: string }[];
  ports?: { name?: string; containerPort: number; hostPort?: number; protocol?: string }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
  lifecycle?: { preStop?: object };
  startupProbe?: ProbeManifest;
  readinessProbe?: ProbeManifest;
  livenessProbe?: ProbeManifest;
}

/** The part of a probe that is read here. */
interface ProbeManifest {
  httpGet?: { scheme?: string; port: number | string };
}

/** Kinds of workloads that have a pod template we know. */
export function isKnownWorkload({ kind, apiGroup }: ApiObject): boolean {
  return Object.hasOwn(GROUPS, kind) && GROUPS[kind] === apiGroup;
}

/** Sets a field of the pod's spec by a path relative to it. */
export function setInPodSpec(workload: kplus.Workload, path: string, value: unknown): void {
  ApiObject.of(workload).addJsonPatch(JsonPatch.add(podSpecPointer(workload) + path, value));
}

/** Makes the init container at `index` the first one. */
export function moveInitContainerFirst(workload: kplus.Workload, index: number): void {
  if (index > 0) {
    const list = `${podSpecPointer(workload)}/initContainers`;
    ApiObject.of(workload).addJsonPatch(JsonPatch.move(`${list}/${index}`, `${list}/0`));
  }
}

/** The pod template as it will be written, which nobody may change. Throws when the workload can't be written. */
export function writtenTemplateOf(workload: IConstruct): PodTemplateManifest {
  const object = ApiObject.of(workload);
  return podTemplateOf(object.kind, manifestOf(object));
}

/** Lets `complete` fill in a workload's pod spec after everything else was translated. It may change its argument and nothing else. */
export function completePodSpec(workload: IConstruct, complete: (spec: PodSpecManifest) => void): void {
  const object = ApiObject.of(workload);
  const translate = object.toJson.bind(object);
  watchWriting(object);
  object.toJson = () => {
    const manifest = translate();
    noteWritten(object);
    complete(podTemplateOf(object.kind, manifest).spec);
    return manifest;
  };
}

/** Gives an app's container the `sleep` action (Kubernetes 1.30) unless it has a preStop of its own. */
export function sleepBeforeStop(container: ContainerManifest, seconds: number): void {
  if (seconds > 0 && !container.lifecycle?.preStop) {
    container.lifecycle = { ...container.lifecycle, preStop: { sleep: { seconds } } };
  }
}

/** Has the kubelet ask a container's port for a page when the pod's termination begins, unless the container has a preStop of its own. */
export function askBeforeStop(container: ContainerManifest, path: string, port: number): void {
  if (!container.lifecycle?.preStop) {
    container.lifecycle = { ...container.lifecycle, preStop: { httpGet: { path, port } } };
  }
}

/** Gives a container an environment variable that it doesn't have. */
export function addVariable(container: ContainerManifest, name: string, value: string): void {
  if (!container.env?.some((variable) => variable.name === name)) {
    container.env = [...(container.env ?? []), { name, value }];
  }
}

/** Leaves the number of replicas to others. Each `kubectl apply` would set it anew. */
export function leaveReplicasOut(workload: IConstruct): void {
  const object = ApiObject.of(workload);
  const translate = object.toJson.bind(object);
  object.toJson = () => {
    const manifest = translate() as { spec?: { replicas?: number } };
    delete manifest.spec?.replicas;
    return manifest;
  };
}

/** Sets fields of a Service that cdk8s-plus has no props for. */
export function setInServiceSpec(service: kplus.Service, fields: Record<string, unknown>): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) {
      ApiObject.of(service).addJsonPatch(JsonPatch.add(`/spec/${field}`, value));
    }
  }
}

/** Declares what is spoken at each port of a Service. */
export function declareProtocols(service: kplus.Service, protocols: readonly string[]): void {
  protocols.forEach((protocol, index) => setInServiceSpec(service, { [`ports/${index}/appProtocol`]: protocol }));
}

/** The pod template in a workload's manifest; an empty one, apart from the manifest, where patches of the user have removed it. */
export function podTemplateOf(kind: string, manifest: object): PodTemplateManifest {
  const template = POD_TEMPLATE[kind].reduce((node: object | undefined, key) => (node as Record<string, object> | undefined)?.[key], manifest);
  const { spec } = (template ?? {}) as Partial<PodTemplateManifest>;
  return spec?.containers ? template as PodTemplateManifest : { ...template, spec: { ...spec, containers: [] } };
}

function podSpecPointer(workload: kplus.Workload): string {
  return `/${POD_TEMPLATE[ApiObject.of(workload).kind].join('/')}/spec`;
}
