/**
 * `npm run bench:policies`: what resilience costs. This proxy with all that makes calls safer switched on, beside the same
 * proxy with all of it off, in front of the same three backends, in one run: CPU per request by the kernel's accounting, in
 * interleaved repeats. The claim: on is at most 15 % more than off.
 *
 *   npm run bench:policies -- [--repeats N] [--seconds N]
 *
 * Results go to bench/results/policies.json and into docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answersRight, load } from './load.mjs';
import { machine, othersMeter, raisePriority } from './machine.mjs';
import { policiesSection, writePage, writeResult } from './page.mjs';
import { startMeshWith } from './peers.mjs';
import { cpuSeconds, freePort, HOST } from './processes.mjs';
import { scenario, startBackend } from './scenarios.mjs';
import { rotated } from './statistics.mjs';

const CORES = { proxy: 0, load: 1 };
const BACKENDS = 3;

/** Route and cluster of either proxy; they balance alike. */
const VARIANTS = [
  {
    name: 'off',
    route: { retry: { maxRetries: 0 }, meshFields: false },
    cluster: { outlierDetection: { mode: 'off' } },
  },
  {
    name: 'on',
    route: { retry: { tryTimeoutMs: 5_000, on: ['closed', 'tryTimeout', 'serverError', 'tooManyRequests'] }, hedge: { percentile: 99.9 } },
    cluster: {
      outlierDetection: { mode: 'enforce' },
      healthCheck: { type: 'http', path: '/small' },
      slowStart: { windowMs: 10_000 },
      dynamicWeights: { source: 'observed' },
    },
  },
];

const { values } = parseArgs({ options: { repeats: { type: 'string', default: '8' }, seconds: { type: 'string', default: '2' } } });
const [repeats, seconds] = [Number(values.repeats), Number(values.seconds)];
spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(CORES.load), String(process.pid)]);
const restorePriority = raisePriority();
const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
chmodSync(folder, 0o755);
const running = [];
const meter = othersMeter();
try {
  const backends = [];
  for (let i = 0; i < BACKENDS; i++) {
    const own = join(folder, `backend-${i}`);
    mkdirSync(own);
    const backend = await startBackend(own, CORES.load);
    running.push(backend);
    backends.push(backend.port);
  }
  const proxies = [];
  for (const { name, route, cluster } of VARIANTS) {
    const port = await freePort();
    const proxy = await startMeshWith(folder, CORES.proxy, {
      listeners: [{
        name: 'outbound', direction: 'outbound', address: HOST, port,
        routes: [{ name: 'all', split: [{ cluster: 'callee', weight: 1 }], ...route }],
      }],
      clusters: [{
        name: 'callee', loadBalancing: { type: 'leastRequest' }, ...cluster,
        discovery: { type: 'static', endpoints: backends.map((backend) => ({ address: HOST, port: backend })) },
      }],
    });
    running.push(proxy);
    await answersRight(name, port, scenario('small'));
    await load({ port, scenario: scenario('small'), seconds: 2, core: CORES.load });
    proxies.push({ name, port, pid: proxy.pid, cpuUs: [] });
  }
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const proxy of rotated(proxies, repeat)) {
      const before = cpuSeconds(proxy.pid);
      const { requests, errors } = await load({ port: proxy.port, scenario: scenario('small'), seconds, core: CORES.load });
      if (errors > 0) throw new Error(`policies ${proxy.name}: ${errors} requests failed; the numbers would mean nothing`);
      const cpuUs = ((cpuSeconds(proxy.pid) - before) * 1e6) / requests;
      proxy.cpuUs.push(cpuUs);
      console.log(`${repeat + 1}/${repeats} policies ${proxy.name.padEnd(3)} ${cpuUs.toFixed(1).padStart(6)} us CPU/request, ${Math.round(requests / seconds)}/s`);
    }
  }
  const result = {
    measured: new Date().toISOString().slice(0, 10),
    machine: { ...machine(), ...meter.read() },
    settings: { repeats, seconds },
    cpuUs: Object.fromEntries(proxies.map(({ name, cpuUs }) => [name, cpuUs])),
  };
  console.log(`\n${policiesSection(result)}`);
  writeResult('policies', result, { keep: repeats >= 5 });
  if (repeats >= 5) writePage();
} finally {
  await Promise.all(running.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
  restorePriority();
}
