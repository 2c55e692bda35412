/** The tables that `stat`, `edges`, `endpoints` and `routes` print: which rows of a snapshot, in which columns. */
import type { EdgeView, EndpointView, Figures, RouteView, ServiceId, ServiceView, Snapshot } from '../live';
import { Cell, duration, percent } from '../terminal/table';
import type { Table } from './output';

/** One kind of table. */
interface Kind<Row> {
  /** Its rows, of all services or of those that are chosen. */
  rows(snapshot: Snapshot, chosen: (id: ServiceId) => boolean): readonly Row[];
  table(rows: readonly Row[]): Table;
}

const FIGURES: Table['columns'] = [
  { title: 'req/s', right: true }, { title: 'success', right: true },
  { title: 'p50', right: true }, { title: 'p95', right: true }, { title: 'p99', right: true },
];

const stat: Kind<ServiceView> = {
  rows: ({ services }, chosen) => services.filter(({ id }) => chosen(id)),
  table: (services) => ({
    columns: [{ title: 'service' }, { title: 'version' }, { title: 'ready', right: true }, ...FIGURES, { title: 'answered by proxies', wide: true }],
    rows: services.flatMap(({ id, figures, versions, pods, failures }) => {
      const row = (title: string, version: string, of: Figures, own: ServiceView['pods']): (string | Cell)[] =>
        [title, version, readyCell(own), ...figureCells(of), failuresInWords(failures)];
      const total = row(id, versions.length === 1 ? versions[0]!.version : '', figures, pods);
      return versions.length <= 1 ? [total]
        : [total, ...versions.map((one) => [...row('', one.version, one.figures, pods.filter(({ version }) => version === one.version)).slice(0, -1), ''])];
    }),
  }),
};

const edges: Kind<EdgeView> = {
  rows: ({ edges: all }, chosen) => all.filter(({ from, to }) => chosen(from) || chosen(to)),
  table: (all) => ({
    columns: [
      { title: 'from' }, { title: 'to' }, { title: 'version' }, { title: 'secured' }, ...FIGURES,
      ...['retries/s', 'hedges/s', 'denied/s'].map((title) => ({ title, right: true, wide: true })),
      { title: 'policy', wide: true }, { title: 'answered by proxies', wide: true },
    ],
    rows: all.flatMap(({ from, to, secured, figures, versions, retries, hedges, retriesDenied, failures }) => {
      const only = versions.length === 1 ? versions[0]! : undefined;
      return [
        [from, to, only?.version ?? '', secured === undefined ? '' : secured ? 'mutual TLS' : 'plain', ...figureCells(figures),
          rate(retries), rate(hedges), rate(retriesDenied), only ? policyOf(only) : '', failuresInWords(failures)],
        ...only ? [] : versions.map((one) => ['', '', one.version ?? one.cluster, '', ...figureCells(one.figures), '', '', '', policyOf(one), '']),
      ];
    }),
  }),
};

const STATE_STYLES: Readonly<Record<string, Cell['style']>> = { ready: 'green', probing: 'yellow', draining: 'yellow' };

const endpoints: Kind<EndpointView> = {
  rows: ({ endpoints: all }, chosen) => all.filter(({ from, service }) => chosen(from) || chosen(service)),
  table: (all) => ({
    columns: [
      { title: 'from' }, { title: 'to' }, { title: 'version' }, { title: 'pod' }, { title: 'address' }, { title: 'state' }, { title: 'req/s', right: true },
      ...['in flight', 'weight'].map((title) => ({ title, right: true, wide: true })),
      { title: 'zone', wide: true }, { title: 'said by', wide: true }, { title: 'why' },
    ],
    rows: all.map(({ from, service, version = '', pod = '', address, state, rate: sent, inFlight, weight, zone = '', saidBy, callers, reason = '' }) => [
      from, service, version, pod, address, { text: state, style: STATE_STYLES[state] ?? 'red' }, rate(sent),
      String(inFlight), String(weight), zone, `${saidBy} of ${callers}`, reason,
    ]),
  }),
};

const routes: Kind<RouteView> = {
  rows: ({ routes: all }, chosen) => all.filter(({ from, split }) => chosen(from) || split.some(({ service }) => chosen(service))),
  table: (all) => ({
    columns: [
      { title: 'from' }, { title: 'listener' }, { title: 'route' }, ...FIGURES,
      { title: 'to' }, { title: 'declared', right: true }, { title: 'measured', right: true },
      { title: 'cluster', wide: true }, { title: 'fallback', right: true, wide: true },
    ],
    rows: all.flatMap(({ from, listener, name, figures, split, fallbackShare }) => {
      const head = [from, listener, name, ...figureCells(figures)];
      // A route that answers by itself goes to nobody.
      const parts = split.length === 0 ? [['', '', '', '']]
        : split.map(({ service, version = '', declared, measured, cluster }) =>
          [`${service} ${version}`.trimEnd(), percent(declared), measured === undefined ? '-' : percent(measured), cluster]);
      return parts.map((part, index) => [...index === 0 ? head : head.map(() => ''), ...part, index === 0 ? percent(fallbackShare) : '']);
    }),
  }),
};

const TABLES = { stat, edges, endpoints, routes };

export type TableName = keyof typeof TABLES;

/** What a table shows, as data. */
export function rowsOf(name: TableName, snapshot: Snapshot, chosen: (id: ServiceId) => boolean): readonly unknown[] {
  return TABLES[name].rows(snapshot, chosen);
}

export function tableOf(name: TableName, snapshot: Snapshot, chosen: (id: ServiceId) => boolean): Table {
  const kind: Kind<unknown> = TABLES[name] as Kind<unknown>;
  return kind.table(kind.rows(snapshot, chosen));
}

function figureCells({ rate: requests, success, p50Ms = NaN, p95Ms = NaN, p99Ms = NaN }: Figures): (string | Cell)[] {
  return [
    rate(requests),
    success === undefined ? '-' : { text: percent(success), ...(success < 1 && { style: success < 0.99 ? 'red' as const : 'yellow' as const }) },
    duration(p50Ms), duration(p95Ms), duration(p99Ms),
  ];
}

/** `2 of 3`; a dash for what is outside of the mesh. */
function readyCell(pods: ServiceView['pods']): string | Cell {
  if (pods.length === 0) return '-';
  const ready = pods.filter((pod) => pod.ready).length;
  return { text: `${ready} of ${pods.length}`, ...(ready < pods.length && { style: 'red' as const }) };
}

function policyOf({ policy, choice }: EdgeView['versions'][number]): string {
  return choice ? `${policy}: ${choice.policy}, ${choice.reason}` : policy ?? '';
}

/** `overloaded 12.0/s, noRoute 1.0/s`. */
function failuresInWords(failures: EdgeView['failures']): string {
  return failures.map((failure) => `${failure.reason} ${rate(failure.rate)}/s`).join(', ');
}

/** One digit for small rates, which would all be 0. */
export function rate(perSecond: number): string {
  return perSecond === 0 || perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}
