/**
 * The NetworkPolicies of an app, whoever made them, for the lints: those of `connections` of cdk8s-plus, its `NetworkPolicy`, and plain
 * objects. They are read as they will be written, since that is what the cluster gets.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { SERVES_LABEL } from '../contract';
import { NetworkPolicyFacts, NetworkPolicySpec, PodFacts, readNetworkPolicy } from '../planning/network-policy';
import { DEFAULT_NAMESPACE } from './destination-facts';
import * as kplus from './kplus';
import { clusterOf } from './mesh-settings';

/** The NetworkPolicies of a cluster. */
export function networkPoliciesIn(cluster: IConstruct): NetworkPolicyFacts[] {
  return cluster.node.findAll()
    .filter((construct): construct is ApiObject => ApiObject.isApiObject(construct) && construct.kind === 'NetworkPolicy'
      && construct.apiGroup === 'networking.k8s.io' && clusterOf(construct) === cluster)
    .map((object) => {
      const { spec = {} } = object.toJson() as { spec?: NetworkPolicySpec };
      return readNetworkPolicy(object.name, object.metadata.namespace ?? DEFAULT_NAMESPACE, spec);
    });
}

/** What they see of the pods of a workload. */
export function podFacts(workload: kplus.Workload, namespace: string): PodFacts {
  const { labels = {} } = workload.podMetadata.toJson() as { labels?: Record<string, string> };
  const ports = [...workload.containers, ...workload.initContainers].flatMap((container) => container.ports);
  return {
    namespace,
    labels,
    portNames: Object.fromEntries(ports.flatMap(({ name, number }) => (name === undefined ? [] : [[name, number]]))),
    serves: labels[SERVES_LABEL] !== undefined,
  };
}
