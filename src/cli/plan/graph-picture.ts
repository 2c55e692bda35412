/**
 * The call graph as one SVG file: callers at the left of what they call, each workload with its load at the peak, its capacity, and a bar of how
 * much of it is used. The load is what is declared; where nothing is, what comes from the entries.
 */
import { topDown } from '../../planning/capacity/flow';
import { svgFile, svgNumber, svgText } from '../terminal/svg';
import { count, percent } from '../terminal/table';
import { keyOf, StackGraph } from './graph';
import type { Planned } from './planned';

const BOX = { width: 190, height: 54 };
const GAP = { x: 90, y: 18 };
const MARGIN = 24;
const COLOURS = { spare: '#009e73', tight: '#e69f00', over: '#d55e00', unknown: '#999999' };
/** Above this part of the capacity there is little to spare. */
const TIGHT = 0.85;

interface Place {
  readonly x: number;
  readonly y: number;
}

export function graphPicture(planned: readonly Planned[], graph: StackGraph): string {
  const places = placesOf(planned.map(({ workload }) => keyOf(workload)), graph);
  const width = Math.max(...[...places.values()].map(({ x }) => x)) + BOX.width + MARGIN;
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + BOX.height + MARGIN;
  const lines = [...graph.edges].flatMap(([from, edges]) => edges.map(({ to }) => lineOf(places.get(from)!, places.get(to)!)));
  return svgFile(width, height, [...lines, ...planned.flatMap((each) => boxOf(each, places.get(keyOf(each.workload))!))]);
}

/** In columns by the longest way from an entry; calls back into a circle don't count. */
function placesOf(keys: readonly string[], { edges, entries }: StackGraph): Map<string, Place> {
  const column = new Map<string, number>();
  for (const { key: entry } of entries) {
    column.set(entry, 0);
    const order = topDown(entry, edges);
    const rank = new Map(order.map((key, index) => [key, index]));
    for (const [index, key] of order.entries()) {
      for (const { to } of edges.get(key) ?? []) {
        if (rank.get(to)! > index) column.set(to, Math.max(column.get(to) ?? 0, (column.get(key) ?? 0) + 1));
      }
    }
  }
  const rows = new Map<number, number>();
  return new Map(keys.map((key) => {
    const depth = column.get(key) ?? 0;
    const row = rows.get(depth) ?? 0;
    rows.set(depth, row + 1);
    return [key, { x: MARGIN + depth * (BOX.width + GAP.x), y: MARGIN + row * (BOX.height + GAP.y) }];
  }));
}

function lineOf(from: Place, to: Place): string {
  const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
  const bend = Math.max(30, (x2 - x1) / 2);
  return `<path d="M${svgNumber(x1)} ${svgNumber(y1)} C${svgNumber(x1 + bend)} ${svgNumber(y1)} ${svgNumber(x2 - bend)} ${svgNumber(y2)} ${svgNumber(x2)} ${svgNumber(y2)}"`
    + ' fill="none" stroke="#bbb"/>';
}

function boxOf({ title, declared, figures, min, max }: Planned, { x, y }: Place): string[] {
  const used = declared && figures ? declared.capacity.peakRps / figures.capacityRps : undefined;
  const colour = used === undefined ? COLOURS.unknown : used > 1 ? COLOURS.over : used > TIGHT ? COLOURS.tight : COLOURS.spare;
  const load = used === undefined ? 'no capacity declared' : `${count(declared!.capacity.peakRps)} of ${count(figures!.capacityRps)}/s, ${percent(used)}`;
  return [
    `<rect x="${svgNumber(x)}" y="${svgNumber(y)}" width="${BOX.width}" height="${BOX.height}" rx="4" fill="#fff" stroke="${colour}" stroke-width="1.5"/>`,
    `<rect x="${svgNumber(x)}" y="${svgNumber(y + BOX.height - 6)}" width="${svgNumber(BOX.width * Math.min(1, used ?? 0))}" height="6" fill="${colour}"/>`,
    svgText(x + 10, y + 19, `${title}  ${min === max ? min : `${min}-${max}`} pods`, 'font-weight="600"'),
    svgText(x + 10, y + 37, load, 'fill="#555"'),
  ];
}
