/** Sessions of routes that undo each other's. */
import { Call, groupBy } from './calls';
import type { Problem, Rule } from './rule';

const cookies: Rule = {
  name: 'route-sessions',
  severity: 'warning',
  about: 'Two routes of a call keep sessions by one cookie and lead to different pods, so a request of one moves the session of the other.',
  find: ({ calls }) => {
    const keeping = calls.filter(({ route }) => route.session);
    const groups = groupBy(keeping, ({ caller }) => caller);
    return [...groups.values()].flatMap((own) => [...groupBy(own, ({ listener, route }) => `${listener} ${route.session!.cookie}`).values()]).flatMap((alike): Problem[] => {
      const last = alike[alike.length - 1]!;
      const other = alike.find((call) => clustersOf(call) !== clustersOf(last));
      return other === undefined ? [] : [{
        workload: other.caller, where: other.title,
        message: `it keeps sessions by the cookie '${last.route.session!.cookie}', as route '${last.route.name}' does, which leads to other clusters: `
          + 'a session moves whenever the other route is taken',
        remedy: 'give the sessions of the route a cookie of their own, or say SessionPersistence.none() for it',
      }];
    });
  },
};

function clustersOf({ route: { split } }: Call): string {
  return split.map(({ cluster }) => cluster).sort().join();
}

export const ROUTE_SESSION_RULES: readonly Rule[] = [cookies];
