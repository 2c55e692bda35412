/** NetworkPolicies out of Kubernetes objects, for the lints, and what they see of a workload's pods. */
import { SERVICE_LABEL } from '../../contract';
import { LabelSelector, NetworkPolicyInfo, PodInfo, PolicyPeer, PolicyPort, readNetworkPolicy } from '../../planning/network-policy';
import type { Field } from '../model/field';
import type { Manifest } from '../model/manifests';
import type { Workload } from '../model/model';

export function networkPoliciesOf(manifests: readonly Manifest[]): NetworkPolicyInfo[] {
  return manifests.filter(({ kind, body }) => kind === 'NetworkPolicy' && body.get('apiVersion').text().startsWith('networking.k8s.io/')).map(({ name, namespace, body }) => {
    const spec = body.get('spec');
    return readNetworkPolicy(name, namespace, {
      podSelector: readSelector(spec.get('podSelector')),
      policyTypes: spec.get('policyTypes').list().map((type) => type.text()),
      ingress: spec.get('ingress').list().map((rule) => ({ from: rule.get('from').list().map(readPeer), ports: rule.get('ports').list().map(readPort) })),
      egress: spec.get('egress').list().map((rule) => ({ to: rule.get('to').list().map(readPeer), ports: rule.get('ports').list().map(readPort) })),
    });
  });
}

export function podInfo({ namespace, labels, containers }: Workload): PodInfo {
  const ports = containers.flatMap((container) => container.ports);
  return {
    namespace,
    labels,
    portNames: Object.fromEntries(ports.flatMap(({ name, port }) => (name === undefined ? [] : [[name, port]]))),
    serves: labels[SERVICE_LABEL] !== undefined,
  };
}

function readPeer(peer: Field): PolicyPeer {
  const selector = (field: Field): LabelSelector | undefined => (field.present ? readSelector(field) : undefined);
  return {
    ipBlock: peer.get('ipBlock').present ? {} : undefined,
    podSelector: selector(peer.get('podSelector')),
    namespaceSelector: selector(peer.get('namespaceSelector')),
  };
}

function readPort(port: Field): PolicyPort {
  const number = port.get('port');
  return { protocol: port.get('protocol').optionalText(), port: number.present ? number.integerOrText() : undefined, endPort: port.get('endPort').optionalInteger() };
}

function readSelector(selector: Field): LabelSelector {
  return {
    matchLabels: selector.get('matchLabels').texts(),
    matchExpressions: selector.get('matchExpressions').list().map((expression) => ({
      key: expression.get('key').text(), operator: expression.get('operator').text(), values: expression.get('values').list().map((value) => value.text()),
    })),
  };
}
