/**
 * `npm run bench:http2`: HTTP/2 on both sides, this proxy beside Envoy, HAProxy, nginx (`grpc_pass`) and nghttpx, in turns on the same work.
 *
 *   npm run bench:http2 -- [--quick] [--repeats N] [--seconds N] [--only PEER,PEER] [--scenario NAME,NAME]
 *   npm run bench:http2 -- --page              docs/http2-benchmarks.md again, from the results that are there
 *
 * CPU per request is the kernel's accounting of all of a proxy's processes over the requests that came back. Repeats are interleaved. A whole
 * run goes to bench/results/http2.json and docs/http2-benchmarks.md; a part of one to bench/results/http2.local.json, which is not committed.
 */
import { parseArgs } from 'node:util';
import { writeHttp2Page, http2Tables } from './http2-page.mjs';
import { findHttp2Peers } from './http2-peers.mjs';
import { HTTP2_SCENARIOS, startHttp2Backend } from './http2-scenarios.mjs';
import { h2load, loadTool } from './h2load.mjs';
import { CORES, inFolder } from './in-turns.mjs';
import { machine, othersMeter } from './machine.mjs';
import { writeResult } from './page.mjs';
import { cpuSeconds, residentBytes } from './processes.mjs';
import { rotated, sum } from './statistics.mjs';

const WARM_UP_SECONDS = 3;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    repeats: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    scenario: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
});
const settings = { repeats: Number(values.repeats ?? (values.quick ? 1 : 6)), seconds: Number(values.seconds ?? (values.quick ? 1 : 2)) };

if (values.page) writeHttp2Page();
else await inFolder(run);

async function run(folder, keep) {
  const began = performance.now();
  const meter = othersMeter();
  const scenarios = HTTP2_SCENARIOS.filter(({ name }) => isWanted(values.scenario, name));
  const backend = await keep(startHttp2Backend(folder, CORES.load));
  const { peers: found, missing } = findHttp2Peers();
  for (const [name, what] of Object.entries(missing)) console.log(`${name} is left out: ${what}`);
  const peers = found.filter(({ name }) => isWanted(values.only, name)).map((peer) => ({ ...peer, samples: {} }));
  const steps = scenarios.flatMap((scenario) => peers.filter(({ hops }) => hops >= scenario.hops).map((peer) => ({ scenario, peer })));
  for (let repeat = 0; repeat < settings.repeats; repeat += 1) {
    for (const { scenario, peer } of rotated(steps, repeat)) {
      const chain = await chainOf(folder, keep, peer, scenario, backend);
      if (!peer.samples[scenario.name]) await h2load(scenario, { ...backend, port: chain[0].port }, WARM_UP_SECONDS, CORES.load);
      const sample = await measure(scenario, chain, backend);
      (peer.samples[scenario.name] ??= []).push(sample);
      console.log(`${repeat + 1}/${settings.repeats} ${scenario.name.padEnd(9)} ${peer.name.padEnd(10)} ${sample.cpuUs.toFixed(1).padStart(7)} us CPU/request `
        + `${sample.perSecond.toFixed(0).padStart(6)}/s ${(100 * sample.coreUsed).toFixed(0).padStart(3)} % of its core`);
    }
  }
  const complete = !values.quick && values.only === undefined && values.scenario === undefined && Object.keys(missing).length === 0;
  const result = {
    measured: new Date().toISOString().slice(0, 10),
    machine: { ...machine(), ...meter.read(), load: loadTool() },
    settings: { ...settings, minutes: (performance.now() - began) / 60_000 },
    peers: peers.map(({ name, version, samples }) => ({ name, version, samples })),
  };
  console.log(`\n${http2Tables(result)}`);
  writeResult('http2', result, { keep: complete });
  if (complete) writeHttp2Page();
}

/** The proxies of a peer on the way to the backend, the first one first; started once for each number of hops. */
async function chainOf(folder, keep, peer, { hops }, backend) {
  peer.chains ??= {};
  if (peer.chains[hops]) return peer.chains[hops];
  const chain = [];
  let to = backend;
  for (let hop = 0; hop < hops; hop += 1) {
    // The paths of streams are another program's; only the last proxy knows that.
    const started = await keep(peer.start(folder, CORES.proxy, to));
    chain.unshift(started);
    to = { port: started.port, streamPort: started.port };
  }
  peer.chains[hops] = chain;
  return chain;
}

async function measure(scenario, chain, backend) {
  const cpuOf = () => sum(chain.map(({ pid }) => cpuSeconds(pid)));
  const before = cpuOf();
  const { requests, seconds } = await h2load(scenario, { ...backend, port: chain[0].port }, settings.seconds, CORES.load);
  const used = cpuOf() - before;
  return {
    cpuUs: used / requests * 1e6, perSecond: requests / seconds, coreUsed: used / seconds,
    residentBytes: sum(chain.map(({ pid }) => residentBytes(pid))),
  };
}

function isWanted(list, name) {
  return list === undefined || list.toLowerCase().split(',').includes(name.toLowerCase());
}
