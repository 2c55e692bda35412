/** The live table: every pod with its state, its part of the traffic in the last second, and what failed. */
import type { Pod } from './pod';
import { count, duration, Paint, percent, renderTable, Style } from './table';
import type { Tally } from './tally';

const STATE_STYLES: Readonly<Record<Pod['state'], Style>> = {
  starting: 'yellow', ready: 'green', unready: 'red', terminating: 'yellow', ended: 'red',
};

/** Lines of the table; `tallies` are those of the last `seconds`. */
export function statusOf(pods: readonly Pod[], tallies: readonly Tally[], seconds: number, paint: Paint): string[] {
  const ordered = [...pods].sort((a, b) => compare(a.workload.service, b.workload.service)
    || compare(a.workload.version, b.workload.version) || compare(a.name, b.name));
  const rows = ordered.map((pod) => {
    const tally = tallies.find(({ flow, pods: known }) => known.has(pod.name) && flow.service === pod.workload.service);
    const part = tally?.pods.get(pod.name);
    const figures = part && tally && part.answered > 0
      ? [percent(part.answered / tally.attributed), count(part.answered / seconds), duration(part.latency.percentile(0.5)),
        duration(part.latency.percentile(0.99)), { text: count(part.failed), ...(part.failed > 0 ? { style: 'red' as const } : {}) }]
      : ['', '', '', '', ''];
    return [pod.workload.service, pod.workload.version, pod.name, pod.zone, { text: pod.state, style: STATE_STYLES[pod.state] }, ...figures];
  });
  return renderTable([
    { title: 'service' }, { title: 'version' }, { title: 'pod' }, { title: 'zone' }, { title: 'state' },
    { title: 'share', right: true }, { title: 'req/s', right: true }, { title: 'p50', right: true }, { title: 'p99', right: true }, { title: 'failed', right: true },
  ], rows, paint);
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
