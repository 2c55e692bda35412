/** Who calls the service and whom it calls: retries, hedges, the policy and why, security, and the routes with their shares. */
import type { EdgeView, RouteView, Snapshot } from '../../cli/live';
import { nameOf } from '../calls';
import { html, List, Row, say } from '../dom';
import { percent, rate, success, time } from '../format';
import type { Section, Shown } from './section';

export class Callers implements Section {
  private readonly edges = html('ul', { class: 'facts' });
  private readonly routes = html('ul', { class: 'facts' });
  readonly element = html('section', { 'aria-label': 'Calls and routes' }, html('h3', {}, 'Calls'), this.edges, html('h3', {}, 'Routes'), this.routes);
  private readonly edgeList = new List<EdgeView>(this.edges, ({ from, to }) => `${from}\n${to}`, () => factRow(edgeFact));
  private readonly routeList = new List<RouteView>(this.routes, ({ from, listener, name }) => `${from}\n${listener}\n${name}`, () => factRow(routeFact));

  show({ service: { id }, snapshot }: Shown): void {
    this.edgeList.show(snapshot.edges.filter(({ from, to }) => from === id || to === id));
    this.routeList.show(routesAbout(id, snapshot));
  }
}

function routesAbout(id: string, { routes }: Snapshot): RouteView[] {
  return routes.filter(({ from, split }) => from === id || split.some(({ service }) => service === id));
}

function factRow<T>(factOf: (item: T) => readonly [head: string, detail: string]): Row<T> {
  const head = html('strong');
  const detail = html('span', { class: 'small block' });
  return {
    element: html('li', {}, head, detail),
    update: (item) => {
      const [first, rest] = factOf(item);
      say(head, first);
      say(detail, rest);
    },
  };
}

function edgeFact(
  { from, to, figures, versions, retries, hedges, retriesDenied, secured, unavailable = [], failures }: EdgeView,
): readonly [string, string] {
  const policies = new Set(versions.filter(({ policy }) => policy !== undefined).map(({ policy, choice }) => (choice ? `${policy}: ${choice.policy} now, since ${choice.reason}` : policy)));
  return [`${nameOf(from)} → ${nameOf(to)}`, [
    `${rate(figures.rate)}, ${success(figures.success)}, p50 ${time(figures.p50Ms)}, p99 ${time(figures.p99Ms)}`,
    ...(policies.size > 0 ? [[...policies].join('; ')] : []),
    ...(secured === undefined ? [] : [secured ? 'mutual TLS' : 'plain']),
    ...unavailable.map(({ cluster, state, count }) => `${count} of ${nameOf(cluster)} ${state}`),
    ...(retries > 0 ? [`${rate(retries)} retries`] : []),
    ...(hedges > 0 ? [`${rate(hedges)} hedges`] : []),
    ...(retriesDenied > 0 ? [`${rate(retriesDenied)} retries denied by the budget`] : []),
    ...failures.map(({ reason, rate: perSecond }) => `${reason} ${rate(perSecond)}`),
  ].join(' · ')];
}

function routeFact({ from, listener, name, figures, split, fallbackShare }: RouteView): readonly [string, string] {
  return [`${nameOf(from)}: ${name}`, [
    listener, rate(figures.rate),
    ...split.map(({ cluster, declared, measured }) => `${nameOf(cluster)} ${percent(measured)} (declared ${percent(declared)})`),
    ...(fallbackShare > 0 ? [`${percent(fallbackShare)} go to a fallback`] : []),
  ].join(' · ')];
}
