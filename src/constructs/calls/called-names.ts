/**
 * Whether a pod can tell apart what it calls. An app says a host and a port and nothing else, so two destinations of one pod differ in
 * one of them; other pods may call another destination by the same. Calls are known when the app is complete, hence at validation.
 */
import { Destination } from '../destinations/destination';
import { ValidationErrors } from '../props/validation-errors';
import { besides } from './call-routes';
import type { Call } from './dependencies';

/** The calls in an order that does not depend on the code's. */
export function sortedCalls(calls: readonly Call[]): Call[] {
  return [...calls].sort((a, b) => order(a.info.id, b.info.id) || order(a.destination.node.path, b.destination.node.path));
}

/** The first call to each host and port. {@link checkCalledNames} refuses the others. */
export function distinctCalls(calls: readonly Call[]): Call[] {
  const sockets = new Set<string>();
  return sortedCalls(calls).filter((call) => {
    const own = socketsOf(call);
    return !own.some((socket) => sockets.has(socket)) && own.every((socket) => sockets.add(socket));
  });
}

/** Notes calls that a pod can't tell apart by host name and port. */
export function checkCalledNames(errors: ValidationErrors, calls: readonly Call[], callerNamespace: string): void {
  const sockets = new Map<string, Call>();
  const leads = new Map<string, Call>();
  for (const call of sortedCalls(calls)) {
    const { destination, info } = call;
    const clash = socketsOf(call).map((socket) => sockets.get(socket)).find((other) => other !== undefined);
    if (clash) {
      // Services of one name are refused for their names, even when nobody calls them.
      if (!info.meshed) {
        errors.add(`calls(${info.name})`, destination.node.path, `in this pod '${info.name}' at port ${info.ports.join(', ')} already leads to `
          + `'${clash.destination.node.path}', and a request can't say which of the two it is for${inLowerCase(destination) ?? inLowerCase(clash.destination) ?? ''}; `
          + 'give one of them another host name or port');
      }
      continue;
    }
    socketsOf(call).forEach((socket) => sockets.set(socket, call));
    for (const hostname of info.hostnames(callerNamespace)) {
      const other = leads.get(hostname) ?? call;
      leads.set(hostname, other);
      if (other.info.host !== info.host) {
        errors.add(`calls(${info.name})`, hostname, `in this pod the name already leads to ${other.info.id}; rename one of them`);
      }
    }
  }
  checkBesides(errors, calls);
}

/** Clusters have the names of their destinations, so what a fallback or a route leads to may not have that of anything else that the pod calls. */
function checkBesides(errors: ValidationErrors, calls: readonly Call[]): void {
  const owners = new Map(calls.map(({ info, destination }) => [info.id, destination]));
  for (const call of sortedCalls(calls)) {
    const { info, fallback } = call;
    for (const destination of besides(call)) {
      const { id, name } = destination._info();
      const owner = owners.get(id) ?? destination;
      owners.set(id, owner);
      if (owner !== destination) {
        errors.add(`calls(${info.name}).${fallback?._destinations.includes(destination) ? 'fallback' : 'routes'}`, destination.node.path, `for this pod, '${owner.node.path}' is '${name}' at the same port already; `
          + 'give one of them another host name or port');
      }
    }
  }
}

function socketsOf({ info: { host, ports } }: Call): string[] {
  return ports.map((port) => `${host}:${port}`);
}

/** A remark for an author whose two names differ in case only. */
function inLowerCase({ node }: Destination): string | undefined {
  return node.id === node.id.toLowerCase() ? undefined : ` (host names don't tell ${node.id} from ${node.id.toLowerCase()})`;
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
