/**
 * Weights of versions in a model, and another model with other weights: what an edit of the YAML would come to. They are those of the
 * routes that take what no other route of a listener does, as far as these split between versions of one service.
 */
import type { ListenerConfig, ProxyConfig, RouteConfig } from '../../contract';
import { isOfGateway } from '../../contract';
import { Callee, calleesOf, restOf, workloadsOf } from '../model/callees';
import type { MeshModel, Workload } from '../model/model';

interface Named {
  readonly service: string;
  readonly namespace: string | undefined;
}

/** By version; empty when nobody splits requests to the service. */
export function weightsOf(model: MeshModel, named: Named): Map<string, number> {
  for (const { config } of model.workloads) {
    const callee = calleesOf(config, model).find((one) => one.service === named.service && one.namespace === named.namespace);
    const weights = callee && versionWeights(callee);
    if (weights && weights.size > 1) return weights;
  }
  return new Map();
}

function versionWeights({ shares }: Callee): Map<string, number> {
  return new Map(shares.flatMap(({ weight, workloads }) => {
    const version = versionOf(workloads);
    return version === undefined ? [] : [[version, weight] as const];
  }));
}

/** Undefined when there are several. */
function versionOf(workloads: readonly Workload[]): string | undefined {
  const versions = new Set(workloads.map(({ version }) => version));
  return versions.size === 1 ? [...versions][0] : undefined;
}

/** The same model with these weights wherever requests to the service are split. */
export function withWeights(model: MeshModel, named: Named, weights: ReadonlyMap<string, number>): MeshModel {
  return { ...model, workloads: model.workloads.map((workload) => ({ ...workload, config: changed(workload.config, model, named, weights) })) };
}

function changed(config: ProxyConfig, model: MeshModel, named: Named, weights: ReadonlyMap<string, number>): ProxyConfig {
  const weightOf = (cluster: string): number | undefined => {
    const workloads = config.clusters.filter(({ name }) => name === cluster).flatMap((one) => workloadsOf(one, model));
    const isNamed = workloads.every(({ service, namespace }) => service === named.service && namespace === named.namespace);
    const version = isNamed ? versionOf(workloads) : undefined;
    return version === undefined ? undefined : weights.get(version);
  };
  const changeRoute = (route: RouteConfig): RouteConfig => {
    const parts = route.split?.map((part) => ({ ...part, weight: weightOf(part.cluster) ?? part.weight }));
    return parts && parts.length > 1 ? { ...route, split: parts } : route;
  };
  const changeListener = (listener: ListenerConfig): ListenerConfig => {
    // All routes of a gateway that take whole hosts are alike in this.
    const rest = restOf(listener);
    return { ...listener, routes: listener.routes.map((route) => (route === rest || isOfGateway(listener) ? changeRoute(route) : route)) };
  };
  return { ...config, listeners: config.listeners.map((listener) => (listener.direction === 'outbound' ? changeListener(listener) : listener)) };
}
