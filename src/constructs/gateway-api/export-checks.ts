/** What an HTTPRoute of the standard channel can't say of routes. */
import { Destination } from '../destinations/destination';
import { partsOf } from '../destinations/target-parts';
import { ValidationErrors } from '../props/validation-errors';
import { CorsOptions } from '../routes/cors-options';
import { Route } from '../routes/route';
import { titleOf } from '../routes/route-names';
import { RouteSpec } from '../routes/route-spec';
import { RouteTarget } from '../routes/route-target';

/** Most rules of one HTTPRoute. That of a service has one for all other requests. */
export const MOST_RULES = 16;
/** Most matches of all rules together, with one for a last rule. */
export const MOST_MATCHES = 127;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

const CONDITIONS = { cookies: 'cookie', claims: 'claim', hosts: 'host', callers: 'caller' } as const;
const PARTS = {
  respond: 'respond', retry: 'retry', hashKeys: 'hashKeys', sessionPersistence: 'sessionPersistence', faults: 'faults',
} as const satisfies { readonly [Part in keyof RouteSpec]?: string };

/** Every part of the routes that has no words there. */
export function checkExport(service: Destination): string[] {
  const errors = new ValidationErrors();
  const routes = service._routes;
  routes.forEach((route) => checkRoute(errors, route));
  if (routes.length > MOST_RULES - 1) {
    errors.add('GatewayApi.export', routes.length, `an HTTPRoute has at most ${MOST_RULES - 1} routes besides the one for all other requests; use fewer, with alternatives by orWhen()`);
  }
  const matches = countMatches(routes);
  if (matches > MOST_MATCHES) {
    errors.add('GatewayApi.export', matches, `an HTTPRoute has at most ${MOST_MATCHES} alternatives in all; use fewer`);
  }
  return errors.messages;
}

export function countMatches(routes: readonly Route[]): number {
  return routes.reduce((sum, { _spec: { alternatives } }) => sum + alternatives.length, 0);
}

/** Checks one route. */
export function checkRoute(errors: ValidationErrors, route: Route): void {
  const { _spec: spec } = route;
  const prop = `GatewayApi.export: ${titleOf(route)}`;
  for (const condition of spec.alternatives.flat().map(({ _condition }) => _condition)) {
    const factory = CONDITIONS[condition.kind as keyof typeof CONDITIONS];
    if (factory) {
      errors.add(prop, `Match.${factory}()`, 'an HTTPRoute has no such condition here; leave the route out, or write its HTTPRoute by hand');
    } else if (condition.kind === 'method' && !METHODS.includes(condition.method)) {
      errors.add(prop, condition.said, `an HTTPRoute takes the methods ${METHODS.join(', ')} only; use one of them`);
    }
  }
  for (const [part, method] of Object.entries(PARTS)) {
    if (spec[part as keyof typeof PARTS] !== undefined) {
      errors.add(prop, `${method}()`, 'the standard channel of the Gateway API has no word for it; leave it out, or write the HTTPRoute by hand');
    }
  }
  checkCors(errors, prop, spec.cors);
  if (spec.rewriteHost?.includes(':')) {
    errors.add(prop, `rewriteHost('${spec.rewriteHost}')`, 'an HTTPRoute takes a host name without a port; leave the port out');
  }
  for (const { target } of [...spec.targets, ...spec.mirrors]) {
    if (!(target._destination() as Destination)._info().meshed) {
      errors.add(prop, target.node.path, 'an HTTPRoute leads to Services, and this is none; leave it out');
    }
  }
  for (const { target, options: { percent = 100, maxBodySize } } of spec.mirrors) {
    if (!isOne(target) || !Number.isInteger(percent) || maxBodySize !== undefined) {
      errors.add(prop, `mirror(${target.node.id})`, 'an HTTPRoute copies to one version, whole percentages, and bodies of any length; name a version, and leave out maxBodySize');
    }
  }
}

/** CORS that the schema of its filter refuses. */
export function checkCors(errors: ValidationErrors, prop: string, cors: CorsOptions | undefined): void {
  const { allowOrigins = [], allowMethods = [], maxAge } = cors ?? {};
  const method = allowMethods.find((each) => each !== '*' && !METHODS.includes(each));
  if (method !== undefined) {
    errors.add(`${prop}.cors.allowMethods`, method, `an HTTPRoute takes the methods ${METHODS.join(', ')} only; use those, or *`);
  }
  for (const [name, list] of [['allowOrigins', allowOrigins], ['allowMethods', allowMethods]] as const) {
    if (list.includes('*') && list.length > 1) {
      errors.add(`${prop}.cors.${name}`, list, 'in an HTTPRoute, * stands alone; leave out the others, or *');
    }
  }
  if (maxAge?.toSeconds() === 0) {
    errors.add(`${prop}.cors.maxAge`, '0 seconds', 'an HTTPRoute takes at least one second; use that');
  }
}

/** Whether copies go to one Service. */
function isOne(target: RouteTarget): boolean {
  return partsOf(target).length === 1;
}
