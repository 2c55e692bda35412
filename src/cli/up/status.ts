/** The live table: every pod with its state, its part of the traffic in the last second, and what failed. */
import type { Pod } from './pod';
import { count, duration, Paint, percent, renderTable, Style } from '../terminal/table';
import type { Tally } from './traffic/tally';

const STATE_STYLES: Readonly<Record<Pod['state'], Style>> = {
  starting: 'yellow', ready: 'green', unready: 'red', terminating: 'yellow', ended: 'red',
};

/** Head, one row, and the line that says how many there are besides. */
const LEAST_LINES = 3;

/**
 * Lines of the table, at most `room`; `tallies` are those of the last `seconds`. When not all pods have room, those with requests
 * come first, then those that are not ready, and the last line says what is not shown.
 */
export function statusOf(pods: readonly Pod[], tallies: readonly Tally[], seconds: number, paint: Paint, room = Infinity): string[] {
  const rows = [...pods].sort(byName).map((pod) => rowOf(pod, tallies));
  if (rows.length + 1 <= room) return tableOf(rows, seconds, paint);
  if (room < LEAST_LINES) return [];
  const fits = room - 2;
  // Which rows are shown changes with the requests; in which order they stand does not, or nobody could read them.
  const chosen = [...rows].sort((a, b) => a.rank - b.rank || b.answered - a.answered).slice(0, fits);
  const shown = rows.filter((row) => chosen.includes(row)).sort((a, b) => a.rank - b.rank);
  const hidden = rows.filter((row) => !chosen.includes(row));
  return [...tableOf(shown, seconds, paint), paint('dim', `and ${hidden.length} more: ${statesOf(hidden)}`)];
}

/** A pod, and what it did of late. */
interface Row {
  readonly pod: Pod;
  readonly tally: Tally | undefined;
  readonly answered: number;
  /** The less the more there is to see. */
  readonly rank: number;
}

function rowOf(pod: Pod, tallies: readonly Tally[]): Row {
  const { service } = pod.workload;
  const tally = tallies.find(({ flow, pods: known }) => known.has(pod.name) && (flow.service === service || flow.fallbacks?.has(service)));
  const answered = tally?.pods.get(pod.name)?.answered ?? 0;
  return { pod, tally, answered, rank: answered > 0 ? 0 : pod.state === 'ready' ? 2 : 1 };
}

function tableOf(rows: readonly Row[], seconds: number, paint: Paint): string[] {
  return renderTable([
    { title: 'service' }, { title: 'version' }, { title: 'pod' }, { title: 'zone' }, { title: 'state' },
    { title: 'share', right: true }, { title: 'req/s', right: true }, { title: 'p50', right: true }, { title: 'p99', right: true }, { title: 'failed', right: true },
  ], rows.map(({ pod, tally }) => {
    const part = tally?.pods.get(pod.name);
    const figures = part && tally && part.answered > 0
      ? [percent(part.answered / tally.attributed), count(part.answered / seconds), duration(part.latency.percentile(0.5)),
        duration(part.latency.percentile(0.99)), { text: count(part.failed), ...(part.failed > 0 ? { style: 'red' as const } : {}) }]
      : ['', '', '', '', ''];
    return [pod.workload.service, pod.workload.version, pod.name, pod.zone, { text: pod.state, style: STATE_STYLES[pod.state] }, ...figures];
  }), paint);
}

/** `20 ready, 2 starting`. */
function statesOf(rows: readonly Row[]): string {
  const counts = new Map<Pod['state'], number>();
  for (const { pod: { state } } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, number]) => `${number} ${state}`).join(', ');
}

function byName(a: Pod, b: Pod): number {
  return compare(a.workload.service, b.workload.service) || compare(a.workload.version, b.workload.version) || compare(a.name, b.name);
}

/** One line on a flow, for where there is no terminal. */
export function summaryOf(tally: Tally, seconds: number): string {
  const versions = tally.versions().filter(({ answered }) => answered > 0).map(({ version, answered }) => `${version} ${percent(answered / tally.attributed)}`);
  const { latency } = tally;
  return [
    `${tally.flow.from} -> ${tally.flow.to}: ${count(tally.total / seconds)} req/s`,
    `p50 ${duration(latency.percentile(0.5))}`, `p99 ${duration(latency.percentile(0.99))}`, `${count(tally.failed)} failed`, ...versions,
  ].join(', ');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
