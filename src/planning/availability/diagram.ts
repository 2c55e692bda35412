/**
 * Binary decision diagrams with probabilities: a Boolean function of independent events, and how often it is true. Reduced and ordered, so that
 * equal functions are one node (R. E. Bryant, Graph-Based Algorithms for Boolean Function Manipulation, 1986).
 */

/** If the event happens `high` decides, else `low`. */
interface Decision {
  readonly id: number;
  readonly event: number;
  readonly high: Node;
  readonly low: Node;
}

/** A function: one that depends on events, or a constant. */
export type Node = Decision | boolean;

export class Diagram {
  private readonly events = new Map<string, number>();
  private readonly likely: number[] = [];
  private readonly nodes = new Map<string, Decision>();
  private readonly joined = new Map<string, Node>();
  private readonly probabilities = new Map<number, number>();

  /** How many nodes it has; they can grow exponentially. */
  get size(): number {
    return this.nodes.size;
  }

  /** An event, which is the same one wherever it is named. */
  event(name: string, probability: number): Node {
    let index = this.events.get(name);
    if (index === undefined) {
      index = this.events.size;
      this.events.set(name, index);
      this.likely.push(probability);
    }
    return this.node(index, true, false);
  }

  join(operator: 'and' | 'or', one: Node, other: Node): Node {
    const ends = operator === 'or';
    if (one === ends || other === ends) return ends;
    if (typeof one === 'boolean' || one === other) return other;
    if (typeof other === 'boolean') return one;
    const key = `${operator} ${Math.min(one.id, other.id)} ${Math.max(one.id, other.id)}`;
    const known = this.joined.get(key);
    if (known !== undefined) return known;
    const event = Math.min(one.event, other.event);
    const side = (node: Decision, way: 'high' | 'low'): Node => (node.event === event ? node[way] : node);
    const node = this.node(event, this.join(operator, side(one, 'high'), side(other, 'high')), this.join(operator, side(one, 'low'), side(other, 'low')));
    this.joined.set(key, node);
    return node;
  }

  probability(node: Node): number {
    if (typeof node === 'boolean') return node ? 1 : 0;
    let known = this.probabilities.get(node.id);
    if (known === undefined) {
      const up = this.likely[node.event]!;
      known = up * this.probability(node.high) + (1 - up) * this.probability(node.low);
      this.probabilities.set(node.id, known);
    }
    return known;
  }

  private node(event: number, high: Node, low: Node): Node {
    if (high === low) return high;
    const key = `${event} ${idOf(high)} ${idOf(low)}`;
    let node = this.nodes.get(key);
    if (!node) this.nodes.set(key, node = { id: this.nodes.size, event, high, low });
    return node;
  }
}

function idOf(node: Node): number | boolean {
  return typeof node === 'boolean' ? node : node.id;
}
