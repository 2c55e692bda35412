/**
 * Availability along a call graph: how often a request succeeds, by what it needs.
 *
 * A service works when it is up itself and each of its required calls works. A call works when its callee does; with a fallback, when either
 * does. So "works" is a monotone function of what is up, and services that two paths share fail both at once: multiplying along the paths would
 * count them twice. The function is built as a binary decision diagram, and its probability is exact (R. E. Bryant, Graph-Based Algorithms for
 * Boolean Function Manipulation, 1986; A. Rauzy, New algorithms for fault trees analysis, 1993). Services that call each other in a circle need
 * all members of the circle to be up; fallbacks inside of it count for nothing.
 *
 * Without sharing, these are the formulas that books have: series, a product; parallel, 1 - (1 - a)(1 - b).
 */

import { circlesOf } from './circles';

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

/** A node of the diagram: if the service is up `high` decides, else `low`. */
interface Decision {
  readonly id: number;
  readonly service: number;
  readonly high: Node;
  readonly low: Node;
}
type Node = Decision | boolean;

/** Diagrams can grow exponentially; beyond this many nodes a fallback counts as none, which makes less of the availability. */
const MOST_NODES = 50_000;

/** How often each service answers its callers, itself and all that it needs included, by name. */
export class CallGraph {
  private readonly order = new Map<string, number>();
  private readonly ups: number[] = [];
  private readonly nodes = new Map<string, Decision>();
  private readonly joined = new Map<string, Node>();
  private readonly probabilities = new Map<number, number>();

  private readonly circles: ReadonlyMap<string, readonly string[]>;
  private readonly known = new Map<readonly string[], Node>();

  /** @param services by name; a callee that is not there is taken to be always up */
  constructor(private readonly services: ReadonlyMap<string, GraphService>) {
    this.circles = circlesOf(services.keys(), (name) => services.get(name)!.calls
      .flatMap(({ callee, fallback }) => [callee, ...(fallback === undefined ? [] : [fallback])]).filter((each) => services.has(each)));
  }

  /** How often a request to this service succeeds. */
  availabilityOf(name: string): number {
    return this.probability(this.works(name));
  }

  private works(name: string): Node {
    const members = this.circles.get(name);
    if (!members) return true;
    const known = this.known.get(members);
    if (known !== undefined) return known;
    let result: Node = true;
    for (const member of members) {
      const { up, calls } = this.services.get(member)!;
      result = this.join('and', result, this.variable(member, up));
      for (const { callee, fallback } of calls) {
        if (members.includes(callee)) continue;
        let call = this.works(callee);
        if (fallback !== undefined && this.nodes.size < MOST_NODES) call = this.join('or', call, this.works(fallback));
        result = this.join('and', result, call);
      }
    }
    this.known.set(members, result);
    return result;
  }

  private variable(name: string, up: number): Node {
    let index = this.order.get(name);
    if (index === undefined) {
      index = this.order.size;
      this.order.set(name, index);
      this.ups.push(up);
    }
    return this.node(index, true, false);
  }

  private node(service: number, high: Node, low: Node): Node {
    if (high === low) return high;
    const key = `${service} ${idOf(high)} ${idOf(low)}`;
    let node = this.nodes.get(key);
    if (!node) this.nodes.set(key, node = { id: this.nodes.size, service, high, low });
    return node;
  }

  private join(operator: 'and' | 'or', one: Node, other: Node): Node {
    const ends = operator === 'or';
    if (one === ends || other === ends) return ends;
    if (one === !ends || one === other) return other;
    if (other === !ends) return one;
    const [a, b] = [one as Decision, other as Decision];
    const key = `${operator} ${Math.min(a.id, b.id)} ${Math.max(a.id, b.id)}`;
    const known = this.joined.get(key);
    if (known !== undefined) return known;
    const service = Math.min(a.service, b.service);
    const side = (node: Decision, way: 'high' | 'low'): Node => (node.service === service ? node[way] : node);
    const node = this.node(service, this.join(operator, side(a, 'high'), side(b, 'high')), this.join(operator, side(a, 'low'), side(b, 'low')));
    this.joined.set(key, node);
    return node;
  }

  private probability(node: Node): number {
    if (typeof node === 'boolean') return node ? 1 : 0;
    let known = this.probabilities.get(node.id);
    if (known === undefined) {
      const up = this.ups[node.service]!;
      known = up * this.probability(node.high) + (1 - up) * this.probability(node.low);
      this.probabilities.set(node.id, known);
    }
    return known;
  }
}

function idOf(node: Node): number | boolean {
  return typeof node === 'boolean' ? node : node.id;
}
