/**
 * What requests go to which route: one table for the engine, for the proxy over sockets and for `explain`. Written from the specification
 * of the Gateway API (HTTPRoute: matches, hostnames, precedence) and its conformance tests, whose names stand at the groups taken from them.
 *
 * A request is written as `METHOD target | field: value | field: value`; without a method it is GET, without a host `shop.example.com`.
 */
import type { ConformanceGroup } from './conformance/group';
import { HEADER_GROUPS } from './conformance/headers';
import { HOST_GROUPS } from './conformance/hosts';
import { PATH_GROUPS } from './conformance/paths';
import { PRECEDENCE_GROUPS } from './conformance/precedence';
import { QUERY_GROUPS } from './conformance/query';
import { TARGET_GROUPS } from './conformance/targets';

export interface ConformanceCase {
  readonly group: ConformanceGroup;
  /** As it is written in the table. */
  readonly request: string;
  readonly method: string;
  readonly target: string;
  /** Header fields in their order, `host` among them. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly route: string | undefined;
  /** Code of the fault that the target is refused by. */
  readonly fault: string | undefined;
}

export const CONFORMANCE_GROUPS: readonly ConformanceGroup[] = [
  ...PATH_GROUPS, ...HEADER_GROUPS, ...QUERY_GROUPS, ...HOST_GROUPS, ...PRECEDENCE_GROUPS, ...TARGET_GROUPS,
];

export const CONFORMANCE_CASES: readonly ConformanceCase[] = CONFORMANCE_GROUPS.flatMap((group) => group.requests.map(([request, route]) => {
  const [line, ...rest] = request.split(' | ');
  const [first, second] = line!.split(' ') as [string, string?];
  const fields = rest.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()] as const);
  const hasHost = fields.some(([name]) => name.toLowerCase() === 'host');
  return {
    group,
    request,
    method: second === undefined ? 'GET' : first,
    target: second ?? first,
    fields: hasHost ? fields : [['host', 'shop.example.com'] as const, ...fields],
    route: route?.startsWith('!') ? undefined : route,
    fault: route?.startsWith('!') ? route.slice(1) : undefined,
  };
}));
