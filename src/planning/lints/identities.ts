/** Identities that are asked for less than they could be: at a port that is passed by, by nobody any more, or at one end only. */
import { coversPort, policiesOf } from '../network-policy';
import type { WorkloadInfo } from './info';
import { appPortOf, inboundOf } from './inbound';
import { ofTargets, ofWorkloads, Remark, Rule, titleOf } from './rule';

const appPort: Rule = {
  name: 'app-port',
  severity: 'warning',
  about: 'Callers have to prove who they are at the sidecar\'s port, and pods can connect to the app\'s port without it.',
  find: (subject) => ofWorkloads((workload): Remark | undefined => {
    const { pod } = workload;
    const inbound = inboundOf(workload);
    const port = appPortOf(workload);
    if (!pod || !inbound?.mutualTls || port === undefined || !listensOutside(workload)) return undefined;
    const deciding = policiesOf(pod, 'ingress', subject.policies ?? []);
    const opening = deciding.filter(({ ingress }) => ingress!.some((rule) => coversPort(rule, 'TCP', port, pod.portNames)));
    if (deciding.length > 0 && opening.length === 0) return undefined;
    const by = opening.length > 0 ? `NetworkPolicy '${opening[0]!.name}' lets pods in` : 'any pod can connect';
    return {
      message: `callers prove who they are at TCP port ${inbound.port}, and ${by} at ${port} (the app), where nobody asks them`,
      remedy: opening.length > 0 ? `allow TCP port ${inbound.port} there instead`
        : 'shut the port with networkPolicies: NetworkPolicies.fromCalls() of the Mesh, or let the app listen on 127.0.0.1 and say AppAddress.loopback()',
    };
  })(subject),
};

const permissive: Rule = {
  name: 'mutual-tls-permissive',
  severity: 'warning',
  about: 'A service lets callers in without mutual TLS, and all callers that are known use it.',
  find: (subject) => ofWorkloads((workload): Remark | undefined => {
    const mutualTls = inboundOf(workload)?.mutualTls;
    if (mutualTls?.mode !== 'permissive' || mutualTls.plainFrom) return undefined;
    const callers = subject.calls.flatMap(({ targets }) => targets).filter(({ callees }) => callees.includes(workload));
    return callers.length > 0 && callers.every(({ cluster }) => cluster.mutualTls) ? {
      message: 'it lets everybody in without mutual TLS, which all of its callers use',
      remedy: 'make it strict (MutualTls.STRICT) once the rule \'plain\' lets nobody in any more (mesh_authorization_decisions_total), and name the networks of others with allowPlain()',
    } : undefined;
  })(subject),
};

const plainCallee: Rule = {
  name: 'plain-callee',
  severity: 'warning',
  about: 'A caller that can prove who it is calls a service of the mesh that has no identity, so the call is not encrypted.',
  find: ofTargets(({ callees }, { caller }): Remark | undefined => {
    const callee = callees.find(({ document }) => !document.identity);
    return caller.document.identity && callee ? {
      message: `${titleOf(callee)} has no identity, so its caller can't know who answers, and the call is not encrypted`,
      remedy: 'give it the identity of its caller',
    } : undefined;
  }),
};

/** Whether the app may be reached from other pods. */
function listensOutside(workload: WorkloadInfo): boolean {
  const name = inboundOf(workload)?.routes[0]?.split[0]?.cluster;
  const endpoint = workload.document.clusters.find((cluster) => cluster.name === name)?.discovery.endpoints?.[0];
  return (endpoint?.listensAt ?? [endpoint?.address ?? '']).some((address) => !/^(127\.|::1$)/.test(address));
}

export const IDENTITY_RULES: readonly Rule[] = [appPort, permissive, plainCallee];
