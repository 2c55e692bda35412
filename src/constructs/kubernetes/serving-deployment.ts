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

/** A Deployment whose pods don't know where in the code they come from. */
export class ServingDeployment extends kplus.Deployment {
  // No initial value: the constructor of cdk8s-plus may ask for it before this class gets to set one.
  private declare ownPodMetadata?: ApiObjectMetadataDefinition;

  /**
   * @param podLabels what pods have, and are selected by. A Deployment's selector can't change in a cluster, so these never may
   */
  constructor(scope: Construct, id: string, props: kplus.DeploymentProps, private readonly podLabels: { [label: string]: string }) {
    super(scope, id, { ...props, select: false });
    writeLean(this);
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
