/**
 * `npm run bench:tcp`: connections of TCP through this proxy and HAProxy, in turns on the same work.
 *
 *   npm run bench:tcp -- [--quick] [--repeats N] [--seconds N] [--scenario NAME,NAME] [--variant PATH]
 *   npm run bench:tcp -- --page                docs/tcp-benchmarks.md again, from the results that are there
 *
 * CPU is the kernel's accounting of all of a proxy's processes, over the bytes, messages or connections that came through. Repeats are
 * interleaved. `--variant` is another build of the proxy (lib/bin/proxy.js elsewhere) that takes part. A whole run goes to bench/results/tcp.json
 * and docs/tcp-benchmarks.md; a part of one to bench/results/tcp.local.json, which is not committed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startHaproxy } from './haproxy.mjs';
import { CORES, inFolder } from './in-turns.mjs';
import { machine, othersMeter } from './machine.mjs';
import { writeResult } from './page.mjs';
import { OWN, startMeshWith, versionBy } from './peers.mjs';
import { HOST, cpuSeconds, freePort, residentBytes, startOn, whenAnswers } from './processes.mjs';
import { rotated } from './statistics.mjs';
import { TCP_SCENARIOS, tcpTables, writeTcpPage } from './tcp-page.mjs';

const ENDS = fileURLToPath(new URL('tcp-ends.mjs', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, repeats: { type: 'string' }, seconds: { type: 'string' }, scenario: { type: 'string' },
    variant: { type: 'string' }, page: { type: 'boolean', default: false },
  },
});
const settings = { repeats: Number(values.repeats ?? (values.quick ? 2 : 8)), seconds: Number(values.seconds ?? (values.quick ? 1 : 2)) };

if (values.page) writeTcpPage();
else await inFolder(run);

async function run(folder, keep) {
  const meter = othersMeter();
  const began = performance.now();
  const backendPort = await freePort();
  await keep(whenAnswers(backendPort, () => startOn(CORES.load, process.execPath, [ENDS, 'serve', String(backendPort)])));
  const version = versionBy('haproxy', ['-v'], /version ([\d.]+)/);
  if (!version) throw new Error('haproxy is missing: apt-get install haproxy');
  const peers = [
    { name: 'HAProxy', version, start: () => startTcpHaproxy(folder, backendPort, false) },
    { name: 'HAProxy, splicing', version, start: () => startTcpHaproxy(folder, backendPort, true) },
    { name: OWN, version: `Node ${process.versions.node}`, start: () => startOwn(folder, backendPort) },
    ...(values.variant === undefined ? [] : [{ name: 'variant', version: values.variant, start: () => startOwn(folder, backendPort, values.variant) }]),
  ].map((peer) => ({ ...peer, proxy: undefined, samples: {} }));
  for (const peer of peers) peer.proxy = await keep(peer.start());

  const scenarios = TCP_SCENARIOS.filter(({ name }) => values.scenario === undefined || values.scenario.split(',').includes(name));
  const steps = scenarios.flatMap((scenario) => peers.map((peer) => ({ scenario, peer })));
  for (let repeat = 0; repeat < settings.repeats; repeat += 1) {
    for (const { scenario, peer } of rotated(steps, repeat)) {
      if (!peer.samples[scenario.name]) load(scenario, peer.proxy, 1);
      const sample = measure(scenario, peer.proxy);
      (peer.samples[scenario.name] ??= []).push(sample);
      console.log(`${repeat + 1}/${settings.repeats} ${scenario.name.padEnd(11)} ${peer.name.padEnd(17)} ${sample.cpu.toFixed(2).padStart(8)} ${scenario.cpuUnit} `
        + `${sample.perSecond.toFixed(1).padStart(9)} ${scenario.rateUnit} ${(100 * sample.coreUsed).toFixed(0).padStart(3)} % of its core`);
    }
  }
  const complete = !values.quick && values.scenario === undefined && values.variant === undefined;
  const result = {
    measured: new Date().toISOString().slice(0, 10),
    machine: { ...machine(), ...meter.read() },
    settings: { ...settings, minutes: (performance.now() - began) / 60_000 },
    peers: peers.map(({ name, version: its, samples }) => ({ name, version: its, samples })),
  };
  console.log(`\n${tcpTables(result)}`);
  writeResult('tcp', result, { keep: complete });
  if (complete) writeTcpPage();
}

function measure(scenario, { port, pid }) {
  const before = cpuSeconds(pid);
  const { bytes, exchanges, seconds } = load(scenario, { port }, settings.seconds);
  const used = cpuSeconds(pid) - before;
  const done = scenario.done({ bytes, exchanges });
  return { cpu: used / done * scenario.cpuScale, perSecond: done / seconds, coreUsed: used / seconds, residentBytes: residentBytes(pid) };
}

function load({ load: mode, connections }, { port }, seconds) {
  const args = ['--cpu-list', String(CORES.load), process.execPath, ENDS, mode, String(port), String(connections), String(seconds)];
  const { stdout, stderr, status } = spawnSync('taskset', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the load failed:\n${stderr}`);
  return JSON.parse(stdout);
}

function startTcpHaproxy(folder, backendPort, splices) {
  return startHaproxy(folder, CORES.proxy, {
    mode: 'tcp', defaults: splices ? 'option splice-auto' : '', backends: `backend out\n  server backend ${HOST}:${backendPort}`,
  });
}

async function startOwn(folder, backendPort, bundle) {
  const port = await freePort();
  return startMeshWith(folder, CORES.proxy, {
    listeners: [{ name: 'outbound', direction: 'outbound', address: HOST, port, protocol: 'tcp', routes: [{ name: 'all', split: [{ cluster: 'app', weight: 1 }] }] }],
    clusters: [{ name: 'app', protocol: 'tcp', discovery: { type: 'static', endpoints: [{ address: HOST, port: backendPort }] } }],
  }, undefined, bundle === undefined ? {} : { bundle });
}
