/** docs/route-benchmarks.md, written from bench/results/routes.json and never by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { described, loadOf, table } from './page.mjs';

const RESULT = new URL('results/routes.json', import.meta.url);
const PAGE = new URL('../docs/route-benchmarks.md', import.meta.url);

export function writeRoutesPage() {
  writeFileSync(PAGE, `${page(JSON.parse(readFileSync(RESULT, 'utf8'))).join('\n\n')}\n`);
  console.log('written: docs/route-benchmarks.md');
}

/** What is above its bar, in words. */
export function missedOf({ lookups }) {
  return barred(lookups).filter(({ lookupNs, barNs }) => lookupNs > barNs)
    .map(({ kind, routes, lookupNs, barNs }) => `${kind}, ${count(routes)} routes: ${count(lookupNs)} ns, at most ${count(barNs)} ns`);
}

function page({ lookups, measured, machine }) {
  const sizes = [...new Set(lookups.map(({ routes }) => routes))];
  const kinds = [...new Set(lookups.map(({ kind }) => kind))];
  const cells = (name, value) => sizes.map((size) => count(value(lookups.find(({ kind, routes }) => kind === name && routes === size))));
  const rows = (value) => kinds.map((name) => [name, ...cells(name, value)]);
  const head = ['routes by', ...sizes.map((size) => `${count(size)} ${size === 1 ? 'route' : 'routes'}`)];
  return [
    '# What finding a route costs',
    'Written by `npm run bench:routes`; do not edit.',
    `Measured ${measured} on ${described(machine)}. ${loadOf(machine)} Times are the processor's, the best of fifteen rounds, each kind in a process of its own.`,
    '## Bars',
    table(['', 'measured', 'at most', ''], barred(lookups).map(({ kind, routes, lookupNs, barNs }) => [
      `${kind}: look-up among ${count(routes)} routes`, `${count(lookupNs)} ns`, `${count(barNs)} ns`, lookupNs <= barNs ? 'met' : '**missed**',
    ])),
    '## Nanoseconds to find the route of a request',
    'The path is normalised and the route looked up, from a buffer with the head of a request of eight fields.',
    table(head, rows(({ lookupNs }) => lookupNs)),
    '## Microseconds to build a table',
    'A table is built when the configuration changes.',
    table(head, rows(({ buildUs }) => buildUs)),
    'To repeat (about a minute):',
    '```sh\nnpm run bench:routes\n```',
  ];
}

function barred(lookups) {
  return lookups.filter(({ barNs }) => barNs !== undefined);
}

function count(value) {
  return Math.round(value).toLocaleString('en-US');
}
