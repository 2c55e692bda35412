/**
 * `npm run bench:mutual-tls`: two hops with mutual TLS between them, this proxy beside nginx, in turns on the same work. Prints CPU per request
 * of both hops together and its ratio, and what a connection with mutual TLS takes of memory. Nothing is written: the figures of a machine that
 * is not alone say little but as ratios of one run.
 *
 *   node bench/mutual-tls.mjs [--rounds N] [--seconds N]
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { raisePriority } from './machine.mjs';
import { startMeshWith } from './peers.mjs';
import { HOST, cpuSeconds, freePort, nginxConfig, programOf, residentBytes, startOn, whenAnswers } from './processes.mjs';
import { startBackend } from './scenarios.mjs';

const CORES = { proxy: 0, load: 1 };
const CONNECTIONS = 64;
const IDLE_CONNECTIONS = 1000;
const SERVER = 'spiffe://cluster.local/ns/bench/sa/server';
const CLIENT = 'spiffe://cluster.local/ns/bench/sa/client';
/** nginx compares a host name, and knows no SPIFFE. */
const SERVER_NAME = 'server.bench';

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
  const files = await writeIdentities();
  const backend = await keep(startBackend(folder, CORES.load));
  const chains = { nginx: await nginxChain(files, backend.port), 'cdk8s-mesh': await meshChain(files, backend.port) };
  for (const { port } of Object.values(chains)) load(port, 2);
  /** @type {Record<string, number[]>} */
  const micros = { nginx: [], 'cdk8s-mesh': [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { port, hops }] of Object.entries(chains)) {
      const before = cpuOf(hops);
      const requests = load(port, seconds);
      micros[name].push((cpuOf(hops) - before) / requests * 1e6);
    }
  }
  const ratios = micros['cdk8s-mesh'].map((own, i) => own / micros.nginx[i]);
  for (const [name, list] of Object.entries(micros)) console.log(`${name}: ${median(list).toFixed(1)} us of CPU a request, both hops (${list.map((each) => each.toFixed(1)).join(', ')})`);
  console.log(`ratio: ${median(ratios).toFixed(2)} (${ratios.map((each) => each.toFixed(2)).join(', ')})`);
  for (const [name, { hops, securePort }] of Object.entries(chains)) {
    const { bytes, server } = await memoryOf(hops[1], securePort, files.client, name === 'nginx' ? 'http/1.1' : 'mesh/h1');
    console.log(`${name}: ${(bytes / 1024).toFixed(1)} KiB a connection with mutual TLS, of ${IDLE_CONNECTIONS} idle ones; ${(server / 1048576).toFixed(1)} MiB with them`);
  }
}

async function keep(starting) {
  const started = await starting;
  running.push(started);
  return started;
}

async function writeIdentities() {
  const module = join(folder, 'authority.mjs');
  buildSync({ entryPoints: [fileURLToPath(new URL('../src/authority/index.ts', import.meta.url))], bundle: true, platform: 'node', format: 'esm', outfile: module });
  const { makeRoot, issue } = await import(pathToFileURL(module).href);
  const validity = { now: Date.now() };
  const root = makeRoot('cluster.local', validity);
  const identity = (name, id, dnsNames) => {
    const { certificate, key } = issue(root, id, validity, { dnsNames });
    mkdirSync(join(folder, name));
    const put = (file, text) => {
      writeFileSync(join(folder, name, file), text);
      return join(folder, name, file);
    };
    return { certificate, key, certificateFile: put('tls.crt', certificate), keyFile: put('tls.key', key), trustBundleFile: put('ca.crt', root.certificate) };
  };
  return { server: identity('server', SERVER, [SERVER_NAME]), client: identity('client', CLIENT, ['client.bench']) };
}

async function meshChain({ server, client }, backendPort) {
  const identityOf = ({ certificateFile, keyFile, trustBundleFile }) => ({ trustDomain: 'cluster.local', certificateFile, keyFile, trustBundleFile });
  const [plainPort, securePort, port] = [await freePort(), await freePort(), await freePort()];
  const routes = (cluster) => [{ name: 'all', split: [{ cluster, weight: 1 }] }];
  const at = (where) => ({ type: 'static', endpoints: [{ address: HOST, port: where }] });
  const inbound = await keep(startMeshWith(folder, CORES.proxy, {
    identity: identityOf(server),
    listeners: [
      // Asked whether it is ready, by who has no certificate.
      { name: 'plain', direction: 'outbound', address: HOST, port: plainPort, routes: routes('app') },
      { name: 'inbound', direction: 'inbound', address: HOST, port: securePort, mutualTls: {}, routes: routes('app') },
    ],
    clusters: [{ name: 'app', discovery: at(backendPort) }],
  }));
  const outbound = await keep(startMeshWith(folder, CORES.proxy, {
    identity: identityOf(client),
    listeners: [{ name: 'outbound', direction: 'outbound', address: HOST, port, routes: routes('server') }],
    clusters: [{ name: 'server', discovery: at(securePort), mutualTls: { serverIds: [SERVER] } }],
  }));
  return { port, securePort, hops: [outbound, inbound] };
}

async function nginxChain({ server, client }, backendPort) {
  const [securePort, port] = [await freePort(), await freePort()];
  const location = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;';
  const start = (name, http) => startOn(CORES.proxy, programOf('nginx'), ['-c', nginxConfig(folder, name, { connections: 4096, http })]);
  const inbound = await keep(start('nginx-in', `
    upstream backend { server ${HOST}:${backendPort}; keepalive 1024; keepalive_requests 100000000; }
    server {
      listen ${HOST}:${securePort} ssl backlog=4096;
      ssl_certificate ${server.certificateFile};
      ssl_certificate_key ${server.keyFile};
      ssl_client_certificate ${server.trustBundleFile};
      ssl_verify_client on;
      ssl_protocols TLSv1.3;
      location / { proxy_pass http://backend; ${location} }
    }`));
  const outbound = await keep(whenAnswers(port, () => start('nginx-out', `
    upstream server { server ${HOST}:${securePort}; keepalive 1024; keepalive_requests 100000000; }
    server {
      listen ${HOST}:${port} backlog=4096;
      location / {
        proxy_pass https://server; ${location}
        proxy_ssl_certificate ${client.certificateFile};
        proxy_ssl_certificate_key ${client.keyFile};
        proxy_ssl_trusted_certificate ${client.trustBundleFile};
        proxy_ssl_verify on;
        proxy_ssl_name ${SERVER_NAME};
        proxy_ssl_protocols TLSv1.3;
      }
    }`)));
  return { port, securePort, hops: [outbound, inbound] };
}

/** Requests that were answered. */
function load(port, time) {
  const args = ['--cpu-list', String(CORES.load), 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${time}s`, `http://${HOST}:${port}/small`];
  const { stdout } = spawnSync('taskset', args, { encoding: 'utf8' });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (!requests || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`the load failed:\n${stdout}`);
  return requests;
}

function cpuOf(hops) {
  return hops.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}

/** What each of many connections adds, that have carried one request. */
async function memoryOf({ pid }, port, { certificate, key }, protocol) {
  const before = residentBytes(pid);
  const sockets = [];
  for (let i = 0; i < IDLE_CONNECTIONS; i += 1) {
    const socket = connect({ port, host: HOST, cert: certificate, key, ALPNProtocols: [protocol], rejectUnauthorized: false });
    sockets.push(socket);
    await new Promise((done, failed) => {
      socket.once('error', failed);
      socket.once('data', done);
      socket.write(`GET /small HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    });
  }
  await new Promise((done) => { setTimeout(done, 1000); });
  const server = residentBytes(pid);
  for (const socket of sockets) socket.destroy();
  return { bytes: (server - before) / IDLE_CONNECTIONS, server };
}
