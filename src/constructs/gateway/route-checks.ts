/** What can be wrong with one route of a gateway, besides what can be wrong with any. */
import { isOfForwarded } from '../../contract';
import { PathOptions } from '../../routing';
import { isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { loopOf } from '../routes/redirect-loops';
import { Route } from '../routes/route';
import { checkRoute } from '../routes/route-checks';
import { titleOf } from '../routes/route-names';
import { RedirectOptions, RedirectScheme } from '../routes/route-options';
import { RouteSpec } from '../routes/route-spec';
import { HOST } from './edge-quantities';

/** Every host. */
export const ANY_HOST = '*';

/** How a gateway reads requests. */
interface Reading {
  readonly path: PathOptions;
  /** It looks at tokens. */
  readonly hasTokens: boolean;
  /** A service is asked about requests. */
  readonly isAsked: boolean;
}

/** Checks a route of a host. */
export function checkGatewayRoute(errors: ValidationErrors, prop: string, host: string, route: Route, reading: Reading): void {
  if (host !== ANY_HOST && !isText(HOST, host)) {
    errors.add(prop, host, 'use a host name in lower case and without a port, such as shop.example.com, *.example.com, or * for every host');
  }
  const found = new ValidationErrors();
  checkRoute(found, prop, route, { ...reading, timeoutMs: 0 });
  const { _spec: spec } = route;
  if (spec.targets.length === 0 && !spec.redirect && !spec.respond) {
    found.add(prop, titleOf(route), 'it says nothing of where requests go; give it to(), redirect() or respond()');
  }
  for (const { step, name } of spec.requestHeaders) {
    if (typeof name === 'string' && isOfForwarded(name)) {
      found.add(`${prop}.${step}RequestHeader`, name, 'the gateway writes this field by itself; leave it out, and say with the prop \'forwarded\' what apps get');
    }
  }
  if (found.messages.length === 0) {
    checkConditions(found, prop, spec);
    if (spec.redirect) {
      checkRedirect(found, prop, host, spec, spec.redirect);
    }
  }
  errors.take(found);
}

function checkConditions(errors: ValidationErrors, prop: string, { alternatives }: RouteSpec): void {
  for (const { kind, said } of alternatives.flat().map(({ _condition }) => _condition)) {
    if (kind === 'callers') {
      errors.add(`${prop}.when`, said, 'requests at a gateway come from outside of the mesh; use other conditions');
    } else if (kind === 'hosts') {
      errors.add(`${prop}.when`, said, 'the host is the first argument; add the route once for each host');
    }
  }
}

/**
 * A redirect to where the request came from. The same routes are at both ports. What is redirected to a host that only a wildcard takes may be
 * taken by a route that is added later: redirect-circles.ts looks at all together.
 */
function checkRedirect(errors: ValidationErrors, prop: string, host: string, { alternatives }: RouteSpec, redirect: RedirectOptions): void {
  const { scheme, host: to, port, path, pathPrefix } = redirect;
  if (port !== undefined || (to !== undefined && to.toLowerCase() !== host)) {
    return;
  }
  if (scheme === RedirectScheme.HTTP) {
    errors.add(`${prop}.redirect`, scheme, 'the gateway redirects HTTP to HTTPS, or serves this route at both; leave out \'scheme\'');
  } else if (path === undefined && pathPrefix === undefined) {
    errors.add(`${prop}.redirect`, to ?? scheme, scheme === undefined
      ? 'clients would go round in a circle, as the host is one that the route takes; redirect to another'
      : 'clients would go round in a circle, as the route takes requests by HTTPS, too; use the prop \'httpsRedirect\' instead');
  } else {
    const conditions = alternatives.map((matches) => matches.map(({ _condition }) => _condition));
    const loop = loopOf({ ...redirect, scheme: undefined, host: undefined }, conditions);
    if (loop !== undefined) {
      errors.add(`${prop}.redirect`, path ?? pathPrefix, `clients would go round in a circle, as the route itself takes the new path by ${loop}; redirect to a path that it does not take`);
    }
  }
}

/** Whether a host of the routes takes requests for a host. A wildcard stands for any number of labels, as in the Gateway API. */
export function takesHost(pattern: string, host: string): boolean {
  const name = host.toLowerCase();
  return pattern === ANY_HOST || pattern === name || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)));
}
