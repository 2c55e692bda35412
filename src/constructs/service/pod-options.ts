/**
 * What can be said of the pods of a service, and of one version of it. The names are those of cdk8s-plus; Kubernetes' own where cdk8s-plus has
 * none. What a version says replaces what its service says, each option by itself.
 */
import { ApiObjectMetadata, Duration } from 'cdk8s';
import * as kplus from '../kubernetes/kplus';

/**
 * Security context of pods: that of cdk8s-plus, and what it leaves out. It holds for the containers that say nothing else. The sidecar has
 * a user, a group and a seccomp profile of its own.
 */
export interface PodSecurityContextOptions extends kplus.PodSecurityContextProps {
  /**
   * Groups that the processes of the pod have besides their own.
   *
   * @default - none
   */
  readonly supplementalGroups?: number[];

  /**
   * Seccomp profile. The `restricted` Pod Security Standard takes all but UNCONFINED.
   *
   * @default - the profile of the container runtime
   */
  readonly seccompProfile?: kplus.SeccompProfile;
}

/**
 * Options of the pods of a service. Each option of a version replaces that of its service as a whole; only labels and annotations are added to
 * those of the service.
 */
export interface PodOptions {
  /**
   * Labels and annotations of the pods. Those that begin with `cdk8s-mesh/` are set by the mesh.
   *
   * @default - those of the mesh only
   */
  readonly podMetadata?: ApiObjectMetadata;

  /**
   * Containers that run before the app, in order, as in cdk8s-plus. The sidecar starts before them, so they can call services, too. They have the
   * same defaults as the app's containers.
   *
   * @default - none
   */
  readonly initContainers?: kplus.ContainerProps[];

  /**
   * Volumes of the pods. Volumes that a container mounts need not be listed here.
   *
   * @default - those that containers mount
   */
  readonly volumes?: kplus.Volume[];

  /**
   * Secrets with the passwords of image registries, in the namespace of the service. They are for the image of the sidecar, too.
   *
   * @default - none, images are public or the nodes can pull them
   */
  readonly imagePullSecrets?: kplus.ISecret[];

  /**
   * Security context of the pods.
   *
   * @default - as in cdk8s-plus, with the seccomp profile of the container runtime
   */
  readonly securityContext?: PodSecurityContextOptions;

  /**
   * Whether all containers get a token of the service's account for the Kubernetes API. The sidecar has a token of its own either way. With
   * `Identity.certManagerSpiffe()` the account may request certificates, and so may an app with its token.
   *
   * @default false
   */
  readonly automountServiceAccountToken?: boolean;

  /**
   * How pods resolve names.
   *
   * @default - as in cdk8s-plus: by the DNS of the cluster
   */
  readonly dns?: kplus.PodDnsProps;

  /**
   * Lines for the hosts file of the pods. Names of services that the pods call can't be among them.
   *
   * @default - none
   */
  readonly hostAliases?: kplus.HostAlias[];

  /**
   * Labels that a node must have to run the pods, with their values.
   *
   * @default - any node
   */
  readonly nodeSelector?: { readonly [label: string]: string };

  /**
   * Taints of nodes that the pods tolerate, such as `NodeTaintQuery.is('dedicated', 'web')` of cdk8s-plus.
   *
   * @default - none
   */
  readonly tolerations?: kplus.NodeTaintQuery[];

  /**
   * Affinity to nodes and pods, as in Kubernetes. It replaces what `deployment.scheduling` says of affinity. The spread over zones and nodes
   * stays.
   *
   * @default - none
   */
  readonly affinity?: kplus.k8s.Affinity;

  /**
   * Name of the PriorityClass of the pods.
   *
   * @default - that of the cluster
   */
  readonly priorityClassName?: string;

  /**
   * Name of the RuntimeClass of the pods, for example that of gVisor.
   *
   * @default - that of the cluster
   */
  readonly runtimeClassName?: string;

  /**
   * How a rollout replaces pods.
   *
   * @default - a rolling update that adds a quarter of the pods at a time, or what `capacity` says, and takes none away before another one
   * serves
   */
  readonly strategy?: kplus.DeploymentStrategy;

  /**
   * Time for the app to finish after it was told to stop. The pod's own grace period is longer by `endpointPropagation` and `proxyDrain`.
   *
   * @default - `appDrain` of the service or the nearest Mesh, or 20 seconds
   */
  readonly terminationGracePeriod?: Duration;
}

/** Names of the options. */
export const POD_OPTIONS = {
  podMetadata: true, initContainers: true, volumes: true, imagePullSecrets: true, securityContext: true, automountServiceAccountToken: true,
  dns: true, hostAliases: true, nodeSelector: true, tolerations: true, affinity: true, priorityClassName: true, runtimeClassName: true,
  strategy: true, terminationGracePeriod: true,
} as const satisfies Record<keyof PodOptions, true>;

/** The options of a version: its own, then those of its service. */
export function podOptionsOf(own: PodOptions, ofService: PodOptions = {}): PodOptions {
  const named = ({ podMetadata, ...options }: PodOptions): PodOptions => (
    Object.fromEntries(Object.entries(options).filter(([name, value]) => Object.hasOwn(POD_OPTIONS, name) && value !== undefined)));
  const labels = { ...ofService.podMetadata?.labels, ...own.podMetadata?.labels };
  const annotations = { ...ofService.podMetadata?.annotations, ...own.podMetadata?.annotations };
  return { ...named(ofService), ...named(own), podMetadata: { labels, annotations } };
}
