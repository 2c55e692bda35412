/**
 * What is said at the end of a run: for each flow, who answered how much beside what was declared, how long it took, and
 * what failed and why.
 */
import { LatencyHistogram } from '../../simulation';
import { bar, count, duration, Paint, percent, renderTable } from '../terminal/table';
import type { Tally } from './traffic/tally';

/** Lines of the report of one flow. */
export function reportOf(tally: Tally, seconds: number, paint: Paint): string[] {
  const { flow } = tally;
  const lines = [
    paint('bold', `${flow.from} -> ${flow.to}`),
    `  ${count(tally.total)} requests in ${seconds.toFixed(1)} s (${(tally.total / seconds).toFixed(0)}/s), ${failuresInShort(tally, paint)}`,
  ];
  if (tally.total === 0) return lines;
  if (tally.attributed > 0) lines.push('', ...indented(sharesOf(tally, paint)));
  const unknown = tally.total - tally.failed - tally.attributed;
  if (unknown > 0) lines.push('', `  ${count(unknown)} answers do not say which pod they are from: only stand-ins do`);
  lines.push('', ...indented(latencyOf(tally, paint)));
  if (tally.failures.size > 0) lines.push('', ...indented(failuresOf(tally, paint)));
  return lines;
}

function failuresInShort(tally: Tally, paint: Paint): string {
  if (tally.failed === 0) return paint('green', 'none failed');
  return paint('red', `${count(tally.failed)} failed (${percent(tally.failed / tally.total)})`);
}

/** Versions with their pods below them. */
function sharesOf(tally: Tally, paint: Paint): string[] {
  const attributed = tally.attributed;
  const expectedTotal = [...tally.pods.values()].reduce((sum, pod) => sum + pod.expected, 0);
  const declaredTotal = [...tally.declared.values()].reduce((sum, requests) => sum + requests, 0);
  const byDeclaration = declaredTotal > 0;
  const rows = tally.versions().flatMap((version) => {
    const declared = byDeclaration ? (tally.declared.get(version.version) ?? 0) / declaredTotal : version.expected / expectedTotal;
    const pods = [...tally.pods.values()].filter((pod) => pod.version === version.version);
    const row = (name: string, declaredShare: number, part: { answered: number; failed: number; latency: LatencyHistogram }): string[] => {
      const share = part.answered / attributed;
      return [
        name, percent(declaredShare), percent(share), signedPoints(share - declaredShare), count(part.answered), count(part.failed),
        duration(part.latency.percentile(0.5)), duration(part.latency.percentile(0.99)), bar(share, 12),
      ];
    };
    return [
      row(`${version.fallback ? 'fallback' : 'version'} ${version.version}`, declared, version).map((text) => ({ text, style: 'cyan' as const })),
      ...pods.map((pod) => row(`  ${pod.pod}`, pod.expected / expectedTotal, pod)),
    ];
  });
  return renderTable([
    { title: 'answered by' }, { title: byDeclaration ? 'declared' : 'expected', right: true }, { title: 'measured', right: true }, { title: 'off by', right: true },
    { title: 'requests', right: true }, { title: 'failed', right: true }, { title: 'p50', right: true }, { title: 'p99', right: true }, { title: '' },
  ], rows, paint);
}

/** `+0.3`: percentage points. */
function signedPoints(share: number): string {
  const points = (share * 100).toFixed(1);
  return points === '-0.0' || points === '0.0' ? '0.0' : share > 0 ? `+${points}` : points;
}

const PERCENTILES = [['p50', 0.5], ['p90', 0.9], ['p99', 0.99], ['p99.9', 0.999]] as const;

function latencyOf(tally: Tally, paint: Paint): string[] {
  const { latency, lateness } = tally;
  const figures = PERCENTILES.map(([name, share]) => `${name} ${duration(latency.percentile(share))}`).join('   ');
  return [
    `${paint('bold', 'latency')}  ${figures}   max ${duration(latency.max)}`,
    `from the moment a request was due; they were sent ${duration(lateness.percentile(0.5))} later at p50, ${duration(lateness.percentile(0.99))} at p99`,
    ...histogramOf(latency).map((line) => `  ${line}`),
  ];
}

/** Edges of the bars, in milliseconds: three in each decade. */
const EDGES = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, Infinity];

/** One bar for each range of latencies, from the first to the last that occurred. */
export function histogramOf(latency: LatencyHistogram): string[] {
  if (latency.count === 0) return [];
  const bins = EDGES.map((edge, index) => ({ edge, count: latency.between(index === 0 ? -1 : EDGES[index - 1]!, edge) }));
  const first = bins.findIndex((bin) => bin.count > 0);
  const last = bins.reduce((found, bin, index) => (bin.count > 0 ? index : found), first);
  const shown = bins.slice(first, last + 1);
  const most = Math.max(...shown.map((bin) => bin.count));
  const width = Math.max(...shown.map((bin) => labelOf(bin.edge).length));
  const digits = Math.max(...shown.map((bin) => count(bin.count).length));
  return shown.map((bin) => `${labelOf(bin.edge).padStart(width)}  ${count(bin.count).padStart(digits)}  ${bar(bin.count / most, 40)}`.trimEnd());
}

function labelOf(edge: number): string {
  if (edge === Infinity) return 'longer';
  return edge >= 1_000 ? `to ${edge / 1_000} s` : `to ${edge} ms`;
}

function failuresOf(tally: Tally, paint: Paint): string[] {
  const rows = [...tally.failures].sort(([, a], [, b]) => b - a).map(([reason, failed]) => [
    { text: reason, style: 'red' as const }, count(failed), percent(failed / tally.total),
  ]);
  return renderTable([{ title: 'failed because' }, { title: 'requests', right: true }, { title: 'of all', right: true }], rows, paint);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
