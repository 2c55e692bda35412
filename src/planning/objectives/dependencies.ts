/**
 * What services promise along their calls, out of what the lints know of a mesh.
 *
 * A call counts only when all of its requests are answered by one service, whichever of the caller's versions sends them: where routes share
 * requests between services, or answer some, nobody knows how many need which. So the bound is never lower than what may be true.
 */
import { CallGraph, GraphService, RequiredCall } from '../availability/call-graph';
import { Call, groupBy, serviceKey } from '../lints/calls';
import type { WorkloadInfo } from '../lints/info';
import type { ServicePromise } from './published';

/** What one service calls, each time or now and then. */
export interface Dependency {
  /** Key of the service that answers. */
  readonly callee: string;
  /** Keys of those that take over, in order. */
  readonly fallbacks: readonly string[];
  /** Its author says that requests fail without it, that they do not, or nothing. */
  readonly need: 'required' | 'optional' | 'unknown';
}

export interface PromisingService {
  readonly key: string;
  /** As it is named in messages. */
  readonly name: string;
  /** Its versions. */
  readonly workloads: readonly WorkloadInfo[];
  readonly slo?: ServicePromise | undefined;
  /** How often enough of its pods are up, where that is declared of all versions; else 1. */
  readonly up: number;
  readonly dependencies: readonly Dependency[];
}

/** Which calls count as needed. */
export type Reading = 'required' | 'called';

/** The services of a mesh by their key. */
export class Promises {
  private readonly services: ReadonlyMap<string, PromisingService>;

  constructor(workloads: readonly WorkloadInfo[], private readonly calls: readonly Call[]) {
    const byCaller = groupBy(this.calls, ({ caller }) => caller);
    this.services = new Map([...groupBy(workloads, serviceKey)].map(([key, versions]) => [key, serviceOf(key, versions, byCaller)]));
  }

  /** Those that promise something. */
  get promising(): PromisingService[] {
    return [...this.services.values()].filter(({ slo }) => slo !== undefined);
  }

  get(key: string): PromisingService | undefined {
    return this.services.get(key);
  }

  /** Dependencies that count in a reading. */
  needsOf({ dependencies }: PromisingService, reading: Reading): Dependency[] {
    return dependencies.filter(({ need }) => (reading === 'required' ? need === 'required' : need !== 'optional'));
  }

  /**
   * How often a request succeeds when everybody keeps just what is promised, and fails independently of the others.
   *
   * @param reading `required`: objectives alone, along calls that are said to be required. `called`: pods as well, along all calls that may be
   */
  boundOf(service: PromisingService, reading: Reading): number {
    return this.graphFrom(service, reading).availabilityOf(service.key);
  }

  /** The same of each of its dependencies by itself, in their order. */
  promisesTo(service: PromisingService, reading: Reading): number[] {
    const graph = this.graphFrom(service, reading);
    return this.needsOf(service, reading).map(({ callee }) => graph.availabilityOf(callee));
  }

  /** What a service and all that it needs has to be answered with. What a callee promises has its own calls in it. */
  private graphFrom(root: PromisingService, reading: Reading): CallGraph {
    const nodes = new Map<string, GraphService>();
    const queue = [root];
    for (let service = queue.pop(); service; service = queue.pop()) {
      if (nodes.has(service.key)) continue;
      const promised = service === root ? undefined : service.slo;
      const needs = promised ? [] : this.needsOf(service, reading);
      nodes.set(service.key, {
        up: promised?.availability ?? (reading === 'called' ? service.up : 1),
        calls: needs.map(({ callee, fallbacks }) => this.callOf(callee, fallbacks, nodes)),
      });
      for (const key of needs.flatMap(({ callee, fallbacks }) => [callee, ...fallbacks])) {
        const next = this.services.get(key);
        if (next) queue.push(next);
      }
    }
    return new CallGraph(nodes);
  }

  /** A call with several fallbacks is a call whose fallback is a call with a fallback. */
  private callOf(callee: string, [first, ...more]: readonly string[], nodes: Map<string, GraphService>): RequiredCall {
    if (first === undefined) return { callee };
    if (more.length === 0) return { callee, fallback: first };
    const rest = [first, ...more].join(' or ');
    nodes.set(rest, { up: 1, calls: [this.callOf(first, more, nodes)] });
    return { callee, fallback: rest };
  }
}

function serviceOf(key: string, versions: readonly WorkloadInfo[], calls: ReadonlyMap<WorkloadInfo, readonly Call[]>): PromisingService {
  const [first, ...others] = versions.map((workload) => dependenciesOf(workload, calls.get(workload) ?? []));
  const dependencies = [...first!.values()].flatMap((dependency): Dependency[] => {
    const alike = [dependency, ...others.map((each) => each.get(dependency.callee))];
    // What one version alone calls is needed by its part of the requests.
    if (!alike.every((each) => each !== undefined)) return [];
    const needs = new Set(alike.map(({ need }) => need));
    return [{
      callee: dependency.callee,
      fallbacks: [...new Set(alike.flatMap(({ fallbacks }) => fallbacks))],
      need: needs.has('optional') ? 'optional' : needs.has('unknown') ? 'unknown' : 'required',
    }];
  });
  return {
    key, dependencies, workloads: versions,
    name: versions[0]!.service,
    slo: versions.map(({ objectives }) => objectives?.slo).find((slo) => slo !== undefined),
    up: Math.max(...versions.map(({ declared }) => declared?.availability?.target ?? 1)),
  };
}

/** By the key of the callee. */
function dependenciesOf({ objectives }: WorkloadInfo, calls: readonly Call[]): Map<string, Dependency> {
  const found = new Map<string, Dependency>();
  for (const [listener, routes] of groupBy(calls, (call) => call.listener)) {
    const [callee] = answering(routes, (level) => level === 0);
    if (callee === undefined) continue;
    const fallbacks = answering(routes, (level) => level > 0);
    const hasFallback = routes.some(({ route }) => route.fallback.length > 0);
    // Who takes over may be outside of the mesh, where nobody promises anything.
    if (hasFallback && fallbacks.length === 0) continue;
    const need: Dependency['need'] = objectives?.optional?.includes(listener) ? 'optional' : objectives?.required?.includes(listener) ? 'required' : 'unknown';
    // A service that is called at several ports is needed when one of the calls is.
    const known = found.get(callee);
    if (!known || NEEDS.indexOf(need) > NEEDS.indexOf(known.need)) found.set(callee, { callee, fallbacks, need });
  }
  return found;
}

const NEEDS: readonly Dependency['need'][] = ['optional', 'unknown', 'required'];

/** Keys of the services that answer; none when others may, too, or for the first level when there is more than one. */
function answering(routes: readonly Call[], counts: (level: number) => boolean): string[] {
  const perRoute = routes.map(({ targets }) => targets.filter(({ level, share }) => counts(level) && share > 0));
  const isFirst = counts(0);
  if (isFirst && perRoute.some((targets) => targets.length === 0)) return [];
  const targets = perRoute.flat();
  if (targets.some(({ callees }) => callees.length === 0)) return [];
  const keys = [...new Set(targets.flatMap(({ callees }) => callees.map(serviceKey)))];
  return isFirst && keys.length > 1 ? [] : keys;
}
