/** Who NetworkPolicies let reach the sidecars of whom, in two stacks. */
import { letsThrough, NetworkPolicyInfo, PodInfo, policiesOf } from '../../planning/network-policy';
import type { Stack } from '../stack/stack';
import type { Workload } from '../model/model';
import type { Change } from './change';
import type { Titles } from './titles';

export function changesOfReach(before: Stack, after: Stack, titles: Titles): Change[] {
  // Without a policy everybody reaches everybody.
  if ([before, after].every(({ info: { policies = [] } }) => policies.length === 0)) return [];
  const [old, now] = [reachOf(before, titles), reachOf(after, titles)];
  return [...now].flatMap(([where, reaches]) => {
    const reached = old.get(where);
    if (reached === undefined || reached === reaches) return [];
    const words = (is: boolean): string => (is ? 'let in' : 'stopped');
    return [{ where, subject: '', what: 'NetworkPolicies', from: words(reached), to: words(reaches), meaning: reaches ? 'connections are possible' : 'connections time out' }];
  });
}

/** Of each pair of services, whether the pods of one reach the sidecars of the other. */
function reachOf(stack: Stack, titles: Titles): Map<string, boolean> {
  const ends = stack.model.workloads.flatMap((workload) => endOf(stack, workload, titles));
  const reach = new Map<string, boolean>();
  for (const to of ends) {
    if (to.port === undefined) continue;
    for (const from of ends) {
      if (from.title === to.title) continue;
      const where = `${from.title} -> ${to.title}`;
      const connection = { from: from.pod, to: to.pod, port: to.port };
      const passes = letsThrough('egress', from.egress, connection) && letsThrough('ingress', to.ingress, connection);
      reach.set(where, passes && (reach.get(where) ?? true));
    }
  }
  return reach;
}

/** One end of a connection, with the policies that decide about it: few, however many there are in all. */
interface End {
  readonly title: string;
  readonly pod: PodInfo;
  /** Where its sidecar takes requests. */
  readonly port: number | undefined;
  readonly ingress: readonly NetworkPolicyInfo[];
  readonly egress: readonly NetworkPolicyInfo[];
}

function endOf(stack: Stack, workload: Workload, titles: Titles): End[] {
  const { pod } = stack.infoOf(workload);
  const { policies = [] } = stack.info;
  const port = stack.documentOf(workload).listeners.find(({ direction }) => direction === 'inbound')?.port;
  return pod ? [{ title: titles.of(workload), pod, port, ingress: policiesOf(pod, 'ingress', policies), egress: policiesOf(pod, 'egress', policies) }] : [];
}
