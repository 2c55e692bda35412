/**
 * Redirects of several routes that lead to each other. Each is tried out: a request that the route takes is followed through the engine that
 * the proxy routes by, as a client would follow it. So what is told is certain, and what no request can be made up for is not told: a
 * condition by a regular expression, and a redirect to another scheme, host or port, which may lead anywhere.
 */
import { PathFault, PathOptions, RouteTable, RoutingRequest } from '../../routing';
import { Condition, toRouteMatch } from './condition';
import { RedirectOptions } from './route-options';

/** Clients give up after some twenty. */
export const MOST_REDIRECTS = 20;

/** One alternative of a route. */
export interface RedirectingAlternative<Route> {
  readonly route: Route;
  /** Undefined: it doesn't redirect. */
  readonly redirect: RedirectOptions | undefined;
  readonly conditions: readonly Condition[];
}

interface Followed {
  readonly method: string;
  readonly path: string;
}

/** The first cycle of more than one route that is found, in the order in which a client meets them; undefined when there is none. */
export function cycleOf<Route>(all: readonly RedirectingAlternative<Route>[], options: PathOptions): readonly Route[] | undefined {
  if (all.filter(({ redirect }) => redirect !== undefined).length < 2) {
    return undefined;
  }
  const table = RouteTable.of(all.map(({ conditions }) => ({ matches: [toRouteMatch(conditions)] })), options);
  if (!(table instanceof RouteTable)) {
    return undefined;
  }
  for (const { redirect, conditions } of all) {
    const cycle = redirect && cycleFrom(all, table, conditions, options);
    if (cycle) {
      return cycle;
    }
  }
  return undefined;
}

function cycleFrom<Route>(
  all: readonly RedirectingAlternative<Route>[], table: RouteTable, conditions: readonly Condition[], options: PathOptions,
): readonly Route[] | undefined {
  const fields = fieldsOf(conditions);
  let request = fields && firstOf(conditions);
  const met: Route[] = [];
  for (let count = 0; fields && request && count <= MOST_REDIRECTS; count += 1) {
    const view = RoutingRequest.of(request.method, request.path + fields.query, fields.headers, options);
    const row = view instanceof PathFault ? undefined : table.lookup(view);
    const taken = row && all[row.route];
    if (!taken?.redirect) {
      return undefined;
    }
    met.push(taken.route);
    request = redirected(request, taken.redirect, taken.conditions);
  }
  const routes = lastLap(met, all.map(({ route }) => route));
  return fields && request && routes.length > 1 ? routes : undefined;
}

/** The routes that come again and again, from the one that is declared first. */
export function lastLap<Route>(met: readonly Route[], declared: readonly Route[]): readonly Route[] {
  const end = met.length - 1;
  const lap = met.slice(met.lastIndexOf(met[end], end - 1) + 1);
  const first = lap.reduce((best, route, at) => (declared.indexOf(route) < declared.indexOf(lap[best]) ? at : best), 0);
  return [...lap.slice(first), ...lap.slice(0, first)];
}

/** What a client asks for next; undefined when nobody knows. */
function redirected({ method, path }: Followed, redirect: RedirectOptions, conditions: readonly Condition[]): Followed | undefined {
  const { scheme, host, port } = redirect;
  if (scheme !== undefined || host !== undefined || port !== undefined) {
    return undefined;
  }
  return { method: methodAfter(method, redirect), path: pathAfter(path, redirect, conditions) };
}

/** The method that a client asks with next (RFC 9110 section 15.4). */
export function methodAfter(method: string, { status }: RedirectOptions): string {
  return status === 307 || status === 308 || method === 'HEAD' ? method : 'GET';
}

/** The path that it asks for next. */
export function pathAfter(path: string, { path: full, pathPrefix }: RedirectOptions, conditions: readonly Condition[]): string {
  if (full !== undefined) {
    return full === '' ? '/' : full;
  }
  if (pathPrefix === undefined) {
    return path;
  }
  const prefix = prefixOf(conditions).replace(/\/$/, '');
  const rest = pathPrefix.replace(/\/$/, '') + path.slice(prefix.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function prefixOf(conditions: readonly Condition[]): string {
  const found = conditions.find(({ kind }) => kind === 'path' || kind === 'grpc');
  return (found?.kind === 'path' || found?.kind === 'grpc') && found.path.type === 'prefix' ? found.path.value : '/';
}

/** A request that meets the conditions of path and method. */
export function firstOf(conditions: readonly Condition[]): Followed | undefined {
  let [method, path] = ['GET', '/'];
  for (const condition of conditions) {
    if (condition.kind === 'method') {
      ({ method } = condition);
    } else if (condition.kind === 'path' || condition.kind === 'grpc') {
      path = condition.path.value;
      if (condition.path.type === 'regex') {
        return undefined;
      }
    }
  }
  return { method, path };
}

/** The rest of a request that meets the conditions. */
export function fieldsOf(conditions: readonly Condition[]): { readonly query: string; readonly headers: Record<string, string> } | undefined {
  const headers: Record<string, string> = {};
  const query: string[] = [];
  for (const condition of conditions) {
    if (condition.kind === 'claims') {
      // What a token claims is nothing that a URL has.
      return undefined;
    }
    if (condition.kind === 'hosts') {
      headers.host = condition.hosts[0].replace('*', 'a');
    } else if (condition.kind === 'headers' || condition.kind === 'query' || condition.kind === 'cookies') {
      const { name, value = 'a', regex } = condition.value;
      if (regex !== undefined) {
        return undefined;
      }
      if (condition.kind === 'headers') {
        headers[name.toLowerCase()] = value;
      } else if (condition.kind === 'cookies') {
        headers.cookie = `${headers.cookie === undefined ? '' : `${headers.cookie}; `}${name}=${value}`;
      } else {
        query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      }
    }
  }
  return { query: query.length === 0 ? '' : `?${query.join('&')}`, headers };
}
