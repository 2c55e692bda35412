/** The callee's side of a request: the listener of its sidecar that takes it, whether it is let in, and the app's port. */
import { letsThrough } from '../../planning/network-policy';
import { ExemptPaths } from '../../proxy/serve/admission/exempt-paths';
import type { RoutingRequest } from '../../routing';
import type { ClusterConfig, ResolvedListener } from '../../contract';
import type { Stack } from '../stack/stack';
import { appPortOf } from '../model/app-port';
import { serviceOf } from '../model/callees';
import { resolveTarget, ServiceSpec, Workload } from '../model/model';
import { REASONS } from '../../proxy/telemetry/reasons';
import { bytesInWords } from '../words/quantities';
import { admissionInWords } from '../words/routes';
import type { AskedRequest } from './asked-request';
import { chooseRoute } from './route-choice';
import { questionInWords } from './questions';
import { hopOf, Security, securityOf } from './security';

/** A request as it arrives at a callee. */
export interface Arrival {
  readonly request: RoutingRequest;
  readonly asked: Pick<AskedRequest, 'bodyTooLong'>;
  /** What the caller's sidecar sends, by its route: rules of the callee see this. */
  readonly sent: AskedRequest;
}

export interface Inbound {
  readonly service: string;
  readonly version: string;
  /** Name of the listener; absent when requests come at a port where the sidecar doesn't listen. */
  readonly listener?: string;
  readonly port?: number;
  /** How many are let in, in words. */
  readonly admits: string;
  /** The path is let in whatever the load. */
  readonly exempt: boolean;
  readonly timeoutMs?: number;
  readonly appPort?: number;
  /** Who the callee takes the caller for, and whether its rules let the request in. Absent: it asks nobody. */
  readonly security?: Security;
  /** Whom it asks about the request, in words; absent: nobody. */
  readonly question?: string;
  /** What stops the request there, in words: NetworkPolicies, or a limit on bodies. */
  readonly stoppedBy?: string;
}

/**
 * @param port where the request comes in; undefined when nobody can tell
 * @param cluster of the caller's sidecar; undefined when the request goes past it
 */
export function inboundOf(
  stack: Stack, caller: Workload, callee: Workload, port: number | undefined, { request, asked, sent }: Arrival,
  cluster?: Pick<ClusterConfig, 'mutualTls'>,
): Inbound {
  const listener = stack.documentOf(callee).listeners.find((candidate) => candidate.direction === 'inbound' && candidate.port === port);
  const route = listener && chooseRoute(listener, request).route;
  const appPort = appPortOf(callee.config);
  const { limits } = stack.documentOf(callee);
  const tooLong = listener && asked.bodyTooLong(limits) ? `answers ${REASONS.body_too_large.status}, as the body is longer than ${bytesInWords(limits.maxBodyBytes)}` : undefined;
  const hop = listener && hopOf(stack.documentOf(caller), stack.documentOf(callee), listener, cluster?.mutualTls);
  const stoppedBy = (port === undefined ? undefined : stopOf(stack, caller, callee, port)) ?? hop?.fails ?? tooLong;
  const security = listener && hop && hop.fails === undefined ? securityOf(listener, hop, sent) : undefined;
  const question = listener && questionInWords(listener, request, route);
  return {
    service: callee.service,
    version: callee.version,
    ...(listener && { listener: listener.name }),
    ...(port !== undefined && { port }),
    admits: admissionInWords(listener?.admission ?? {}),
    exempt: isExempt(listener, request),
    ...(route && { timeoutMs: route.timeoutMs }),
    ...(appPort !== undefined && { appPort }),
    ...(security && { security }),
    ...(question !== undefined && { question }),
    ...(stoppedBy !== undefined && { stoppedBy }),
  };
}

function isExempt(listener: ResolvedListener | undefined, request: RoutingRequest): boolean {
  return listener?.admission !== undefined && new ExemptPaths(listener.admission.exemptPaths, listener.path).includes(request);
}

/** The port of a workload's pods that a cluster's requests come to. */
export function portOfCluster(stack: Stack, { discovery }: Pick<ClusterConfig, 'discovery'>, callee: Workload): number | undefined {
  if (discovery.type === 'static') return undefined;
  if (discovery.type === 'dns' && discovery.port !== undefined) return discovery.port;
  const service = serviceOf({ discovery }, stack.model.services);
  const name = discovery.type === 'endpointSlice' ? discovery.portName : undefined;
  return service && portOfService(service, callee, ({ name: own }) => name === undefined || own === name);
}

/** The port of a workload's pods that a Service leads to. */
export function portOfService(service: ServiceSpec, callee: Workload, isAsked: (port: ServiceSpec['ports'][number]) => boolean): number | undefined {
  const port = service.ports.find(isAsked);
  return port && resolveTarget(port.target, callee.containers);
}

function stopOf(stack: Stack, caller: Workload, callee: Workload, port: number): string | undefined {
  const { policies = [] } = stack.info;
  const from = stack.infoOf(caller).pod;
  const to = stack.infoOf(callee).pod;
  if (!from || !to) return undefined;
  if (!letsThrough('egress', policies, { from, to, port })) return `NetworkPolicies don't let the pods of ${caller.service} send to its port ${port}`;
  if (!letsThrough('ingress', policies, { from, to, port })) return `NetworkPolicies don't let ${caller.service} in at port ${port} of its pods`;
  return undefined;
}
