/**
 * Routes that only their order of declaration puts before one another, although neither is a special case of the other. The order of the
 * Gateway API settles which takes a request that suits both, but it may not be what the author means.
 */
import type { PathOptions } from '../path/options';
import type { RoutableRoute } from '../table/compile';
import { RouteTable } from '../table/route-table';
import { RouteRow } from '../table/row';
import { covers } from './implies';
import { findOverlaps } from './overlaps';

/** Two routes of a listener, by their names. */
export interface Tie {
  readonly listener: string;
  /** The route that is declared first, and takes the requests that suit both. */
  readonly first: string;
  readonly second: string;
}

/** What of a listener counts. */
interface RoutingListener {
  readonly name: string;
  readonly path?: PathOptions;
  readonly routes?: readonly (RoutableRoute & { readonly name: string })[];
}

/** Two routes, by their places in the list of routes. */
interface Places {
  readonly first: number;
  readonly second: number;
}

/** Finds ties. It remembers what it found of a list of routes: all callers of a service have the same one. */
export class TieFinder {
  private readonly found = new Map<string, readonly Places[]>();

  /** One tie for each route at most, with the first of the routes before it. None where routes are not valid. */
  of(listeners: readonly RoutingListener[]): Tie[] {
    return listeners.flatMap(({ name, routes = [], path = {} }) => (
      this.placesOf(routes, path).map(({ first, second }) => ({ listener: name, first: routes[first]!.name, second: routes[second]!.name }))
    ));
  }

  private placesOf(routes: readonly RoutableRoute[], path: PathOptions): readonly Places[] {
    if (routes.filter(({ matches }) => matches !== undefined).length < 2) return [];
    const key = JSON.stringify([routes.map(({ matches }) => matches ?? []), path]);
    let places = this.found.get(key);
    if (!places) this.found.set(key, places = tiesOf(RouteTable.of(routes, path)));
    return places;
  }
}

function tiesOf(table: RouteTable | object): readonly Places[] {
  if (!(table instanceof RouteTable)) return [];
  const ties = new Map<number, Places>();
  for (const { reason, first, second } of findOverlaps(table).overlaps) {
    if (reason !== 'order' || ties.has(second.route) || covers(second, first) || isSettled(table, first, second)) continue;
    ties.set(second.route, { first: first.route, second: second.route });
  }
  return [...ties.values()];
}

/** Whether a row before both takes all requests that suit both. */
function isSettled({ rows }: RouteTable, first: RouteRow, second: RouteRow): boolean {
  const both = new RouteRow(first.route, first.match, first.host, first.path, {
    method: first.method,
    headers: [...first.headers, ...second.headers],
    query: [...first.query, ...second.query],
    cookies: [...first.cookies, ...second.cookies],
    claims: [...first.claims, ...second.claims],
  });
  for (const row of rows) {
    if (row === first) return false;
    if (row.host?.pattern === first.host?.pattern && covers(row, both)) return true;
  }
  return false;
}
