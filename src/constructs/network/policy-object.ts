/** The NetworkPolicy of a workload. What it says is known when the app is complete. */
import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { NetworkPolicies } from './network-policies';
import { PolicyFacts, policySpec } from './policy-spec';

/** Makes the object, if there is to be one. */
export function addNetworkPolicy(
  scope: Construct, policies: NetworkPolicies, metadata: { readonly name: string; readonly namespace?: string }, facts: () => PolicyFacts,
): ApiObject | undefined {
  const { _options: options } = policies;
  return options && new ApiObject(scope, 'NetworkPolicy', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: Lazy.any({ produce: () => policySpec(facts(), options) }),
  });
}
