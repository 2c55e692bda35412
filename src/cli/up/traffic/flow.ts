/**
 * Which service sends requests to which, and where each of them goes: from inside, to the outbound listener of a calling pod,
 * as its app would send it; from outside, to any ready pod behind the Service, as kube-proxy would. Also what share of
 * the requests each pod is to get by what was declared, at this moment and for this set of pods, which is what the
 * report compares with.
 */
import { isOfGateway, ListenerConfig, ProxyConfig } from '../../../contract';
import { UserError } from '../../command-line/errors';
import { Callee, calleesOf, serviceOf, workloadsOf } from '../../model/callees';
import { isNamed, namedWorkloads } from '../../model/named-workloads';
import type { LocalMesh } from '../local-mesh';
import { appSpeaks, MeshModel, TLS, Workload } from '../../model/model';
import type { SocketAddress } from '../network';
import { answeringFront, Front, frontsOf, targetsOf } from './front';
import { OUTSIDE } from './outside';
import type { Pod } from '../pod';

/** One stream of requests. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  /** Name that the callee's pods go by: `to` without a namespace. */
  readonly service: string;
  /** Names that pods go by which may answer in its place: those of its fallbacks. Absent: none. */
  readonly fallbacks?: ReadonlySet<string>;
  /** Host field of its requests. */
  readonly host: string;
  /** Whether it goes by TLS. Absent: it doesn't. */
  readonly isSecure?: boolean;
  /** What its requests are; of `tcp`, connections stand for them. Absent: of HTTP/1.1. */
  readonly speaks?: 'http2' | 'grpc' | 'tcp' | undefined;
  /** Share of each version as it is declared now, when the caller splits by version; they add up to 1. */
  readonly declared: ReadonlyMap<string, number>;
  /** Where the next request goes; undefined when no pod could send or take it. */
  target(): SocketAddress | undefined;
  /** The share of requests that each ready pod is to get now; they add up to 1, or there are none. */
  expected(): ReadonlyMap<Pod, number>;
}

/** Finds the way from one service to another. */
export function flowBetween(mesh: LocalMesh, from: string, to: string, random: () => number = Math.random): Flow {
  return from === OUTSIDE ? flowFromOutside(mesh, to, 'to', random) : flowFromInside(mesh, from, to);
}

function flowFromInside(mesh: LocalMesh, from: string, to: string): Flow {
  const callers = namedWorkloads(mesh.model, from, '--from');
  namedWorkloads(mesh.model, to, '--to');
  const calleeOf = (workload: Workload): Callee | undefined =>
    calleesOf(workload.config, mesh.model).find((callee) => isNamed(callee, to));
  const [callee] = callers.map(calleeOf).filter((candidate) => candidate !== undefined);
  if (!callee) {
    const called = [...new Set(callers.flatMap((workload) => calleesOf(workload.config, mesh.model).map(({ service }) => service)))];
    throw new UserError(`'${from}' does not call '${to}': by the YAML it calls ${called.length > 0 ? called.join(', ') : 'no service'}. Declare it with ${from}.calls(${to})`);
  }
  const current = ofModel(mesh, ({ workloads }): Callee | undefined =>
    workloads.filter((workload) => isNamed(workload, from)).map(calleeOf).find((candidate) => candidate !== undefined));

  let turn = 0;
  return {
    from, to,
    service: callee.service,
    get fallbacks() { return fallbacksOf(current() ?? callee, mesh.model); },
    get host() {
      const { host, listener } = current() ?? callee;
      return host ?? listener.hostnames?.[0] ?? to;
    },
    isSecure: passesTls(callee.listener) || (isOfGateway(callee.listener) && answeringListener(callee.config).tls !== undefined),
    get speaks() { return spokenTo(current() ?? callee, mesh.model); },
    get declared() { return declaredShares(current()); },
    target() {
      const pods = mesh.pods.filter((pod) => pod.state === 'ready' && isNamed(pod.workload, from));
      for (let tries = 0; tries < pods.length; tries++) {
        const pod = pods[turn++ % pods.length]!;
        // A version of the caller may not call this service.
        const { listener } = calleeOf(pod.workload) ?? {};
        if (listener?.address !== undefined) return pod.outbound({ address: listener.address, port: listener.port });
        if (listener && isOfGateway(listener)) return { address: pod.address, port: pod.own(answeringListener(pod.workload.config).port) };
      }
      return undefined;
    },
    expected() {
      const now = current();
      return now ? expectedShares(now, mesh.pods) : new Map<Pod, number>();
    },
  };
}

/**
 * The way from outside to a service.
 *
 * @param flag what names the service, for messages
 * @param front the way in. Absent: the one that answers requests
 */
export function flowFromOutside(
  mesh: LocalMesh, to: string, flag: string, random: () => number = Math.random, front: Front = answeringFront(frontsOf(mesh, to, flag)),
): Flow {
  const [workload] = namedWorkloads(mesh.model, to, `--${flag}`);
  // A gateway passes on what others answer.
  const behind = ofModel(mesh, (model): Callee | undefined => {
    const named = model.workloads.find((candidate) => isNamed(candidate, to)) ?? workload!;
    return calleesOf(named.config, model).find(({ listener }) => isOfGateway(listener));
  });
  return {
    from: OUTSIDE, to,
    get service() { return behind()?.service ?? workload!.service; },
    get host() { return behind()?.host ?? front.service.name; },
    isSecure: front.listener?.tls !== undefined || passesTls(front.listener) || front.port.appProtocol === TLS,
    get speaks() {
      const callee = behind();
      if (callee) return spokenAtGateway(front.listener, spokenTo(callee, mesh.model));
      const spoken = appSpeaks(workload!, mesh.model);
      return spoken === 'http2' ? named(front.port.appProtocol === 'grpc') : spoken === 'tcp' || spoken === 'tls' ? 'tcp' : undefined;
    },
    get declared() { return declaredShares(behind()); },
    target() {
      const all = targetsOf(front, mesh);
      return all[Math.floor(random() * all.length)]?.address;
    },
    expected() {
      const callee = behind();
      if (callee) return expectedShares(callee, mesh.pods);
      const all = targetsOf(front, mesh);
      return new Map(all.map(({ pod }) => [pod, 1 / all.length]));
    },
  };
}

/** What is found in the model, and again after each reload. */
function ofModel<T>(mesh: LocalMesh, find: (model: MeshModel) => T): () => T {
  let model: MeshModel | undefined;
  let found: T;
  return () => {
    if (model !== mesh.model) {
      ({ model } = mesh);
      found = find(model);
    }
    return found;
  };
}

/** The listener of a gateway that answers requests: not the one that sends all of them to HTTPS. */
function answeringListener({ listeners }: ProxyConfig): ListenerConfig {
  const ofGateway = listeners.filter(isOfGateway);
  return ofGateway.find(({ httpsRedirect }) => !httpsRedirect) ?? ofGateway[0]!;
}

/** What clients of a gateway speak. By TLS they speak what is behind it; without, what its listener says. */
function spokenAtGateway(listener: ListenerConfig | undefined, behind: Flow['speaks']): Flow['speaks'] {
  if (listener?.tls || passesTls(listener)) return behind;
  return listener?.protocol === 'http2' ? behind ?? 'http2' : undefined;
}

/** Whether its clients speak TLS of their own. */
function passesTls(listener: ListenerConfig | undefined): boolean {
  return listener?.tcp?.readServerName === true;
}

/** What a callee's apps and those that call it speak; undefined for HTTP/1.1. */
function spokenTo({ config, shares }: Callee, model: MeshModel): Flow['speaks'] {
  const names = new Set(shares.map(({ cluster }) => cluster));
  if (config.clusters.some(({ name, protocol }) => names.has(name) && protocol === 'tcp')) return 'tcp';
  const clusters = config.clusters.filter(({ name, protocol }) => names.has(name) && protocol === 'http2');
  if (clusters.length === 0) return undefined;
  return named(clusters.some((cluster) => serviceOf(cluster, model.services)?.ports.some(({ appProtocol }) => appProtocol === 'grpc')));
}

function named(isGrpc: boolean): 'http2' | 'grpc' {
  return isGrpc ? 'grpc' : 'http2';
}

/** The services that take over what a callee can't take. */
function fallbacksOf({ listener, config }: Callee, model: MeshModel): Set<string> {
  const names = new Set(listener.routes.flatMap(({ fallback = [] }) => fallback).flatMap(({ split }) => split).map(({ cluster }) => cluster));
  const workloads = config.clusters.filter(({ name }) => names.has(name)).flatMap((cluster) => workloadsOf(cluster, model));
  return new Set(workloads.map(({ service }) => service));
}

/** The declared share of each version of a callee. */
function declaredShares(callee: Callee | undefined): Map<string, number> {
  if (!callee) return new Map();
  const total = callee.shares.reduce((sum, { weight }) => sum + weight, 0);
  const shares = new Map<string, number>();
  for (const { weight, workloads } of callee.shares) {
    const versions = new Set(workloads.map((workload) => workload.version));
    // A cluster of several versions says nothing about any one of them.
    if (versions.size !== 1) return new Map();
    const [version] = versions as Set<string>;
    shares.set(version!, (shares.get(version!) ?? 0) + weight / total);
  }
  return shares;
}

function zoneWeightOf(weights: Readonly<Record<string, number>>, zone: string): number {
  return Object.hasOwn(weights, zone) ? weights[zone]! : 1;
}

/** What each ready pod is to get of the requests to a callee: its cluster's weight, then its own within the cluster. */
export function expectedShares(callee: Callee, pods: readonly Pod[]): Map<Pod, number> {
  const clusters = callee.shares.map(({ weight, workloads, loadBalancing, zoneWeights }) => ({
    weight,
    members: pods.filter((pod) => pod.state === 'ready' && workloads.some((workload) =>
      workload.name === pod.workload.name && workload.kind === pod.workload.kind && workload.namespace === pod.namespace)).map((pod) => ({
      pod,
      weight: loadBalancing.type === 'roundRobin' ? 1 : zoneWeightOf(zoneWeights, pod.zone),
    })),
  })).filter(({ weight, members }) => weight > 0 && members.length > 0);
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  const shares = new Map<Pod, number>();
  for (const { weight, members } of clusters) {
    const within = members.reduce((sum, member) => sum + member.weight, 0);
    for (const member of members) shares.set(member.pod, (shares.get(member.pod) ?? 0) + (weight / total) * (member.weight / within));
  }
  return shares;
}
