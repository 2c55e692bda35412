/**
 * `npm run bench:synth`: what it costs to synthesize a large mesh, beside the same objects written by hand with plain
 * cdk8s-plus. Each run is a process of its own, so that memory is the run's and nothing is warm; repeats are interleaved
 * and medians are given. A third run declares load and availability of each service, which shows what planning costs: in processor
 * time, which others on the machine change least. That all make the same numbers of the same kinds is checked, not assumed.
 *
 *   npm run bench:synth -- [--services N] [--calls N] [--repeats N]
 *
 * Results go to bench/results/synth.json and docs/benchmarks.md; with other numbers than the defaults only to
 * bench/results/synth.local.json, which is not committed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './machine.mjs';
import { cpuSeconds } from './processes.mjs';
import { planningText, synthTable, writePage, writeResult } from './page.mjs';

const CHILD = fileURLToPath(new URL('synth-child.mjs', import.meta.url));
const VARIANTS = [
  { name: 'cdk8s-plus', title: 'plain cdk8s-plus' },
  { name: 'mesh', title: 'cdk8s-mesh' },
  { name: 'planned', title: 'with capacity' },
];
const CLI = fileURLToPath(new URL('../lib/bin/cdk8s-mesh.js', import.meta.url));

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '200' },
    calls: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '5' },
  },
});
const settings = { services: Number(values.services), calls: Number(values.calls), repeats: Number(values.repeats) };

/** @type {Record<string, ReturnType<typeof runOnce>[]>} */
const samples = Object.fromEntries(VARIANTS.map(({ name }) => [name, []]));
for (let repeat = 0; repeat < settings.repeats; repeat++) {
  for (const { name } of VARIANTS) {
    const sample = runOnce(name);
    samples[name].push(sample);
    console.log(`${name.padEnd(10)} ${sample.synthMs.toFixed(0).padStart(6)} ms, ${(sample.peakBytes / 2 ** 20).toFixed(0).padStart(4)} MiB`);
  }
}

const variants = VARIANTS.map(({ name, title }) => summary(name, title, samples[name]));
const [plain, ...others] = variants;
for (const { name, kinds } of others) {
  if (JSON.stringify(plain.kinds) !== JSON.stringify(kinds)) {
    console.error(`not the same objects:\n  cdk8s-plus ${JSON.stringify(plain.kinds)}\n  ${name} ${JSON.stringify(kinds)}`);
    process.exit(1);
  }
}
const result = { measured: new Date().toISOString().slice(0, 10), machine: machine(), settings, variants };
console.log(`\n${synthTable(result)}\n\n${planningText(result)}`);
const whole = settings.services === 200 && settings.calls === 5 && settings.repeats >= 5;
writeResult('synth', result, { keep: whole });
if (whole) writePage();

function runOnce(variant) {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-synth-'));
  try {
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [CHILD, variant, String(settings.services), String(settings.calls), folder], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${variant} failed:\n${stderr}`);
    const processMs = performance.now() - began;
    return { ...JSON.parse(stdout), processMs, ...(variant === 'planned' && { planMs: planMs(folder) }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time of `cdk8s-mesh plan` for all of the services, its start included. */
function planMs(folder) {
  const before = cpuSeconds(process.pid);
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'plan', folder, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`plan failed:\n${stderr}`);
  return (cpuSeconds(process.pid) - before) * 1_000;
}

function summary(name, title, own) {
  const middle = (pick) => own.map(pick).sort((a, b) => a - b)[own.length >> 1];
  const { kinds, yamlBytes, lines } = own[0];
  return {
    name,
    title,
    synthMs: middle((sample) => sample.synthMs),
    processMs: middle((sample) => sample.processMs),
    cpuMs: middle((sample) => sample.cpuMs),
    peakBytes: middle((sample) => sample.peakBytes),
    ...(own[0].planMs !== undefined && { planMs: middle((sample) => sample.planMs) }),
    objects: Object.values(kinds).reduce((sum, count) => sum + count, 0),
    kinds,
    yamlBytes,
    linesPerService: lines / settings.services,
  };
}
