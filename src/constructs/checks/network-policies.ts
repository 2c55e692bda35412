/**
 * All NetworkPolicies of an app, for the lints: those of `connections` of cdk8s-plus, its `NetworkPolicy`, and plain
 * objects. They are read as they will be written, since that is what the cluster gets.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { SERVICE_LABEL } from '../../contract';
import { NetworkPolicyInfo, NetworkPolicySpec, PodInfo, readNetworkPolicy } from '../../planning/network-policy';
import { Manifest, manifestOf } from '../kubernetes/manifests';
import { writtenTemplateOf } from '../kubernetes/patches';
import { constructsOf } from '../mesh/mesh-settings';
import { DEFAULT_NAMESPACE } from '../props/name-rules';

/** The NetworkPolicies of a cluster that the app is for. */
export function networkPoliciesIn(root: IConstruct, cluster: string): NetworkPolicyInfo[] {
  return [...constructsOf(root)].filter((placed) => placed.cluster === cluster).map(({ construct }) => construct).filter(isNetworkPolicy)
    .map((object) => {
      const { metadata = {}, spec = {} } = manifestOf(object) as Manifest & { readonly spec?: NetworkPolicySpec };
      return readNetworkPolicy(metadata.name ?? object.name, metadata.namespace ?? DEFAULT_NAMESPACE, spec);
    });
}

function isNetworkPolicy(construct: IConstruct): construct is ApiObject {
  return ApiObject.isApiObject(construct) && construct.kind === 'NetworkPolicy' && construct.apiGroup === 'networking.k8s.io';
}

/** What they see of the pods of a workload. */
export function podInfo(workload: IConstruct, namespace: string): PodInfo {
  const { metadata: { labels = {} } = {}, spec } = writtenTemplateOf(workload);
  const ports = [...spec.containers, ...spec.initContainers ?? []].flatMap((container) => container.ports ?? []);
  return {
    namespace,
    labels,
    portNames: Object.fromEntries(ports.flatMap(({ name, containerPort }) => (name === undefined ? [] : [[name, containerPort]]))),
    serves: labels[SERVICE_LABEL] !== undefined,
  };
}
