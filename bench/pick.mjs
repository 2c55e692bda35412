/**
 * `npm run bench:pick`: what balancing costs. Every policy over 10 to 10,000 endpoints with equal and with unequal weights, per
 * pick, to build its picker and in memory; what it costs to learn from a request, in time and memory; and how long the longest
 * slice is in which a maglev table is built. Compiles `src/balancing` by itself, needs no build.
 *
 * Results go to bench/results/pick.json and docs/pick-benchmarks.md; `--page` writes the page again from the results.
 *
 * The claims it shows, and what they are held to:
 *   - round robin, random, least request and least response time pick in 150 ns at 10,000 endpoints, all others in 250;
 *   - a table for 1,000 endpoints is built without stopping for more than 10 ms.
 * A policy that looks at every endpoint (rendezvous, the full scan of least request) is there for comparison.
 */
import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { machine, othersMeter, raisePriority } from './machine.mjs';
import { writeResult } from './page.mjs';
import { missedOf, writePickPage } from './pick-page.mjs';

if (process.argv[2] === '--page') {
  writePickPage();
  process.exit();
}

const source = (path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const { outputFiles: [{ text }] } = buildSync({
  stdin: {
    contents: ['balancing', 'contract', 'balancing/policies/maglev-table'].map((path) => `export * from ${JSON.stringify(source(path))};`).join('\n'),
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20',
});
const bundle = { exports: {} };
new Function('module', 'exports', 'require', text)(bundle, bundle.exports, createRequire(import.meta.url));
const { BY_HASH, createPicker, ClusterStats, EndpointStats, MaglevTable, mixHash, POLICIES, withPolicyDefaults } = bundle.exports;

const ROUNDS = 15;
const REBUILDS = 3;
const SIZES = [10, 100, 1_000, 10_000];
const BARS = { roundRobin: 150, random: 150, leastRequest: 150, leastResponseTime: 150 };
/** Of all other policies: a cost that grew with the number of endpoints would be a hundred times higher. */
const ANY_BAR = 250;
const looksAtAll = ({ type, scan }) => type === 'rendezvous' || scan === 'all';
const CONFIGS = [...POLICIES.map((type) => ({ type })), { type: 'leastRequest', scan: 'all' }, { type: 'ringHash', boundedLoadPercent: 150 }];
/** Objects that are there already, so that a pick is all that is measured. */
const REQUESTS = Array.from({ length: 4_096 }, (_, key) => ({ hash: mixHash(key, 1) }));
const dependencies = { random: Math.random, now: () => 20_000 };

/** Of the processor's time, not the wall's: the machine may be busy. */
function nanosecondsPer(count, run) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.cpuUsage();
    run(count);
    const { user, system } = process.cpuUsage(begin);
    best = Math.min(best, ((user + system) * 1_000) / count);
  }
  return best;
}

function makeEndpoints(count, weightOf) {
  const clusterStats = new ClusterStats();
  return Array.from({ length: count }, (_, index) => {
    const stats = new EndpointStats(clusterStats);
    for (let request = 0; request < 3; request++) {
      stats.started();
      stats.finished(1 + ((index * 31 + request) % 100), 'success', request * 1_000 + (index % 997));
    }
    for (let request = 0; request < index % 3; request++) stats.started();
    return { key: `10.0.${index >> 8}.${index & 255}:15006`, weight: weightOf(index), stats };
  });
}

function prepared(picker) {
  while (picker.prepare?.() === false);
  return picker;
}

/** Memory that what `make` makes keeps, for each of `count`. */
function bytesOf(make, count) {
  make(0);
  const used = () => {
    // Buffers are freed by the collection after the one that finds them unused.
    for (let round = 0; round < 3; round++) globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const kept = new Array(count);
  const before = used();
  for (let index = 0; index < count; index++) kept[index] = make(index);
  return Math.max(0, used() - before) / kept.length;
}

/** One policy after the other in one process would be compiled for all of them at once, which no proxy does. */
function measurePolicy(policy) {
  const picks = [];
  const config = withPolicyDefaults(policy);
  for (const [weights, weightOf] of [['equal', () => 1], ['unequal', (index) => 1 + ((index * 7_919) % 1_000)]]) {
    for (const endpoints of SIZES) {
      const set = makeEndpoints(endpoints, weightOf);
      const bytes = bytesOf(() => prepared(createPicker(set, config, dependencies)), 8) / endpoints;
      const picker = createPicker(set, config, dependencies);
      let kept;
      const count = looksAtAll(config) ? Math.ceil(1e6 / endpoints) : 250_000;
      const pick = nanosecondsPer(count, BY_HASH.includes(config.type)
        ? (turns) => { for (let turn = 0; turn < turns; turn++) kept = picker.pick(REQUESTS[turn & 4_095]); }
        : (turns) => { for (let turn = 0; turn < turns; turn++) kept = picker.pick(); });
      const build = nanosecondsPer(endpoints > 1_000 ? 2 : 10, (turns) => {
        for (let turn = 0; turn < turns; turn++) {
          kept = prepared(createPicker(set, config, dependencies)).pick();
        }
      });
      if (kept === undefined) throw new Error('nothing was picked');
      const { type, ...options } = policy;
      const bar = Object.keys(options).length === 0 && !looksAtAll(policy) ? BARS[type] ?? ANY_BAR : undefined;
      picks.push({
        policy: [type, ...Object.entries(options).flat()].join(' '), weights, endpoints, pickNs: pick, barNs: bar, buildUs: build / 1_000, bytesPerEndpoint: bytes,
      });
    }
  }
  return picks;
}

if (process.argv[2] === '--policy') {
  console.log(JSON.stringify(measurePolicy(CONFIGS[Number(process.argv[3])])));
  process.exit();
}
const restorePriority = raisePriority();
const meter = othersMeter();
const picks = CONFIGS.flatMap((_, index) => {
  const self = fileURLToPath(import.meta.url);
  const { status, stdout } = spawnSync(process.execPath, ['--expose-gc', self, '--policy', String(index)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`measuring ${JSON.stringify(CONFIGS[index])} failed`);
  return JSON.parse(stdout);
});
const result = { measured: new Date().toISOString().slice(0, 10), picks, learned: measureLearning(), slices: measureSlices() };
result.machine = { ...machine(), ...meter.read() };
restorePriority();
console.table(picks.map(({ pickNs, buildUs, bytesPerEndpoint, ...rest }) => (
  { ...rest, pickNs: +pickNs.toFixed(1), buildUs: +buildUs.toFixed(1), bytesPerEndpoint: Math.round(bytesPerEndpoint) }
)));
console.table([result.learned]);
console.table(result.slices);
writeResult('pick', result, { keep: true });
writePickPage();
const missed = missedOf(result);
for (const what of missed) console.error(`missed: ${what}`);
console.log(missed.length === 0 ? 'every bar is met' : '');
process.exitCode = missed.length > 0 ? 1 : 0;

function measureLearning() {
  const [endpoint] = makeEndpoints(1, () => 1);
  const times = Array.from({ length: 1_024 }, (_, index) => index * 0.37);
  let at = 0;
  const ns = nanosecondsPer(500_000, (turns) => {
    for (let turn = 0; turn < turns; turn++) {
      endpoint.stats.started();
      endpoint.stats.finished(times[turn & 1_023], (turn & 63) === 0 ? 'failure' : 'success', at += 0.5);
    }
  });
  const clusterStats = new ClusterStats();
  const bytes = bytesOf((index) => {
    const stats = new EndpointStats(clusterStats);
    stats.started();
    stats.finished(index + 0.5, 'success', index + 0.25);
    return stats;
  }, 20_000);
  return { ns, bytes };
}

/** A table built anew when one endpoint has come and one gone. The first of all is built before there is traffic, and before it is compiled. */
function measureSlices() {
  const keys = makeEndpoints(1_000 + REBUILDS, () => 1).map(({ key }) => key);
  return [65_537, 655_373, 5_000_011].map((places) => {
    const first = buildInSlices(keys.slice(0, 1_000), places);
    const again = Array.from({ length: REBUILDS }, (_, index) => buildInSlices(keys.slice(index + 1, index + 1_001), places));
    const best = again.reduce((least, each) => (each.longestMs < least.longestMs ? each : least));
    return { places, ...best, firstLongestMs: first.longestMs, barMs: 10 };
  });
}

function buildInSlices(keys, places) {
  const weights = new Array(keys.length).fill(1);
  let [longestMs, totalMs, slices, done] = [0, 0, 0, false];
  /** @type {InstanceType<typeof MaglevTable> | undefined} */
  let table;
  while (!done) {
    const begin = process.cpuUsage();
    // What is made before the first place is filled belongs to the first slice.
    table ??= new MaglevTable(keys, weights, places);
    done = table.prepare();
    const { user, system } = process.cpuUsage(begin);
    longestMs = Math.max(longestMs, (user + system) / 1_000);
    totalMs += (user + system) / 1_000;
    slices++;
  }
  return { slices, totalMs, longestMs };
}
