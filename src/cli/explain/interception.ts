/**
 * Which listener takes a request, as the app in the caller's pod would reach it: the hosts file leads the names of declared calls to
 * loopback addresses where the sidecar listens. What was not declared passes the sidecar by.
 */
import type { ResolvedListener } from '../../contract';
import type { Stack } from '../stack/stack';
import type { ServiceSpec, Workload } from '../model/model';
import type { AskedRequest } from './asked-request';

/** A listener takes it. */
export interface Intercepted {
  readonly intercepted: true;
  readonly listener: string;
  readonly address: string;
  readonly port: number;
  /** The name of the URL. */
  readonly hostname: string;
}

/** Nothing of the mesh sees it leave. */
export interface Passed {
  readonly intercepted: false;
  /** Why, and what to do. */
  readonly reason: string;
  /** URLs that the caller's sidecar takes. */
  readonly declared: readonly string[];
}

export interface Entry {
  readonly interception: Intercepted | Passed;
  readonly listener?: ResolvedListener;
  /** The Service of the stack that a request which is not intercepted goes to. */
  readonly service?: ServiceSpec;
}

export function entryOf(stack: Stack, caller: Workload, { scheme, host, port }: AskedRequest): Entry {
  const outbound = stack.documentOf(caller).listeners.filter(({ direction }) => direction === 'outbound');
  const named = outbound.filter(({ hostnames = [], address }) => hostnames.includes(host) || address === host);
  const listener = named.find((candidate) => candidate.port === port);
  if (listener && scheme === 'http') {
    return { listener, interception: { intercepted: true, listener: listener.name, address: listener.address!, port, hostname: host } };
  }
  const declared = outbound.map(urlOf);
  if (listener) return { interception: { intercepted: false, declared, reason: `the sidecar speaks HTTP to its app, and TLS would be refused; call ${urlOf(listener)}` } };
  if (named.length > 0) {
    const address = named[0]!.address!;
    const reason = `${host} is intercepted at ${named.map(urlOf).join(', ')}, and at port ${port} of ${address} nobody listens: the app can't connect`;
    return { interception: { intercepted: false, declared, reason } };
  }
  const service = serviceNamed(stack, caller.namespace, host);
  return { ...(service && { service }), interception: { intercepted: false, declared, reason: undeclared(stack, caller, host, service) } };
}

/** `http://catalog`, `http://catalog:8080`. */
function urlOf({ hostnames, address, port }: ResolvedListener): string {
  return `http://${hostnames?.[0] ?? address!}${port === 80 ? '' : `:${port}`}`;
}

function undeclared(stack: Stack, caller: Workload, host: string, service: ServiceSpec | undefined): string {
  const target = service && stack.model.workloads.find(({ namespace, labels }) => isBehind(service, namespace, labels));
  const remedy = target ? `; declare it with ${caller.service}.calls(${target.service})` : '';
  return `${caller.service} declares no call to '${host}', so its app reaches it by DNS, past its sidecar${remedy}`;
}

function isBehind({ namespace, selector }: ServiceSpec, other: string, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return namespace === other && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** The Service that DNS finds by a name from a pod of a namespace. */
export function serviceNamed(stack: Stack, from: string, host: string): ServiceSpec | undefined {
  const [name, namespace = from, ...rest] = host.split('.');
  if (rest.length > 0 && rest[0] !== 'svc') return undefined;
  return stack.model.services.find((service) => service.name === name && service.namespace === namespace);
}
