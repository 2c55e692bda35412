/**
 * `npm run bench:gateway`: a gateway with TLS 1.3 and 100 routes of 10 hosts, which says where requests come from, beside nginx and Envoy with the
 * same table, in turns on the same work. Prints CPU per request and its ratios. Nothing is written: the figures of a machine that is not
 * alone say little but as ratios of one run.
 *
 *   node bench/gateway.mjs [--rounds N] [--seconds N]
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findEnvoy, startEnvoy } from './envoy.mjs';
import { raisePriority } from './machine.mjs';
import { startMeshWith } from './peers.mjs';
import { HOST, cpuSeconds, freePort, nginxConfig, programOf, startOn, whenAnswers } from './processes.mjs';
import { startBackend } from './scenarios.mjs';
import { writeKeyPair } from './tls.mjs';

const CORES = { proxy: 0, load: 1 };
const CONNECTIONS = 64;
/** The first is asked whether the proxy is ready. */
const HOSTS = [HOST, ...Array.from({ length: 9 }, (_, i) => `shop-${i}.example.com`)];
const PATHS = [...Array.from({ length: 9 }, (_, i) => `/service-${i}`), '/small'];
const ASKED = HOSTS[6];

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' } } });
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
chmodSync(folder, 0o755);
const restorePriority = raisePriority();
const running = [];
try {
  await run();
} finally {
  await Promise.all(running.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
  restorePriority();
}

async function run() {
  const tls = await writeKeyPair(folder);
  const backend = await keep(startBackend(folder, CORES.load));
  const proxies = { nginx: await keep(startNginx(backend.port, tls)), 'cdk8s-mesh': await keep(startGateway(backend.port, tls)) };
  const { path: envoy } = findEnvoy();
  if (envoy) proxies.Envoy = await keep(startEnvoy(envoy, folder, CORES.proxy, backend.port, tls, envoyHosts()));
  for (const { port } of Object.values(proxies)) load(port, 2);
  /** @type {Record<string, number[]>} */
  const micros = Object.fromEntries(Object.keys(proxies).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { port, pid }] of Object.entries(proxies)) {
      const before = cpuSeconds(pid);
      const requests = load(port, seconds);
      micros[name].push((cpuSeconds(pid) - before) / requests * 1e6);
    }
  }
  for (const [name, list] of Object.entries(micros)) console.log(`${name}: ${median(list).toFixed(1)} us of CPU a request (${list.map((each) => each.toFixed(1)).join(', ')})`);
  for (const name of Object.keys(micros).filter((each) => each !== 'cdk8s-mesh')) {
    const ratios = micros['cdk8s-mesh'].map((own, i) => own / micros[name][i]);
    console.log(`ratio to ${name}: ${median(ratios).toFixed(2)} (${ratios.map((each) => each.toFixed(2)).join(', ')})`);
  }
}

async function keep(starting) {
  const started = await starting;
  running.push(started);
  return started;
}

/** As the document of a `Gateway` says it. */
async function startGateway(backendPort, tls) {
  const routes = HOSTS.flatMap((host) => PATHS.map((path) => ({
    name: `${host}${path}`, matches: [{ path: { type: 'prefix', value: path }, hosts: [host] }], split: [{ cluster: 'app', weight: 1 }],
  })));
  return startMeshWith(folder, CORES.proxy, {
    listeners: [{
      name: 'https', direction: 'outbound', address: HOST, port: await freePort(), forwarded: {}, routes,
      tls: { certificates: [{ certificateFile: tls.certificate, keyFile: tls.key }] },
    }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: HOST, port: backendPort }] } }],
  }, tls);
}

async function startNginx(backendPort, tls) {
  const port = await freePort();
  const locations = PATHS.map((path) => `
      location ${path} {
        proxy_pass http://backend;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $http_host;
      }`).join('');
  const servers = HOSTS.map((host) => `
    server {
      listen ${HOST}:${port} ssl;
      server_name ${host};
      ssl_certificate ${tls.certificate};
      ssl_certificate_key ${tls.key};
      ssl_protocols TLSv1.2 TLSv1.3;${locations}
    }`).join('');
  const config = nginxConfig(folder, `nginx-${port}`, {
    connections: 4096, http: `
    upstream backend { server ${HOST}:${backendPort}; keepalive 1024; keepalive_requests 100000000; }${servers}`,
  });
  return { port, ...await whenAnswers(port, () => startOn(CORES.proxy, programOf('nginx'), ['-c', config]), tls) };
}

function envoyHosts() {
  return HOSTS.map((host) => ({
    name: host, domains: [host, `${host}:*`], routes: PATHS.map((path) => ({ match: { path_separated_prefix: path }, route: { cluster: 'app' } })),
  }));
}

/** Requests that were answered. */
function load(port, time) {
  const args = ['--cpu-list', String(CORES.load), 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${time}s`, '-H', `Host: ${ASKED}`, `https://${HOST}:${port}/small`];
  const { stdout } = spawnSync('taskset', args, { encoding: 'utf8' });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (!requests || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`the load failed:\n${stdout}`);
  return requests;
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}
