/**
 * Which route takes a request: the engine that the proxy, the command and the constructs share.
 *
 *   RouteTable.of(routes, pathOptions?)              a table, or a list of RouteProblem
 *     .lookup(request: RequestView)                  RouteRow { route, match, ... } | undefined; allocates nothing
 *     .rows                                          all rows in the order of precedence
 *   RouteTable.problemsOf(routes, pathOptions?)      the problems alone, without a table
 *   new PathNormalizer(pathOptions?)
 *     .normalize(bytes, start, end)                  PathFault | undefined; then .path, .changed, .queryStart
 *   normalizePath(text, pathOptions?)                string | PathFault
 *   normalizePattern(text, pathOptions?)             NormalPattern | PathFault, of a path that may end in `*`
 *   RoutingRequest.of(method, target, headers?)      a RequestView made of texts | PathFault
 *   Regex.compile(pattern)                           Regex { test(bytes, start, end), testText(text) } | RegexProblem
 *   explain(table, request)                          RowVerdict[]: row, chosen | behind | failed, the first condition that failed, what was seen
 *   describeRow(row)                                 its conditions in words
 *   findOverlaps(table)                              { overlaps: { reason, first, second }[], unreachable: route indices }
 *   new TieFinder().of(listeners)                    { listener, first, second }[]: names of routes that only their order puts before one another
 *   askedClaims(matches)                             the claims that conditions ask for, by the keys that claimKey makes of them
 *   testFirstParameter, testAnyParameter,
 *     testAnyCookie, testAnyClaim                    what a RequestView reads a query, Cookie fields and claims with
 */
export { describeRow } from './analysis/describe';
export * from './analysis/explain';
export * from './analysis/overlaps';
export * from './analysis/ties';
export { bytesOf, equals, equalsAlike, equalsInAnyCase, textOf } from './bytes/bytes';
export type { ByteRange, ValueTest } from './bytes/bytes';
export * from './path/fault';
export * from './path/options';
export * from './path/path-normalizer';
export * from './path/pattern';
export { RegexProblem } from './regex/problem';
export { Regex } from './regex/regex';
export { testAnyCookie } from './request/cookie-field';
export { testAnyParameter, testFirstParameter } from './request/query';
export type { Claims, RequestView } from './request/request-view';
export * from './request/routing-request';
export { testAnyClaim } from './request/token-claims';
export * from './table/claim-key';
export { RouteProblem } from './table/compile';
export type { RoutableRoute } from './table/compile';
export { AnyValue, ExactValue, NamedCondition } from './table/conditions';
export { RouteRow } from './table/row';
export type { RowHost, RowPath } from './table/row';
export * from './table/route-table';
