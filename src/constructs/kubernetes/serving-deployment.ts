/**
 * The Deployment of cdk8s-plus for pods that are found by labels of their own.
 *
 * cdk8s-plus labels every pod with the address of its construct and selects by it wherever it selects pods: Services, network policies,
 * affinities. The address is a hash of the construct's path, so that moving or renaming a construct would replace all pods. Here pods
 * don't have it, and whatever selects them takes the labels given.
 */
import { ApiObjectMetadataDefinition } from 'cdk8s';
import { Construct } from 'constructs';
import * as kplus from './kplus';
import { writeLean } from './lean-manifest';
import { setInPodSpec } from './patches';

/** Where pods are spread, the wider first. `ScheduleAnyway`: an uneven spread is better than pods that can't start. */
const ZONE = 'topology.kubernetes.io/zone';
const SPREAD_OVER = [ZONE, 'kubernetes.io/hostname'];

/** A spread over zones that somebody counts on. */
export interface ZoneSpread {
  readonly maxSkew: number;
  /** Pods that would be spread less don't start. */
  readonly isStrict: boolean;
}

/** A rollout never takes a pod away before another one serves in its place. */
export const SERVING_STRATEGY = kplus.DeploymentStrategy.rollingUpdate({
  maxSurge: kplus.PercentOrAbsolute.percent(25),
  maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
});

/** The same with a number of pods to add at a time. */
export function servingStrategy(surge: number | undefined): kplus.DeploymentStrategy {
  return surge === undefined ? SERVING_STRATEGY : kplus.DeploymentStrategy.rollingUpdate({
    maxSurge: kplus.PercentOrAbsolute.absolute(surge),
    maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
  });
}

/** A Deployment whose pods don't know where in the code they come from. */
export class ServingDeployment extends kplus.Deployment {
  // No initial value: the constructor of cdk8s-plus may ask for it before this class gets to set one.
  private declare ownPodMetadata?: ApiObjectMetadataDefinition;

  /**
   * @param podLabels what pods have, and are selected by. A Deployment's selector can't change in a cluster, so these never may
   * @param lean has it written without what needs not be said
   */
  constructor(
    scope: Construct, id: string, props: kplus.DeploymentProps, private readonly podLabels: { [label: string]: string },
    lean: (deployment: kplus.Deployment) => void = writeLean,
  ) {
    super(scope, id, { ...props, select: false });
    lean(this);
    this.select(kplus.LabelSelector.of({ labels: podLabels }));
    Object.entries(podLabels).forEach(([label, value]) => this.podMetadata.addLabel(label, value));
  }

  public get podMetadata(): ApiObjectMetadataDefinition {
    this.ownPodMetadata ??= new ApiObjectMetadataDefinition({ apiObject: this.apiObject });
    return this.ownPodMetadata;
  }

  public toPodSelectorConfig(): kplus.PodSelectorConfig {
    const { namespace } = this.metadata;
    return {
      labelSelector: kplus.LabelSelector.of({ labels: this.podLabels }),
      namespaces: namespace === undefined ? undefined : { names: [namespace] },
    };
  }
}

/**
 * Spreads pods over zones and nodes, and gives them the seccomp profile that the `restricted` Pod Security Standard asks for.
 *
 * A strict spread leaves nodes with taints out: those of a zone that fails get one, and would else be zones without pods that nothing may start
 * beside. It names no least number of zones, for then nothing could be started while one is lost.
 */
export function spreadPods(deployment: kplus.Deployment, labels: Record<string, string>, zones: ZoneSpread = { maxSkew: 1, isStrict: false }): void {
  setInPodSpec(deployment, '/securityContext/seccompProfile', { type: 'RuntimeDefault' });
  // Pods of one revision only: a rollout would else place new pods for a balance with old ones that it is about to take away. Only Deployments
  // give their pods this label. Some tools that plan nodes don't know `matchLabelKeys`; they count the pods that the selector names.
  setInPodSpec(deployment, '/topologySpreadConstraints', SPREAD_OVER.map((topologyKey) => ({
    topologyKey,
    ...(topologyKey === ZONE
      ? { maxSkew: zones.maxSkew, whenUnsatisfiable: zones.isStrict ? 'DoNotSchedule' : 'ScheduleAnyway', ...(zones.isStrict && { nodeTaintsPolicy: 'Honor' }) }
      : { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }),
    labelSelector: { matchLabels: labels },
    matchLabelKeys: ['pod-template-hash'],
  })));
}
