/**
 * The routes of a call as one caller has them, and where they lead besides the service that is called.
 */
import { IConstruct } from 'constructs';
import { Destination } from '../destinations/destination';
import { Fallback } from '../destinations/fallback';
import { ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';
import { checkRoute } from '../routes/route-checks';
import { titleOf } from '../routes/route-names';
import { CallersRoute, checkTogether, namedCallers } from '../routes/route-set';
import { RouteTarget } from '../routes/route-target';

/** As much of a call as says where its requests go. */
interface RoutedCall {
  readonly destination: Destination;
  readonly fallback?: Fallback;
  readonly routes: readonly CallersRoute[];
}

/** Whether a construct that a route names stands for a caller: it is the caller's sidecar, is around it, or is how the caller is exposed. */
export function standsFor(named: IConstruct, caller: IConstruct): boolean {
  return caller.node.scopes.includes(named) || named.node.scope === caller;
}

/** Checks routes that a caller declares for a call. */
export function checkCallRoutes(
  errors: ValidationErrors, prop: string, routes: readonly Route[],
  call: { readonly destination: Destination; readonly timeoutMs: number }, self: Destination | undefined,
): void {
  const path = call.destination._info().path ?? {};
  const found = new ValidationErrors();
  routes.forEach((route, index) => {
    const at = `${prop}[${index}]`;
    checkRoute(found, at, route, { path, timeoutMs: call.timeoutMs, destination: call.destination });
    if (namedCallers([route]).length > 0) {
      found.add(`${at}.when`, titleOf(route), 'these routes are of one caller already; leave out Match.caller(), or declare the route with addRoute() of the service');
    }
    if (self && targetsOf(route).some((target) => target._destination?.() === self)) {
      found.add(`${at}.to`, self.node.path, 'a service can\'t call itself through the mesh; name another one');
    }
  });
  if (found.messages.length === 0) {
    routes.forEach((route, index) => call.destination._checkTargets(found, `${prop}[${index}]`, route));
    checkTogether(found, (route) => `${prop}[${routes.indexOf(route)}]`, routes, path);
  }
  errors.take(found);
}

/** Everything that a route sends requests or copies to. */
export function targetsOf({ _spec: { targets, mirrors } }: Route): RouteTarget[] {
  return [...targets, ...mirrors].map(({ target }) => target);
}

/** What the requests of a call may go to besides the service called, each once: its fallbacks, and the targets of its routes. */
export function besides({ destination, fallback, routes }: RoutedCall): Destination[] {
  const routed = routes.flatMap(({ route }) => targetsOf(route)).map((target) => target._destination() as Destination);
  return [...new Set([...(fallback?._destinations ?? []), ...routed])].filter((other) => other !== destination);
}
