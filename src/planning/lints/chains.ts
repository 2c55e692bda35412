/**
 * The chain of calls along which a factor of each call multiplies to the most. The longest path without a repetition is as hard to
 * find as anything (NP-hard), but only where services call each other in a circle. So services that can reach each other (Tarjan,
 * "Depth-first search and linear graph algorithms", 1972) are taken together: between such groups there is no circle, and what
 * follows a group is found once; within one, paths are tried one by one, up to a number of steps. That is exact for a service that
 * is in no circle and for plain circles; of a group in which most call most it finds a chain that is long, not always the longest.
 */
import { Call, groupBy, serviceKey } from './calls';

/** A chain of calls, and what multiplies along it. */
export interface Chain {
  readonly calls: readonly Call[];
  readonly product: number;
}

/** A chain while it is sought: its first call and what follows. */
interface Link {
  readonly call?: Call;
  readonly tail?: Link;
  readonly product: number;
}

/** The chain of no calls. */
const END: Link = { product: 1 };

/** Calls that are tried within one group of services, for all beginnings together. Each beginning may go round a plain circle in any case. */
const MOST_STEPS = 200_000;
/** Calls of a chain within one group. */
const LONGEST_WITHIN = 1_000;

/**
 * The worst chain that begins with each service that nobody calls, and with each group that nobody outside of it calls. A call that
 * closes a circle ends it: how often it goes round is the apps' matter.
 *
 * @param factor of a call, at least 1
 */
export function worstChains(calls: readonly Call[], factor: (call: Call) => number): Chain[] {
  const steps = new Map([...groupBy(calls, ({ caller }) => serviceKey(caller))].map(([service, made]) => (
    [service, made.map((call) => ({ call, times: factor(call), callees: calleesOf(call) }))])));
  const groups = groupsOf([...steps.keys()], (service) => (steps.get(service) ?? []).flatMap(({ callees }) => callees));
  const groupOf = new Map(groups.flatMap((group) => group.map((service) => [service, group] as const)));
  /** The worst chain from each service; those of the groups before are there. */
  const known = new Map<string, Link>();
  /** Groups that another one calls. */
  const called = new Set<readonly string[]>();

  for (const group of groups) {
    let left = 0;
    const path = new Set<string>();
    const follow = (service: string): Link => {
      path.add(service);
      let worst = END;
      for (const { call, times, callees } of steps.get(service) ?? []) {
        left -= 1;
        if (times > worst.product) worst = { call, tail: END, product: times };
        for (const callee of callees) {
          const within = groupOf.get(callee) === group;
          const open = left > 0 && path.size < LONGEST_WITHIN && !path.has(callee);
          const tail = !within ? known.get(callee)! : open ? follow(callee) : END;
          if (times * tail.product > worst.product) worst = { call, tail, product: times * tail.product };
          if (!within) called.add(groupOf.get(callee)!);
        }
      }
      path.delete(service);
      return worst;
    };
    for (const service of group) {
      left = Math.max(2 * group.length, Math.floor(MOST_STEPS / group.length));
      known.set(service, follow(service));
    }
  }
  return groups.filter((group) => !called.has(group)).reverse()
    .map((group) => group.map((service) => known.get(service)!).reduce((one, other) => (other.product > one.product ? other : one)))
    .map(unlinked);
}

/** Services that a call can lead to. */
export function calleesOf(call: Call): string[] {
  return [...new Set(call.targets.flatMap(({ callees }) => callees.map(serviceKey)))];
}

function unlinked(chain: Link): Chain {
  const calls: Call[] = [];
  for (let link = chain; link.call; link = link.tail!) calls.push(link.call);
  return { calls, product: chain.product };
}

/** Services that can reach each other, together; a group comes after all that it can reach. Within one, in the order of their discovery. */
function groupsOf(services: readonly string[], calleesFrom: (service: string) => readonly string[]): string[][] {
  const groups: string[][] = [];
  const index = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  /** The earliest service on the stack that `service` can reach, by its index. */
  const visit = (service: string): number => {
    const own = index.size;
    let earliest = own;
    index.set(service, own);
    stack.push(service);
    open.add(service);
    for (const callee of calleesFrom(service)) {
      if (!index.has(callee)) earliest = Math.min(earliest, visit(callee));
      else if (open.has(callee)) earliest = Math.min(earliest, index.get(callee)!);
    }
    if (earliest === own) {
      const group = stack.splice(stack.indexOf(service));
      for (const member of group) open.delete(member);
      groups.push(group);
    }
    return earliest;
  };
  for (const service of services) if (!index.has(service)) visit(service);
  return groups;
}
