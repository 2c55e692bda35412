/**
 * The comparison. Each proxy has one worker on one core; the load and the backend share another. Repeats are interleaved
 * (all proxies once, then again, another one first) so that a slow minute of the machine hits everybody. Medians are given,
 * and what ratios are made of: each repeat's value. CPU per request is the kernel's accounting of all of a proxy's processes
 * over the requests that came back.
 */
import { answersRight, holdOpen, load } from './load.mjs';
import { OWN, PEERS } from './peers.mjs';
import { cpuSeconds, residentBytes } from './processes.mjs';
import { SCENARIOS, scenario, startBackend } from './scenarios.mjs';
import { median, rotated, sum } from './statistics.mjs';
import { writeKeyPair } from './tls.mjs';

const HELD_CONNECTIONS = 1000;
/** Load before the first repeat of a scenario: what is compiled while it runs needs some seconds for that. */
const WARM_UP_SECONDS = 3;
/** How long a process is left alone before its memory is read. */
const SETTLE_MS = 500;
/** Share of a proxy's own greatest throughput at which latency is compared. */
const PART_OF_SATURATION = 0.5;
/** Connections at that rate, or more: a request that is due should find one free, for its waiting would not be seen. */
const RATED_CONNECTIONS = 256;

export async function compare({ folder, cores, running, repeats, seconds, starts, peers: chosen, scenarios, quick }) {
  const backend = await startBackend(folder, cores.load);
  running.add(backend);
  const began = performance.now();
  const peers = [];
  for (const { name, hops, node = false, find } of chosen) {
    const { version, missing, start } = find();
    const startOne = (port, tls) => start(folder, cores.proxy, port, tls);
    if (start) peers.push({ name, version, node, maxHops: hops, startOne, samples: [], alone: [], chains: new Map() });
    else console.log(`${name}: skipped, ${missing}`);
  }

  for (let turn = 0; turn < starts; turn++) {
    for (const peer of rotated(peers, turn)) {
      const sample = await memoryOf(() => peer.startOne(backend.port), running);
      peer.alone.push(sample);
      console.log(`start ${turn + 1}/${starts} ${peer.name.padEnd(10)} ready in ${sample.readyMs.toFixed(0).padStart(4)} ms, `
        + `RSS ${mib(sample.idleBytes)} MiB, with ${HELD_CONNECTIONS} connections ${mib(sample.heldBytes)} MiB`);
    }
  }

  const keyPair = await writeKeyPair(folder);
  for (const peer of peers) peer.chains = await startChains(peer, scenarios, backend, running, keyPair);
  const straight = [];
  const rounds = scenarios.map((each) => ({ scenario: each, peers: peers.filter(({ maxHops }) => maxHops >= each.hops) }));
  const steps = repeats * sum(rounds.map((round) => round.peers.length));
  let step = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const round of rounds) {
      for (const peer of rotated(round.peers, repeat)) {
        const sample = await one(peer, round.scenario, { seconds, core: cores.load, warmUp: repeat === 0 });
        peer.samples.push({ scenario: round.scenario.name, ...sample });
        console.log(`${String(++step).padStart(3)}/${steps} ${round.scenario.name.padEnd(8)} ${peer.name.padEnd(10)} `
          + `${sample.cpuUs.toFixed(1).padStart(7)} us CPU/request ${sample.perSecond.toFixed(0).padStart(6)}/s `
          + `${(100 * sample.coreUsed).toFixed(0).padStart(3)} % of its core; `
          + `at ${sample.rated.perSecond.toFixed(0)}/s p50 ${sample.rated.p50Us} us, p99 ${sample.rated.p99Us} us`);
      }
    }
    straight.push(await withoutProxy(peers, backend, { seconds, core: cores.load }));
  }
  return {
    complete: !quick && peers.length === PEERS.length && scenarios.length === SCENARIOS.length,
    settings: {
      repeats, seconds, starts, heldConnections: HELD_CONNECTIONS, part: PART_OF_SATURATION,
      ratedConnections: RATED_CONNECTIONS, minutes: (performance.now() - began) / 60_000,
    },
    straight: Object.fromEntries(['perSecond', 'p50Us', 'p99Us'].map((key) => [key, median(straight.map((sample) => sample[key]))])),
    peers: peers.map((peer) => summary(peer, scenarios)),
  };
}

/** A fresh process: how soon it answers, and its memory idle and with many connections open. */
export async function memoryOf(start, running) {
  const proxy = await start();
  running.add(proxy);
  await settle();
  const idleBytes = residentBytes(proxy.pid);
  const held = await holdOpen({ port: proxy.port, path: scenario('small').path, connections: HELD_CONNECTIONS });
  await settle();
  const heldBytes = residentBytes(proxy.pid);
  held.close();
  await proxy.stop();
  running.delete(proxy);
  return { readyMs: proxy.readyMs, idleBytes, heldBytes };
}

/** The peer's proxies for one hop, two hops, ..., and those with TLS: chains by their kind, each checked to answer right. */
async function startChains(peer, scenarios, backend, running, keyPair) {
  const chains = new Map();
  const possible = scenarios.filter((each) => each.hops <= peer.maxHops);
  for (const each of possible) {
    const kind = chainOf(each);
    if (!chains.has(kind)) {
      const proxies = [];
      let port = backend.port;
      for (let hop = 1; hop <= each.hops; hop++) {
        // TLS is what the client speaks, so it is the first proxy's, which is started last.
        const proxy = await peer.startOne(port, each.tls && hop === each.hops ? keyPair : undefined);
        running.add(proxy);
        proxies.push(proxy);
        port = proxy.port;
      }
      chains.set(kind, { port, pids: proxies.map(({ pid }) => pid) });
    }
    await answersRight(peer.name, chains.get(kind).port, each);
  }
  return chains;
}

/** Scenarios with the same are measured on the same proxies. */
function chainOf({ hops, tls = false }) {
  return `${hops}${tls ? ' tls' : ''}`;
}

/** One proxy, one scenario: saturated, then at a part of what it reached. */
async function one({ name, chains }, scenario, { seconds, core, warmUp }) {
  const { port, pids } = chains.get(chainOf(scenario));
  const cpu = () => sum(pids.map(cpuSeconds));
  if (warmUp) await load({ port, scenario, seconds: WARM_UP_SECONDS, core });

  const [cpuBefore, began] = [cpu(), performance.now()];
  const saturated = await load({ port, scenario, seconds, core });
  const [cpuUsed, elapsed] = [cpu() - cpuBefore, (performance.now() - began) / 1000];
  const loadedBytes = sum(pids.map(residentBytes));
  const perSecond = saturated.requests / saturated.seconds;

  const ratedBefore = cpu();
  const connections = Math.max(scenario.connections, RATED_CONNECTIONS);
  const rated = await load({ port, scenario: { ...scenario, connections }, seconds, core, rate: perSecond * PART_OF_SATURATION });
  const ratedCpu = cpu() - ratedBefore;
  const errors = saturated.errors + rated.errors;
  if (errors > 0) throw new Error(`${name}, ${scenario.name}: ${errors} requests failed; the numbers would mean nothing`);
  return {
    requests: saturated.requests,
    perSecond,
    cpuUs: cpuUsed * 1e6 / saturated.requests,
    coreUsed: cpuUsed / elapsed,
    p50Us: saturated.p50Us,
    p99Us: saturated.p99Us,
    loadedBytes,
    rated: {
      perSecond: rated.requests / rated.seconds,
      cpuUs: ratedCpu * 1e6 / rated.requests,
      p50Us: rated.p50Us,
      p99Us: rated.p99Us,
      latePart: rated.late / rated.requests,
    },
  };
}

/** The small request straight to the backend, at a rate like those of the proxies: what machine and load add by themselves. */
async function withoutProxy(peers, backend, { seconds, core }) {
  const rates = peers.flatMap(({ samples }) => samples.filter((sample) => sample.scenario === 'small').map((sample) => sample.rated.perSecond));
  const rate = rates.length > 0 ? Math.max(...rates) : 1000;
  const rated = await load({ port: backend.port, scenario: { ...scenario('small'), connections: RATED_CONNECTIONS }, seconds, core, rate });
  console.log(`without a proxy at ${Math.round(rate)}/s p50 ${rated.p50Us} us, p99 ${rated.p99Us} us`);
  return { perSecond: rated.requests / rated.seconds, p50Us: rated.p50Us, p99Us: rated.p99Us };
}

function summary({ name, version, node, alone, samples }, scenarios) {
  const measured = scenarios.filter((each) => samples.some((sample) => sample.scenario === each.name)).map((each) => {
    const own = samples.filter((sample) => sample.scenario === each.name);
    return [each.name, { ...medians(own), rated: medians(own.map(({ rated }) => rated)) }];
  });
  return {
    name,
    version,
    node,
    own: name === OWN,
    readyMs: median(alone.map((sample) => sample.readyMs)),
    idleBytes: median(alone.map((sample) => sample.idleBytes)),
    heldBytes: median(alone.map((sample) => sample.heldBytes)),
    scenarios: Object.fromEntries(measured),
  };
}

/** Medians of what was measured in several samples, and each repeat's values of what ratios are made of. */
function medians(samples) {
  const each = (key) => samples.map((sample) => sample[key]);
  const keys = Object.keys(samples[0]).filter((key) => typeof samples[0][key] === 'number');
  return {
    ...Object.fromEntries(keys.map((key) => [key, median(each(key))])),
    each: { cpuUs: each('cpuUs'), perSecond: each('perSecond'), p99Us: each('p99Us') },
  };
}

function settle() {
  return new Promise((done) => { setTimeout(done, SETTLE_MS); });
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
