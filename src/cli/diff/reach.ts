/** Who NetworkPolicies let reach the sidecars of whom, in two stacks. */
import { letsThrough } from '../../planning/network-policy';
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
  const { policies = [] } = stack.info;
  const reach = new Map<string, boolean>();
  for (const callee of stack.model.workloads) {
    const port = stack.documentOf(callee).listeners.find(({ direction }) => direction === 'inbound')?.port;
    const to = stack.infoOf(callee).pod;
    if (port === undefined || !to) continue;
    for (const caller of stack.model.workloads) {
      const from = stack.infoOf(caller).pod;
      if (!from || isOne(caller, callee)) continue;
      const where = `${titles.of(caller)} -> ${titles.of(callee)}`;
      const passes = (['egress', 'ingress'] as const).every((direction) => letsThrough(direction, policies, { from, to, port }));
      reach.set(where, passes && (reach.get(where) ?? true));
    }
  }
  return reach;
}

function isOne(one: Workload, other: Workload): boolean {
  return one.service === other.service && one.namespace === other.namespace;
}
