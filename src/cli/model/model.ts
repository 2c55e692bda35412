/**
 * The parts of the synthesized objects that running them needs, and nothing else of Kubernetes: which workloads carry
 * the sidecar, how many pods each has, what is in such a pod, and which Services select it.
 */
import { APP_CLUSTER, ClusterConfig, INBOUND_LISTENER, ProxyConfig } from '../../contract';
import { selectsLabels } from '../../planning/lints/objects';

/** A port that a container declares. */
export interface ContainerPort {
  readonly name: string | undefined;
  readonly port: number;
}

/** A container, as far as a process can stand in for it. */
export interface ContainerSpec {
  readonly name: string;
  readonly ports: readonly ContainerPort[];
  readonly env: readonly EnvVariable[];
}

/** An environment variable, and where its value is. */
export type EnvVariable =
  | { readonly name: string; readonly type: 'value'; readonly value: string }
  | { readonly name: string; readonly type: 'field'; readonly path: string }
  | { readonly name: string; readonly type: 'unavailable'; readonly reason: string };

/** A workload whose pods carry the sidecar. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly where: string;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** From the document's `node`. */
  readonly service: string;
  readonly version: string;
  /** The document that the sidecar reads, as it stands in the ConfigMap. */
  readonly config: ProxyConfig;
  /** Name of the ConfigMap. */
  readonly configMap: string;
  /** The container that is the app: the first one. Absent for a gateway, whose pods are a proxy alone. */
  readonly app?: ContainerSpec;
  /** All containers, the sidecar among them; named target ports are looked up here. */
  readonly containers: readonly ContainerSpec[];
  /** The Secret with the certificate of its listener for TLS. Absent: none, or a gateway's, which can have several. */
  readonly tlsSecret?: string;
  /** Page of the admin port that the sidecar's preStop hook asks for; undefined when it has none. */
  readonly preStopPath: string | undefined;
  /** How long the preStop hook takes: that of the app sleeps, that of a gateway's proxy waits. */
  readonly preStopMs: number;
  /** From the beginning of a stop to the kill of what is left. */
  readonly graceMs: number;
  /** Zones that its pods are bound to; none when they may be anywhere. */
  readonly zones: readonly string[];
}

/** A Service. */
export interface ServiceSpec {
  readonly name: string;
  readonly namespace: string;
  readonly where: string;
  readonly type: string;
  /** Labels that a pod must have; empty: no pod is selected. */
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
  readonly publishNotReady: boolean;
}

export interface ServicePort {
  readonly name: string | undefined;
  readonly port: number;
  /** Number or name of the container's port. */
  readonly target: number | string;
  readonly appProtocol?: string | undefined;
}

/** Everything that `up` runs. */
export interface MeshModel {
  readonly workloads: readonly Workload[];
  readonly services: readonly ServiceSpec[];
  /** What the Secrets hold, by `namespace/name`. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** What the ConfigMaps hold, by `namespace/name`. */
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Workloads without the sidecar, which are not run, for a notice. */
  readonly outside: readonly string[];
}

/** `catalog v2`: how people name a workload. */
export function titleOf(workload: Workload): string {
  return `${workload.service} ${workload.version}`;
}

/** What a workload's app speaks with its sidecar. That it is TLS of its own, which passes through, only its Services say. */
export function appSpeaks(
  { config, namespace, labels }: Pick<Workload, 'config' | 'namespace' | 'labels'>, { services }: Pick<MeshModel, 'services'>,
): Required<ClusterConfig>['protocol'] | 'tls' {
  const protocol = config.clusters.find(({ name }) => name === APP_CLUSTER)?.protocol ?? 'http1';
  if (protocol !== 'tcp') return protocol;
  const inbound = config.listeners.find(({ name }) => name === INBOUND_LISTENER)?.port;
  const ports = services.filter((service) => selects(service, namespace, labels)).flatMap((service) => service.ports);
  return ports.some(({ target, appProtocol }) => target === inbound && appProtocol === TLS) ? 'tls' : protocol;
}

/** What the port of a Service says whose apps speak TLS of their own. */
export const TLS = 'tls';

/** Whether the Service selects pods with these labels. */
export function selects(service: ServiceSpec, namespace: string, labels: Readonly<Record<string, string>>): boolean {
  return service.namespace === namespace && selectsLabels(service.selector, labels);
}

/** The port number that a Service's target is in these containers; undefined when no container has a port of that name. */
export function resolveTarget(target: number | string, containers: readonly ContainerSpec[]): number | undefined {
  if (typeof target === 'number') return target;
  for (const container of containers) {
    const found = container.ports.find((port) => port.name === target);
    if (found) return found.port;
  }
  return undefined;
}
