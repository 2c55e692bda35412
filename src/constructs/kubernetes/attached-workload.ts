/**
 * A workload that gets a sidecar. One of cdk8s-plus is changed by its own methods. Any other object with a pod template, such as
 * one of a Helm chart, gets an overlay: a Deployment of cdk8s-plus that is written nowhere, and whose additions are merged into the object when that
 * is written. So the sidecar is made by the same code for all of them. Patches of the object are applied before; the sidecar itself can be changed
 * by its `container`.
 */
import { ApiObject, App, Chart, Duration } from 'cdk8s';
import { IConstruct } from 'constructs';
import * as kplus from './kplus';
import { writeLeanAsSaid } from './lean-manifest';
import { PodSpecManifest, podTemplateOf, PodTemplateManifest } from './patches';
import { ServingDeployment } from './serving-deployment';

/** A workload, as its sidecar sees it. */
export interface AttachedWorkload {
  /** What it was made by. */
  readonly construct: IConstruct;
  /** What the sidecar is added to: the workload itself, or its overlay. */
  readonly pods: kplus.Workload;
  /** What it is called when nobody says. */
  readonly defaultName: string;
  readonly namespace?: string;
  /** The account that its pods run under, if it names one. */
  readonly account?: { readonly name: string };
  readonly gracePeriod?: Duration;
  /** First port of the first container. */
  readonly firstPort?: number;
  /** Ports of all containers. */
  readonly ports: readonly { readonly number: number; readonly name?: string }[];
}

/** A workload of cdk8s-plus. */
export function attachedPlus(workload: kplus.Workload): AttachedWorkload {
  return {
    construct: workload,
    pods: workload,
    defaultName: workload.node.id.toLowerCase(),
    namespace: workload.metadata.namespace,
    account: workload.serviceAccount,
    gracePeriod: workload.terminationGracePeriod,
    firstPort: workload.containers[0]?.ports[0]?.number,
    ports: workload.containers.flatMap(({ ports }) => ports.map(({ number, name }) => ({ number, name }))),
  };
}

/** Any other object with a pod template. */
export function attachedObject(object: ApiObject): AttachedWorkload {
  const { spec } = podTemplateOf(object.kind, object.toJson());
  const { serviceAccountName: account, terminationGracePeriodSeconds: grace } = spec;
  return {
    construct: object,
    pods: overlayOf(object),
    defaultName: object.name,
    namespace: object.metadata.namespace,
    ...(account !== undefined && { account: { name: account } }),
    ...(grace !== undefined && { gracePeriod: Duration.seconds(grace) }),
    firstPort: spec.containers[0]?.ports?.[0]?.containerPort,
    ports: spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort, name }) => ({ number: containerPort, name }))),
  };
}

/** A Deployment of an app of its own, which has what is to be added. What its sidecar says stays: the pods that it goes to may say otherwise. */
function overlayOf(object: ApiObject): kplus.Workload {
  const chart = new Chart(new App(), 'overlay', { namespace: object.metadata.namespace });
  const overlay = new ServingDeployment(chart, object.name, { replicas: 1, securityContext: {} }, {}, writeLeanAsSaid);
  // A Deployment without containers can't be written.
  overlay.addContainer({ image: 'overlay', name: 'overlay' });
  const translate = object.toJson.bind(object);
  object.toJson = () => {
    const manifest = translate();
    merge(podTemplateOf(object.kind, manifest), podTemplateOf('Deployment', ApiObject.of(overlay).toJson()));
    return manifest;
  };
  return overlay;
}

/** The sidecar goes before all init containers, and the rest to what is there. */
function merge(template: PodTemplateManifest, { metadata = {}, spec: added }: PodTemplateManifest): void {
  const { spec } = template;
  template.metadata = {
    ...template.metadata,
    labels: { ...template.metadata?.labels, ...metadata.labels },
    ...((template.metadata?.annotations ?? metadata.annotations) && { annotations: { ...template.metadata?.annotations, ...metadata.annotations } }),
  };
  spec.initContainers = [...added.initContainers ?? [], ...spec.initContainers ?? []];
  spec.volumes = [...spec.volumes ?? [], ...added.volumes ?? []];
  const single: (keyof PodSpecManifest)[] = ['terminationGracePeriodSeconds', 'serviceAccountName'];
  for (const field of single.filter((each) => added[each] !== undefined)) {
    Object.assign(spec, { [field]: added[field] });
  }
}
