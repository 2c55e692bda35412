/** Routes that only their order of declaration puts before one another. */
import type { Problem, Rule } from './rule';
import type { RouteInfo } from './info';

const order: Rule = {
  name: 'route-order',
  severity: 'warning',
  about: 'Some requests suit two routes of a call that are equally specific and do different things, so the one that is declared first takes them.',
  find: ({ calls }) => calls.flatMap(({ caller, listener, route, title }): Problem[] => {
    const tie = caller.ties?.find((each) => each.listener === listener && each.second === route.name);
    const first = tie && calls.find((call) => call.caller === caller && call.listener === listener && call.route.name === tie.first);
    return !first || outcomeOf(first.route) === outcomeOf(route) ? [] : [{
      workload: caller, where: title,
      message: `some requests suit it and route '${first.route.name}', and neither is more specific, so '${first.route.name}' takes them as it is declared first`,
      remedy: 'add a route with the conditions of both, which says where they go',
    }];
  }),
};

/** All that a route does with its requests. */
function outcomeOf({ name: _name, matches: _matches, ...rest }: RouteInfo): string {
  return JSON.stringify(rest);
}

export const ROUTE_ORDER_RULES: readonly Rule[] = [order];
