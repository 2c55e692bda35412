/**
 * `npm run demo`: synthesizes the example, runs it on this machine with the real proxy, drives traffic, kills one replica, adds one, shifts a
 * canary, and reports what happened, also as an HTML file. Ends with an exit code other than 0 when something that must hold does not.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';

process.chdir(new URL('..', import.meta.url).pathname);
const {
  findPrograms, flowBetween, LivePage, liveProxies, LocalMesh, manifestsOf, OUTSIDE, readManifests, readModel, renderTable, reportOf, RunReport,
  Screen, statusOf, summaryOf, systemClock, Tally, Traffic, UserError, whenAllSee, whenStarterGoes,
} = await createRequire(import.meta.url)('../lib/bin/cdk8s-mesh.js').loadLocalMesh();

/** Who calls whom, how often, and what happens when. */
const EDGE = 'edge';
const CALLER = 'web';
const CALLEE = 'catalog';
const INSIDE_RATE = 150;
const OUTSIDE_RATE = 50;
const KILL_AT_S = 8;
const ADD_AT_S = 16;
const END_AT_S = 25;

/** Then half of the requests are shifted to the new version, while testers ask for it by the header of the example's route. */
const SHIFT_RATE = 150;
const TESTERS_RATE = 50;
const TESTERS = { 'x-beta': 'true' };
const SHIFT_S = 8;
/** From then on every proxy has the new weights. */
const SHIFTED_AFTER_S = 2;

/** The report of the last demo. */
const REPORT = 'demo-report.html';

/** What must hold. Shares are of thousands of requests, so that chance alone stays well within these. */
const MOST_SHARE_OFF = 0.02;
const MOST_FAILED = 0.01;
const DISCOVERY_WITHIN_MS = 1_000;
const DISCOVERY_TIMEOUT_MS = 10_000;

/** How the stand-ins of the callee behave: the new version is slower, so that there is something to see. */
const LATENCIES = {
  v1: { type: 'exponential', meanMs: 4 },
  v2: { type: 'uniform', fromMs: 8, toMs: 16 },
};

const ABOUT = `Requests are driven from ${CALLER} to ${CALLEE}, ${INSIDE_RATE} a second, and from outside through ${EDGE}, ${OUTSIDE_RATE} a second. `
  + `A replica of ${CALLEE} is killed and one is added; then half of the requests go to its new version, which is slower.`;

const screen = new Screen(process.stdout);
const { paint } = screen;
const broken = [];
/** @type {any} */
let mesh;
/** @type {any} */
let page;
/** @type {any} */
let report;
let runs = [];
let interrupted = false;
const interrupt = () => {
  interrupted = true;
  screen.clear();
  screen.say('stopping ...');
  for (const { traffic } of runs) void traffic.stop();
  void (mesh?.stop() ?? Promise.resolve()).then(() => process.exit(1));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
whenStarterGoes(interrupt);

try {
  await demo();
} catch (error) {
  if (!interrupted) {
    screen.clear();
    console.error(error instanceof UserError ? `demo: ${error.message}` : error);
    process.exitCode = 1;
  }
} finally {
  if (!interrupted) {
    report?.stop();
    await page?.close();
    await mesh?.stop();
  }
}

async function demo() {
  step('synthesizing examples/shop into dist/');
  await synthesize();

  const model = readModel(readManifests(['dist']), 'dist');
  mesh = new LocalMesh(model, {
    programs: findPrograms('lib/bin'),
    zones: ['zone-a', 'zone-b', 'zone-c'],
    behaviour: ({ service, version }) => ({ failureRate: 0, latency: (service === CALLEE && LATENCIES[version]) || { type: 'fixed', ms: 1 } }),
  });
  const pods = model.workloads.reduce((sum, { replicas }) => sum + replicas, 0);
  step(`starting ${pods} pods, each a proxy and a stand-in app`);
  const startedAt = performance.now();
  await mesh.start();
  step(`all ready after ${seconds(performance.now() - startedAt)}`);
  page = new LivePage(mesh, { file: findPrograms('lib/bin').page, title: 'the demo' });
  step(`watch it at ${await page.open()}`);
  report = new RunReport(liveProxies(mesh), systemClock);
  report.start();

  const flows = [{ flow: flowBetween(mesh, CALLER, CALLEE), rate: INSIDE_RATE }, { flow: flowBetween(mesh, OUTSIDE, EDGE), rate: OUTSIDE_RATE }];
  step(`driving ${flows.map(({ flow, rate }) => `${rate} requests/s ${flow.from} -> ${flow.to}`).join(' and ')} for ${END_AT_S} s`);
  const began = performance.now();
  runs = flows.map(({ flow, rate }) => run(flow, rate, END_AT_S));
  const stopDrawing = draw(END_AT_S);

  const killed = await at(began, KILL_AT_S, killOne);
  const added = await at(began, ADD_AT_S, addOne);
  await Promise.all(runs.map(({ traffic }) => traffic.finished));
  stopDrawing();
  screen.clear();

  const elapsed = (performance.now() - began) / 1000;
  for (const { whole } of runs) {
    screen.say('');
    for (const line of reportOf(whole, elapsed, paint)) screen.say(line);
  }
  screen.say('');
  for (const line of discoveryTable([...killed, ...added])) screen.say(line);
  check(killed, added);
  await shift();
  report.stop();
  report.write(REPORT, { title: 'The demo of cdk8s-mesh', about: ABOUT });
  screen.say('');
  step(`the report of this run: ${pathToFileURL(REPORT)}`);
  if (broken.length === 0) screen.say(paint('green', 'All that the demo promises held.'));
  else {
    for (const line of broken) screen.say(paint('red', `does not hold: ${line}`));
    process.exitCode = 1;
  }
}

function step(text) {
  screen.say(`${paint('cyan', '>')} ${text}`);
}

function synthesize() {
  return /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
    let output = '';
    const child = spawn('node_modules/.bin/cdk8s', ['synth', '--check-upgrade=false'], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += chunk; });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new UserError(`cdk8s synth failed with exit code ${code}:\n${output}`));
    });
  }));
}

/** Drives one flow and counts: over all, and since the last second. */
function run(flow, rate, forSeconds, headers = {}) {
  const counts = {
    whole: new Tally(flow), second: new Tally(flow), span: new Tally(flow), lastFailureAt: /** @type {number | undefined} */ (undefined),
  };
  counts.traffic = new Traffic({
    flow, rate, path: '/', headers, durationMs: forSeconds * 1000,
    onDue: () => counts.whole.due(),
    onOutcome: (outcome) => {
      for (const tally of [counts.whole, counts.second, counts.span]) tally.record(outcome);
      if (outcome.failure !== undefined) counts.lastFailureAt = performance.now();
    },
  });
  counts.planned = rate * forSeconds;
  return counts;
}

function draw(forSeconds) {
  const began = performance.now();
  let ticks = 0;
  const timer = setInterval(() => {
    if (interrupted) return;
    const elapsed = Math.min(forSeconds, Math.round((performance.now() - began) / 1000));
    const seconds = runs.map(({ second }) => second);
    screen.show((room) => ['', ...statusOf(mesh.pods, seconds, 1, paint, room - 1)], ['', `${elapsed} of ${forSeconds} s`]);
    for (const counts of runs) counts.second = new Tally(counts.whole.flow);
    if (!screen.live && ++ticks % 5 === 0) {
      for (const counts of runs) {
        screen.say(`  ${elapsed} s  ${summaryOf(counts.span, 5)}`);
        counts.span = new Tally(counts.whole.flow);
      }
    }
  }, 1000);
  return () => clearInterval(timer);
}

async function at(began, second, action) {
  await new Promise((resolve) => setTimeout(resolve, began + second * 1000 - performance.now()));
  const rows = await action();
  return rows.map((row) => ({ ...row, second }));
}

function callers() {
  return mesh.pods.filter((pod) => pod.workload.service === CALLER && pod.state === 'ready');
}

/** SIGKILL to both processes of a replica; the mesh replaces it, as a Deployment would. */
async function killOne() {
  const victim = mesh.pods.find((pod) => pod.workload.service === CALLEE && pod.workload.version === 'v1' && pod.state === 'ready');
  step(`killing ${victim.name} (kill -9)`);
  report.mark(`${victim.name} was killed (kill -9)`);
  const replacementReady = nextReady(victim.workload);
  const killedAt = performance.now();
  const toldAt = new Promise((resolve) => {
    victim.once('change', () => resolve(performance.now()));
  });
  void mesh.kill(victim.name);
  const goneAt = await whenAllSee(callers(), victim, 'gone', DISCOVERY_TIMEOUT_MS);
  const rows = [{ what: `killed ${victim.name}`, since: killedAt, toldMs: await toldAt - killedAt, seenMs: goneAt && goneAt - killedAt, seenAt: goneAt }];
  const replacement = await replacementReady;
  if (!replacement) return rows;
  return [...rows, await seen(`replaced by ${replacement.pod.name}`, replacement)];
}

async function addOne() {
  step(`adding a replica to ${CALLEE} v1`);
  report.mark(`a replica was added to ${CALLEE} v1`);
  const ready = nextReady({ service: CALLEE, version: 'v1' });
  await mesh.add(CALLEE, 'v1');
  return [await seen(`added ${(await ready).pod.name}`, await ready)];
}

async function seen(what, { pod, readyAt }) {
  const usedAt = await whenAllSee(callers(), pod, 'used', DISCOVERY_TIMEOUT_MS);
  return { what, since: readyAt, toldMs: 0, seenMs: usedAt && usedAt - readyAt, pod };
}

/** Changes the weights in the documents of the callers, as a ConfigMap that was applied does, and looks where requests go. */
async function shift() {
  screen.say('');
  step(`shifting ${CALLEE} to half ${[...Object.keys(LATENCIES)].join(' and half ')} by configuration alone, while testers ask for v2 by ${Object.keys(TESTERS)[0]}`);
  await mesh.apply(readModel(manifestsOf(objectsWithEvenShares(), 'dist'), 'dist'));
  report.mark(`half of the requests to ${CALLEE} were shifted to v2, by configuration alone`);
  const flow = flowBetween(mesh, CALLER, CALLEE);
  runs = [run(flow, SHIFT_RATE, SHIFT_S), run(flow, TESTERS_RATE, SHIFT_S, TESTERS)];
  const stopDrawing = draw(SHIFT_S);
  await new Promise((resolve) => setTimeout(resolve, SHIFTED_AFTER_S * 1000));
  const [everybody, testers] = runs;
  everybody.whole = new Tally(flow);
  await Promise.all(runs.map(({ traffic }) => traffic.finished));
  stopDrawing();
  screen.clear();

  const shares = [
    { who: 'everybody', tally: everybody.whole, declared: new Map([...flow.declared]) },
    { who: `with ${Object.keys(TESTERS)[0]}`, tally: testers.whole, declared: new Map([['v1', 0], ['v2', 1]]) },
  ];
  const part = (value) => `${(value * 100).toFixed(1)} %`;
  screen.say('');
  for (const line of renderTable(
    [{ title: 'canary' }, { title: 'requests', right: true }, { title: 'failed', right: true }, { title: 'v1', right: true }, { title: 'v2', right: true }],
    shares.map(({ who, tally }) => [who, String(tally.total), String(tally.failed), part(shareOf(tally, 'v1')), part(shareOf(tally, 'v2'))]),
    paint,
  )) screen.say(line);
  for (const { who, tally, declared } of shares) {
    if (tally.failed > 0) broken.push(`canary, ${who}: ${tally.failed} requests failed while weights were shifted`);
    for (const [version, share] of declared) {
      if (!(Math.abs(shareOf(tally, version) - share) <= MOST_SHARE_OFF)) {
        broken.push(`canary, ${who}: version ${version} got ${part(shareOf(tally, version))} instead of ${part(share)}`);
      }
    }
  }
}

function shareOf(tally, version) {
  return (tally.versions().find((each) => each.version === version)?.answered ?? 0) / tally.attributed;
}

/** What was synthesized, with equal weights wherever requests are split over the versions of the callee. */
function objectsWithEvenShares() {
  const objects = parseAllDocuments(readFileSync('dist/shop.k8s.yaml', 'utf8')).map((document) => document.toJS());
  for (const { data } of objects.filter(({ kind, data }) => kind === 'ConfigMap' && data['proxy.json'])) {
    const document = JSON.parse(data['proxy.json']);
    for (const { split } of document.listeners.flatMap(({ routes }) => routes)) {
      if (split?.length > 1) for (const part of split) if (part.cluster.includes(CALLEE)) part.weight = 50;
    }
    data['proxy.json'] = JSON.stringify(document);
  }
  return objects;
}

/** The next pod of a version that becomes ready, and when; undefined when none does in time. */
function nextReady({ service, version }) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(undefined), DISCOVERY_TIMEOUT_MS);
    const onPod = (pod, state) => {
      if (state === 'ready' && pod.workload.service === service && pod.workload.version === version) settle({ pod, readyAt: performance.now() });
    };
    const settle = (value) => {
      clearTimeout(timer);
      mesh.off('pod', onPod);
      resolve(value);
    };
    mesh.on('pod', onPod);
  });
}

function discoveryTable(rows) {
  return renderTable(
    [{ title: 'discovery' }, { title: 'at', right: true }, { title: 'API told after', right: true }, { title: `all ${CALLER} proxies knew after`, right: true }],
    rows.map(({ what, second, toldMs, seenMs }) => [
      what, `${second} s`, toldMs === 0 ? 'at once' : `${toldMs.toFixed(0)} ms`, seenMs === undefined ? 'not seen' : `${seenMs.toFixed(0)} ms`,
    ]),
    paint,
  );
}

/** Everything that must hold. */
function check(killed, added) {
  for (const { whole, planned } of runs) {
    const name = `${whole.flow.from} -> ${whole.flow.to}`;
    if (whole.total < planned * 0.99) broken.push(`${name}: ${whole.total} of ${planned} requests were sent`);
    if (whole.failed > whole.total * MOST_FAILED) broken.push(`${name}: ${whole.failed} of ${whole.total} requests failed, more than ${MOST_FAILED * 100} %`);
    for (const { version, answered } of whole.versions()) {
      const declared = whole.flow.declared.get(version);
      const share = answered / whole.attributed;
      if (declared !== undefined && !(Math.abs(share - declared) <= MOST_SHARE_OFF)) {
        broken.push(`${name}: version ${version} got ${(share * 100).toFixed(1)} % instead of ${(declared * 100).toFixed(1)} %`);
      }
    }
  }
  if (killed.length < 2) broken.push('the killed replica was not replaced');
  for (const { what, seenMs } of [...killed, ...added]) {
    if (seenMs === undefined || seenMs > DISCOVERY_WITHIN_MS) {
      broken.push(`${what}: ${seenMs === undefined ? 'the calling proxies never knew' : `known after ${seenMs.toFixed(0)} ms, more than ${DISCOVERY_WITHIN_MS} ms`}`);
    }
  }
  const [inside] = runs;
  const goneAt = killed[0].seenAt;
  if (goneAt !== undefined && inside.lastFailureAt > goneAt + DISCOVERY_WITHIN_MS) {
    broken.push('requests still failed a second after the killed replica was known to be gone');
  }
  for (const { what, pod } of [...killed, ...added]) {
    if (pod && !(inside.whole.pods.get(pod.name)?.answered > 0)) broken.push(`${what}: it answered no request`);
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
