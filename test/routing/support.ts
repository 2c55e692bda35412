/** What the tests of routing share: tables and requests that must be right, and chance. */
import * as fc from 'fast-check';
import type { RouteMatch, ValueMatch } from '../../src/contract';
import { bytesOf, type HeaderValues, RoutingRequest, RouteTable } from '../../src/routing';
import type { NaiveRequest } from './naive';

export function tableOf(...routes: readonly (readonly RouteMatch[])[]): RouteTable {
  const table = RouteTable.of(routes.map((matches) => ({ matches })));
  if (!(table instanceof RouteTable)) throw new Error(table.map(({ message }) => message).join('\n'));
  return table;
}

/** Claims by name, as texts. */
export type ClaimTexts = Readonly<Record<string, readonly string[]>>;

export function requestOf(method: string, target: string, headers: HeaderValues = {}, claims: ClaimTexts = {}): RoutingRequest {
  const bytes = new Map(Object.entries(claims).map(([name, values]) => [name, values.map(bytesOf)]));
  const request = RoutingRequest.of(method, target, headers, {}, bytes);
  if (!(request instanceof RoutingRequest)) throw new Error(request.message);
  return request;
}

/** Few of each, so that they often meet. */
const element = fc.constantFrom('a', 'b', 'ab');
const path = fc.array(element, { maxLength: 3 }).map((elements) => `/${elements.join('/')}`);
const slashed = fc.tuple(path, fc.boolean()).map(([text, slash]) => (slash && text !== '/' ? `${text}/` : text));
const host = fc.constantFrom('a.io', 'b.a.io', 'c.b.a.io', 'io', 'xa.io');
const value = fc.constantFrom('', '1', '2', '12');
const regex = fc.constantFrom('1|2', '[0-9]+', '.*', '1?2?');

function conditions(names: string[]): fc.Arbitrary<ValueMatch[]> {
  return fc.array(fc.oneof(
    fc.record({ name: fc.constantFrom(...names) }),
    fc.record({ name: fc.constantFrom(...names), value }),
    fc.record({ name: fc.constantFrom(...names), regex }),
  ), { maxLength: 2 });
}

export const anyMatch: fc.Arbitrary<RouteMatch> = fc.record({
  path: fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant('exact' as const), value: slashed }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('prefix' as const), value: slashed }) },
    fc.record({ type: fc.constant('regex' as const), value: fc.constantFrom('/a.*', '/(a|b)/?', '/.*', '/[ab]+/b', '/a/[ab]*', '/a/b', '/a/b/?.*') }),
  ),
  method: fc.constantFrom('GET', 'POST'),
  headers: conditions(['x', 'X', 'y']),
  query: conditions(['q', 'Q']),
  cookies: conditions(['c', 'd']),
  hosts: fc.array(fc.oneof(host, host.map((name) => `*.${name}`)), { maxLength: 2 }),
}, { requiredKeys: [] });

export const anyRoutes = fc.array(fc.array(anyMatch, { maxLength: 3 }), { minLength: 1, maxLength: 8 });

const pairs = (names: string[]): fc.Arbitrary<[string, string][]> => fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 3 });

export const anyRequest: fc.Arbitrary<NaiveRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  path: slashed,
  host: fc.tuple(host, fc.constantFrom('', '', ':80', '.', '.:80'), fc.boolean()).map(([name, end, upper]) => `${upper ? name.toUpperCase() : name}${end}`),
  headers: pairs(['x', 'X', 'y']),
  query: pairs(['q', 'Q']),
  cookies: pairs(['c', 'd']),
});

/** The same request as the engine takes it. */
export function asText({ method, path: text, host: name, headers, query, cookies }: NaiveRequest, claims?: ClaimTexts): RoutingRequest {
  const fields: Record<string, string[]> = { Host: [name] };
  for (const [field, each] of headers) (fields[field] ??= []).push(each);
  if (cookies.length > 0) fields['cookie'] = [cookies.map((pair) => pair.join('=')).join('; ')];
  const search = query.map((pair) => pair.join('=')).join('&');
  return requestOf(method, `${text}${search && `?${search}`}`, fields, claims);
}
