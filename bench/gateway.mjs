/**
 * `npm run bench:gateway`: a gateway with TLS 1.3 and 100 routes of 10 hosts, which says where requests come from, beside nginx and Envoy with the
 * same table, in turns on the same work. Prints CPU per request and its ratios. Nothing is written: the figures of a machine that is not
 * alone say little but as ratios of one run.
 *
 *   node bench/gateway.mjs [--rounds N] [--seconds N]
 */
import { findEnvoy, startEnvoy } from './envoy.mjs';
import { CORES, compareInTurns, inFolder } from './in-turns.mjs';
import { OWN, startMeshWith } from './peers.mjs';
import { HOST, freePort, nginxConfig, programOf, startOn, whenAnswers } from './processes.mjs';
import { startBackend } from './scenarios.mjs';
import { writeKeyPair } from './tls.mjs';

/** The first is asked whether the proxy is ready. */
const HOSTS = [HOST, ...Array.from({ length: 9 }, (_, i) => `shop-${i}.example.com`)];
const PATHS = [...Array.from({ length: 9 }, (_, i) => `/service-${i}`), '/small'];
const ASKED = HOSTS[6];

await inFolder(async (folder, keep) => {
  const tls = await writeKeyPair(folder);
  const backend = await keep(startBackend(folder, CORES.load));
  const { path: envoy } = findEnvoy();
  const proxies = {
    nginx: await keep(startNginx(folder, backend.port, tls)),
    ...(envoy && { Envoy: await keep(startEnvoy(envoy, folder, CORES.proxy, backend.port, tls, envoyHosts())) }),
    [OWN]: await keep(startGateway(folder, backend.port, tls)),
  };
  compareInTurns(Object.fromEntries(Object.entries(proxies).map(([name, { port, pid }]) => (
    [name, { url: `https://${HOST}:${port}/small`, pids: [pid], host: ASKED }]
  ))));
});

/** As the document of a `Gateway` says it. */
async function startGateway(folder, backendPort, tls) {
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

async function startNginx(folder, backendPort, tls) {
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
