/**
 * `npm run bench:telemetry`: what it costs to see a mesh. This proxy with its metrics scraped, an access log written to a file, and 1 % of its
 * traces sampled and exported, each alone and all together, beside the same proxy with none of that: CPU per request by the kernel's
 * accounting, saturated and at a rate, and p99 at that rate. The claim: all together cost at most 5 % more, with either log, and so does
 * tracing alone.
 *
 * Saturated, the fastest keeps the core of its peers busy. A slower one lets them sleep, and pays for waking them: what it costs more is told
 * too large. At a rate, all of them wake their peers as often.
 *
 *   npm run bench:telemetry -- [--processes N] [--slices N] [--only NAME,NAME]
 *
 * Processes of one build differ by several percent, from how they were compiled at run time: each variant gets `--processes` of them, one
 * after the other, and the median of their ratios counts. Results go to bench/results/telemetry.json and into docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answersRight } from './load.mjs';
import { machine, othersMeter, raisePriority } from './machine.mjs';
import { telemetrySection, writePage, writeResult } from './page.mjs';
import { startMeshWith } from './peers.mjs';
import { freePort, HOST, portOf, threadMicroseconds } from './processes.mjs';
import { scenario, startBackend } from './scenarios.mjs';
import { SliceLoad } from './slices.mjs';
import { median, pairedRatio, percentile, rotated } from './statistics.mjs';

const CORES = { proxy: 0, load: 1 };
const CONNECTIONS = 64;
const WARM_UP_REQUESTS = 50_000;
const SLICE_REQUESTS = 1_500;
/** Requests a second that a busy sidecar has. */
const RATE = 8_000;
/** As often as a Prometheus mostly does. */
const SCRAPE_SECONDS = 15;
/** So that there are some in a run: each is measured by itself. */
const SCRAPE_EVERY_SLICES = 4;
const ACCEPT = 'application/openmetrics-text; version=1.0.0';
const work = scenario('small');

const LOG = { accessLog: { mode: 'all' } };
const ERRORS = { accessLog: { mode: 'errors', samplePercent: 1 } };
const tracing = (endpoint) => ({ tracing: { endpoint, samplingPercent: 1 } });
const VARIANTS = [
  { name: 'off', settings: () => ({}) },
  { name: 'metrics', scraped: true, settings: () => ({}) },
  { name: 'errors', settings: () => ERRORS },
  { name: 'log', settings: () => LOG },
  { name: 'tracing', settings: tracing },
  { name: 'most', scraped: true, settings: (endpoint) => ({ ...ERRORS, ...tracing(endpoint) }) },
  { name: 'all', scraped: true, settings: (endpoint) => ({ ...LOG, ...tracing(endpoint) }) },
];

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '11' }, slices: { type: 'string', default: '12' }, only: { type: 'string', default: VARIANTS.map(({ name }) => name).join() },
  },
});
const [processes, slices] = [values.processes, values.slices].map(Number);
const wanted = VARIANTS.filter(({ name }) => name === 'off' || values.only.split(',').includes(name));
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
  const kinds = () => ({ cpuUs: list(), toOff: list(), p99Us: list() });
  const measured = Object.fromEntries(wanted.map(({ name }) => [name, { saturated: kinds(), rated: kinds() }]));
  for (let turn = 0; turn < processes; turn++) {
    const started = [];
    for (const variant of rotated(wanted, turn)) started.push(await start(variant, backend.port, collector.endpoint));
    for (const rate of [0, RATE]) {
      for (let slice = 0; slice < slices; slice++) for (const each of rotated(started, slice)) await each.slice(rate);
    }
    for (const kind of ['saturated', 'rated']) {
      const off = /** @type {(typeof started)[0]} */ (started.find(({ name }) => name === 'off'));
      for (const each of started) {
        const { cpuUs, toOff, p99Us } = measured[each.name][kind];
        cpuUs.push(median(each.cpuUs(kind)));
        toOff.push(pairedRatio(each.cpuUs(kind), off.cpuUs(kind)));
        p99Us.push(1_000 * percentile(each.samples[kind].latencies, 0.99));
      }
    }
    for (const { name, stop } of started) {
      const [saturated, rated] = ['saturated', 'rated'].map((kind) => (measured[name][kind].cpuUs.at(-1) ?? 0).toFixed(1).padStart(6));
      console.log(`${turn + 1} ${name.padEnd(8)} ${saturated} us CPU/request, ${rated} us at the rate`);
      await stop();
    }
  }
  if (measured.tracing && collector.requests() === 0) throw new Error('no spans were exported; the numbers would mean nothing');
  const result = {
    measured: new Date().toISOString().slice(0, 10), machine: { ...machine(), ...meter.read() },
    settings: { processes, slices, sliceRequests: SLICE_REQUESTS, rate: RATE, scrapeSeconds: SCRAPE_SECONDS }, variants: measured,
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
async function start({ name, scraped = false, settings }, backendPort, collector) {
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
  const load = new SliceLoad(port, work.path);
  await load.open(CONNECTIONS);
  await load.run(WARM_UP_REQUESTS);
  const list = () => /** @type {number[]} */ ([]);
  const samples = { saturated: { cpuUs: list(), ms: list(), latencies: list() }, rated: { cpuUs: list(), ms: list(), latencies: list() } };
  const scrapeUs = list();
  let taken = 0;
  const used = async (work) => {
    const before = threadMicroseconds(proxy.pid);
    await work();
    return threadMicroseconds(proxy.pid) - before;
  };
  return {
    name, samples,
    async slice(rate) {
      const { cpuUs, ms, latencies } = samples[rate === 0 ? 'saturated' : 'rated'];
      const began = performance.now();
      cpuUs.push(await used(async () => { latencies.push(...await load.run(SLICE_REQUESTS, rate)); }) / SLICE_REQUESTS);
      ms.push(performance.now() - began);
      taken += 1;
      if (scraped && taken % SCRAPE_EVERY_SLICES === 0) scrapeUs.push(await used(() => scrape(adminPort)));
    },
    /** Of each slice, with its share of a scrape. */
    cpuUs(kind) {
      const share = scrapeUs.length === 0 ? 0 : median(scrapeUs) * median(samples[kind].ms) / (SCRAPE_SECONDS * 1_000) / SLICE_REQUESTS;
      return samples[kind].cpuUs.map((us) => us + share);
    },
    async stop() {
      load.close();
      await proxy.stop();
      running.delete(proxy);
    },
  };
}

function scrape(port) {
  return new Promise((done, failed) => {
    get({ host: HOST, port, path: '/metrics', headers: { accept: ACCEPT } }, (response) => response.resume().on('end', () => done(undefined))).on('error', failed);
  });
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
