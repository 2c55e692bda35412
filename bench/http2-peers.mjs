/**
 * Proxies of HTTP/2, each with one worker or thread, keep-alive and as many streams as are wanted, no access log. Each also takes HTTP/1.1 on a port,
 * by which it is asked whether it is ready. Streams have a backend of their own.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envoyCommand, envoyVersion, findEnvoy } from './envoy.mjs';
import { startHaproxy } from './haproxy.mjs';
import { OWN, startMeshWith } from './peers.mjs';
import { HOST, freePort, nginxConfig, programOf, startOn, whenAnswers } from './processes.mjs';

const STREAMS = '/mesh.Bench/Stream';

/** Those that are there, and what is to be installed for the others. `hops`: the longest chain of them that is measured. */
export function findHttp2Peers() {
  const { path: envoy, missing: whyNoEnvoy } = findEnvoy();
  const all = [
    { name: OWN, hops: 2, version: `Node ${process.versions.node}`, start: startOwn },
    { name: 'Envoy', hops: 2, version: envoy && envoyVersion(envoy), missing: whyNoEnvoy, start: (folder, core, to) => startEnvoy(envoy, folder, core, to) },
    { name: 'HAProxy', hops: 1, version: versionOf('haproxy', ['-v']), missing: 'apt-get install haproxy', start: startHttp2Haproxy },
    { name: 'nginx', hops: 1, version: versionOf('nginx', ['-v']), missing: 'apt-get install nginx-light', start: startNginx },
    { name: 'nghttpx', hops: 1, version: versionOf('nghttpx', ['--version']), missing: 'apt-get install nghttp2-proxy', start: startNghttpx },
  ];
  return {
    peers: all.filter(({ version }) => version),
    missing: Object.fromEntries(all.filter(({ version }) => !version).map(({ name, missing }) => [name, missing])),
  };
}

async function startOwn(folder, core, { port: to, streamPort }) {
  const [plainPort, port] = [await freePort(), await freePort()];
  const at = (where) => ({ type: 'static', endpoints: [{ address: HOST, port: where }] });
  const routes = [
    { name: 'streams', matches: [{ path: { type: 'prefix', value: STREAMS } }], split: [{ cluster: 'streams', weight: 1 }] },
    { name: 'all', split: [{ cluster: 'app', weight: 1 }] },
  ];
  const started = await startMeshWith(folder, core, {
    listeners: [
      { name: 'plain', direction: 'inbound', address: HOST, port: plainPort, routes },
      { name: 'inbound', direction: 'inbound', address: HOST, port, protocol: 'http2', routes },
    ],
    clusters: [
      { name: 'app', protocol: 'http2', discovery: at(to) },
      { name: 'streams', protocol: 'http2', discovery: at(streamPort) },
    ],
  });
  return { ...started, port };
}

async function startEnvoy(path, folder, core, { port: to, streamPort }) {
  const port = await freePort();
  const hosts = [{
    name: 'all', domains: ['*'], routes: [
      { match: { prefix: STREAMS }, route: { cluster: 'streams', timeout: '0s' } },
      { match: { prefix: '/' }, route: { cluster: 'app', timeout: '0s' } },
    ],
  }];
  const setup = { port, backendPort: to, downstream: undefined, upstream: undefined, hosts, http2: { streams: streamPort } };
  const start = envoyCommand(path, folder, core, setup);
  return { ...await whenAnswers(port, start), port };
}

function startHttp2Haproxy(folder, core, { port: to, streamPort }) {
  return startHaproxy(folder, core, {
    mode: 'http', global: 'tune.h2.max-concurrent-streams 1000', defaults: 'http-reuse always',
    frontend: `use_backend streams if { path_beg ${STREAMS} }\n  default_backend app`,
    backends: `backend app\n  server app ${HOST}:${to} proto h2\nbackend streams\n  server streams ${HOST}:${streamPort} proto h2`,
  });
}

async function startNginx(folder, core, { port: to, streamPort }) {
  const [port, plainPort] = [await freePort(), await freePort()];
  const config = nginxConfig(folder, `nginx-${port}`, {
    connections: 4096,
    http: `
    http2_max_concurrent_streams 1000;
    upstream app { server ${HOST}:${to}; keepalive 1024; keepalive_requests 100000000; }
    upstream streams { server ${HOST}:${streamPort}; keepalive 1024; keepalive_requests 100000000; }
    server {
      listen ${HOST}:${port} http2 backlog=4096;
      listen ${HOST}:${plainPort};
      location / { grpc_pass grpc://app; }
      location ${STREAMS} { grpc_pass grpc://streams; }
    }`,
  });
  return { ...await whenAnswers(plainPort, () => startOn(core, programOf('nginx'), ['-c', config])), port };
}

async function startNghttpx(folder, core, { port: to, streamPort }) {
  const port = await freePort();
  const config = join(folder, `nghttpx-${port}.conf`);
  writeFileSync(config, `
frontend=${HOST},${port};no-tls
backend=${HOST},${to};;proto=h2
backend=${HOST},${streamPort};${STREAMS};proto=h2
workers=1
frontend-http2-max-concurrent-streams=1000
backend-http2-max-concurrent-streams=1000
accesslog-file=/dev/null
errorlog-file=/dev/null
`);
  return { ...await whenAnswers(port, () => startOn(core, programOf('nghttpx'), [`--conf=${config}`])), port };
}

function versionOf(program, args) {
  const path = programOf(program);
  if (!path) return undefined;
  const { stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0];
}
