/**
 * What is wrong with the conditions of routes and of rules of authorization: paths, hosts and regular expressions that no request can meet, or
 * that would take too long. The engine that decides by them says so, which is why this is not among the rules of the contract.
 */
import { Authorization } from '../../authorization';
import type { ListenerConfig, ProxyConfig, ValidationError } from '../../contract';
import { RouteTable } from '../../routing';

export function findUnfitMatches({ listeners }: ProxyConfig): ValidationError[] {
  return listeners.flatMap((listener, l) => [
    ...unfitOf(listener, `/listeners/${l}/routes`), ...unfitRules(listener, `/listeners/${l}/authorization`),
  ]);
}

function unfitOf({ routes, path: options = {} }: ListenerConfig, at: string): ValidationError[] {
  if (!routes.some(({ matches }) => matches)) return [];
  const table = RouteTable.of(routes, options);
  if (table instanceof RouteTable) return [];
  return table.map(({ route, match, field, message }) => ({
    path: `${at}/${route}/matches/${match}${field === '' ? '' : `/${field}`}`, message: `route '${routes[route]!.name}': ${message}`,
  }));
}

function unfitRules({ authorization, path: options = {} }: ListenerConfig, at: string): ValidationError[] {
  if (!authorization) return [];
  const { rules } = authorization;
  const compiled = Authorization.of(rules, options);
  if (compiled instanceof Authorization) return [];
  return compiled.map(({ rule, field, message }) => ({
    path: `${at}/rules/${rule}${field === '' ? '' : `/${field}`}`, message: `rule '${rules[rule]!.name}': ${message}`,
  }));
}
