/**
 * Builds and flags of this proxy beside each other, interleaved: start, memory idle and with 1,000 connections open, CPU per
 * request. For a change that is meant to make one of them better and none worse.
 *
 *   node bench/variants.mjs [--starts N] [--pairs N] [--processes N] [--seconds N] [--scenario NAME] 'NAME=BUNDLE[ FLAG|VARIABLE=VALUE...]' ...
 *
 * Flags of node and variables of the environment come on top of the image's; `ROUTES=N` among them gives the variant so many routes, and
 * `TRACING=PERCENT` has so many of its traces sampled and exported. CPU is given to the first variant's, as the median over the pairs.
 * Processes of one build differ by several percent, from how they were compiled at run time: each variant gets `--processes` of them, one
 * after the other, and the pairs are shared out among these.
 */
import { createServer } from 'node:http';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { memoryOf } from './compare.mjs';
import { load } from './load.mjs';
import { raisePriority } from './machine.mjs';
import { startMesh } from './peers.mjs';
import { cpuSeconds, portOf } from './processes.mjs';
import { scenario, startBackend } from './scenarios.mjs';
import { median, pairedRatio, rotated } from './statistics.mjs';

const CORES = { proxy: 0, load: 1 };
const WARM_UP_SECONDS = 3;

const { values, positionals } = parseArgs({
  options: {
    starts: { type: 'string', default: '9' },
    pairs: { type: 'string', default: '0' },
    processes: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '1' },
    scenario: { type: 'string', default: 'small' },
  },
  allowPositionals: true,
});
const work = scenario(values.scenario);
const variants = positionals.map((text) => {
  const [, name, bundle, flags] = /^([^=]+)=(\S+)\s*(.*)$/.exec(text) ?? [];
  if (!name) throw new Error(`'${text}' is no variant: write NAME=BUNDLE, flags behind a space`);
  return {
    name, bundle: resolve(bundle), flags,
    samples: /** @type {Awaited<ReturnType<typeof memoryOf>>[]} */ ([]),
    cpuUs: /** @type {number[]} */ ([]),
  };
});

const restorePriority = raisePriority();
const folder = mkdtempSync(join(tmpdir(), 'mesh-variants-'));
chmodSync(folder, 0o755); // started by root, nginx's workers become another user
const running = new Set();
try {
  const backend = await startBackend(folder, CORES.load);
  running.add(backend);
  const collector = await startCollector();
  const start = ({ bundle, flags }) => startMesh(folder, CORES.proxy, backend.port, undefined, { bundle, flags, collector });
  for (let turn = 0; turn < Number(values.starts); turn++) {
    for (const variant of rotated(variants, turn)) variant.samples.push(await memoryOf(() => start(variant), running));
  }
  for (const { name, samples } of variants.filter((variant) => variant.samples.length > 0)) {
    const of = (key) => median(samples.map((sample) => sample[key]));
    console.log(`${name.padEnd(20)} ready ${of('readyMs').toFixed(0).padStart(4)} ms, idle ${mib(of('idleBytes'))} MiB, held ${mib(of('heldBytes'))} MiB`);
  }
  if (Number(values.pairs) > 0) await compareCpu(start);
} finally {
  await Promise.all([...running].map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
  restorePriority();
}

/** Takes all spans. Returns its URL. */
async function startCollector() {
  const server = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
  server.unref();
  await new Promise((listening) => { server.listen(0, '127.0.0.1', () => listening(undefined)); });
  return `http://127.0.0.1:${portOf(server)}`;
}

async function compareCpu(start) {
  const processes = Number(values.processes);
  const pairs = Math.ceil(Number(values.pairs) / processes);
  for (let process = 0; process < processes; process++) {
    const started = await startAll(start, process);
    for (let pair = 0; pair < pairs; pair++) {
      for (const { proxy, variant } of rotated(started, pair)) {
        const before = cpuSeconds(proxy.pid);
        const { requests } = await load({ port: proxy.port, scenario: work, seconds: Number(values.seconds), core: CORES.load });
        variant.cpuUs.push((cpuSeconds(proxy.pid) - before) * 1e6 / requests);
      }
    }
    for (const { proxy } of started) {
      await proxy.stop();
      running.delete(proxy);
    }
  }
  for (const { name, cpuUs } of variants) {
    const ofProcesses = Array.from({ length: processes }, (_, process) => pairedRatio(
      cpuUs.slice(process * pairs, (process + 1) * pairs), variants[0].cpuUs.slice(process * pairs, (process + 1) * pairs),
    ).toFixed(3));
    console.log(
      `${name.padEnd(20)} ${median(cpuUs).toFixed(1)} us CPU per request, ${pairedRatio(cpuUs, variants[0].cpuUs).toFixed(3)} of ${variants[0].name} `
      + `(by process: ${ofProcesses.join(' ')})`,
    );
  }
}

/** One warm process of each variant. */
async function startAll(start, turn) {
  const started = [];
  for (const variant of rotated(variants, turn)) {
    const proxy = await start(variant);
    running.add(proxy);
    await load({ port: proxy.port, scenario: work, seconds: WARM_UP_SECONDS, core: CORES.load });
    started.push({ proxy, variant });
  }
  return started;
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
