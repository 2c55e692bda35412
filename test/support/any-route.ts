/** Routes of any conditions and any parts, most of which go together. */
import { Duration } from 'cdk8s';
import { IConstruct } from 'constructs';
import * as fc from 'fast-check';
import { Destination, FaultInjection, HashKey, Match, RedirectOptions, Retry, Route } from '../../src';
import { mostly, ODD_HOSTS, ODD_NAMES, seldom } from './any-values';

/** A route to some of the targets, which may be for some of the callers. */
export type AnyRoute = (targets: readonly Destination[], callers: readonly IConstruct[]) => Route;
type Step = (route: Route, targets: readonly Destination[]) => Route;

const ODD_PATHS = ['a', '', '/é', '/a?b', '/a#b', '/a%2Fb', '/../a', '/a b', '//', '/%', 5, null];

const path = mostly(['/a', '/a/b', '/b/', '/', '/c/d/e'], ODD_PATHS);
const regex = mostly(['/[a-z]+', '/a.*', '/items/[0-9]{1,3}'], ['(', '(?=a)', '', '\\1', 'a{9999}', 5, null]);
const field = mostly(['x-beta', 'X-User', 'accept'], [...ODD_NAMES, 'Host', 'Content-Length', 'x-mesh-attempt', '']);
const value = mostly(['true', '1'], ['é', '\r\n', 5, 'a'.repeat(5_000)]);
const host = mostly(['shop.example.com', '*.example.com', 'catalog'], ODD_HOSTS);

const match: fc.Arbitrary<(callers: readonly IConstruct[]) => Match> = fc.oneof(
  path.map((each) => () => Match.pathExact(each)),
  path.map((each) => () => Match.pathPrefix(each)),
  regex.map((each) => () => Match.pathRegex(each)),
  mostly(['GET', 'POST'], ['get', '', 5, null]).map((each) => () => Match.method(each)),
  fc.tuple(field, seldom(value)).map(([each, its]) => () => Match.header(each, its)),
  fc.tuple(field, regex).map(([each, its]) => () => Match.headerRegex(each, its)),
  fc.tuple(field, seldom(value)).map(([each, its]) => () => Match.query(each, its)),
  fc.tuple(field, seldom(value)).map(([each, its]) => () => Match.cookie(each, its)),
  fc.array(host, { maxLength: 2 }).map((each) => () => Match.host(...each)),
  fc.record({ service: seldom(mostly(['shop.v1.Catalog'], ODD_NAMES)), method: mostly(['Get'], ODD_NAMES) }).map((each) => () => Match.grpc(each)),
  fc.nat(9).map((index) => (callers: readonly IConstruct[]) => Match.caller(callers[index % callers.length]!)),
);

const target = (targets: readonly Destination[], index: number): Destination => targets[index % targets.length]!;
const weight = mostly([1, 5, 95], [0, -1, 1.5, '5', null]);
const redirect: fc.Arbitrary<RedirectOptions> = fc.record({
  path: seldom(path), pathPrefix: seldom(path), host: seldom(host), port: seldom(mostly([8080], [0, '80'])), status: seldom(mostly([301, 308], [200, '301'])),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.nat(9), weight).map(([index, its]): Step => (route, targets) => route.to(target(targets, index), { weight: its })),
  fc.tuple(fc.nat(9), seldom(mostly([5, 100], [-1, 101, '5']))).map(([index, percent]): Step => (route, targets) => route.mirror(target(targets, index), { percent })),
  redirect.map((options): Step => (route) => route.redirect(options)),
  fc.tuple(mostly(['*', 'https://a.test'], ['a.test', 5]), mostly([undefined, true], ['yes'])).map(([origin, allowCredentials]): Step => (
    (route) => route.cors({ allowOrigins: [origin as string], allowCredentials: allowCredentials as boolean }))),
  fc.tuple(mostly([200, 204, 404], [100, 600, '200', null]), seldom(value)).map(([status, body]): Step => (route) => route.respond(status, { body })),
  path.map((each): Step => (route) => route.rewritePath(each)),
  path.map((each): Step => (route) => route.rewritePathPrefix(each)),
  host.map((each): Step => (route) => route.rewriteHost(each)),
  fc.tuple(field, value).map(([each, its]): Step => (route) => route.setRequestHeader(each, its).addResponseHeader(each, its)),
  field.map((each): Step => (route) => route.removeRequestHeader(each)),
  mostly([1, 300, 15_000], [0]).map((ms): Step => (route) => route.timeout(Duration.millis(ms))),
  fc.constantFrom<Step>((route) => route.retry(Retry.none()), (route) => route.retry(Retry.idempotent({ maxRetries: 1 }))),
  field.map((each): Step => (route) => route.hashKeys(HashKey.header(each))),
  fc.constantFrom<Step>((route) => route.faults(FaultInjection.abort(503)), (route) => route.faults()),
  mostly(['mine', 'yours'], [...ODD_NAMES, 'default']).map((each): Step => (route) => route.named(each)),
);

export const anyRoute: fc.Arbitrary<AnyRoute> = fc.record({
  alternatives: fc.array(fc.array(match, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  steps: fc.array(step, { maxLength: 2 }),
}).map(({ alternatives, steps }): AnyRoute => (targets, callers) => {
  const [first, ...others] = alternatives.map((matches) => matches.map((make) => make(callers)));
  const start = others.reduce((route, matches) => route.orWhen(...matches), first ? Route.when(...first) : Route.always());
  return steps.reduce((route, take) => take(route, targets), start);
});
