/**
 * What one pick costs: every policy over 3, 100 and 10,000 endpoints with equal and with unequal weights, and what it
 * costs to build a picker. `node bench/pick.mjs [--json]`; compiles `src/balancing` by itself, needs no build.
 *
 * The claim it shows: a pick costs about the same whatever the number of endpoints (a logarithm for long weighted
 * periods), and nothing that matters beside the ~20 microseconds of proxying a request.
 */
import { buildSync } from 'esbuild';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../src/balancing/index.ts', import.meta.url));
const { text } = buildSync({ entryPoints: [entry], bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20' }).outputFiles[0];
const balancing = { exports: {} };
new Function('module', 'exports', 'require', text)(balancing, balancing.exports, createRequire(import.meta.url));
const { createPicker, POLICIES } = balancing.exports;

const PICKS = 2_000_000;
const ROUNDS = 5;
const configOf = (type) => (type === 'leastRequest' ? { type, choices: 2 } : { type });
const surroundings = { random: Math.random, now: () => 0 };

function nanosecondsPer(count, run) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.hrtime.bigint();
    run(count);
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / count);
  }
  return best;
}

const rows = [];
for (const type of POLICIES) {
  for (const weights of ['equal', 'unequal']) {
    for (const endpoints of [3, 100, 10_000]) {
      const set = Array.from({ length: endpoints }, (_, index) => ({
        key: `10.0.${index >> 8}.${index & 255}:15006`,
        weight: weights === 'equal' ? 1 : 1 + ((index * 7_919) % 1_000),
        inFlight: index % 3,
      }));
      const picker = createPicker(set, configOf(type), surroundings);
      let kept;
      const pick = nanosecondsPer(PICKS, (count) => { for (let turn = 0; turn < count; turn++) kept = picker.pick(); });
      const build = nanosecondsPer(20, (count) => {
        for (let turn = 0; turn < count; turn++) kept = createPicker(set, configOf(type), surroundings);
      });
      if (kept === undefined) throw new Error('nothing was picked');
      rows.push({ policy: type, weights, endpoints, 'ns per pick': +pick.toFixed(1), 'µs to build': +(build / 1_000).toFixed(1) });
    }
  }
}
if (process.argv.includes('--json')) console.log(JSON.stringify(rows, undefined, 2));
else console.table(rows);
