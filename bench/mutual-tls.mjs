/**
 * `npm run bench:mutual-tls`: two hops with mutual TLS between them, this proxy beside nginx and Envoy, in turns on the same work. Prints CPU per
 * request of both hops together and its ratios, and what a new connection takes of CPU and an idle one of memory. Nothing is written: the
 * figures of a machine that is not alone say little but as ratios of one run. The page is docs/decisions/mutual-tls.md.
 *
 *   node bench/mutual-tls.mjs [--rounds N] [--seconds N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { connect } from 'node:tls';
import { buildSync } from 'esbuild';
import { downstreamTls, envoyCommand, findEnvoy, upstreamTls } from './envoy.mjs';
import { CORES, compareInTurns, inFolder } from './in-turns.mjs';
import { OWN, startMeshWith } from './peers.mjs';
import { HOST, cpuSeconds, freePort, nginxConfig, programOf, residentBytes, startOn, whenAnswers } from './processes.mjs';
import { startBackend } from './scenarios.mjs';

const IDLE_CONNECTIONS = 1000;
const SERVER = 'spiffe://cluster.local/ns/bench/sa/server';
const CLIENT = 'spiffe://cluster.local/ns/bench/sa/client';
/** nginx compares a host name, and knows no SPIFFE. */
const SERVER_NAME = 'server.bench';

await inFolder(async (folder, keep) => {
  const files = await writeIdentities(folder);
  const backend = await keep(startBackend(folder, CORES.load));
  const { path: envoy, missing } = findEnvoy();
  if (!envoy) console.log(`Envoy is left out: ${missing}`);
  const chains = {
    nginx: await nginxChain(folder, keep, files, backend.port),
    ...(envoy && { Envoy: await envoyChain(envoy, folder, keep, files, backend.port) }),
    [OWN]: await meshChain(folder, keep, files, backend.port),
  };
  // Both hops together.
  compareInTurns(Object.fromEntries(Object.entries(chains).map(([name, { port, hops }]) => (
    [name, { url: `http://${HOST}:${port}/small`, pids: hops.map(({ pid }) => pid) }]
  ))));
  for (const [name, { hops, securePort }] of Object.entries(chains)) {
    const { bytes, resident, cpuUs } = await connectionsOf(hops[1], securePort, files.client, name === OWN ? 'mesh/h1' : 'http/1.1');
    console.log(`${name}: ${Math.round(cpuUs)} us of CPU for a new connection and a request, ${Math.round(1e6 / cpuUs)} a second on a core; `
      + `${(bytes / 1024).toFixed(1)} KiB a connection, of ${IDLE_CONNECTIONS} idle ones; ${(resident / 1048576).toFixed(1)} MiB with them`);
  }
});

async function writeIdentities(folder) {
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

async function meshChain(folder, keep, { server, client }, backendPort) {
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

async function nginxChain(folder, keep, { server, client }, backendPort) {
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

async function envoyChain(path, folder, keep, { server, client }, backendPort) {
  const [securePort, port] = [await freePort(), await freePort()];
  const socketOf = ({ certificateFile: certificate, keyFile: key, trustBundleFile }, peerId) => ({ certificate, key, trustBundleFile, peerId });
  const command = (setup) => envoyCommand(path, folder, CORES.proxy, setup);
  const startInbound = command({ port: securePort, backendPort, downstream: downstreamTls(socketOf(server, CLIENT)) });
  const startOutbound = command({ port, backendPort: securePort, upstream: upstreamTls(socketOf(client, SERVER)) });
  const inbound = await keep(startInbound());
  return { port, securePort, hops: [await keep(whenAnswers(port, startOutbound)), inbound] };
}

/** What each of many connections costs the server: CPU until it has carried one request, memory while it is idle afterwards. */
async function connectionsOf({ pid }, port, { certificate, key }, protocol) {
  const [before, cpuBefore] = [residentBytes(pid), cpuSeconds(pid)];
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
  const cpuUs = (cpuSeconds(pid) - cpuBefore) / IDLE_CONNECTIONS * 1e6;
  await new Promise((done) => { setTimeout(done, 1000); });
  const resident = residentBytes(pid);
  for (const socket of sockets) socket.destroy();
  return { bytes: (resident - before) / IDLE_CONNECTIONS, resident, cpuUs };
}
