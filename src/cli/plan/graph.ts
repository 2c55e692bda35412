/** The call graph of a stack with load and availability: what a request at each entry does to every workload. */
import { CallGraph, GraphService } from '../../planning/availability/call-graph';
import { Bottleneck, bottleneckOf, Edge, visitsFrom } from '../../planning/capacity/flow';
import { calleesOf, Callee, workloadsOf } from '../model/callees';
import { UserError } from '../command-line/errors';
import type { Workload } from '../model/model';
import type { Stack } from '../stack/stack';
import type { Planned } from './planned';

export interface StackGraph {
  /** By the key of a workload. */
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  /** Workloads that nobody calls. */
  readonly entries: readonly EntryPlan[];
  /** With all that a service needs, by the key of a workload; of those whose availability is not declared, 1 counts. */
  readonly endToEnd: ReadonlyMap<string, number>;
}

export interface EntryPlan {
  readonly key: string;
  readonly visits: ReadonlyMap<string, number>;
  readonly bottleneck?: Bottleneck | undefined;
  /** Workloads on its paths whose capacity is not declared. */
  readonly unknown: readonly string[];
}

export function keyOf({ namespace, name }: Pick<Workload, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** @param counts calls for each request, by `caller/callee` */
export function graphOf(stack: Stack, planned: readonly Planned[], counts: ReadonlyMap<string, number>): StackGraph {
  const callees = new Map(planned.map(({ workload }) => [keyOf(workload), calleesOf(workload.config, stack.model)]));
  const used = new Set<string>();
  const edges = new Map(planned.map(({ workload }) => [keyOf(workload), callees.get(keyOf(workload))!.flatMap((callee) => {
    const name = `${workload.service}/${callee.service}`;
    used.add(name);
    return edgesTo(callee, counts.get(name) ?? 1);
  })]));
  for (const name of counts.keys()) {
    if (!used.has(name)) throw new UserError(`--calls names ${name}, and there is no such call. There are ${[...used].slice(0, 5).join(', ') || 'none'}`);
  }
  const called = new Set([...edges.values()].flat().map(({ to }) => to));
  const capacities = new Map(planned.map(({ workload, figures }) => [keyOf(workload), figures?.capacityRps]));
  const entries = [...edges.keys()].filter((key) => !called.has(key)).map((key): EntryPlan => {
    const visits = visitsFrom(key, edges);
    return {
      key, visits, bottleneck: bottleneckOf(visits, (each) => capacities.get(each)),
      unknown: [...visits.keys()].filter((each) => capacities.get(each) === undefined),
    };
  });
  return { edges, entries, endToEnd: endToEndOf(planned, callees, stack) };
}

function edgesTo({ shares }: Callee, calls: number): Edge[] {
  const whole = shares.reduce((sum, { weight }) => sum + weight, 0);
  return shares.filter(({ weight }) => weight > 0)
    .flatMap(({ weight, workloads }) => workloads.map((workload) => ({ to: keyOf(workload), calls: (calls * weight) / whole })));
}

function endToEndOf(planned: readonly Planned[], callees: ReadonlyMap<string, readonly Callee[]>, stack: Stack): Map<string, number> {
  const services = new Map(planned.map(({ workload, figures }): [string, GraphService] => [keyOf(workload), {
    up: figures?.availability ?? 1,
    calls: callees.get(keyOf(workload))!.flatMap((callee) => {
      const fallback = fallbackOf(callee, stack);
      // Each version gets a part of the requests, so none of them may be missing.
      return callee.shares.filter(({ weight }) => weight > 0).flatMap(({ workloads }) => workloads
        .map((each) => ({ callee: keyOf(each), ...(fallback !== undefined && { fallback }) })));
    }),
  }]));
  const graph = new CallGraph(services);
  return new Map([...services.keys()].map((key) => [key, graph.availabilityOf(key)]));
}

function fallbackOf({ route, config }: Callee, stack: Stack): string | undefined {
  const name = route.fallback?.[0]?.split[0]?.cluster;
  const cluster = config.clusters.find((each) => each.name === name);
  const [workload] = cluster ? workloadsOf(cluster, stack.model) : [];
  return workload && keyOf(workload);
}
