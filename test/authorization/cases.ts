/**
 * Who may send what: one table for the engine and for the proxy over sockets. Written from the published bypasses of Istio and Envoy, by
 * their numbers, and from what Istio (AuthorizationPolicy) and Linkerd (AuthorizationPolicy, MeshTLSAuthentication) let in.
 *
 * A request is written as `caller METHOD target | field: value | field: value`; without a method it is GET, without a host
 * `shop.example.com`. The caller is an account of the namespace `shop`, a whole identity, or `plain` for none.
 */
import type { AuthorizationRule } from '../../src/contract';
import type { AuthorizationGroup } from './cases/group';
import { CALLER_GROUPS } from './cases/callers';
import { HEADER_GROUPS } from './cases/headers';
import { HOST_GROUPS } from './cases/hosts';
import { METHOD_GROUPS } from './cases/methods';
import { PATH_GROUPS } from './cases/paths';
import { QUERY_GROUPS } from './cases/query';

export interface AuthorizationCase {
  readonly group: AuthorizationGroup;
  /** As it is written in the table. */
  readonly request: string;
  readonly caller: string | undefined;
  readonly method: string;
  readonly target: string;
  /** Header fields in their order, `host` among them. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Name of the rule that lets it in, or the cause of the denial. */
  readonly expected: string;
}

export const AUTHORIZATION_GROUPS: readonly AuthorizationGroup[] = [
  ...CALLER_GROUPS, ...PATH_GROUPS, ...METHOD_GROUPS, ...HEADER_GROUPS, ...QUERY_GROUPS, ...HOST_GROUPS,
];

export const AUTHORIZATION_CASES: readonly AuthorizationCase[] = AUTHORIZATION_GROUPS.flatMap((group) => group.requests.map(([request, expected]) => {
  const [line, ...rest] = request.split(' | ');
  const [who, first, second] = line!.split(' ') as [string, string, string?];
  const fields = rest.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()] as const);
  const hasHost = fields.some(([name]) => name.toLowerCase() === 'host');
  return {
    group,
    request,
    caller: callerOf(who),
    method: second === undefined ? 'GET' : first,
    target: second ?? first,
    fields: hasHost ? fields : [['host', 'shop.example.com'] as const, ...fields],
    expected,
  };
}));

/** The rules of a group as the document has them. */
export function rulesOf({ rules }: Pick<AuthorizationGroup, 'rules'>): AuthorizationRule[] {
  return Object.entries(rules).map(([name, [callers, ...matches]]): AuthorizationRule => {
    const named = callers.split(' ').filter((caller) => caller !== '*' && caller !== 'plain').map((caller) => callerOf(caller)!);
    return {
      name,
      ...(named.length > 0 && { callers: named }),
      ...(callers.split(' ').includes('*') && { anyAuthenticated: true as const }),
      ...(callers.split(' ').includes('plain') && { plain: true as const }),
      ...(matches.length > 0 && { matches }),
    };
  });
}

function callerOf(who: string): string | undefined {
  if (who === 'plain') return undefined;
  return who.includes('://') ? who : `spiffe://cluster.local/ns/shop/sa/${who}`;
}
