/**
 * What retries add up to along a chain of calls, and budgets that allow none. Each hop may repeat what the hop before it repeated, so
 * the tries of one request multiply; budgets bound what that adds to the load, and their bounds multiply too. A chain goes on behind
 * a fallback as behind the service that it stands in for.
 */
import { Call, serviceKey } from './calls';
import { Chain, worstChains } from './chains';
import { ofTargets, Problem, Rule, short } from './rule';

/** Most tries at the end of a chain for one request: three hops with the default of two retries. */
export const MOST_TRIES = 27;
/** Most load at the end of a chain, as a multiple of the load at its beginning: three hops with the default budget have 1.73. */
export const MOST_LOAD = 2;

/** Calls that a chain may have and still be written out. */
const LONG = 8;

/** `web -> catalog -> db`, and `web -> catalog or spare -> db` behind a fallback. Of a long one, the ends. */
function pathOf({ calls }: Chain): string {
  const steps = calls.map(({ title, caller }, index) => {
    const before = calls[index - 1];
    if (!before) return title;
    const called = before.targets.filter(({ level }) => level === 0).flatMap(({ callees }) => callees.map(serviceKey));
    const isFallback = !called.includes(serviceKey(caller));
    return `${isFallback ? `or ${caller.service} ` : ''}${title.slice(title.indexOf(' -> ') + 1)}`;
  });
  return steps.length > LONG ? [...steps.slice(0, 3), '-> ...', ...steps.slice(-3)].join(' ') : steps.join(' ');
}

/** `(1 + 2) x (1 + 1)`; of a long chain, powers of what is alike. */
function productOf({ calls }: Chain, added: (call: Call) => string): string {
  const factors = calls.map((call) => `(1 + ${added(call)})`);
  if (factors.length <= LONG) return factors.join(' x ');
  return [...new Set(factors)].map((factor) => {
    const power = factors.filter((other) => other === factor).length;
    return power === 1 ? factor : `${factor}^${power}`;
  }).join(' x ');
}

const tries = ({ route: { retry, hedge } }: Call): number => 1 + retry.maxRetries + (hedge ? 1 : 0);
const budget = (call: Call): number => (
  tries(call) === 1 ? 1 : 1 + Math.max(0, ...call.targets.map(({ cluster }) => cluster.retryBudget.percent)) / 100);

const amplification: Rule = {
  name: 'retry-amplification',
  severity: 'warning',
  about: `Along a chain of calls, one request can become more than ${MOST_TRIES} at its end: the product of the tries at each hop, hedges included.`,
  find: ({ calls }) => worstChains(calls, tries).filter(({ product }) => product > MOST_TRIES).map((chain): Problem => ({
    workload: chain.calls[0]!.caller, where: pathOf(chain),
    message: `${productOf(chain, (call) => String(tries(call) - 1))} = ${short(chain.product)} tries at the end for one request, more than ${MOST_TRIES}`,
    remedy: 'retry at the first or the last hop and lower maxRetries at the others',
  })),
};

const load: Rule = {
  name: 'retry-load',
  severity: 'warning',
  about: `Along a chain of calls, the budgets let retries raise the load at its end to more than ${MOST_LOAD} times that at its beginning.`,
  find: ({ calls }) => worstChains(calls, budget).filter(({ product }) => product > MOST_LOAD).map((chain): Problem => ({
    workload: chain.calls[0]!.caller, where: pathOf(chain),
    message: `${productOf(chain, (call) => short(budget(call) - 1))} = ${short(chain.product)} times the load at the end while everything fails, more than ${MOST_LOAD}`,
    remedy: 'lower the percent of the retry budgets, or retry at fewer hops',
  })),
};

const nothing: Rule = {
  name: 'retry-budget-nothing',
  severity: 'warning',
  about: 'Retries or hedges are on, and their budget lets none through. What no application has seen takes nothing out of it, but counts for `maxInFlight`.',
  find: ofTargets(({ cluster: { retryBudget: { percent, minimumPerSecond, maxInFlight } } }, { route: { retry: { maxRetries, on }, hedge } }) => {
    if (maxRetries === 0 && !hedge) return undefined;
    if (maxInFlight === 0) {
      return { message: 'maxInFlight 0: no request is ever sent again', remedy: 'set maxInFlight to 1 or more, or switch retries off' };
    }
    if (percent > 0 || minimumPerSecond > 0 || (on.length === 0 && !hedge)) return undefined;
    return {
      message: `percent ${percent} of the requests + minimumPerSecond ${minimumPerSecond} = 0 retries of what an application may have seen, and 0 hedges`,
      remedy: 'allow some, or retry on no such failure and don\'t hedge',
    };
  }),
};

export const RETRY_RULES: readonly Rule[] = [amplification, load, nothing];
