/** The results as a table for terminals, and as a page of the documents. */
import { Column, count, duration, plain, renderTable } from '../../src/cli/terminal/table';
import type { Result } from './scenario';

const COLUMNS: readonly Column[] = [
  { title: 'scenario' }, { title: 'requests', right: true }, { title: 'failed', right: true }, { title: 'past the sidecar', right: true },
  { title: 'longest outage', right: true }, { title: 'took', right: true }, { title: 'bars' },
];

export function tableOf(results: readonly Result[]): string {
  return renderTable(COLUMNS, results.map(cellsOf), plain).join('\n');
}

export interface PageFacts {
  readonly results: readonly Result[];
  /** `v1.33.5, 2 nodes, containerd 1.6.20`. */
  readonly cluster: string;
}

export function pageOf({ results, cluster }: PageFacts): string {
  const broken = results.filter((result) => result.broken.length > 0);
  return `${[
    '# Results on a real cluster',
    '',
    'Written by `npm run test:cluster -- --page`; do not edit. [How to run it](cluster-tests.md) on a cluster of yours.',
    '',
    `Kubernetes ${cluster}. The stack is [examples/shop](../examples/shop/shop.ts) in a namespace that admits only \`restricted\` pods. Requests are`
      + ' sent at a fixed rate over keep-alive connections while something is done to the pods; **every request is counted**.'
      + ` ${count(results.reduce((sum, { requests }) => sum + requests, 0))} requests, ${count(results.reduce((sum, { failed }) => sum + failed, 0))} failed.`,
    '',
    `| ${COLUMNS.map(({ title }) => title).join(' | ')} |`,
    `| ${COLUMNS.map(({ right }) => (right ? '--:' : '---')).join(' | ')} |`,
    ...results.map((result) => `| ${cellsOf(result).join(' | ')} |`),
    '',
    '- *failed*: an error status, a connection that breaks, or no answer within 20 s.',
    '- *past the sidecar*: answered requests whose connection did not go to the sidecar of the calling pod. A client outside of the mesh has none.',
    '- *longest outage*: the longest time in which every request of a client failed.',
    '',
    '## Scenarios',
    '',
    ...results.map(({ scenario }) => `- \`${scenario.name}\`: ${scenario.does}.`),
    ...(broken.length === 0 ? [] : [
      '', '## What did not hold', '', ...broken.flatMap(({ scenario, broken: what }) => what.map((text) => `- \`${scenario.name}\`: ${text}`)),
    ]),
  ].join('\n')}\n`;
}

function cellsOf({ scenario, requests, failed, passedBy, longestOutageMs, seconds, broken }: Result): string[] {
  const traffic = requests > 0;
  return [
    scenario.name, traffic ? count(requests) : '-', traffic ? count(failed) : '-', scenario.meshed && traffic ? count(passedBy) : '-',
    longestOutageMs > 0 ? duration(longestOutageMs) : '-', `${Math.round(seconds)} s`, broken.length === 0 ? 'held' : `${broken.length} broken`,
  ];
}
