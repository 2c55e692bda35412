/** Which route of a listener takes a request, by the table that the proxy uses, and why those before it don't. */
import type { ResolvedListener, ResolvedRoute } from '../../contract';
import { describeRow, explain, FailedCondition, RouteProblem, RouteRow, RouteTable, RoutingRequest } from '../../routing';
import { listed } from '../words/quantities';

/** A route that comes before the one chosen, and does not take the request. */
export interface NearMiss {
  readonly route: string;
  readonly conditions: readonly string[];
  /** The first condition that fails, in words. */
  readonly failed: string;
}

export interface RouteChoice {
  /** Undefined: no route takes it. */
  readonly route: ResolvedRoute | undefined;
  /** Conditions of the match that took it; none when it takes everything. */
  readonly conditions: readonly string[];
  /** In the order of precedence. */
  readonly nearMisses: readonly NearMiss[];
  /** Place of the row in the order of precedence, from 1. */
  readonly place: number;
  readonly rows: number;
}

/** What of a listener decides. */
type Routes = Pick<ResolvedListener, 'routes' | 'path'>;

/** @param listener or a rule of its authorization, taken for a route */
export function tableOf({ routes, path }: { readonly routes: readonly Pick<ResolvedRoute, 'name' | 'matches'>[] } & Pick<Routes, 'path'>): RouteTable {
  const table = RouteTable.of(routes, path);
  if (table instanceof RouteTable) return table;
  // The proxy's validator refuses such a document, which is read before.
  throw new Error(table.map(({ message }: RouteProblem) => message).join('\n'));
}

export function chooseRoute(listener: Routes, request: RoutingRequest): RouteChoice {
  const { routes } = listener;
  const table = tableOf(listener);
  const chosen = table.lookup(request);
  const verdicts = explain(table, request);
  const place = chosen ? table.rows.indexOf(chosen) : table.rows.length;
  return {
    route: chosen && routes[chosen.route],
    conditions: chosen ? describeRow(chosen) : [],
    nearMisses: verdicts.slice(0, place).map(({ row, failed }) => ({
      route: routes[row.route]!.name, conditions: describeRow(row), failed: failureInWords(failed!),
    })),
    place: place + 1,
    rows: table.rows.length,
  };
}

/** `path /a/* and header x-beta = 'true'`, or that it takes every request. */
export function conditionsOfRow(conditions: readonly string[], everything = 'every request'): string {
  return conditions.length === 0 ? everything : listed(conditions);
}

export function describeConditions(row: RouteRow): string {
  return conditionsOfRow(describeRow(row));
}

export function failureInWords({ part, name, expected, seen }: FailedCondition): string {
  const subject = name === undefined ? part : `${part} ${name}`;
  const wanted = expected.replace(/^= /, '');
  if (seen.length === 0) return `no ${subject}${expected === 'present' ? '' : `, wanted ${wanted}`}`;
  const values = name === undefined ? seen : seen.map((value) => `'${value}'`);
  return `${subject} is ${listed(values)}, wanted ${wanted}`;
}
