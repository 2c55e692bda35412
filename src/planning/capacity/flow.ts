/**
 * How a load at the edge spreads over a call graph: visits of each service for one request at an entry, and the highest rate of the entry that all
 * of them carry (the bottleneck law: throughput is at most capacity over visits, for each station. E. Lazowska et al., Quantitative System
 * Performance, 1984, 5). A call back to a service that the request has been at is left out, so a circle counts once.
 */

/** A call, and how many of it one request at the caller makes on average. */
export interface Edge {
  readonly to: string;
  readonly calls: number;
}

export type Edges = ReadonlyMap<string, readonly Edge[]>;

/** Visits of each service for one request at `entry`, which itself is visited once. */
export function visitsFrom(entry: string, edges: Edges): Map<string, number> {
  const order = topDown(entry, edges);
  const rank = new Map(order.map((name, index) => [name, index]));
  const visits = new Map(order.map((name) => [name, name === entry ? 1 : 0]));
  for (const [index, name] of order.entries()) {
    for (const { to, calls } of edges.get(name) ?? []) {
      if (rank.get(to)! > index) visits.set(to, visits.get(to)! + visits.get(name)! * calls);
    }
  }
  return visits;
}

/** What is reached from an entry, callers before callees. */
export function topDown(entry: string, edges: Edges): string[] {
  const seen = new Set<string>();
  const done: string[] = [];
  const visit = (name: string): void => {
    seen.add(name);
    for (const { to } of edges.get(name) ?? []) if (!seen.has(to)) visit(to);
    done.push(name);
  };
  visit(entry);
  return done.reverse();
}

export interface Bottleneck {
  readonly service: string;
  /** Requests a second at the entry. */
  readonly rps: number;
}

/** The service that is saturated first as the rate at the entry grows; undefined when the capacity of none is known. */
export function bottleneckOf(visits: ReadonlyMap<string, number>, capacityOf: (service: string) => number | undefined): Bottleneck | undefined {
  let found: Bottleneck | undefined;
  for (const [service, count] of visits) {
    const capacity = capacityOf(service);
    if (capacity === undefined || count === 0) continue;
    if (!found || capacity / count < found.rps) found = { service, rps: capacity / count };
  }
  return found;
}
