/**
 * Which row is asked first, as the Gateway API has it (HTTPRoute, `matches` and `hostnames`): most characters of a host without a
 * wildcard, then of any host; exact path, regular expression, longest prefix; then one with a method, most header fields, most query
 * parameters, most cookies, most claims; then the order of declaration. Where to put regular expressions is left to implementations: before
 * prefixes, the longest first, as Envoy Gateway does.
 *
 * It is one order for all requests: of two rows that can take the same request, the first in it takes it.
 */
import type { RouteRow, RowHost, RowPath } from './row';

/** Negative when `one` is asked before `other`. */
export function compareRows(one: RouteRow, other: RouteRow): number {
  return compareRanks(one, other) || one.route - other.route || one.match - other.match;
}

/** 0 when nothing but the order of declaration decides. */
export function compareRanks(one: RouteRow, other: RouteRow): number {
  return hostRank(other.host) - hostRank(one.host)
    || (other.host?.name.length ?? 0) - (one.host?.name.length ?? 0)
    || pathRank(other.path) - pathRank(one.path)
    || pathLength(other.path) - pathLength(one.path)
    || Number(other.method !== undefined) - Number(one.method !== undefined)
    || other.headers.length - one.headers.length
    || other.query.length - one.query.length
    || other.cookies.length - one.cookies.length
    || other.claims.length - one.claims.length;
}

function hostRank(host: RowHost | undefined): number {
  return host === undefined ? 0 : host.isWildcard ? 1 : 2;
}

function pathRank({ type }: RowPath): number {
  return type === 'exact' ? 2 : type === 'regex' ? 1 : 0;
}

function pathLength(path: RowPath): number {
  return path.type === 'any' ? 0 : path.value.length;
}
