/**
 * Timeouts against each other: of a try inside its request, and of a request inside the one that it is made for.
 */
import { Call, groupBy, serviceKey } from './calls';
import { count, ofCalls, Problem, Rule } from './rule';

const tryTimeout: Rule = {
  name: 'try-timeout',
  severity: 'error',
  about: 'The time for one try is not shorter than that of the whole request, so it never ends a try.',
  find: ofCalls(({ route: { timeoutMs, retry: { tryTimeoutMs, maxRetries } } }) => (timeoutMs > 0 && tryTimeoutMs >= timeoutMs ? {
    message: `tryTimeout ${tryTimeoutMs} ms >= timeout ${timeoutMs} ms: the request is over before a try is`,
    remedy: `shorten tryTimeout to ${Math.max(1, Math.floor(timeoutMs / (maxRetries + 1)))} ms or less, or lengthen the timeout`,
  } : undefined)),
};

const tries: Rule = {
  name: 'tries-against-timeout',
  severity: 'warning',
  about: 'All tries together may take longer than the request, so the last ones never come or are cut short.',
  find: ofCalls(({ route: { timeoutMs, retry: { tryTimeoutMs, maxRetries } } }) => {
    const all = tryTimeoutMs * (maxRetries + 1);
    if (timeoutMs === 0 || tryTimeoutMs >= timeoutMs || all <= timeoutMs) return undefined;
    const whole = Math.floor(timeoutMs / tryTimeoutMs);
    return {
      message: `tryTimeout ${tryTimeoutMs} ms x (1 + maxRetries ${maxRetries}) = ${all} ms > timeout ${timeoutMs} ms, which has room for ${count(whole, 'try', 'tries')}`,
      remedy: `shorten tryTimeout to ${Math.floor(timeoutMs / (maxRetries + 1))} ms, or set maxRetries to ${whole - 1}`,
    };
  }),
};

const tryCondition: Rule = {
  name: 'try-condition',
  severity: 'warning',
  about: 'Tries have a time of their own, but one that is over is not repeated.',
  find: ofCalls(({ route: { retry: { tryTimeoutMs, maxRetries, on } } }) => {
    if (tryTimeoutMs === 0 || (maxRetries > 0 && on.includes('tryTimeout'))) return undefined;
    return maxRetries === 0
      ? { message: `tryTimeout ${tryTimeoutMs} ms x (1 + maxRetries 0): the first try is the last`, remedy: 'shorten the timeout instead, or allow retries' }
      : { message: `tryTimeout ${tryTimeoutMs} ms is none of the failures that are retried`, remedy: 'retry on it too, or shorten the timeout instead' };
  }),
};

const chain: Rule = {
  name: 'timeout-chain',
  severity: 'warning',
  about: 'A caller waits less long than the service that it calls waits for others, which then work for a caller that gave up.',
  find: ({ calls }) => {
    const from = groupBy(calls, ({ caller }) => caller);
    return calls.filter(({ route }) => route.timeoutMs > 0).flatMap(({ caller, route, targets, title }): Problem[] => {
      const callees = [...new Set(targets.flatMap((target) => target.callees))].filter((callee) => serviceKey(callee) !== serviceKey(caller));
      // How long connections of TCP last says nothing of what an app waits for.
      const longer = callees.flatMap((callee) => from.get(callee) ?? [])
        .filter((next) => !next.targets.some(({ cluster }) => cluster.protocol === 'tcp'))
        .filter((next) => next.route.timeoutMs === 0 || next.route.timeoutMs > route.timeoutMs);
      const [next, ...others] = longer.sort((one, other) => byLength(one, other) || (one.title < other.title ? -1 : 1));
      return next === undefined ? [] : [{
        workload: caller, where: title,
        message: `timeout ${route.timeoutMs} ms < ${next.route.timeoutMs === 0 ? 'no timeout' : `${next.route.timeoutMs} ms`} of ${next.title}`
          + `${others.length > 0 ? ` and ${count(others.length, 'other call')}` : ''}: `
          + `when the caller has given up, the app works on${route.meshFields ? ' unless it reads x-mesh-deadline-ms' : ''}`,
        remedy: `give ${others.length > 0 ? 'those calls' : next.title} a timeout of ${route.timeoutMs} ms or less, or this call a longer one`,
      }];
    });
  },
};

/** The longest first; no timeout is longer than any. */
function byLength(one: Call, other: Call): number {
  const [a, b] = [one, other].map(({ route: { timeoutMs } }) => (timeoutMs === 0 ? Number.MAX_SAFE_INTEGER : timeoutMs)) as [number, number];
  return b - a;
}

export const TIMEOUT_RULES: readonly Rule[] = [tryTimeout, tries, tryCondition, chain];
