/**
 * The NetworkPolicies of an app, whoever made them, for the lints: those of `connections` of cdk8s-plus, its `NetworkPolicy`, and plain
 * objects. They are read as they will be written, since that is what the cluster gets.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { SERVICE_LABEL } from '../contract';
import { NetworkPolicyFacts, NetworkPolicySpec, PodFacts, readNetworkPolicy } from '../planning/network-policy';
import { DEFAULT_NAMESPACE } from './destination-facts';
import * as kplus from './kplus';
import { constructsOf } from './mesh-settings';

/** The NetworkPolicies of a cluster that the app is for. */
export function networkPoliciesIn(root: IConstruct, cluster: string): NetworkPolicyFacts[] {
  return [...constructsOf(root)].filter((placed) => placed.cluster === cluster).map(({ construct }) => construct).filter(isNetworkPolicy)
    .map((object) => {
      const { spec = {} } = object.toJson() as { spec?: NetworkPolicySpec };
      return readNetworkPolicy(object.name, object.metadata.namespace ?? DEFAULT_NAMESPACE, spec);
    });
}

/** Whether an app has any. */
export function hasNetworkPolicies(root: IConstruct): boolean {
  return root.node.findAll().some(isNetworkPolicy);
}

function isNetworkPolicy(construct: IConstruct): construct is ApiObject {
  return ApiObject.isApiObject(construct) && construct.kind === 'NetworkPolicy' && construct.apiGroup === 'networking.k8s.io';
}

/** What they see of the pods of a workload. */
export function podFacts(workload: kplus.Workload, namespace: string): PodFacts {
  const { labels = {} } = workload.podMetadata.toJson() as { labels?: Record<string, string> };
  const ports = [...workload.containers, ...workload.initContainers].flatMap((container) => container.ports);
  return {
    namespace,
    labels,
    portNames: Object.fromEntries(ports.flatMap(({ name, number }) => (name === undefined ? [] : [[name, number]]))),
    serves: labels[SERVICE_LABEL] !== undefined,
  };
}
