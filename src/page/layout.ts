/**
 * Places a call graph in layers from left to right, after Sugiyama: callers stand left of what they call, calls over several layers
 * bend around what stands between, and within layers the order has few crossings (barycenters of the neighbours, some sweeps up and
 * down). Cycles are broken where a depth-first search closes them. Computed once for a set of services and calls, not for each look.
 */

export interface LayoutNode {
  readonly id: string;
  readonly height: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Upper left corners. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** Points that a call goes through, from the right side of its caller to the left side of its callee, in the order of the edges. */
  readonly edges: readonly (readonly Point[])[];
}

export const SIZES = { nodeWidth: 178, gap: 112, rowGap: 28, margin: 24, bendHeight: 34 } as const;

const SWEEPS = 8;

/** A node, or the bend of a call that passes a layer. */
interface Place {
  readonly key: string;
  readonly height: number;
  readonly layer: number;
  readonly isBend: boolean;
  before: Place[];
  after: Place[];
  y: number;
}

export function layOut(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout {
  const layers = layersOf(nodes, edges);
  const places = new Map(nodes.map(({ id, height }): [string, Place] => [id, placeOf(id, height, layers.get(id)!, false)]));
  const paths = edges.map(({ from, to }, index) => pathOf(places.get(from)!, places.get(to)!, index));
  const columns: Place[][] = [];
  for (const place of new Set([...places.values(), ...paths.flat()])) (columns[place.layer] ??= []).push(place);
  order(columns);
  const height = stack(columns);
  return {
    width: columns.length * SIZES.nodeWidth + Math.max(0, columns.length - 1) * SIZES.gap + 2 * SIZES.margin,
    height,
    nodes: new Map([...places].map(([id, place]) => [id, { x: leftOf(place), y: place.y }])),
    edges: paths.map((path, index) => pointsOf(path, edges[index]!, edges, paths)),
  };
}

function placeOf(key: string, height: number, layer: number, isBend: boolean): Place {
  return { key, height, layer, isBend, before: [], after: [], y: 0 };
}

/** The longest way from a root to each node, without the calls that close a cycle. */
function layersOf(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Map<string, number> {
  const callees = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) if (from !== to) callees.get(from)?.push(to);
  const called = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to));
  const layers = new Map<string, number>();
  const open = new Set<string>();
  const finished: string[] = [];
  const forward = new Map<string, string[]>();
  const visit = (id: string): void => {
    open.add(id);
    forward.set(id, callees.get(id)!.filter((to) => !open.has(to)));
    for (const to of forward.get(id)!) if (!forward.has(to)) visit(to);
    open.delete(id);
    finished.push(id);
  };
  for (const { id } of [...nodes.filter((node) => !called.has(node.id)), ...nodes]) if (!forward.has(id)) visit(id);
  for (const id of finished.reverse()) {
    const layer = layers.get(id) ?? 0;
    layers.set(id, layer);
    for (const to of forward.get(id)!) layers.set(to, Math.max(layers.get(to) ?? 0, layer + 1));
  }
  return layers;
}

/** The places that a call goes through. One that leads back or stays in its layer goes straight. */
function pathOf(from: Place, to: Place, index: number): Place[] {
  const path = [from];
  for (let layer = from.layer + 1; layer < to.layer; layer++) path.push(placeOf(`${index}/${layer}`, SIZES.bendHeight, layer, true));
  path.push(to);
  if (from.layer < to.layer) {
    for (let i = 1; i < path.length; i++) {
      path[i - 1]!.after.push(path[i]!);
      path[i]!.before.push(path[i - 1]!);
    }
  }
  return path;
}

function order(columns: Place[][]): void {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const column of isDown ? columns : [...columns].reverse()) {
      const ranks = new Map<Place, number>();
      columns.forEach((other) => other.forEach((place, index) => ranks.set(place, (index + 0.5) / other.length)));
      const weight = (place: Place): number => {
        const neighbours = isDown ? place.before : place.after;
        return neighbours.length === 0 ? ranks.get(place)! : neighbours.reduce((sum, other) => sum + ranks.get(other)!, 0) / neighbours.length;
      };
      const weights = new Map(column.map((place) => [place, weight(place)]));
      column.sort((a, b) => weights.get(a)! - weights.get(b)!);
    }
  }
}

/** Stacks each column around the middle of the highest one; returns the height of all. */
function stack(columns: readonly (readonly Place[])[]): number {
  const heights = columns.map((column) => column.reduce((sum, { height }) => sum + height + SIZES.rowGap, -SIZES.rowGap));
  const height = Math.max(0, ...heights);
  columns.forEach((column, index) => {
    let y = SIZES.margin + (height - heights[index]!) / 2;
    for (const place of column) {
      place.y = y;
      y += place.height + SIZES.rowGap;
    }
  });
  return height + 2 * SIZES.margin;
}

function leftOf({ layer }: Place): number {
  return SIZES.margin + layer * (SIZES.nodeWidth + SIZES.gap);
}

/** Calls of one service leave its right side at different heights, in the order of where they go; the same on the left of a callee. */
function pointsOf(path: readonly Place[], edge: LayoutEdge, edges: readonly LayoutEdge[], paths: readonly (readonly Place[])[]): Point[] {
  const [from, to] = [path[0]!, path.at(-1)!];
  const start = { x: leftOf(from) + SIZES.nodeWidth, y: portOf(from, edge, edges, paths, 'from') };
  const end = { x: leftOf(to), y: portOf(to, edge, edges, paths, 'to') };
  const bends = path.slice(1, -1).flatMap((bend) => [
    { x: leftOf(bend), y: bend.y + bend.height / 2 }, { x: leftOf(bend) + SIZES.nodeWidth, y: bend.y + bend.height / 2 },
  ]);
  return [start, ...bends, end];
}

function portOf(
  place: Place, edge: LayoutEdge, edges: readonly LayoutEdge[], paths: readonly (readonly Place[])[], side: 'from' | 'to',
): number {
  const own = edges.flatMap((other, index) => (other[side] === place.key ? [{ other, next: paths[index]!.at(side === 'from' ? 1 : -2)! }] : []));
  own.sort((a, b) => a.next.y - b.next.y);
  const index = own.findIndex(({ other }) => other === edge);
  return place.y + place.height * (index + 1) / (own.length + 1);
}
