/**
 * `npm run bench:capacity`: whether the arithmetic of src/planning says what happens. Apps of known service time behind real sidecars get 30, 50,
 * 70, 85 and 95 % of the capacity that is computed of them, at random times, and response times are compared with the model's. Then they
 * get more than they can do, and what they answer is compared with the computed saturation.
 *
 *   npm run bench:capacity -- [--seconds N] [--pods N] [--concurrency N] [--service-ms N]
 *
 * The model counts with a queue for each pod, chosen by chance, which is what `random` does. `leastRequest` is measured beside it: it is to
 * lie between that and one queue for all pods. A run of the default length writes docs/capacity-results.md and bench/results/capacity.json; others
 * only bench/results/capacity.local.json, which is not committed.
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { levelsTable, saturationText, writeCapacityPage } from './capacity-page.mjs';
import { machine, othersMeter } from './machine.mjs';
import { writeResult } from './page.mjs';

const load = createRequire(import.meta.url);
const { Testing, Chart } = load('cdk8s');
const { LoadBalancing, MeshService, OutlierDetection, Retry, Scaling } = load('..');
const { responseQuantileMs, saturationRate } = load('../lib/planning/capacity/response-time.js');
const { findPrograms, flowBetween, LocalMesh, manifestsOf, readModel, Traffic } = await load('../lib/bin/cdk8s-mesh.js').loadLocalMesh();

const LEVELS = [0.3, 0.5, 0.7, 0.85, 0.95];
/** How much more than saturation is offered to find it. */
const OVERLOAD = 1.3;
/** Part of a level at its beginning that does not count: queues fill. */
const SETTLING = 0.2;
const DEFAULT_SECONDS = 20;
const APP = fileURLToPath(new URL('capacity-app.mjs', import.meta.url));

const { values } = parseArgs({
  options: {
    'seconds': { type: 'string', default: String(DEFAULT_SECONDS) },
    'pods': { type: 'string', default: '2' },
    'concurrency': { type: 'string', default: '4' },
    'service-ms': { type: 'string', default: '20' },
  },
});
const settings = {
  seconds: Number(values.seconds), pods: Number(values.pods), concurrency: Number(values.concurrency), serviceMs: Number(values['service-ms']),
};
if (!Object.values(settings).every((value) => Number.isFinite(value) && value > 0)) throw new Error('every setting is a number above 0');

const others = othersMeter();
const mesh = new LocalMesh(model(), {
  programs: findPrograms('lib/bin'),
  command: ({ service }) => (service === 'client' ? undefined : `${process.execPath} ${APP} ${settings.concurrency} ${settings.serviceMs}`),
});
try {
  await mesh.start();
  const flows = { random: flowBetween(mesh, 'client', 'random'), leastRequest: flowBetween(mesh, 'client', 'least-request') };
  const networkMs = quantile((await measured(flows.random, 50, Math.max(2, settings.seconds / 10), '/at-once')).latencies, 0.5);
  const processing = { serviceMs: settings.serviceMs, concurrency: settings.concurrency, variation: 1, networkMs };
  const capacity = settings.pods * saturationRate(processing);
  console.log(`${settings.pods} pods, ${settings.concurrency} requests at a time of ${settings.serviceMs} ms each: ${capacity.toFixed(0)} requests a second; `
    + `the way there and back takes ${networkMs.toFixed(2)} ms`);

  const levels = [];
  for (const level of LEVELS) {
    const rps = level * capacity;
    const model = Object.fromEntries(['separate', 'pooled'].map((queue) => [queue, {
      p50: responseQuantileMs(processing, settings.pods, rps, 0.5, queue), p99: responseQuantileMs(processing, settings.pods, rps, 0.99, queue),
    }]));
    const row = { level, rps, model, measured: {} };
    for (const [policy, flow] of Object.entries(flows)) {
      const { latencies, failed } = await measured(flow, rps, settings.seconds, '/');
      row.measured[policy] = { requests: latencies.length, failed, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
      console.log(`${(level * 100).toFixed(0)} %, ${policy}: p50 ${row.measured[policy].p50.toFixed(1)} ms (model ${model.separate.p50.toFixed(1)}), `
        + `p99 ${row.measured[policy].p99.toFixed(1)} ms (model ${model.separate.p99.toFixed(1)}), ${failed} failed`);
    }
    levels.push(row);
  }
  // The queue grows for as long as it lasts, and nobody is to give up in it.
  const overloaded = await measured(flows.random, OVERLOAD * capacity, Math.min(settings.seconds, 20), '/');
  const saturation = { computed: capacity, measured: overloaded.perSecond };

  const result = {
    measured: new Date().toISOString().slice(0, 10), machine: { ...machine(), ...others.read() }, settings, networkMs, levels, saturation,
  };
  console.log(`\n${levelsTable(result)}\n\n${saturationText(result)}`);
  const whole = settings.seconds >= DEFAULT_SECONDS && settings.pods === 2 && settings.concurrency === 4 && settings.serviceMs === 20;
  writeResult('capacity', result, { keep: whole });
  if (whole) writeCapacityPage();
} finally {
  await mesh.stop();
}

/** A client, and the same app twice, balanced in two ways. Nothing but queueing is to be seen: no ejection, no retry. */
function model() {
  const chart = new Chart(Testing.app(), 'bench', { namespace: 'bench' });
  const containers = [{ image: 'app:1', portNumber: 8080 }];
  const common = { containers, scaling: Scaling.replicas(settings.pods), outlierDetection: OutlierDetection.off(), retry: Retry.none() };
  const services = [
    new MeshService(chart, 'random', { ...common, loadBalancing: LoadBalancing.random() }),
    new MeshService(chart, 'least-request', { ...common, loadBalancing: LoadBalancing.leastRequest() }),
  ];
  const client = new MeshService(chart, 'client', { containers, scaling: Scaling.replicas(1) });
  for (const service of services) client.calls(service);
  return readModel(manifestsOf(Testing.synth(chart), 'bench'), 'bench');
}

/** Drives a rate for some time. What came in its beginning does not count. */
async function measured(flow, rate, seconds, path) {
  const began = performance.now();
  const countFrom = began + seconds * 1_000 * SETTLING;
  const end = began + seconds * 1_000;
  const latencies = [];
  let failed = 0;
  let answered = 0;
  const traffic = new Traffic({
    flow, rate, path, durationMs: seconds * 1_000, random: Math.random,
    onOutcome: ({ latencyMs, lateMs, failure }) => {
      const now = performance.now();
      if (now >= countFrom && now < end) answered++;
      if (now - latencyMs < countFrom) return;
      if (failure !== undefined) failed++;
      // How late this process itself was is no one's queue.
      else latencies.push(latencyMs - lateMs);
    },
  });
  await traffic.finished;
  return { latencies, failed, perSecond: answered / (seconds * (1 - SETTLING)) };
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
