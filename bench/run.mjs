/**
 * `npm run bench`: this proxy beside nginx and HAProxy, in one run, on the same work.
 *
 * Each proxy has one worker on the first core; the load and the backend share the second. Repeats are interleaved (all
 * proxies once, then again) so that a slow minute of the machine hits everybody, and medians are given. CPU per request
 * is the kernel's accounting of the proxy's processes divided by the requests that came back.
 *
 *   npm run bench -- [--quick] [--repeats N] [--seconds N] [--connections N] [--only NAME,NAME]
 *
 * Results go to bench/results/proxy.json and docs/benchmarks.md; with --quick, or fewer peers, only to
 * bench/results/proxy.local.json, which is not committed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { atRate, holdOpen, saturate } from './load.mjs';
import { machine } from './machine.mjs';
import { proxyTable, writePage, writeResult } from './page.mjs';
import { HOST, PEERS, WORKLOADS, startBackend } from './peers.mjs';
import { cpuSeconds, programOf, residentBytes } from './processes.mjs';

const PROXY_CORE = 0;
const LOAD_CORE = 1;
const MANY_CONNECTIONS = 1000;

const options = readOptions();
for (const program of ['taskset', 'wrk', 'nginx']) {
  if (!programOf(program)) stop(`${program} is missing, which carries the load: apt-get install wrk nginx-light util-linux`);
}
if (availableParallelism() < 2) stop('at least two cores are needed: one for the proxy, one for load and backend');
const [loadBefore] = loadavg();
if (loadBefore > 0.5) {
  console.log(`other processes are busy here (load average ${loadBefore.toFixed(1)}): the numbers will be worse than on an idle machine, ratios too`);
}
// The generator of the fixed rate runs in this process, so all its threads go where the load belongs.
spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(LOAD_CORE), String(process.pid)]);
process.on('SIGINT', () => { void cleanUp().then(() => process.exit(130)); });

const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
chmodSync(folder, 0o755); // started by root, nginx's workers become another user
const running = [];
let result;
try {
  result = await measure();
} finally {
  await cleanUp();
}
console.log(`\n${proxyTable(result)}`);
writeResult('proxy', result, { keep: !options.partial });
if (!options.partial) writePage();

async function measure() {
  const backend = await startBackend(folder, LOAD_CORE);
  running.push(backend);
  const peers = [];
  for (const peer of PEERS) {
    if (options.only && !options.only.includes(peer.name)) continue;
    const version = peer.version();
    if (version === undefined) {
      console.log(`${peer.name}: skipped, it is not on this machine (${peer.missing})`);
      options.partial = true;
      continue;
    }
    const proxy = await peer.start(folder, PROXY_CORE, backend);
    running.push(proxy);
    await answersRight(peer.name, proxy);
    peers.push({ name: peer.name, version, proxy, idleBytes: residentBytes(proxy.pid), samples: [] });
  }

  const steps = options.repeats * WORKLOADS.length * peers.length;
  let step = 0;
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const workload of WORKLOADS) {
      for (const peer of rotated(peers, repeat)) {
        const sample = await one(peer, workload);
        peer.samples.push({ workload: workload.name, ...sample });
        console.log(`${String(++step).padStart(3)}/${steps} ${workload.name.padEnd(5)} ${peer.name.padEnd(10)} `
          + `${sample.cpuUs.toFixed(1).padStart(6)} us CPU/request ${sample.perSecond.toFixed(0).padStart(6)} requests/s  `
          + `p50 ${sample.rated.p50Us} us  p99 ${sample.rated.p99Us} us  at ${sample.rated.rate}/s`);
      }
    }
  }
  for (const peer of peers) {
    const held = await holdOpen({ host: HOST, port: peer.proxy.port, path: WORKLOADS[0].path, connections: MANY_CONNECTIONS });
    peer.manyBytes = residentBytes(peer.proxy.pid);
    held.close();
  }
  return {
    measured: new Date().toISOString().slice(0, 10),
    machine: { ...machine(), loadBefore },
    settings: {
      repeats: options.repeats, seconds: options.seconds, connections: options.connections, manyConnections: MANY_CONNECTIONS,
      rates: options.rates,
    },
    peers: peers.map(summary),
  };
}

/** One proxy, one workload: saturated, then at a fixed rate. */
async function one({ proxy, name }, workload) {
  const target = { host: HOST, port: proxy.port, path: workload.path, connections: options.connections };
  await saturate({ ...target, seconds: 1, core: LOAD_CORE });
  const [cpuBefore, began] = [cpuSeconds(proxy.pid), performance.now()];
  const load = await saturate({ ...target, seconds: options.seconds, core: LOAD_CORE });
  const [cpu, elapsed] = [cpuSeconds(proxy.pid) - cpuBefore, (performance.now() - began) / 1000];
  const loadedBytes = residentBytes(proxy.pid);
  const rate = options.rates[workload.name];
  const rated = await atRate({ ...target, seconds: options.seconds, rate });
  if (load.errors + rated.errors > 0) throw new Error(`${name}, ${workload.name}: ${load.errors + rated.errors} requests failed; the numbers would mean nothing`);
  return {
    requests: load.requests,
    perSecond: load.requests / load.seconds,
    cpuUs: cpu * 1e6 / load.requests,
    coreUsed: cpu / elapsed,
    p50Us: load.p50Us,
    p99Us: load.p99Us,
    loadedBytes,
    rated: { rate, p50Us: rated.p50Us, p99Us: rated.p99Us },
  };
}

function summary({ name, version, proxy, idleBytes, manyBytes, samples }) {
  const workloads = Object.fromEntries(WORKLOADS.map((workload) => {
    const own = samples.filter((sample) => sample.workload === workload.name);
    const middle = (pick) => median(own.map(pick));
    return [workload.name, {
      requests: own.reduce((sum, sample) => sum + sample.requests, 0),
      cpuUs: middle((sample) => sample.cpuUs),
      cpuUsRange: [Math.min(...own.map((sample) => sample.cpuUs)), Math.max(...own.map((sample) => sample.cpuUs))],
      perSecond: middle((sample) => sample.perSecond),
      coreUsed: middle((sample) => sample.coreUsed),
      p50Us: middle((sample) => sample.p50Us),
      p99Us: middle((sample) => sample.p99Us),
      ratedP50Us: middle((sample) => sample.rated.p50Us),
      ratedP99Us: middle((sample) => sample.rated.p99Us),
      loadedBytes: middle((sample) => sample.loadedBytes),
    }];
  }));
  return { name, version, startMs: proxy.startMs, idleBytes, manyBytes, workloads };
}

/** A proxy that answers wrongly must not win. */
async function answersRight(name, proxy) {
  for (const workload of WORKLOADS) {
    const response = await fetch(`http://${HOST}:${proxy.port}${workload.path}`);
    const { byteLength } = await response.arrayBuffer();
    if (response.status !== 200 || (workload.bytes > 0 && byteLength !== workload.bytes) || byteLength === 0) {
      throw new Error(`${name} answered ${workload.path} with status ${response.status} and ${byteLength} bytes\n${proxy.said()}`);
    }
  }
}

async function cleanUp() {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
}

function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string', default: '64' },
      only: { type: 'string' },
    },
  });
  return {
    repeats: Number(values.repeats ?? (values.quick ? 1 : 7)),
    seconds: Number(values.seconds ?? (values.quick ? 1 : 4)),
    connections: Number(values.connections),
    only: values.only?.split(','),
    rates: { small: 4000, large: 1500 },
    partial: values.quick || values.only !== undefined,
  };
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
