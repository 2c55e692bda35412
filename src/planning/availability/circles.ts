/**
 * Circles of a directed graph: its strongly connected components, by R. Tarjan, Depth-first search and linear graph algorithms (1972). Linear in
 * nodes and edges.
 */

/** The members of each component, by each of its members; a node in no circle is alone in its component. */
export function circlesOf(nodes: Iterable<string>, nextOf: (node: string) => readonly string[]): Map<string, readonly string[]> {
  const circles = new Map<string, readonly string[]>();
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of nextOf(node)) {
      if (!index.has(next)) visit(next);
      if (!circles.has(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    for (const member of members) circles.set(member, members);
  };
  for (const node of nodes) if (!index.has(node)) visit(node);
  return circles;
}
