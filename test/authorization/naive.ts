/** What rules mean, written as plainly as can be: every match of every rule is tried, and the most specific one is told. */
import type { AuthorizationRule, RouteMatch } from '../../src/contract';
import { naiveLookup, type NaiveRequest } from '../routing/naive';

export function naiveDecision(rules: readonly AuthorizationRule[], caller: string | undefined, request: NaiveRequest): object {
  const own = rules.filter((rule) => (caller === undefined ? rule.plain : rule.anyAuthenticated || rule.callers?.includes(caller)));
  if (own.length === 0) return { allowed: false, cause: caller === undefined ? 'no_identity' : 'unknown_caller' };
  const holding = own.map((rule) => (rule.matches ?? [{}]).filter((match) => everyValueHolds(match, request)));
  // For the rest, and for which is the most specific, routing's own reading will do. A route without matches would take everything.
  const found = naiveLookup(holding.map((matches) => (matches.length > 0 ? matches : [NEVER])), request);
  if (!found) return { allowed: false, cause: 'no_match' };
  const rule = own[found.route]!;
  return { allowed: true, rule: rules.indexOf(rule), name: rule.name };
}

const NEVER: RouteMatch = { method: 'NEVER' };

function everyValueHolds({ headers = [], query = [], cookies = [] }: RouteMatch, request: NaiveRequest): boolean {
  const lower = (pairs: NaiveRequest['headers']): NaiveRequest['headers'] => pairs.map(([name, value]) => [name.toLowerCase(), value] as const);
  return holds(headers.map((each) => ({ ...each, name: each.name.toLowerCase() })), lower(request.headers))
    && holds(query, request.query) && holds(cookies, request.cookies);
}

type Condition = NonNullable<RouteMatch['headers']>[number];

/** Of two conditions of a name the first counts: the contract refuses the second. */
function holds(conditions: readonly Condition[], values: NaiveRequest['headers']): boolean {
  return conditions.filter(({ name }, index) => conditions.findIndex((other) => other.name === name) === index)
    .every(({ name, value, regex }) => values.filter(([other]) => other === name).every(([, seen]) => (
      regex === undefined ? value === undefined || value === seen : new RegExp(`^(?:${regex})$`, 's').test(seen))));
}
