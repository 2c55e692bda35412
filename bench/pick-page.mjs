/** docs/pick-benchmarks.md, written from bench/results/pick.json and never by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { described, loadOf, table } from './page.mjs';

const RESULT = new URL('results/pick.json', import.meta.url);
const PAGE = new URL('../docs/pick-benchmarks.md', import.meta.url);

export function writePickPage() {
  writeFileSync(PAGE, `${page(JSON.parse(readFileSync(RESULT, 'utf8'))).join('\n\n')}\n`);
  console.log('written: docs/pick-benchmarks.md');
}

/** What is above its bar, in words. */
export function missedOf(result) {
  return bars(result).filter(({ met }) => !met).map(({ title, value, bar }) => `${title}: ${value}, at most ${bar}`);
}

function page(result) {
  const { picks, learned, slices, measured, machine } = result;
  const sizes = [...new Set(picks.map(({ endpoints }) => endpoints))];
  const rows = (pick) => [...new Set(picks.map(({ policy, weights }) => `${policy}, ${weights}`))].map((name) => [
    name, ...sizes.map((size) => pick(picks.find(({ policy, weights, endpoints }) => `${policy}, ${weights}` === name && endpoints === size))),
  ]);
  const head = ['policy, weights', ...sizes.map((size) => `${count(size)} endpoints`)];
  return [
    '# What balancing costs',
    'Written by `npm run bench:pick`; do not edit.',
    `Measured ${measured} on ${described(machine)}. ${loadOf(machine)} Times are the processor's, the best of fifteen rounds, each policy in a process of its own.`,
    '## Bars',
    table(['', 'measured', 'at most', ''], bars(result).map(({ title, value, bar, met }) => [title, value, bar, met ? 'met' : '**missed**'])),
    '## Nanoseconds to pick an endpoint',
    'Every endpoint has been measured, a third of them hold one request and a third two. Rendezvous and the full scan look at every endpoint.',
    table(head, rows(({ pickNs }) => number(pickNs))),
    '## Microseconds to take over a change of endpoints',
    'A picker is built anew when endpoints come, go or change their weights; requests go on with the one before.',
    table(head, rows(({ buildUs }) => number(buildUs))),
    '## Bytes of a picker, for each endpoint',
    table(head, rows(({ bytesPerEndpoint }) => count(Math.round(bytesPerEndpoint)))),
    '## What is learned of an endpoint',
    `Learning from a request takes ${number(learned.ns)} ns, whatever the policy; what is learned of an endpoint takes ${Math.round(learned.bytes)} bytes.`,
    '## Building a maglev table for 1,000 endpoints',
    'A table is built in slices between requests, when one endpoint has come and one gone: the best of three. A request may have to wait as long as the'
      + ' longest slice takes. The first table of a process is built before it takes requests, and its first slice before the compiler has seen it.',
    table(['places', 'slices', 'in all', 'longest slice', 'longest slice of the first table'], slices.map(({ places, slices: parts, totalMs, longestMs, firstLongestMs }) => [
      count(places), count(parts), `${number(totalMs)} ms`, `${longestMs.toFixed(2)} ms`, `${firstLongestMs.toFixed(2)} ms`,
    ])),
    'To repeat (about a minute):',
    '```sh\nnpm run bench:pick\n```',
  ];
}

function bars({ picks, slices }) {
  const most = Math.max(...picks.map(({ endpoints }) => endpoints));
  return [
    ...picks.filter(({ endpoints, barNs }) => endpoints === most && barNs !== undefined).map(({ policy, weights, pickNs, barNs }) => (
      { title: `${policy}, ${weights} weights: pick among ${count(most)} endpoints`, value: `${number(pickNs)} ns`, bar: `${barNs} ns`, met: pickNs <= barNs }
    )),
    ...slices.map(({ places, longestMs, barMs }) => (
      { title: `maglev table of ${count(places)} places built anew for 1,000 endpoints: longest slice`, value: `${longestMs.toFixed(2)} ms`, bar: `${barMs} ms`, met: longestMs <= barMs }
    )),
  ];
}

function number(value) {
  return value >= 100 ? count(Math.round(value)) : value.toFixed(1);
}

function count(value) {
  return value.toLocaleString('en-US');
}
