/** The results as an aligned table for terminals, and as a page of the documents. */
import { cpus } from 'node:os';
import { Column, count, duration, plain, renderTable } from '../../src/cli/terminal/table';
import { ALWAYS } from './bars';
import type { Result } from './run';
import type { Scenario } from './scenario';
import { Worst, worstOf } from './worst';

const COLUMNS: readonly Column[] = [
  { title: 'scenario' }, { title: 'proxy' }, { title: 'requests', right: true }, { title: 'failed', right: true }, { title: 'failed POST', right: true },
  { title: 'POST twice', right: true }, { title: 'recovered in', right: true }, { title: 'p99 before', right: true }, { title: 'p99 after', right: true },
  { title: 'memory', right: true }, { title: 'bars' },
];

export function tableOf(results: readonly Result[]): string {
  return renderTable(COLUMNS, worstOf(results).map(cellsOf), plain).join('\n');
}

export interface PageFacts {
  readonly scenarios: readonly Scenario[];
  readonly results: readonly Result[];
  readonly seeds: readonly number[];
  /** What came of too many requests, as Markdown; empty when that was not measured. */
  readonly overload: string;
  /** Why another proxy is not in the table. */
  readonly missing: string | undefined;
}

export function pageOf({ scenarios, results, seeds, missing, overload }: PageFacts): string {
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  const notes = [...new Set(results.flatMap((result) => result.notes))];
  return `${[
    '# Results of the chaos suite',
    '',
    'Written by `npm run chaos`; do not edit.',
    '',
    'Real processes and sockets: clients send requests at a fixed rate (60 % GET, 10 % PUT, 5 % DELETE, 25 % POST, some with chunked'
      + ' bodies; by gRPC as methods of these names, by TCP as a connection each), each with an id; the proxy stands between them and the pods; pods write down the id of everything that they execute;'
      + ' then harm is done. **Every request is counted**, none is sampled.',
    '',
    `Seeds ${seeds.join(', ')}, ${count(requests)} requests, ${cpus().length} cores, Node ${process.versions.node}.${notes.length > 0 ? ` ${sentences(notes)}` : ''}`
      + ' This proxy runs with the document that the constructs write for a call of which nothing is said but its timeout (2 s).'
      + ' Envoy has the same timeouts, retries, budget and outlier detection as far as its settings allow.',
    ...(missing === undefined ? [] : ['', `Envoy was not there: ${missing}.`]),
    '',
    ...markdown(COLUMNS, worstOf(results).map(cellsOf)),
    '',
    `Each scenario was run with ${seeds.length} seeds. **Each number is the worst of them**; requests are added up.`,
    '',
    '- *failed*: of the requests that may be sent again (GET, PUT, DELETE), those that failed as the client sees it: an error status, a'
      + ' connection that breaks, a body that is not the one expected. *failed POST*: of the others.',
    '- *POST twice*: requests that may not be sent again and that pods executed more than once.',
    '- *recovered in*: from the beginning of the harm to the end of the last quarter of a second with a failure; a dash when nothing failed,'
      + ' *not* when requests still failed as a run ended.',
    '- *p99*: of the requests that were answered well, from the moment they were due, before the harm began and since. *memory*: most'
      + ' resident memory of the proxy.',
    '- *bars*: whether everything held that must hold for this project\'s proxy; Envoy is measured by the same.',
    '',
    '## Scenarios',
    '',
    'In every scenario:',
    '',
    ...ALWAYS.map(({ name }) => `- ${name}`),
    '',
    ...scenarios.flatMap(({ name, harm, bars }) => [`- \`${name}\`: ${harm}. Besides: ${bars.map((bar) => bar.name).join('; ')}.`]),
    '',
    ...brokenOf(results),
    ...(overload === '' ? [] : ['## Overload', '', overload, '']),
    '## To repeat',
    '',
    '```sh',
    `npm run chaos -- --seeds ${seeds.join(',')}`,
    '```',
  ].join('\n')}\n`;
}

function brokenOf(results: readonly Result[]): string[] {
  const broken = results.filter((result) => result.broken.length > 0);
  if (broken.length === 0) return [];
  return [
    '## What did not hold', '',
    ...broken.flatMap((result) => result.broken.map((how) => `- \`${result.scenario}\`, ${result.subject}, seed ${result.seed}: ${how}`)), '',
  ];
}

function cellsOf(result: Worst): string[] {
  const { recoveredMs } = result;
  return [
    result.scenario, result.subject, count(result.requests), count(result.failedIdempotent), count(result.failedOthers), count(result.twice),
    recoveredMs === 0 ? '-' : Number.isFinite(recoveredMs) ? duration(recoveredMs) : 'not', duration(result.p99BeforeMs), duration(result.p99AfterMs),
    `${Math.round(result.peakMemory / 2 ** 20)} MiB`, result.brokenSeeds.length === 0 ? 'held' : `broken, seed ${result.brokenSeeds.join(' ')}`,
  ];
}

/** An aligned table of Markdown. */
function markdown(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => (columns[index]!.right ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!))).join(' | ')} |`;
  const rule = columns.map(({ right }, index) => (right ? `${'-'.repeat(widths[index]! - 1)}:` : '-'.repeat(widths[index]!)));
  return [line(columns.map(({ title }) => title)), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}

function sentences(texts: readonly string[]): string {
  return texts.map((text) => `${text[0]!.toUpperCase()}${text.slice(1)}.`).join(' ');
}
