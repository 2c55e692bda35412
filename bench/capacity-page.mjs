/** docs/capacity-results.md, written from bench/results/capacity.json and never by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { described, loadOf, table } from './page.mjs';

const RESULT = new URL('results/capacity.json', import.meta.url);
const PAGE = new URL('../docs/capacity-results.md', import.meta.url);

/** What the saturation may be off by. */
export const SATURATION_BAR = 0.1;

export function writeCapacityPage() {
  writeFileSync(PAGE, `${page(JSON.parse(readFileSync(RESULT, 'utf8'))).join('\n\n')}\n`);
  console.log('written: docs/capacity-results.md');
}

function page(result) {
  const { measured, machine, settings: { seconds, pods, concurrency, serviceMs }, networkMs } = result;
  return [
    '# Capacity: the model and the machine',
    'Written by `npm run bench:capacity`; do not edit.',
    `Measured ${measured} on ${described(machine)}. ${loadOf(machine)}`,
    `${pods} pods work on ${concurrency} requests at a time, each for ${serviceMs} ms on average, with exponential times; the others wait in the app. Requests come at `
      + `random through the sidecars of caller and callee, ${seconds} s at each level, the first fifth left out. The way there and back takes `
      + `${networkMs.toFixed(2)} ms (median, without work). Formulas: [planning.md](planning.md#the-formulas).`,
    '## Response times',
    levelsTable(result),
    'The model counts with a queue for each pod, which is what `random` makes. With least request it is to be shorter: between that and one queue '
      + 'for all pods. Close to saturation the response time of a minute differs from that of the next, as a queue is slow to forget.',
    '## Saturation',
    saturationText(result),
  ];
}

export function levelsTable({ levels }) {
  return table(
    ['of capacity', 'requests/s', 'p50, model', 'random', 'error', 'p99, model', 'random', 'error', 'p99, least request', 'one queue, model'],
    levels.map(({ level, rps, model: { separate, pooled }, measured: { random, leastRequest } }) => [
      `${Math.round(level * 100)} %`, rps.toFixed(0), ms(separate.p50), ms(random.p50), error(random.p50, separate.p50),
      ms(separate.p99), ms(random.p99), error(random.p99, separate.p99), ms(leastRequest.p99), ms(pooled.p99),
    ]),
  );
}

export function saturationText({ saturation: { computed, measured } }) {
  const off = measured / computed - 1;
  return `With more than it can do, the service answers ${measured.toFixed(0)} requests a second; computed are ${computed.toFixed(0)}: `
    + `${signed(off)}, ${Math.abs(off) <= SATURATION_BAR ? 'within' : '**not within**'} ${SATURATION_BAR * 100} %.`;
}

function ms(value) {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ms`;
}

function error(value, expected) {
  return signed(value / expected - 1);
}

function signed(part) {
  return `${part >= 0 ? '+' : '-'}${Math.abs(part * 100).toFixed(1)} %`;
}
