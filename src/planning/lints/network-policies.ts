/**
 * NetworkPolicies that shut the mesh out. Requests arrive at the sidecar's port and not at the app's, and a sidecar needs the API server
 * or DNS to find endpoints. A policy that was written with the app alone in mind lets none of that through, and looks right.
 */
import { coversPod, coversPort, letsThrough, NetworkPolicyInfo, policiesOf, PolicyRule } from '../network-policy';
import type { WorkloadInfo } from './info';
import { appPortOf, inboundFor, inboundOf } from './inbound';
import { ofTargets, Problem, Remark, Rule, Subject, titleOf } from './rule';

/** Ports at which the API servers of the usual clusters listen, which is what policies see behind port 443 of their Service. */
const API_PORTS = [443, 6_443, 8_443, 16_443];
/** DNS servers listen at 53; those of OpenShift at 5353, behind a Service at 53. */
const DNS_PORTS = [53, 5_353];

const calls: Rule = {
  name: 'network-policy',
  severity: 'error',
  about: 'NetworkPolicies stop the requests of a call: they may not leave the caller\'s pods, or not come in at the port of the sidecar of the service called.',
  find: (subject) => ofTargets(({ callees, cluster }, { caller }): Remark | undefined => {
    const { policies = [] } = subject;
    for (const callee of callees) {
      const port = inboundFor(callee, cluster)?.port;
      if (!caller.pod || !callee.pod || port === undefined) continue;
      const connection = { from: caller.pod, to: callee.pod, port };
      const shut = [
        ...(letsThrough('egress', policies, connection) ? [] : [`may not leave the caller's pods, by ${inWords(policiesOf(caller.pod, 'egress', policies))}`]),
        ...(letsThrough('ingress', policies, connection) ? [] : [`may not enter the pods of ${titleOf(callee)}, by ${inWords(policiesOf(callee.pod, 'ingress', policies))}`]),
      ];
      if (shut.length > 0) return { message: `requests go to the sidecar at TCP port ${port}; they ${shut.join(', and ')}`, remedy: `allow TCP port ${port}, beside the app's port or instead of it` };
    }
    return undefined;
  })(subject),
};

const discovery: Rule = {
  name: 'network-policy-discovery',
  severity: 'error',
  about: 'NetworkPolicies keep a sidecar from its source of endpoints: the API server, or DNS.',
  find: reaching((workload, lets) => {
    const byName = namedClusters(workload);
    const missing = [
      ...(readsApi(workload) && !lets('TCP', API_PORTS) ? [`TCP port ${API_PORTS[0]} or ${API_PORTS[1]}, where it reads EndpointSlices`] : []),
      ...(byName.length > 0 && !lets('UDP', DNS_PORTS) ? [`UDP port 53, where it finds the endpoints of ${byName.slice(0, 3).join(', ')}`] : []),
    ];
    return missing.length === 0 ? undefined : {
      message: `the sidecar may not send to ${missing.join(', or to ')}`,
      remedy: readsApi(workload) ? 'allow the API server, and UDP and TCP port 53 for DNS' : 'allow UDP and TCP port 53',
    };
  }),
};

const names: Rule = {
  name: 'network-policy-names',
  severity: 'warning',
  about: 'NetworkPolicies keep pods from DNS. Names of what is called through the mesh are known without it; all others are not.',
  find: reaching((workload, lets) => {
    // Told by the rule above.
    if (namedClusters(workload).length > 0 || (readsApi(workload) && !lets('TCP', API_PORTS))) return undefined;
    return lets('UDP', DNS_PORTS) ? undefined : {
      message: 'the pods may not send to UDP port 53: names that are not called through the mesh don\'t resolve, and a sidecar that starts while the API server is away finds no endpoint',
      remedy: 'allow UDP and TCP port 53',
    };
  }),
};

const bypass: Rule = {
  name: 'network-policy-bypass',
  severity: 'warning',
  about: 'A NetworkPolicy allows traffic to the app\'s port but not to the sidecar\'s, to which the Services of the mesh lead.',
  find: (subject) => subject.workloads.flatMap((workload): Problem[] => {
    const { pod } = workload;
    const inbound = inboundOf(workload);
    const app = appPortOf(workload);
    if (!pod?.serves || inbound === undefined || app === undefined) return [];
    const { port } = inbound;
    const deciding = policiesOf(pod, 'ingress', subject.policies ?? []);
    const covering = (policy: NetworkPolicyInfo, wanted: number): PolicyRule[] => policy.ingress!.filter((rule) => coversPort(rule, 'TCP', wanted, pod.portNames));
    const letIn = new Set(deciding.flatMap((policy) => covering(policy, port)).map(peersOf));
    if (letIn.has(ANYBODY)) return [];
    // Callers in the mesh are the first rule's.
    const callers = callersOf(workload, subject);
    const isBypass = (rule: PolicyRule, { namespace }: NetworkPolicyInfo): boolean =>
      !letIn.has(peersOf(rule)) && !callers.some((caller) => coversPod(rule, namespace, caller.pod!));
    return deciding
      .filter((policy) => covering(policy, app).some((rule) => isBypass(rule, policy)))
      .map((policy) => ({
        workload,
        where: titleOf(workload),
        message: `${inWords([policy])} lets clients in at TCP port ${app} (the app) that are not let in at ${port} (the sidecar): the Services lead to ${port}, and requests to ${app} bypass the sidecar`,
        remedy: `allow TCP port ${port} instead, or beside it`,
      }));
  }),
};

/** A rule about what a workload has to reach that is no pod of the mesh. */
function reaching(judge: (workload: WorkloadInfo, lets: (protocol: string, ports: readonly number[]) => boolean) => Remark | undefined): Rule['find'] {
  return ({ workloads, policies = [] }) => workloads.flatMap((workload): Problem[] => {
    const deciding = workload.pod ? policiesOf(workload.pod, 'egress', policies) : [];
    if (deciding.length === 0) return [];
    const rules = deciding.flatMap(({ egress, namespace }) => egress!.filter((rule) => leavesNamespace(rule, namespace)));
    const remark = judge(workload, (protocol, ports) => rules.some((rule) => ports.some((port) => coversPort(rule, protocol, port))));
    return remark ? [{ workload, where: titleOf(workload), ...remark, message: `by ${inWords(deciding)}, ${remark.message}` }] : [];
  });
}

/** Namespaces whose own pods answer DNS in the usual clusters. */
const DNS_NAMESPACES = ['kube-system', 'openshift-dns'];

/** Whether a rule is about more than pods of the policy's own namespace, where the API server and DNS are not. */
function leavesNamespace({ peers }: PolicyRule, namespace: string): boolean {
  return peers.length === 0 || DNS_NAMESPACES.includes(namespace)
    || peers.some(({ ipBlock, namespaceSelector }) => ipBlock !== undefined || namespaceSelector !== undefined);
}

function readsApi({ document: { kubernetes } }: WorkloadInfo): boolean {
  return kubernetes !== undefined;
}

function namedClusters({ document: { clusters } }: WorkloadInfo): string[] {
  return clusters.filter(({ discovery: { type } }) => type === 'dns').map(({ name }) => `'${name}'`);
}

function callersOf(workload: WorkloadInfo, subject: Subject): WorkloadInfo[] {
  return subject.calls.filter(({ targets }) => targets.some(({ callees }) => callees.includes(workload))).map(({ caller }) => caller)
    .filter(({ pod }) => pod !== undefined);
}

function peersOf({ peers }: PolicyRule): string {
  return JSON.stringify(peers);
}

const ANYBODY = peersOf({ peers: [], ports: [] });

function inWords(policies: readonly NetworkPolicyInfo[]): string {
  const listed = policies.slice(0, 3).map(({ name }) => `'${name}'`).join(', ');
  return `NetworkPolicy ${listed}${policies.length > 3 ? ` and ${policies.length - 3} more` : ''}`;
}

export const NETWORK_POLICY_RULES: readonly Rule[] = [calls, discovery, names, bypass];
