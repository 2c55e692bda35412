/**
 * What a scrape costs, and how long it keeps a request waiting: text of 1,000 and more series, in both formats, made in pieces as the admin
 * port does; and the dump of a worker for the primary. Compiles `src/proxy/telemetry` by itself, needs no build.
 *
 *   node bench/scrape.mjs [SERIES...]
 *
 * The claim it shows: 1,000 series take less than 5 ms, and no piece takes longer than 1 ms.
 */
import { buildSync } from 'esbuild';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { raisePriority } from './machine.mjs';
import { median } from './statistics.mjs';

const folder = fileURLToPath(new URL('../src/proxy/telemetry', import.meta.url));
const { outputFiles: [{ text }] } = buildSync({
  stdin: { contents: ['catalog', 'registry', 'exposition', 'aggregate'].map((name) => `export * from './${name}';`).join('\n'), resolveDir: folder, loader: 'ts' },
  bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20',
});
const bundle = { exports: {} };
new Function('module', 'exports', 'require', text)(bundle, bundle.exports, createRequire(import.meta.url));
const { dump, FAMILIES, MetricRegistry, pieces } = bundle.exports;

const ROUNDS = 200;
const restorePriority = raisePriority();
/** Lines that a histogram has in the text. */
const HISTOGRAM_LINES = FAMILIES.requestDuration.buckets.length + 3;

/** So many lines of text, as Prometheus counts series: half of them of histograms. */
function registryOf(lines) {
  const registry = new MetricRegistry();
  for (let i = 0; i < lines / 2; i += 1) {
    registry.counter(FAMILIES.requests, { ...edge(i), method: 'GET', code: '200', reason: '-' }).value = i;
  }
  for (let i = 0; i < lines / 2 / HISTOGRAM_LINES; i += 1) registry.histogram(FAMILIES.requestDuration, { ...edge(i), class: '2xx' }).record(i / 1_000);
  return registry;
}

function edge(i) {
  return { listener: `outbound/shop/catalog-${i % 20}:80`, direction: 'outbound', cluster: `shop/catalog-${i % 20}-v1`, route: `route-${i}`, caller: '-' };
}

for (const lines of process.argv.slice(2).map(Number).concat(process.argv.length > 2 ? [] : [1_000, 10_000])) {
  const registry = registryOf(lines);
  for (const format of ['prometheus', 'openMetrics']) {
    const all = [];
    const longest = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      let slowest = 0;
      const began = performance.now();
      let before = began;
      for (const piece of pieces(registry.families(), format)) {
        Buffer.from(piece);
        const now = performance.now();
        slowest = Math.max(slowest, now - before);
        before = now;
      }
      all.push(performance.now() - began);
      longest.push(slowest);
    }
    show(`${lines} series, ${format}`, all, longest);
  }
  const dumps = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    JSON.stringify(dump(registry));
    return performance.now() - began;
  });
  show(`${lines} series, dump of a worker`, dumps, dumps);
}

restorePriority();

function show(name, all, longest) {
  const p99 = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)];
  const [first] = all;
  console.log(`${name.padEnd(36)} ${median(all).toFixed(2)} ms (first ${first.toFixed(2)}, p99 ${p99(all).toFixed(2)}); longest piece ${median(longest).toFixed(2)} ms (p99 ${p99(longest).toFixed(2)})`);
}
