/** Where a route sends requests: the clusters of its split and of its fallbacks, with their shares, endpoints and policies. */
import type { FallbackConfig, ResolvedCluster, ResolvedProxyConfig, WeightedCluster } from '../../contract';
import type { Range } from '../../planning/lints';
import type { Stack } from '../stack/stack';
import type { Workload } from '../model/model';
import { Arrival, Inbound, inboundOf, portOfCluster } from './inbound';

/** Pods that may answer. */
export interface Candidate {
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  /** Absent: nobody can tell. */
  readonly replicas?: Range;
  /** Zones that they are bound to; none when they may be anywhere. */
  readonly zones: readonly string[];
}

/** A cluster that may take the request. */
export interface Destination {
  readonly cluster: string;
  /** Share of its level, in percent. */
  readonly percent: number;
  /** What answers. Empty for what is outside of the stack. */
  readonly candidates: readonly Candidate[];
  /** Addresses, or the name that is looked up, of what is outside of the stack. */
  readonly outside: readonly string[];
  readonly inbound: readonly Inbound[];
  /** The cluster's settings with all defaults. */
  readonly config: ResolvedCluster;
}

/** Clusters that stand in for those before. */
export interface Level {
  /** Absent for the split itself. */
  readonly fallback?: Pick<Required<FallbackConfig>, 'overprovisioningPercent' | 'recoveryMs'>;
  readonly destinations: readonly Destination[];
}

/** Finds out about clusters of one caller's document. */
export class Destinations {
  private readonly document: ResolvedProxyConfig;

  constructor(
    private readonly stack: Stack, private readonly caller: Workload, private readonly arrival: Arrival,
  ) {
    this.document = stack.documentOf(caller);
  }

  ofSplit(split: readonly WeightedCluster[]): Destination[] {
    const total = split.reduce((sum, { weight }) => sum + weight, 0);
    return split.map(({ cluster, weight }) => this.of(cluster, total === 0 ? 0 : (100 * weight) / total));
  }

  of(name: string, percent: number): Destination {
    const config = this.document.clusters.find((candidate) => candidate.name === name)!;
    const workloads = this.stack.behind(config);
    return {
      cluster: name,
      percent,
      candidates: workloads.map((workload) => candidateOf(this.stack, workload)),
      outside: workloads.length > 0 ? [] : outsideOf(config),
      inbound: workloads.map((workload) => {
        const port = portOfCluster(this.stack, config, workload);
        return inboundOf(this.stack, this.caller, workload, port, this.arrival, config);
      }),
      config,
    };
  }
}

export function candidateOf(stack: Stack, workload: Workload): Candidate {
  const replicas = stack.replicasOf(workload);
  const { service, namespace, version, zones } = workload;
  return { service, namespace, version, ...(replicas && { replicas }), zones };
}

function outsideOf({ discovery }: ResolvedCluster): string[] {
  switch (discovery.type) {
    case 'static': return discovery.endpoints.map(({ address, port }) => `${address}:${port}`);
    case 'dns': return [`${discovery.hostname}${discovery.port === undefined ? '' : `:${discovery.port}`}`];
    case 'endpointSlice': return [`Service ${discovery.namespace}/${discovery.service}, which is not in the files`];
  }
}
