/** The rules of the Gateway API, written as plainly as can be: every match of every route is tried, and the best one is chosen. */
import type { RouteMatch, ValueMatch } from '../../src/contract';

export interface NaiveRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
  readonly cookies: readonly (readonly [string, string])[];
}

/** Index of the route and of its match; undefined when none takes the request. */
export function naiveLookup(routes: readonly (readonly RouteMatch[])[], request: NaiveRequest): { route: number; match: number } | undefined {
  let best: { route: number; match: number; rank: number[] } | undefined;
  routes.forEach((matches, route) => (matches.length === 0 ? [{}] : matches).forEach((match, index) => {
    const rank = rankOf(match, request);
    if (rank && (!best || isAbove(rank, best.rank))) best = { route, match: index, rank };
  }));
  return best && { route: best.route, match: best.match };
}

function isAbove(rank: number[], other: number[]): boolean {
  const at = rank.findIndex((value, index) => value !== other[index]);
  return at >= 0 && rank[at]! > other[at]!;
}

/** How a match that takes the request is ranked, the most important first. */
function rankOf(match: RouteMatch, request: NaiveRequest): number[] | undefined {
  const host = request.host.toLowerCase().replace(/:.*$/, '').replace(/\.$/, '');
  const exactHosts = (match.hosts ?? []).filter((pattern) => pattern === host);
  const wildcards = (match.hosts ?? []).filter((pattern) => pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) && host.length >= pattern.length);
  if (match.hosts?.length && exactHosts.length === 0 && wildcards.length === 0) return undefined;
  const path = pathRank(match.path, request.path);
  if (!path) return undefined;
  if (match.method !== undefined && match.method !== request.method) return undefined;
  const headers = (match.headers ?? []).map((each) => ({ ...each, name: each.name.toLowerCase() }));
  const lower = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const first = request.query.filter(([name], index) => request.query.findIndex(([other]) => other === name) === index);
  if (!allHold(headers, lower) || !allHold(match.query ?? [], first) || !allHold(match.cookies ?? [], request.cookies)) return undefined;
  const longest = (patterns: string[]): number => Math.max(0, ...patterns.map(({ length }) => length));
  return [
    longest(exactHosts), longest([...exactHosts, ...wildcards]), ...path, match.method === undefined ? 0 : 1,
    firsts(headers).length, firsts(match.query ?? []).length, firsts(match.cookies ?? []).length,
  ];
}

function allHold(conditions: readonly ValueMatch[], values: readonly (readonly [string, string])[]): boolean {
  return firsts(conditions).every((condition) => values.some(([name, value]) => name === condition.name && takes(condition, value)));
}

function firsts(conditions: readonly ValueMatch[]): ValueMatch[] {
  return conditions.filter(({ name }, index) => conditions.findIndex((other) => other.name === name) === index);
}

function takes({ value, regex }: ValueMatch, seen: string): boolean {
  if (regex !== undefined) return new RegExp(`^(?:${regex})$`, 's').test(seen);
  return value === undefined || value === seen;
}

function pathRank(path: RouteMatch['path'], seen: string): number[] | undefined {
  if (!path) return [0, 0];
  const value = path.value.replace(/(.)\/$/, '$1');
  switch (path.type) {
    case 'exact': return seen === path.value ? [2, 0] : undefined;
    case 'regex': return new RegExp(`^(?:${path.value})$`, 's').test(seen) ? [1, path.value.length] : undefined;
    case 'prefix': return value === '/' || seen === value || seen.startsWith(`${value}/`) ? [0, value === '/' ? 0 : value.length] : undefined;
  }
}
