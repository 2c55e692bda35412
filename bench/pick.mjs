/**
 * What balancing costs: every policy over 10 to 10,000 endpoints with equal and with unequal weights, per pick and to build
 * its picker; what it costs to learn from a request; what an endpoint weighs in memory; and how long the longest slice is in
 * which a maglev table is built. `node bench/pick.mjs [--json]`; compiles `src/balancing` by itself, needs no build.
 *
 * The claims it shows, and what they are held to:
 *   - round robin, random, least request and least response time pick in 150 ns at 10,000 endpoints, ring and maglev in 250;
 *   - a table for 1,000 endpoints is built without stopping for more than 10 ms.
 * A policy that looks at every endpoint (rendezvous, the full scan of least request) is there for comparison.
 */
import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const source = (path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const { outputFiles: [{ text }] } = buildSync({
  stdin: {
    contents: ['balancing', 'contract', 'balancing/maglev-table'].map((path) => `export * from ${JSON.stringify(source(path))};`).join('\n'),
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20',
});
const bundle = { exports: {} };
new Function('module', 'exports', 'require', text)(bundle, bundle.exports, createRequire(import.meta.url));
const { createPicker, Learned, Learning, MaglevTable, mixHash, POLICIES, withPolicyDefaults } = bundle.exports;

const ROUNDS = 5;
const SIZES = [10, 100, 1_000, 10_000];
const BY_HASH = ['ringHash', 'maglev', 'rendezvous'];
const BARS = { roundRobin: 150, random: 150, leastRequest: 150, leastResponseTime: 150, ringHash: 250, maglev: 250 };
const CONFIGS = [...POLICIES.map((type) => ({ type })), { type: 'leastRequest', scan: 'all' }, { type: 'ringHash', boundedLoadPercent: 150 }];
/** Objects that are there already, so that a pick is all that is measured. */
const REQUESTS = Array.from({ length: 4_096 }, (_, key) => ({ hash: mixHash(key, 1) }));
const surroundings = { random: Math.random, now: () => 20_000 };

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
  const learning = new Learning();
  return Array.from({ length: count }, (_, index) => {
    const learned = new Learned(learning);
    for (let request = 0; request < 3; request++) {
      learned.started();
      learned.finished(1 + ((index * 31 + request) % 100), 'success', request * 1_000 + (index % 997));
    }
    for (let request = 0; request < index % 3; request++) learned.started();
    return { key: `10.0.${index >> 8}.${index & 255}:15006`, weight: weightOf(index), learned };
  });
}

/** One policy after the other in one process would be compiled for all of them at once, which no proxy does. */
function measurePolicy(policy) {
  const picks = [];
  const config = withPolicyDefaults(policy);
  for (const [weights, weightOf] of [['equal', () => 1], ['unequal', (index) => 1 + ((index * 7_919) % 1_000)]]) {
    for (const endpoints of SIZES) {
      const set = makeEndpoints(endpoints, weightOf);
      const picker = createPicker(set, config, surroundings);
      let kept;
      const looksAtAll = config.type === 'rendezvous' || config.scan === 'all';
      const count = looksAtAll ? Math.ceil(2e6 / endpoints) : 500_000;
      const pick = nanosecondsPer(count, BY_HASH.includes(config.type)
        ? (turns) => { for (let turn = 0; turn < turns; turn++) kept = picker.pick(REQUESTS[turn & 4_095]); }
        : (turns) => { for (let turn = 0; turn < turns; turn++) kept = picker.pick(); });
      const build = nanosecondsPer(endpoints > 1_000 ? 2 : 10, (turns) => {
        for (let turn = 0; turn < turns; turn++) {
          const built = createPicker(set, config, surroundings);
          while (built.prepare?.() === false);
          kept = built.pick();
        }
      });
      if (kept === undefined) throw new Error('nothing was picked');
      const { type, ...options } = policy;
      const bar = Object.keys(options).length === 0 ? BARS[type] : undefined;
      picks.push({
        'policy': [type, ...Object.entries(options).flat()].join(' '), weights, endpoints,
        'ns per pick': +pick.toFixed(1), 'bar': bar ?? '', 'µs to build': +(build / 1_000).toFixed(1),
      });
    }
  }
  return picks;
}

if (process.argv[2] === '--policy') {
  console.log(JSON.stringify(measurePolicy(CONFIGS[Number(process.argv[3])])));
  process.exit();
}
const picks = CONFIGS.flatMap((_, index) => {
  const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--policy', String(index)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`measuring ${JSON.stringify(CONFIGS[index])} failed`);
  return JSON.parse(stdout);
});

const [endpoint] = makeEndpoints(1, () => 1);
const times = Array.from({ length: 1_024 }, (_, index) => index * 0.37);
let at = 0;
const learn = nanosecondsPer(500_000, (turns) => {
  for (let turn = 0; turn < turns; turn++) {
    endpoint.learned.started();
    endpoint.learned.finished(times[turn & 1_023], (turn & 63) === 0 ? 'failure' : 'success', at += 0.5);
  }
});

const memoryOf = (make) => {
  const kept = [];
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 20_000; index++) kept.push(make(index));
  globalThis.gc?.();
  return (process.memoryUsage().heapUsed - before) / kept.length;
};
const learning = new Learning();
const bytes = memoryOf((index) => {
  const learned = new Learned(learning);
  learned.started();
  learned.finished(index + 0.5, 'success', index + 0.25);
  return learned;
});

const slices = [65_537, 655_373, 5_000_011].map((size) => {
  const table = new MaglevTable(makeEndpoints(1_000, () => 1).map(({ key }) => key), new Array(1_000).fill(1), size);
  let [longest, total, done] = [0, 0, false];
  while (!done) {
    const begin = process.cpuUsage();
    done = table.prepare();
    const { user, system } = process.cpuUsage(begin);
    const took = (user + system) / 1_000;
    longest = Math.max(longest, took);
    total += took;
  }
  return { 'maglev table of 1,000 endpoints': size, 'ms in all': +total.toFixed(1), 'ms in the longest slice': +longest.toFixed(2), 'bar': 10 };
});

const learned = { 'ns to learn from a request': +learn.toFixed(1), 'bytes learned of an endpoint': Math.round(bytes) };
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ picks, learned, slices }, undefined, 2));
} else {
  console.table(picks);
  console.table([learned]);
  console.table(slices);
}
const missed = [
  ...picks.filter((row) => row.bar !== '' && row['ns per pick'] > row.bar).map((row) => `${row.policy} over ${row.endpoints} endpoints, ${row.weights} weights`),
  ...slices.filter((row) => row['ms in the longest slice'] > row.bar).map((row) => `a table of ${row['maglev table of 1,000 endpoints']}`),
];
for (const what of missed) console.error(`above its bar: ${what}`);
process.exitCode = missed.length > 0 ? 1 : 0;
