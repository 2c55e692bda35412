/**
 * What the small benchmarks share: sources compiled in memory, so that they need no build, and ways of doing one thing
 * measured in turns, so that a busy machine is unfair to none.
 */
import { buildSync } from 'esbuild';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const ROUNDS = 7;

/** The exports of a module of src, by its path there. */
export function load(path) {
  const entry = fileURLToPath(new URL(`../src/${path}.ts`, import.meta.url));
  const { text } = buildSync({ entryPoints: [entry], bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20' }).outputFiles[0];
  const module = { exports: {} };
  new Function('module', 'exports', 'require', text)(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}

/** Nanoseconds of CPU per call of each way, given as name and function of a count; the median of interleaved rounds. */
export function compare(ways, count) {
  /** @type {Record<string, number[]>} */
  const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const before = process.cpuUsage();
      run(count);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) results[name].push(((user + system) * 1_000) / count);
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, values.sort((a, b) => a - b)[ROUNDS >> 1]]));
}

/** Prints what `compare` found as a table, the last way relative to the first; or JSON when asked for. */
export function report(title, unit, medians) {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ title, unit, medians }, null, 2));
    return;
  }
  const names = Object.keys(medians);
  const width = Math.max(...names.map((name) => name.length));
  console.log(`${title}, CPU per ${unit}`);
  for (const name of names) console.log(`  ${name.padEnd(width)} ${medians[name].toFixed(0).padStart(8)} ns   ${(medians[name] / medians[names[0]]).toFixed(2)}x`);
}
