/**
 * Three times as many requests as an app can answer, by way of the proxy, without limits and with adaptive concurrency. The app works on a
 * few requests at a time, the others wait in it in order, and it works on for clients that have given up. Requests come at random, whether
 * or not those before are answered. What counts is goodput: answers that come while somebody waits for them.
 *
 * The app's capacity is measured first, by clients that wait for their answers, so that a machine that others use changes both alike.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, HOST } from './processes.mjs';

const CONCURRENCY = 8;
const SERVICE_MS = 40;
const TIMES = 3;
const PATIENCE_MS = 1_000;
const CAPACITY_SECONDS = 3;
const SECONDS = 12;
/** At the beginning, the queue is still filling, and the limit is being found. */
const SETTLING_SECONDS = 4;

/** What has to be. */
const GOODPUT = 0.9;
const COLLAPSED = 0.5;

const PROXY = fileURLToPath(new URL('../lib/bin/proxy.js', import.meta.url));
const children = new Set();

if (process.argv[2] === 'app') serve(Number(process.argv[3]));
else await main();

function serve(port) {
  const waiting = [];
  let busy = 0;
  const work = () => {
    while (busy < CONCURRENCY && waiting.length > 0) {
      const response = waiting.shift();
      busy += 1;
      setTimeout(() => {
        busy -= 1;
        response.end('ok');
        work();
      }, SERVICE_MS);
    }
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => {
    waiting.push(response);
    work();
  });
  server.listen(port, HOST);
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-overload-'));
  try {
    const capacity = await withPath(folder, undefined, (port) => closedLoop(port));
    console.log(`The app answers ${capacity.toFixed(0)} requests a second, ${CONCURRENCY} at a time. Offered: ${TIMES} times as many; clients wait ${PATIENCE_MS} ms.\n`);
    const open = await withPath(folder, undefined, (port) => openLoop(port, capacity * TIMES));
    const limited = await withPath(folder, { concurrency: { type: 'adaptive' } }, (port) => openLoop(port, capacity * TIMES));
    console.log('| | offered/s | goodput/s | of capacity | refused/s | given up/s | p50 of accepted | p99 of accepted |');
    console.log('|---|---|---|---|---|---|---|---|');
    for (const [name, result] of [['without limits', open], ['adaptive concurrency', limited]]) console.log(row(name, result, capacity));
    const collapses = open.goodput < capacity * COLLAPSED;
    const holds = limited.goodput >= capacity * GOODPUT && limited.p99 < PATIENCE_MS;
    console.log(`\nwithout limits goodput falls below ${COLLAPSED * 100} % of capacity: ${collapses ? 'yes' : 'no'}`);
    console.log(`with them it is at least ${GOODPUT * 100} %, and the p99 of what is accepted below ${PATIENCE_MS} ms: ${holds ? 'met' : 'missed'}`);
    if (!collapses || !holds) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function row(name, { offered, goodput, refused, givenUp, p50, p99 }, capacity) {
  const ms = (value) => (Number.isNaN(value) ? '-' : `${value.toFixed(0)} ms`);
  const cells = [name, offered.toFixed(0), goodput.toFixed(0), `${((goodput / capacity) * 100).toFixed(0)} %`, refused.toFixed(0), givenUp.toFixed(0), ms(p50), ms(p99)];
  return `| ${cells.join(' | ')} |`;
}

/** An app and a proxy of their own, so that no run inherits what another has left in a queue. */
async function withPath(folder, admission, use) {
  const [port, appPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, `${port}.json`);
  writeFileSync(config, JSON.stringify({
    version: 'v1',
    node: { service: 'app', namespace: 'bench', version: 'v1' },
    admin: { port: adminPort },
    listeners: [{
      name: 'inbound', direction: 'inbound', address: HOST, port, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }], timeoutMs: 0 }],
      ...(admission && { admission }),
    }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: HOST, port: appPort }] }, maxConnectionsPerEndpoint: 10_000, maxPendingRequests: 10_000 }],
  }));
  const started = [
    start([fileURLToPath(import.meta.url), 'app', String(appPort)], {}),
    start([PROXY], { MESH_CONFIG: config, POD_IPS: HOST, POD_NAME: 'bench' }),
  ];
  try {
    while ((await ask(port, new Agent())).outcome !== 'answered') await pause(50);
    return await use(port);
  } finally {
    await Promise.all(started.map(stop));
  }
}

function start(args, env) {
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  children.add(child);
  return child;
}

function stop(child) {
  children.delete(child);
  return new Promise((done) => {
    child.on('exit', done);
    child.kill('SIGKILL');
  });
}

process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });

/** Requests a second that clients get answered, each one after the other; enough of them that the app never waits. */
async function closedLoop(port) {
  const agent = new Agent({ keepAlive: true });
  const end = performance.now() + CAPACITY_SECONDS * 1_000;
  let answered = 0;
  await Promise.all(Array.from({ length: 2 * CONCURRENCY }, async () => {
    while (performance.now() < end) {
      await ask(port, agent);
      answered += 1;
    }
  }));
  agent.destroy();
  return answered / CAPACITY_SECONDS;
}

async function openLoop(port, perSecond) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const began = performance.now();
  const counted = [];
  const all = [];
  let due = began;
  while (performance.now() < began + SECONDS * 1_000) {
    while (due <= performance.now()) {
      const request = ask(port, agent);
      if (due > began + SETTLING_SECONDS * 1_000) counted.push(request);
      all.push(request);
      due += (-Math.log(1 - Math.random()) * 1_000) / perSecond;
    }
    await pause(1);
  }
  await Promise.all(all);
  agent.destroy();
  const results = await Promise.all(counted);
  const seconds = SECONDS - SETTLING_SECONDS;
  const rate = (outcome) => results.filter((result) => result.outcome === outcome).length / seconds;
  const latencies = results.filter(({ outcome }) => outcome === 'answered').map(({ ms }) => ms).sort((a, b) => a - b);
  const quantile = (share) => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return {
    offered: results.length / seconds, goodput: rate('answered'), refused: rate('refused'), givenUp: rate('given up') + rate('failed'),
    p50: quantile(0.5), p99: quantile(0.99),
  };
}

function ask(port, agent) {
  const began = performance.now();
  return new Promise((resolve) => {
    const settle = (outcome) => {
      clearTimeout(patience);
      resolve({ outcome, ms: performance.now() - began });
    };
    const request = get({ host: HOST, port, agent, headers: { host: 'app' } }, (response) => {
      response.on('error', () => settle('failed')).on('end', () => settle(response.statusCode === 200 ? 'answered' : 'refused')).resume();
    });
    const patience = setTimeout(() => {
      settle('given up');
      request.destroy();
    }, PATIENCE_MS);
    request.on('error', () => settle('failed'));
  });
}

function pause(ms) {
  return new Promise((done) => { setTimeout(done, ms); });
}
