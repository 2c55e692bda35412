/**
 * Outlier detection against how many endpoints there are and how much each proxy sees of them. The proxy's rules are in
 * src/balancing/outliers: an endpoint is compared with the others, the last one that works is never ejected, the cap is
 * rounded down but always lets one go, and a window with few requests grows to a minute.
 */
import type { Call } from './calls';
import type { WorkloadInfo } from './info';
import { count, ofTargets, Rule, short } from './rule';

/** The longest window by which rates are judged. */
const LONGEST_WINDOW_SECONDS = 60;
/** Least that `minimumRequests` can be. */
const LEAST_REQUESTS = 5;

const alone: Rule = {
  name: 'ejection-alone',
  severity: 'warning',
  about: 'Outlier detection is chosen for a single endpoint, which is never ejected: it has no others to be compared with.',
  find: ofTargets(({ cluster, stated, endpoints }) => {
    return stated.outlierDetection !== undefined && cluster.outlierDetection.mode !== 'off' && endpoints?.max === 1 ? {
      message: 'outlier detection compares an endpoint with the others, and 1 endpoint - 1 = 0 others',
      remedy: 'have 2 replicas or more, or leave outlierDetection out',
    } : undefined;
  }),
};

const nothing: Rule = {
  name: 'ejection-nothing',
  severity: 'warning',
  about: 'Outlier detection is on with every rule switched off, so it never finds anything.',
  find: ofTargets(({ cluster: { outlierDetection } }) => {
    const { mode, consecutiveGatewayErrors, consecutiveServerErrors, successRateMarginPercent, failurePercent, latencyFactor } = outlierDetection;
    const rules = { consecutiveGatewayErrors, consecutiveServerErrors, successRateMarginPercent, failurePercent, latencyFactor };
    return mode !== 'off' && Object.values(rules).every((value) => value === 0) ? {
      message: `${Object.keys(rules).join(' + ')} = 0: no endpoint is ever an outlier`,
      remedy: 'give one of them a value, or switch outlierDetection off',
    } : undefined;
  }),
};

const cap: Rule = {
  name: 'ejection-cap',
  severity: 'warning',
  about: '`maxEjectedPercent` is less than one endpoint. One is ejected in any case, which is more than the percentage says.',
  find: ofTargets(({ cluster: { outlierDetection: { mode, maxEjectedPercent } }, endpoints }) => {
    if (mode !== 'enforce' || !endpoints || endpoints.min < 2) return undefined;
    const allowed = endpoints.min * maxEjectedPercent / 100;
    return allowed < 1 ? {
      message: `maxEjectedPercent ${maxEjectedPercent} of ${endpoints.min} endpoints is ${short(allowed)}, rounded down 0; `
        + `one is ejected in any case, which is ${short(100 / endpoints.min)} %`,
      remedy: `set maxEjectedPercent to ${Math.ceil(100 / endpoints.min)} or more, or have ${Math.ceil(100 / Math.max(1, maxEjectedPercent))} replicas`,
    } : undefined;
  }),
};

const panic: Rule = {
  name: 'ejection-panic',
  severity: 'warning',
  about: 'So many endpoints may be ejected that availability falls below `panicPercent`, where the ejected ones are used again.',
  find: ofTargets(({ cluster: { outlierDetection: { mode, maxEjectedPercent }, failover: { panicPercent } }, endpoints }) => {
    if (mode !== 'enforce' || !endpoints || endpoints.min < 2) return undefined;
    const all = endpoints.min;
    const ejected = mostEjected(all, maxEjectedPercent);
    const left = (all - ejected) / all * 100;
    return left < panicPercent ? {
      message: `maxEjectedPercent ${maxEjectedPercent} lets ${ejected} of ${all} endpoints be ejected, which leaves ${short(left)} %; `
        + `below panicPercent ${panicPercent} the ejected get requests again`,
      remedy: `set maxEjectedPercent to ${100 - panicPercent} or less`,
    } : undefined;
  }),
};

const rate: Rule = {
  name: 'ejection-rate',
  severity: 'warning',
  about: 'One proxy sends an endpoint fewer requests in a minute than `minimumRequests`, so rates and latency are never judged. Looked at '
    + 'where requests a second are known, for services that one service calls.',
  find: (subject) => {
    const callers = callersOf(subject.calls);
    return ofTargets(({ cluster: { outlierDetection }, level, callees, share, endpoints }, { caller }) => {
      const { mode, minimumRequests, successRateMarginPercent, failurePercent, latencyFactor } = outlierDetection;
      const requests = callees[0]?.requestsPerSecond;
      // What goes to a fallback, and when, nobody knows; nor, with several callers, which part is whose.
      if (level > 0 || requests === undefined || callers.get(callees[0]!)!.size !== 1) return undefined;
      if (mode === 'off' || successRateMarginPercent + failurePercent + latencyFactor === 0) return undefined;
      if (!endpoints || endpoints.max < 2 || !caller.replicas?.min || share === 0) return undefined;
      const proxies = caller.replicas.min * caller.document.workers;
      const seen = requests * share / proxies / endpoints.min * LONGEST_WINDOW_SECONDS;
      return seen < minimumRequests ? {
        message: `${short(requests * share)} requests/s / ${count(proxies, 'calling proxy', 'calling proxies')} / ${count(endpoints.min, 'endpoint')} `
          + `x ${LONGEST_WINDOW_SECONDS} s = ${short(seen)} in the longest window, fewer than minimumRequests ${minimumRequests}`,
        remedy: seen < LEAST_REQUESTS ? 'rely on errors in a row; rates need more requests' : `set minimumRequests to ${Math.floor(seen)} or less`,
      } : undefined;
    })(subject);
  },
};

/** Who calls a workload when all is well. */
function callersOf(calls: readonly Call[]): Map<WorkloadInfo, Set<WorkloadInfo>> {
  const callers = new Map<WorkloadInfo, Set<WorkloadInfo>>();
  for (const { caller, targets } of calls) {
    for (const callee of targets.filter(({ level }) => level === 0).flatMap(({ callees }) => callees)) {
      const known = callers.get(callee);
      if (known) known.add(caller);
      else callers.set(callee, new Set([caller]));
    }
  }
  return callers;
}

/** Most of so many endpoints that are ejected at a time: rounded down, but one in any case, and never the last one that works. */
export function mostEjected(endpoints: number, maxEjectedPercent: number): number {
  return Math.min(endpoints - 1, Math.max(1, Math.floor(endpoints * maxEjectedPercent / 100)));
}

export const EJECTION_RULES: readonly Rule[] = [alone, nothing, cap, panic, rate];
