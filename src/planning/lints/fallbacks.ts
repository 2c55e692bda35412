/**
 * Who takes over, against when that can come to pass, and against what else holds requests where they are. How requests are divided
 * between a split and its fallbacks, and when a cluster panics, is in src/balancing/stages/priority.ts; which endpoints may be ejected in
 * ./ejection.ts; where sessions go in src/proxy/session.
 */
import { Call, groupBy, serviceKey, Target } from './calls';
import { mostEjected } from './ejection';
import type { ClusterInfo } from './info';
import { count, ofCalls, ofTargets, Problem, Rule, short } from './rule';

const reach: Rule = {
  name: 'fallback-reach',
  severity: 'warning',
  about: 'A call has a fallback, but nothing detects that all endpoints before it are gone: lists and DNS don\'t tell, there is no health check, '
    + 'and outlier detection leaves the last one. So some requests, or all, go to the fallback in their last tries only, or never.',
  find: ofTargets(({ cluster: { discovery, healthCheck, outlierDetection }, level, share, endpoints, title }, { route }) => {
    // The first fallback stands behind level 0, the split.
    const next = route.fallback[level];
    // With several clusters, what is left of one says nothing of what is left of all.
    if (!next || share < 1 || healthCheck || discovery.type === 'endpointSlice') return undefined;
    const { left, all, inWords } = leftBy(outlierDetection, endpoints?.min);
    const kept = Math.min(100, Math.floor(next.overprovisioningPercent * left / all));
    return kept === 0 ? undefined : {
      message: `without a health check and by ${discovery.type} discovery, ${inWords}: min(100, ${next.overprovisioningPercent} x ${left} / ${all}) = ${kept} % `
        + 'of the requests, or more, stay when nothing works there',
      remedy: `give ${title.slice(title.indexOf(' -> ') + 4)} a healthCheck`,
    };
  }),
};

/** What outlier detection leaves when nothing works, of how many. */
function leftBy({ mode, maxEjectedPercent }: ClusterInfo['outlierDetection'], endpoints: number | undefined): Left {
  if (mode !== 'enforce') return { left: 1, all: 1, inWords: 'and with outlier detection that ejects nothing, no endpoint ever counts as gone' };
  if (endpoints !== undefined) {
    const left = endpoints - mostEjected(endpoints, maxEjectedPercent);
    return { left, all: endpoints, inWords: `outlier detection alone says what is gone, and leaves ${left} of ${count(endpoints, 'endpoint')}` };
  }
  // One is ejected in any case, and may be half of two.
  const left = Math.min(50, 100 - maxEjectedPercent);
  return { left, all: 100, inWords: `outlier detection alone says what is gone, and leaves at least ${left} %` };
}

interface Left {
  readonly left: number;
  readonly all: number;
  readonly inWords: string;
}

const panic: Rule = {
  name: 'fallback-panic',
  severity: 'warning',
  about: 'A cluster that has a fallback panics: below `panicPercent` requests that stay are spread over all endpoints again, those that don\'t work '
    + 'included.',
  find: ofTargets(({ cluster, level, endpoints }, { route }) => {
    const { panicPercent, overprovisioningPercent } = cluster.failover;
    if (route.fallback[level] === undefined || panicPercent === 0 || prioritiesOf(cluster) > 1) return undefined;
    const remedy = 'set panicPercent to 0, which is what a call with a fallback has when nobody says otherwise';
    if (!endpoints) {
      return { message: `with fewer than ${panicPercent} % of the endpoints available all are used: of the requests that stay, more than ${100 - panicPercent} % `
        + 'go to what doesn\'t work', remedy };
    }
    const all = endpoints.max;
    // The most that are too few. With none at all nothing stays.
    const left = Math.min(Math.ceil(all * panicPercent / 100), Math.ceil(100 * all / overprovisioningPercent)) - 1;
    return left < 1 ? undefined : {
      message: `with ${left} of ${all} endpoints available, which is less than panicPercent ${panicPercent}, all ${all} are used: of the requests that stay, `
        + `${all - left} / ${all} = ${short((all - left) / all * 100)} % go to what doesn't work`,
      remedy,
    };
  }),
};

const sessions: Rule = {
  name: 'fallback-sessions',
  severity: 'warning',
  about: 'A call keeps sessions and has a fallback. Sessions stay with their version while it has an endpoint, so the fallback relieves it of new ones '
    + 'only; and a session doesn\'t go on at a fallback.',
  find: ofCalls(({ route, targets }) => {
    if (!route.session || route.fallback.length === 0) return undefined;
    const all = Math.max(1, ...targets.filter(isFirst).map(({ endpoints }) => endpoints?.max ?? 1));
    return {
      message: `while ${all === 1 ? '1 endpoint' : `1 of ${all} endpoints`} of their version is left, sessions stay there, and the fallback gets 0 % of them; after that, `
        + 'each of their requests goes anywhere at the fallback',
      remedy: 'keep what belongs to a session where any endpoint and the fallback can read it, or leave one of the two out',
    };
  }),
};

const circle: Rule = {
  name: 'fallback-circle',
  severity: 'warning',
  about: 'A fallback calls, directly or through others, the service that it stands in for, or the caller.',
  find: ({ calls }) => {
    const from = groupBy(calls, ({ caller }) => serviceKey(caller));
    return calls.flatMap((call) => call.route.fallback.flatMap((_, index): Problem[] => {
      const { caller, title, targets } = call;
      const first = targets.filter(({ level }) => level <= index).flatMap(({ callees }) => callees);
      const before = new Map(first.map((callee) => [serviceKey(callee), callee.service]));
      const [spare] = targets.filter(({ level }) => level === index + 1).flatMap(({ callees }) => callees);
      if (!spare || before.has(serviceKey(spare))) return [];
      const path = pathTo(from, serviceKey(spare), new Set([...before.keys(), serviceKey(caller)]));
      if (!path) return [];
      const way = `${path.map((each, step) => (step === 0 ? each.title : each.title.slice(each.title.indexOf(' -> ') + 1))).join(' ')}, `
        + `${count(path.length, 'call')} away`;
      const end = before.get(path.at(-1)!.end);
      return [{
        workload: caller, where: title,
        message: end === undefined ? `'${spare.service}' takes over, and calls '${caller.service}' itself (${way}): then requests may go round`
          : `'${spare.service}' takes over, and needs '${end}', which it stands in for (${way})`,
        remedy: `name a fallback that does without '${end ?? caller.service}'`,
      }];
    }));
  },
};

/** A step of a way: the call, and the service that it leads to. */
interface Step {
  readonly title: string;
  readonly end: string;
}

/** The shortest way from a service to one of others, by what it calls when all is well. */
function pathTo(from: ReadonlyMap<string, readonly Call[]>, start: string, goals: ReadonlySet<string>): readonly Step[] | undefined {
  const seen = new Set([start]);
  let ways: { readonly at: string; readonly steps: readonly Step[] }[] = [{ at: start, steps: [] }];
  while (ways.length > 0) {
    const next: typeof ways = [];
    for (const { at, steps } of ways) {
      for (const { title, targets } of from.get(at) ?? []) {
        for (const end of targets.filter(isFirst).flatMap(({ callees }) => callees.map(serviceKey))) {
          const way = [...steps, { title, end }];
          if (goals.has(end)) return way;
          if (!seen.has(end)) next.push({ at: end, steps: way });
          seen.add(end);
        }
      }
    }
    ways = next;
  }
  return undefined;
}

const isFirst = ({ level }: Target): boolean => level === 0;

const priorities: Rule = {
  name: 'priority-alone',
  severity: 'warning',
  about: '`failover.overprovisioningPercent` (`belowPercent` in constructs) is chosen for endpoints that all have one priority, so nothing takes over.',
  find: ofTargets(({ cluster, stated }) => {
    const chosen = stated.failover?.overprovisioningPercent;
    if (chosen === undefined || prioritiesOf(cluster) > 1) return undefined;
    // It also says down to where nothing is missing, and so bounds panic.
    return cluster.failover.panicPercent * Math.max(chosen, DEFAULT_OVERPROVISIONING) > 10_000 ? undefined : {
      message: `overprovisioningPercent ${chosen} divides requests between priorities, and 1 priority - 1 = 0 others`,
      remedy: 'give addresses of another place a priority, leave it out, or say belowPercent of the call\'s fallback',
    };
  }),
};

/** Down to 100 / 1.4 = 71.4 % nothing is missing, unless somebody says otherwise. */
const DEFAULT_OVERPROVISIONING = 140;

/** Discovery other than by a list knows of none. */
function prioritiesOf({ discovery: { endpoints = [] } }: ClusterInfo): number {
  return Math.max(1, new Set(endpoints.map(({ priority = 0 }) => priority)).size);
}

export const FALLBACK_RULES: readonly Rule[] = [reach, panic, sessions, circle, priorities];
