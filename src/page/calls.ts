/** All calls as a table: the graph for those who don't see it, and for meshes in which it is large. */
import type { EdgeView, Snapshot } from '../cli/live';
import { html, List, table, textRow } from './dom';
import { healthOf, rate, success, time } from './format';

export class Calls {
  readonly element: HTMLElement;
  private readonly rows: List<EdgeView>;

  constructor(onSelect: (service: string) => void) {
    const { element, body } = table('Calls between services', ['Call', 'Rate', 'Success', 'p50', 'p99']);
    this.rows = new List(body, ({ from, to }) => `${from}\n${to}`, textRow<EdgeView>(({ from, to, figures }) => [
      `${nameOf(from)} → ${nameOf(to)}`, rate(figures.rate), success(figures.success), time(figures.p50Ms), time(figures.p99Ms),
    ], ({ figures }) => healthOf(figures)));
    const hint = html('p', { class: 'hint' }, 'Choose a service in the graph to see its pods, latency, routes and requests.');
    const help = html('dl', { class: 'legend' },
      html('dt', {}, html('span', { class: 'swatch bar' })), html('dd', {}, 'measured share of a version; the mark is its declared weight'),
      html('dt', {}, html('span', { class: 'swatch dot ready' })), html('dd', {}, 'a pod that takes requests'),
      html('dt', {}, html('span', { class: 'swatch dot draining' })), html('dd', {}, 'a pod that drains, is on probation or not ready'),
      html('dt', {}, html('span', { class: 'swatch dot ejected' })), html('dd', {}, 'a pod that is ejected or unhealthy'));
    this.element = html('section', { 'aria-label': 'Calls' }, html('h2', {}, 'Calls'), hint, element, help);
    this.rows.parent.addEventListener('click', (event) => {
      const index = [...this.rows.parent.children].findIndex((row) => row.contains(event.target as Node));
      const edge = this.shown[index];
      if (edge) onSelect(edge.to);
    });
  }

  private shown: readonly EdgeView[] = [];

  show({ edges }: Snapshot): void {
    this.shown = edges;
    this.rows.show(edges);
  }
}

/** Without its namespace, which is the same for most. */
export function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
