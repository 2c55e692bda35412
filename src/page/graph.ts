/**
 * The call graph. Elements are made when a service or a call appears, and the layout is computed then; at each look only texts and
 * attributes change, so that a mesh of many services costs little.
 */
import type { Figures, ServiceView, Snapshot } from '../cli/live';
import { say, set, svg } from './dom';
import { healthOf, inWords, percent, rate, success, time } from './format';
import { Layout, layOut, Point, SIZES } from './layout';
import { entriesOf, VersionRow, versionRows } from './mesh-view';

const HEAD = 54;
const ROW = 24;
const BAR = { x: 40, width: 52 };
const MAX_DOTS = 5;

/** What is outside stands left of all services, in a pill. */
const PILL = { width: 66, height: 30 };
const ENTRY_GAP = 112;
const OUTSIDE = '\noutside';

const LABEL = { width: 84, height: 30 };

/** A graph that is wider than its place shrinks to it, as long as it can be read. */
const LEAST_SCALE = 0.75;

interface NodeParts {
  readonly element: SVGGElement;
  update(service: ServiceView, snapshot: Snapshot, isSelected: boolean): void;
}

interface EdgeParts {
  readonly elements: readonly SVGElement[];
  update(figures: Figures, title: string): void;
}

export class Graph {
  readonly element = svg('svg', { class: 'graph', role: 'group', 'aria-label': 'Services and their calls' });
  private readonly edgeLayer = svg('g');
  private readonly labelLayer = svg('g', { 'aria-hidden': 'true' });
  private readonly nodeLayer = svg('g');
  private readonly nodes = new Map<string, NodeParts>();
  private readonly edges = new Map<string, EdgeParts>();
  private heights = new Map<string, number>();
  private shape = '';

  constructor(private readonly onSelect: (service: string) => void) {
    this.element.append(this.edgeLayer, this.labelLayer, this.nodeLayer);
  }

  show(snapshot: Snapshot, selected: string | undefined): void {
    const edges = drawnEdges(snapshot);
    const shape = JSON.stringify([snapshot.services.map(({ id, versions }) => [id, versions.length]), edges.map(({ from, to }) => [from, to])]);
    if (shape !== this.shape) this.build(snapshot, edges);
    this.shape = shape;
    for (const service of snapshot.services) this.nodes.get(service.id)!.update(service, snapshot, service.id === selected);
    for (const edge of edges) this.edges.get(keyOf(edge))!.update(edge.figures, titleOf(edge, snapshot));
  }

  focus(service: string): void {
    this.nodes.get(service)?.element.focus();
  }

  private build({ services }: Snapshot, edges: readonly DrawnEdge[]): void {
    const entries = edges.filter(({ from }) => from === OUTSIDE);
    const calls = edges.filter(({ from }) => from !== OUTSIDE);
    this.heights = new Map(services.map((service) => [service.id, heightOf(service)]));
    const layout = layOut([...this.heights].map(([id, height]) => ({ id, height })), calls);
    const left = entries.length === 0 ? 0 : PILL.width + ENTRY_GAP;
    const focused = [...this.nodes].find(([, { element }]) => element === document.activeElement)?.[0];
    for (const layer of [this.edgeLayer, this.labelLayer, this.nodeLayer]) layer.replaceChildren();
    this.nodes.clear();
    this.edges.clear();
    set(this.element, 'viewBox', `${-left} 0 ${layout.width + left} ${layout.height}`);
    set(this.element, 'width', layout.width + left);
    this.element.style.minWidth = `${(layout.width + left) * LEAST_SCALE}px`;
    calls.forEach((edge, index) => this.addEdge(edge, layout.edges[index]!));
    for (const entry of entries) this.addEntry(entry, layout);
    for (const service of services) {
      const node = nodeOf(service, layout.nodes.get(service.id)!, this.onSelect);
      this.nodes.set(service.id, node);
      this.nodeLayer.append(node.element);
    }
    if (focused !== undefined) this.focus(focused);
  }

  /** Requests that come from outside go straight to a service that nobody else calls, which is one of those at the left. */
  private addEntry(edge: DrawnEdge, layout: Layout): void {
    const { x, y } = layout.nodes.get(edge.to)!;
    const middle = y + this.heights.get(edge.to)! / 2;
    const start = { x: x - ENTRY_GAP, y: middle };
    this.addEdge(edge, [start, { x, y: middle }]);
    this.nodeLayer.append(pill(start));
  }

  private addEdge(edge: DrawnEdge, points: readonly Point[]): void {
    const parts = edgeOf(points);
    this.edges.set(keyOf(edge), parts);
    this.edgeLayer.append(parts.elements[0]!);
    this.labelLayer.append(...parts.elements.slice(1));
  }
}

interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly figures: Figures;
}

function drawnEdges(snapshot: Snapshot): DrawnEdge[] {
  const entries = entriesOf(snapshot).map(({ id, figures }): DrawnEdge => ({ from: OUTSIDE, to: id, figures }));
  return [...entries, ...snapshot.edges.filter(({ from, to }) => from !== to)];
}

const keyOf = ({ from, to }: DrawnEdge): string => `${from}\n${to}`;

function titleOf({ from, to, figures }: DrawnEdge, { services }: Snapshot): string {
  const name = (id: string): string => services.find((service) => service.id === id)?.name ?? 'outside';
  return `${name(from)} calls ${name(to)}: ${inWords(figures)}`;
}

function heightOf({ versions }: ServiceView): number {
  return HEAD + Math.max(1, versions.length) * ROW + 10;
}

/** Its right end is at this point. */
function pill({ x, y }: Point): SVGGElement {
  const { width, height } = PILL;
  return svg('g', { class: 'outside', transform: `translate(${x - width} ${y - height / 2})` },
    svg('rect', { width, height, rx: height / 2 }), svg('text', { x: width / 2, y: 19, 'text-anchor': 'middle' }, 'outside'));
}

function nodeOf(first: ServiceView, { x, y }: Point, onSelect: (service: string) => void): NodeParts {
  const figures = svg('text', { class: 'figures', x: 14, y: 43 });
  const kind = svg('text', { class: 'kind', x: SIZES.nodeWidth - 14, y: 23, 'text-anchor': 'end' }, first.kind === 'service' ? '' : first.kind);
  const rows = first.versions.map((_, index) => versionOf(HEAD + index * ROW));
  const element = svg('g', { class: 'node', transform: `translate(${x} ${y})`, tabindex: 0, role: 'button' },
    svg('rect', { class: 'box', width: SIZES.nodeWidth, height: heightOf(first), rx: 10 }),
    svg('rect', { class: 'health', x: 0, y: 12, width: 4, height: heightOf(first) - 24, rx: 2 }),
    svg('text', { class: 'name', x: 14, y: 23 }, shortened(first.name, first.kind === 'service' ? 20 : 12)), kind, figures, ...rows.map((row) => row.element));
  const select = (): void => onSelect(first.id);
  element.addEventListener('click', select);
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    select();
  });
  return {
    element,
    update: (service, snapshot, isSelected) => {
      set(element, 'class', `node ${service.kind} ${healthOf(service.figures)}${isSelected ? ' selected' : ''}`);
      set(element, 'aria-pressed', String(isSelected));
      set(element, 'aria-label', `${service.name}: ${inWords(service.figures)}`);
      const { rate: perSecond, success: share, p99Ms } = service.figures;
      say(figures, perSecond === 0 ? 'no requests' : `${rate(perSecond)}  ·  ${success(share)}  ·  p99 ${time(p99Ms)}`);
      versionRows(service, snapshot).forEach((row, index) => rows[index]?.update(row));
    },
  };
}

/** A version: its name, a bar for its share with a tick where it was declared, and a dot for each pod. */
function versionOf(y: number): { readonly element: SVGGElement; update(row: VersionRow): void } {
  const name = svg('text', { class: 'version', x: 14, y: 15 });
  const share = svg('text', { class: 'share', x: BAR.x + BAR.width + 6, y: 15 });
  const bar = svg('rect', { class: 'measured', x: BAR.x, y: 6, height: 10, rx: 2 });
  const tick = svg('rect', { class: 'declared', y: 3, width: 2, height: 16 });
  const dots = Array.from({ length: MAX_DOTS }, (_, index) => svg('circle', { cx: SIZES.nodeWidth - 16 - index * 9, cy: 11, r: 3.5 }));
  const element = svg('g', { transform: `translate(0 ${y})` }, name, svg('rect', { class: 'track', x: BAR.x, y: 6, width: BAR.width, height: 10, rx: 2 }), bar, tick, share, ...dots);
  return {
    element,
    update: ({ version, declared, measured, pods }) => {
      say(name, shortened(version, 5));
      set(bar, 'width', BAR.width * (measured ?? 0));
      set(tick, 'visibility', declared === undefined ? 'hidden' : undefined);
      set(tick, 'x', BAR.x + BAR.width * (declared ?? 0) - 1);
      say(share, measured === undefined ? '' : percent(measured));
      // Those that are worst come first, since not all may have room.
      const shown = [...pods].sort((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready'));
      dots.forEach((dot, index) => set(dot, 'class', shown[index] ? `dot ${shown[index].state}` : 'none'));
    },
  };
}

function edgeOf(points: readonly Point[]): EdgeParts {
  const title = svg('title');
  const path = svg('path', { d: curve(points) }, title);
  // In the gap before the callee, where calls of one service to several have parted.
  const [from, to] = points.slice(-2) as [Point, Point];
  const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const ground = svg('rect', { class: 'label-ground', x: x - LABEL.width / 2, y: y - LABEL.height / 2, ...LABEL, rx: 4 });
  const upper = svg('text', { class: 'edge-label', x, y: y - 3, 'text-anchor': 'middle' });
  const lower = svg('text', { class: 'edge-label small', x, y: y + 11, 'text-anchor': 'middle' });
  return {
    elements: [path, ground, upper, lower],
    update: (figures, words) => {
      set(path, 'class', `edge ${healthOf(figures)}`);
      set(path, 'stroke-width', figures.rate === 0 ? 1 : Math.min(6, 1.5 + Math.log10(1 + figures.rate)));
      set(ground, 'visibility', figures.rate === 0 ? 'hidden' : undefined);
      say(title, words);
      say(upper, figures.rate === 0 ? '' : `${rate(figures.rate)}${figures.success === 1 ? '' : ` · ${success(figures.success)}`}`);
      say(lower, figures.rate === 0 ? '' : `${time(figures.p50Ms)} / ${time(figures.p99Ms)}`);
      set(upper, 'class', `edge-label ${healthOf(figures)}`);
    },
  };
}

/** Level where it leaves and arrives. */
function curve(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => {
    if (index === 0) return `M ${x} ${y}`;
    const before = points[index - 1]!;
    const bend = Math.max(24, Math.abs(x - before.x) / 2);
    return `C ${before.x + bend} ${before.y} ${x - bend} ${y} ${x} ${y}`;
  }).join(' ');
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
