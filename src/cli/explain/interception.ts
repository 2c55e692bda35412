/**
 * Which listener takes a request, as the app in the caller's pod would reach it: the hosts file leads the names of declared calls to
 * loopback addresses where the sidecar listens. What was not declared passes the sidecar by. Of a gateway, it is the one that its Service
 * leads to.
 */
import { isOfGateway, ResolvedListener } from '../../contract';
import type { Stack } from '../stack/stack';
import { resolveTarget, ServiceSpec, Workload } from '../model/model';
import type { AskedRequest } from './asked-request';

/** A listener takes it. */
export interface Intercepted {
  readonly intercepted: true;
  readonly listener: string;
  readonly address: string;
  readonly port: number;
  /** The name of the URL. */
  readonly hostname: string;
  /** It is a gateway's, and `address` the name of its Service. Absent: a sidecar's. */
  readonly gateway?: true;
  /** Its clients speak HTTP/2 without TLS. Absent: HTTP/1.1, or what the TLS handshake agrees on. */
  readonly http2?: true;
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

export function entryOf(stack: Stack, caller: Workload, asked: AskedRequest): Entry {
  const { scheme, host, port } = asked;
  if (isGateway(caller)) return gatewayEntry(stack, caller, asked);
  const outbound = stack.documentOf(caller).listeners.filter(({ direction }) => direction === 'outbound');
  const named = outbound.filter(({ hostnames = [], address }) => hostnames.includes(host) || address === host);
  const listener = named.find((candidate) => candidate.port === port);
  if (listener && scheme !== 'https') {
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

/** Whether a workload is a gateway, which clients from outside call. */
export function isGateway({ config }: Workload): boolean {
  return config.listeners.some(isOfGateway);
}

/** What a gateway's Service leads to. Every host comes there: which ones it takes, its routes say. */
function gatewayEntry(stack: Stack, gateway: Workload, { scheme, host, port }: AskedRequest): Entry {
  const listeners = stack.documentOf(gateway).listeners.filter(isOfGateway);
  const ports = stack.model.services.filter(({ namespace, selector }) => isBehind({ namespace, selector }, gateway.namespace, gateway.labels))
    .flatMap((service) => service.ports.map((each) => ({ service, port: each.port, target: resolveTarget(each.target, gateway.containers) })));
  const at = ports.find((each) => each.port === port);
  const listener = listeners.find((candidate) => candidate.port === at?.target);
  if (at && listener && (listener.tls !== undefined) === (scheme === 'https')) {
    const http2 = listener.protocol === 'http2' && { http2: true as const };
    const { service: { name: address } } = at;
    return { listener, interception: { intercepted: true, listener: listener.name, address, port, hostname: host, gateway: true, ...http2 } };
  }
  const declared = ports.map((each) => {
    const taking = listeners.find(({ port: own }) => own === each.target);
    if (taking?.tcp?.readServerName) return `tls://${host}:${each.port}`;
    const hasTls = taking?.tls !== undefined;
    return `${hasTls ? 'https' : 'http'}://${host}${each.port === (hasTls ? 443 : 80) ? '' : `:${each.port}`}`;
  });
  return { interception: { intercepted: false, declared, reason: `gateway ${gateway.service} does not listen there by ${scheme.toUpperCase()}` } };
}

/** `http://catalog`, `http://catalog:8080`. */
function urlOf({ hostnames, address, port, protocol, tcp }: ResolvedListener): string {
  const scheme = protocol !== 'tcp' ? 'http' : tcp?.readServerName ? 'tls' : 'tcp';
  return `${scheme}://${hostnames?.[0] ?? address!}${port === 80 && scheme === 'http' ? '' : `:${port}`}`;
}

function undeclared(stack: Stack, caller: Workload, host: string, service: ServiceSpec | undefined): string {
  const target = service && stack.model.workloads.find(({ namespace, labels }) => isBehind(service, namespace, labels));
  const remedy = target ? `; declare it with ${caller.service}.calls(${target.service})` : '';
  return `${caller.service} declares no call to '${host}', so its app reaches it by DNS, past its sidecar${remedy}`;
}

function isBehind({ namespace, selector }: Pick<ServiceSpec, 'namespace' | 'selector'>, other: string, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return namespace === other && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** The Service that DNS finds by a name from a pod of a namespace. */
export function serviceNamed(stack: Stack, from: string, host: string): ServiceSpec | undefined {
  const [name, namespace = from, ...rest] = host.split('.');
  if (rest.length > 0 && rest[0] !== 'svc') return undefined;
  return stack.model.services.find((service) => service.name === name && service.namespace === namespace);
}
