/**
 * What retries add up to along a chain of calls, and budgets that allow none. Each hop may repeat what the hop before it repeated, so
 * what they add to the load multiplies; budgets bound what each adds. A chain goes on behind
 * a fallback as behind the service that it stands in for.
 */
import { Call, groupBy, serviceKey } from './calls';
import { Chain, worstChains } from './chains';
import { ofTargets, Problem, Rule, short } from './rule';

/**
 * Most load at the end of a chain, as a multiple of the load at its beginning: from here on two of three requests there are retries. Six
 * hops with the default budget have 2.99. Below it a warning would be a guess: what an app can bear above its usual load is not
 * known here, and the last hops of a chain rarely all repeat, since an app whose own call failed mostly answers 500, which is not retried.
 */
export const MOST_LOAD = 3;

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

/** What a hop makes of the load while everything fails: no request is sent more often than its route says, nor all together than the budget. */
const multiple = ({ route: { retry, hedge }, targets }: Call): number => 1 + Math.min(
  retry.maxRetries + (hedge ? 1 : 0),
  Math.max(0, ...targets.map(({ cluster }) => cluster.retryBudget.percent)) / 100,
);

const load: Rule = {
  name: 'retry-load',
  severity: 'warning',
  about: `Along a chain of calls, retries and hedges raise the load at its end to more than ${MOST_LOAD} times that at its beginning, as far as their budgets let them.`,
  find: ({ calls }) => worstOfEnds(worstChains(calls, multiple).filter(({ product }) => product > MOST_LOAD)).map((chain): Problem => ({
    workload: chain.calls[0]!.caller, where: pathOf(chain),
    message: `${productOf(chain, (call) => short(multiple(call) - 1))} = ${short(chain.product)} times the load at the end while everything fails, more than ${MOST_LOAD}`,
    remedy: 'lower the percent of the retry budgets, or retry at fewer hops',
  })),
};

/** Of chains that end alike the worst: what is too much of them is the same. */
function worstOfEnds(chains: readonly Chain[]): Chain[] {
  return [...groupBy(chains, ({ calls }) => calls.at(-1)!.title).values()]
    .map((alike) => alike.reduce((one, other) => (other.product > one.product ? other : one)));
}

const nothing: Rule = {
  name: 'retry-budget-nothing',
  severity: 'warning',
  about: 'Retries or hedges are on, and their budget lets none through. A request that no application has seen takes nothing out of it, but counts for `maxInFlight`.',
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

export const RETRY_RULES: readonly Rule[] = [load, nothing];
