/**
 * Availability along a call graph: how often a request succeeds, by what it needs.
 *
 * A service works when it is up itself and each of its required calls works. A call works when its callee does; with a fallback, when either
 * does. So "works" is a monotone function of what is up, and services that two paths share fail both at once: multiplying along the paths would
 * count them twice. What is needed without a fallback is a product over the set of it; for the rest the function is built as a binary decision
 * diagram, whose probability is exact (A. Rauzy, New algorithms for fault trees analysis, 1993). Services that call each other in a circle need
 * all members of the circle to be up; fallbacks inside of it count for nothing.
 *
 * Without sharing, these are the formulas that books have: series, a product; parallel, 1 - (1 - a)(1 - b).
 */

import { circlesOf } from './circles';
import { Diagram, Node } from './diagram';

/** A call as far as availability goes. */
export interface RequiredCall {
  readonly callee: string;
  /** Who answers when the callee doesn't. Absent: nobody. */
  readonly fallback?: string | undefined;
}

export interface GraphService {
  /** How often it is up by itself, as its callers see it. */
  readonly up: number;
  /** Calls without which it can't answer. */
  readonly calls: readonly RequiredCall[];
}

/** All of them have to work. */
export function inSeries(...parts: readonly number[]): number {
  return parts.reduce((product, part) => product * part, 1);
}

/** One of them has to work, and they fail independently. */
export function inParallel(...parts: readonly number[]): number {
  return 1 - parts.reduce((product, part) => product * (1 - part), 1);
}

/**
 * The availability of a call with retries at other instances. They help against what is wrong with one instance, and not against what is wrong
 * with all of them.
 *
 * @param instanceUp how often a request succeeds at an instance while nothing is wrong with all of them
 * @param commonUp how often nothing is wrong with all of them
 */
export function withRetries(instanceUp: number, commonUp: number, retries: number): number {
  return commonUp * (1 - (1 - instanceUp) ** (retries + 1));
}

/** Beyond this many nodes of a diagram a fallback counts as none, which makes less of the availability. */
const MOST_NODES = 50_000;

/** How often each service answers its callers, itself and all that it needs included, by name. */
export class CallGraph {
  private readonly circles: ReadonlyMap<string, readonly string[]>;

  /** @param services by name; a callee that is not there is taken to be always up */
  constructor(private readonly services: ReadonlyMap<string, GraphService>) {
    this.circles = circlesOf(services.keys(), (name) => services.get(name)!.calls
      .flatMap(({ callee, fallback }) => [callee, ...(fallback === undefined ? [] : [fallback])]).filter((each) => services.has(each)));
  }

  /** How often a request to this service succeeds. */
  availabilityOf(name: string): number {
    const certain = this.requiredBy(name);
    const diagram = new Diagram();
    const known = new Map<readonly string[], Node>();
    let rest: Node = true;
    let product = 1;
    for (const member of certain) {
      const { up, calls } = this.services.get(member)!;
      product *= up;
      for (const call of calls) {
        if (this.isSafe(call, member)) rest = diagram.join('and', rest, this.call(call, { certain, diagram, known }));
      }
    }
    return product * diagram.probability(rest);
  }

  /** The service and all that it needs without a fallback: when one of them is down it can't answer. */
  private requiredBy(name: string): Set<string> {
    const required = new Set(this.services.has(name) ? [name] : []);
    for (const each of required) {
      for (const call of this.services.get(each)!.calls) {
        if (this.services.has(call.callee) && !this.isSafe(call, each)) required.add(call.callee);
      }
    }
    return required;
  }

  /** Whether a fallback answers in the callee's place; one of the same circle does not. */
  private isSafe({ callee, fallback }: RequiredCall, caller: string): boolean {
    return fallback !== undefined && !this.circles.get(caller)!.includes(callee);
  }

  private call({ callee, fallback }: RequiredCall, work: Work): Node {
    const called = this.works(callee, work);
    return fallback === undefined || work.diagram.size > MOST_NODES ? called : work.diagram.join('or', called, this.works(fallback, work));
  }

  private works(name: string, work: Work): Node {
    const members = this.circles.get(name);
    if (!members || work.certain.has(name)) return true;
    const known = work.known.get(members);
    if (known !== undefined) return known;
    let result: Node = true;
    for (const member of members) {
      if (work.certain.has(member)) continue;
      const { up, calls } = this.services.get(member)!;
      result = work.diagram.join('and', result, work.diagram.event(member, up));
      for (const call of calls) {
        if (!members.includes(call.callee)) result = work.diagram.join('and', result, this.call(call, work));
      }
    }
    work.known.set(members, result);
    return result;
  }
}

/** What one question builds up. */
interface Work {
  readonly certain: ReadonlySet<string>;
  readonly diagram: Diagram;
  readonly known: Map<readonly string[], Node>;
}
