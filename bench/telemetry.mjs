/**
 * `npm run bench:telemetry`: what it costs to see a mesh. This proxy with its metrics scraped every second, an access log of all requests
 * written to a file, and 1 % of its traces sampled and exported, each alone and all together, beside the same proxy with none of that:
 * CPU per request by the kernel's accounting, saturated and at a rate, and p99 at that rate. The claim: all together cost at most 5 % more, and
 * so does tracing alone.
 *
 * Saturated, the fastest keeps the core of its peers busy. A slower one lets them sleep, and pays for waking them: what it costs more is told
 * too large. At a rate, all of them wake their peers as often.
 *
 *   npm run bench:telemetry -- [--processes N] [--repeats N] [--seconds N]
 *
 * Processes of one build differ by several percent, from how they were compiled at run time: each variant gets `--processes` of them, one
 * after the other. Results go to bench/results/telemetry.json and into docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answersRight, load } from './load.mjs';
import { machine, othersMeter, raisePriority } from './machine.mjs';
import { telemetrySection, writePage, writeResult } from './page.mjs';
import { startMeshWith } from './peers.mjs';
import { cpuSeconds, freePort, HOST, portOf } from './processes.mjs';
import { scenario, startBackend } from './scenarios.mjs';
import { median, rotated } from './statistics.mjs';

const CORES = { proxy: 0, load: 1 };
const WARM_UP_SECONDS = 3;
const SCRAPE_MS = 1_000;
const ACCEPT = 'application/openmetrics-text; version=1.0.0';
/** Of what the variant without anything reaches; a rate that all of them can keep. */
const PART_OF_SATURATION = 0.4;
const RATED_CONNECTIONS = 256;
const work = scenario('small');

const LOG = { accessLog: { mode: 'all' } };
const tracing = (endpoint) => ({ tracing: { endpoint, samplingPercent: 1 } });
const VARIANTS = [
  { name: 'off', settings: () => ({}) },
  { name: 'metrics', scraped: true, settings: () => ({}) },
  { name: 'log', settings: () => LOG },
  { name: 'tracing', settings: tracing },
  { name: 'all', scraped: true, settings: (endpoint) => ({ ...LOG, ...tracing(endpoint) }) },
];

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '4' }, repeats: { type: 'string', default: '6' }, seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: VARIANTS.map(({ name }) => name).join() },
  },
});
const [processes, repeats, seconds] = [values.processes, values.repeats, values.seconds].map(Number);
const wanted = VARIANTS.filter(({ name }) => values.only.split(',').includes(name));
spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(CORES.load), String(process.pid)]);
const restorePriority = raisePriority();
const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
chmodSync(folder, 0o755); // started by root, nginx's workers become another user
// Not beside the configuration, whose folder is watched.
const logs = mkdtempSync(join(tmpdir(), 'mesh-bench-logs-'));
const running = new Set();
const meter = othersMeter();
try {
  const backend = await startBackend(folder, CORES.load);
  running.add(backend);
  const collector = await startCollector();
  const list = () => /** @type {number[]} */ ([]);
  const measured = Object.fromEntries(wanted.map(({ name }) => [name, { cpuUs: list(), ratedCpuUs: list(), p99Us: list() }]));
  let rate = 0;
  for (let turn = 0; turn < processes; turn++) {
    const started = [];
    for (const variant of rotated(wanted, turn)) started.push(await start(variant, backend.port, collector.endpoint));
    for (let repeat = 0; repeat < repeats; repeat++) {
      const samples = [];
      for (const each of rotated(started, repeat)) samples.push({ each, ...await saturated(each) });
      rate ||= PART_OF_SATURATION * median(samples.map(({ perSecond }) => perSecond));
      for (const { each, cpuUs } of samples) {
        const rated = await at(rate, each);
        measured[each.name].cpuUs.push(cpuUs);
        measured[each.name].ratedCpuUs.push(rated.cpuUs);
        measured[each.name].p99Us.push(rated.p99Us);
        const [saturatedText, ratedText] = [cpuUs, rated.cpuUs].map((us) => us.toFixed(1).padStart(6));
        console.log(`${turn + 1}.${repeat + 1} ${each.name.padEnd(8)} ${saturatedText} us CPU/request, ${ratedText} us at the rate, p99 ${rated.p99Us} us`);
      }
    }
    for (const each of started) await each.stop();
  }
  if (measured.tracing && collector.requests() === 0) throw new Error('no spans were exported; the numbers would mean nothing');
  const result = {
    measured: new Date().toISOString().slice(0, 10), machine: { ...machine(), ...meter.read() },
    settings: { processes, repeats, seconds, rate }, variants: measured,
  };
  console.log(`\n${telemetrySection(result)}`);
  const keep = processes >= 3 && wanted.length === VARIANTS.length;
  writeResult('telemetry', result, { keep });
  if (keep) writePage();
} finally {
  await Promise.all([...running].map((each) => each.stop()));
  for (const each of [folder, logs]) rmSync(each, { recursive: true, force: true });
  restorePriority();
}

/** A warm process of a variant. */
async function start({ name, scraped, settings }, backendPort, collector) {
  const port = await freePort();
  const adminPort = await freePort();
  const proxy = await startMeshWith(folder, CORES.proxy, {
    admin: { port: adminPort, loopbackAddress: HOST },
    listeners: [{ name: 'inbound', direction: 'inbound', address: HOST, port, routes: [{ name: 'all', split: [{ cluster: 'app', weight: 1 }] }] }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: HOST, port: backendPort }] } }],
    ...settings(collector),
  }, undefined, { logFile: join(logs, `${name}.log`) });
  running.add(proxy);
  await answersRight(name, port, work);
  await load({ port, scenario: work, seconds: WARM_UP_SECONDS, core: CORES.load });
  const scraping = scraped && setInterval(() => scrape(adminPort), SCRAPE_MS);
  return {
    name, port, pid: proxy.pid,
    async stop() {
      if (scraping) clearInterval(scraping);
      await proxy.stop();
      running.delete(proxy);
    },
  };
}

async function saturated({ name, port, pid }) {
  const before = cpuSeconds(pid);
  const { requests, errors } = await load({ port, scenario: work, seconds, core: CORES.load });
  none(errors, name);
  return { cpuUs: (cpuSeconds(pid) - before) * 1e6 / requests, perSecond: requests / seconds };
}

async function at(rate, { name, port, pid }) {
  const before = cpuSeconds(pid);
  const { requests, p99Us, errors } = await load({ port, scenario: { ...work, connections: RATED_CONNECTIONS }, seconds, core: CORES.load, rate });
  none(errors, name);
  return { cpuUs: (cpuSeconds(pid) - before) * 1e6 / requests, p99Us };
}

function none(errors, name) {
  if (errors > 0) throw new Error(`telemetry ${name}: ${errors} requests failed; the numbers would mean nothing`);
}

function scrape(port) {
  get({ host: HOST, port, path: '/metrics', headers: { accept: ACCEPT } }, (response) => response.resume()).on('error', () => {});
}

/** Takes all spans. */
async function startCollector() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => response.end('{}'));
  });
  server.unref();
  await new Promise((listening) => { server.listen(0, HOST, () => listening(undefined)); });
  return { endpoint: `http://${HOST}:${portOf(server)}`, requests: () => requests };
}
