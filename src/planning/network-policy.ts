/**
 * What NetworkPolicies let through, by Kubernetes' own rules: a pod that a policy selects takes (or sends) only what one of the policies
 * that select it allows; one that no policy selects takes and sends everything.
 *
 * What nobody can tell from manifests counts as let through, so that what is said to be shut out is: blocks of addresses, since the
 * addresses of pods are not known, and labels of namespaces other than the name that Kubernetes gives to each.
 */

/** A selector of labels, as in a manifest. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelRequirement[] | undefined;
}

/** One of the conditions of a selector; `operator` is In, NotIn, Exists or DoesNotExist. */
interface LabelRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/** One side of a rule; without any field it is anybody. */
export interface PolicyPeer {
  readonly ipBlock?: object | undefined;
  readonly podSelector?: LabelSelector | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
}

export interface PolicyPort {
  /** TCP unless said. */
  readonly protocol?: string | undefined;
  /** A number, or the name of a container's port. Absent: all. */
  readonly port?: number | string | undefined;
  readonly endPort?: number | undefined;
}

/** A rule. No peers are all of them, and no ports too. */
export interface PolicyRule {
  readonly peers: readonly PolicyPeer[];
  readonly ports: readonly PolicyPort[];
}

export interface NetworkPolicyInfo {
  readonly name: string;
  readonly namespace: string;
  readonly pods: LabelSelector;
  /** What may come in; absent when the policy is not about that. */
  readonly ingress?: readonly PolicyRule[] | undefined;
  /** What may go out; absent when the policy is not about that. */
  readonly egress?: readonly PolicyRule[] | undefined;
}

/** Of a pod, what policies see. */
export interface PodInfo {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ports of its containers that have a name. */
  readonly portNames: Readonly<Record<string, number>>;
  /** Whether Services lead to it. */
  readonly serves: boolean;
}

export type Direction = 'ingress' | 'egress';

/** The spec of a NetworkPolicy as it is in a manifest. */
export interface NetworkPolicySpec {
  readonly podSelector?: LabelSelector | undefined;
  readonly policyTypes?: readonly string[] | undefined;
  readonly ingress?: readonly { readonly from?: readonly PolicyPeer[] | undefined; readonly ports?: readonly PolicyPort[] | undefined }[] | undefined;
  readonly egress?: readonly { readonly to?: readonly PolicyPeer[] | undefined; readonly ports?: readonly PolicyPort[] | undefined }[] | undefined;
}

/** A policy with what its manifest leaves to defaults. */
export function readNetworkPolicy(name: string, namespace: string, spec: NetworkPolicySpec): NetworkPolicyInfo {
  const { podSelector = {}, ingress = [], egress = [], policyTypes = [] } = spec;
  // Without types a policy is about what comes in, and about what goes out if it says anything of that.
  const about = (type: string, otherwise: boolean): boolean => (policyTypes.length > 0 ? policyTypes.includes(type) : otherwise);
  return {
    name,
    namespace,
    pods: podSelector,
    ingress: about('Ingress', true) ? ingress.map(({ from = [], ports = [] }) => ({ peers: from, ports })) : undefined,
    egress: about('Egress', egress.length > 0) ? egress.map(({ to = [], ports = [] }) => ({ peers: to, ports })) : undefined,
  };
}

/** The policies that decide about what a pod takes, or sends; none when it takes or sends everything. */
export function policiesOf(pod: PodInfo, direction: Direction, policies: readonly NetworkPolicyInfo[]): NetworkPolicyInfo[] {
  return policies.filter((policy) => policy[direction] !== undefined && policy.namespace === pod.namespace && matches(policy.pods, pod.labels));
}

/**
 * Whether a rule is about a port of these pods.
 *
 * @param names the pods' port names; undefined when nobody can tell them, and then a name counts as this port
 */
export function coversPort({ ports }: PolicyRule, protocol: string, port: number, names?: Readonly<Record<string, number>>): boolean {
  return ports.length === 0 || ports.some((each) => {
    if ((each.protocol ?? 'TCP') !== protocol) return false;
    if (each.port === undefined) return true;
    if (typeof each.port === 'string' && names === undefined) return true;
    const first = typeof each.port === 'number' ? each.port : names![each.port];
    return first !== undefined && port >= first && port <= (each.endPort ?? first);
  });
}

/** Whether a rule of a policy is about a pod on the other side. */
export function coversPod({ peers }: PolicyRule, policyNamespace: string, { namespace, labels }: PodInfo): boolean {
  return peers.length === 0 || peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
    if (ipBlock !== undefined) return true;
    const inNamespace = namespaceSelector === undefined ? namespace === policyNamespace : mayMatchNamespace(namespaceSelector, namespace);
    return inNamespace && (podSelector === undefined || matches(podSelector, labels));
  });
}

/** A connection from a pod to a port of another. */
interface Connection {
  readonly from: PodInfo;
  readonly to: PodInfo;
  readonly port: number;
}

/** Whether a pod may send to a port of another pod, as far as the policies say that decide about `direction`. */
export function letsThrough(direction: Direction, policies: readonly NetworkPolicyInfo[], connection: Connection): boolean {
  const { from, to, port } = connection;
  const [own, other] = direction === 'ingress' ? [to, from] : [from, to];
  const deciding = policiesOf(own, direction, policies);
  return deciding.length === 0 || deciding.some((policy) => policy[direction]!
    .some((rule) => coversPort(rule, 'TCP', port, to.portNames) && coversPod(rule, policy.namespace, other)));
}

/** The label with its own name that Kubernetes gives to each namespace. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

function mayMatchNamespace({ matchLabels = {}, matchExpressions = [] }: LabelSelector, namespace: string): boolean {
  const known = { [NAMESPACE_NAME]: namespace };
  return matches({
    matchLabels: Object.fromEntries(Object.entries(matchLabels).filter(([key]) => key === NAMESPACE_NAME)),
    matchExpressions: matchExpressions.filter(({ key }) => key === NAMESPACE_NAME),
  }, known);
}

/** Whether labels satisfy a selector. */
export function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(({ key, operator, values = [] }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In': return value !== undefined && values.includes(value);
      case 'NotIn': return value === undefined || !values.includes(value);
      case 'Exists': return value !== undefined;
      case 'DoesNotExist': return value === undefined;
      default: return false;
    }
  });
}
