/**
 * What is wrong with the conditions of routes and of rules of authorization: paths, hosts and regular expressions that no request can meet, or
 * that would take too long; and new paths that are not in the form in which all paths are sent on. The engine that decides by them says
 * so, which is why this is not among the rules of the contract.
 */
import { Authorization } from '../../authorization';
import type { ListenerConfig, ProxyConfig, RouteConfig, ValidationError } from '../../contract';
import { normalizePath, PathFault, RouteTable } from '../../routing';

export function findUnfitMatches({ listeners }: ProxyConfig): ValidationError[] {
  return listeners.flatMap((listener, l) => [
    ...unfitOf(listener, `/listeners/${l}/routes`), ...listener.routes.flatMap((route, r) => unfitPathsOf(route, `/listeners/${l}/routes/${r}`)),
    ...unfitRules(listener, `/listeners/${l}/authorization`),
  ]);
}

function unfitOf({ routes, path: options = {} }: ListenerConfig, at: string): ValidationError[] {
  if (!routes.some(({ matches }) => matches)) return [];
  return RouteTable.problemsOf(routes, options).map(({ route, match, field, message }) => ({
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

function unfitPathsOf({ name, rewrite, redirect }: RouteConfig, at: string): ValidationError[] {
  const changes = [['rewrite', rewrite?.path], ['redirect', redirect?.path]] as const;
  return changes.flatMap(([part, change]) => {
    if (!change || change.value === '') return [];
    const normal = normalizePath(change.value);
    if (normal === change.value) return [];
    return [{
      path: `${at}/${part}/path/value`,
      message: normal instanceof PathFault ? `route '${name}': no path can be '${change.value}': ${normal.message}`
        : `route '${name}': the path '${change.value}' is not as paths are sent on; write '${normal}'`,
    }];
  });
}
