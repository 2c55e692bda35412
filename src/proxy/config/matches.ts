/**
 * What is wrong with the conditions of routes: paths, hosts and regular expressions that no request can meet, or that would take too long. The
 * engine that decides by them says so, which is why this is not among the rules of the contract.
 */
import type { ListenerConfig, ProxyConfig, ValidationError } from '../../contract';
import { RouteTable } from '../../routing';

export function findUnfitMatches({ listeners }: ProxyConfig): ValidationError[] {
  return listeners.flatMap((listener, l) => unfitOf(listener, `/listeners/${l}/routes`));
}

function unfitOf({ routes, path: options = {} }: ListenerConfig, at: string): ValidationError[] {
  if (!routes.some(({ matches }) => matches)) return [];
  const table = RouteTable.of(routes, options);
  if (table instanceof RouteTable) return [];
  return table.map(({ route, match, field, message }) => ({
    path: `${at}/${route}/matches/${match}${field === '' ? '' : `/${field}`}`, message: `route '${routes[route]!.name}': ${message}`,
  }));
}
