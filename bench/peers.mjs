/**
 * What is compared: each proxy with one worker or thread, keep-alive to both sides, no access log, in front of the same
 * backend. Settings that would only make a peer slower than it need be (few keep-alive requests, buffering to disk) are
 * lifted.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { envoyVersion, findEnvoy, startEnvoy } from './envoy.mjs';
import { startHaproxy } from './haproxy.mjs';
import { HOST, freePort, nginxConfig, programOf, startOn, whenAnswers } from './processes.mjs';

/** The name that this proxy has in results. */
export const OWN = 'cdk8s-mesh';

const BUNDLE = process.env.MESH_BENCH_PROXY ?? fileURLToPath(new URL('../lib/bin/proxy.js', import.meta.url));

/**
 * The proxies, in the order of the tables. `find` says which version there is and how one is started before a backend's
 * port (and with which key pair, for one with TLS), or what is missing. `hops`: the longest chain of them that is measured;
 * `node`: it is made of Node's own HTTP.
 */
export const PEERS = [
  { name: 'nginx', hops: 2, find: findNginx },
  { name: 'HAProxy', hops: 1, find: findHaproxy },
  { name: 'Envoy', hops: 2, find: findEnvoyPeer },
  { name: OWN, hops: 2, find: findMesh },
  { name: 'undici', hops: 1, node: true, find: () => findNodeProxy('undici') },
  { name: 'http-proxy', hops: 1, node: true, find: () => findNodeProxy('http-proxy') },
];

function findNginx() {
  const version = versionBy('nginx', ['-v'], /nginx\/([\d.]+)/);
  return version ? { version, start: startNginx } : { missing: 'apt-get install nginx-light' };
}

function findHaproxy() {
  const version = versionBy('haproxy', ['-v'], /version ([\d.]+)/);
  return version ? { version, start: startHttpHaproxy } : { missing: 'apt-get install haproxy' };
}

function findEnvoyPeer() {
  const { path, missing } = findEnvoy();
  if (!path) return { missing };
  return { version: envoyVersion(path), start: (folder, core, backendPort, tls) => startEnvoy(path, folder, core, backendPort, tls) };
}

function findMesh() {
  return { version: `Node ${process.versions.node}`, start: startMesh };
}

function findNodeProxy(name) {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const script = fileURLToPath(new URL(`node-proxies/${name}.mjs`, import.meta.url));
  return {
    version: `${version} on Node ${process.versions.node}`,
    async start(_folder, core, backendPort, tls) {
      const port = await freePort();
      const env = { PATH: process.env.PATH, NODE_ENV: 'production' };
      const args = [script, String(port), String(backendPort), ...(tls ? [tls.certificate, tls.key] : [])];
      return { port, ...await whenAnswers(port, () => startOn(core, process.execPath, args, { env }), tls) };
    },
  };
}

async function startNginx(folder, core, backendPort, tls) {
  const port = await freePort();
  const config = nginxConfig(folder, `nginx-${port}`, {
    connections: 4096,
    http: `
    upstream backend { server ${HOST}:${backendPort}; keepalive 1024; keepalive_requests 100000000; }
    proxy_buffers 16 8k;
    proxy_max_temp_file_size 0;
    server {
      listen ${HOST}:${port} ${tls ? 'ssl ' : ''}backlog=4096;${tls ? `
      ssl_certificate ${tls.certificate};
      ssl_certificate_key ${tls.key};
      ssl_protocols TLSv1.2 TLSv1.3;` : ''}
      location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
    }`,
  });
  return { port, ...await whenAnswers(port, () => startOn(core, programOf('nginx'), ['-c', config]), tls) };
}

function startHttpHaproxy(folder, core, backendPort, tls) {
  return startHaproxy(folder, core, {
    mode: 'http', defaults: 'option http-keep-alive\n  http-reuse always\n  timeout http-keep-alive 60s',
    bind: tls ? `ssl crt ${tls.both} alpn http/1.1` : '', backends: `backend out\n  server backend ${HOST}:${backendPort}`,
  }, tls);
}

/** This proxy before one backend; `variant` is another build of it, or has flags of node and variables besides the image's. */
export async function startMesh(folder, core, backendPort, tls, variant) {
  const port = await freePort();
  return startMeshWith(folder, core, {
    listeners: [{
      name: 'inbound', direction: 'inbound', address: HOST, port, ...(tls && { tls: { certificateFile: tls.certificate, keyFile: tls.key } }),
      routes: routesOf(Number(/(?:^| )ROUTES=(\d+)/.exec(variant?.flags ?? '')?.[1] ?? 1)),
    }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: HOST, port: backendPort }] } }],
    ...tracingOf(variant),
  }, tls, variant);
}

/**
 * So many percent of the traces are sampled (`TRACING=1` among a variant's flags) and sent to its collector; without that none are.
 *
 * @param {{ flags?: string, collector?: string }} [variant]
 */
function tracingOf({ flags = '', collector } = {}) {
  const [, percent] = /(?:^| )TRACING=([\d.]+)/.exec(flags) ?? [];
  return percent === undefined ? {} : { tracing: { endpoint: collector, samplingPercent: Number(percent) } };
}

/** So many routes (`ROUTES=1000` among a variant's flags), the last of which takes what the others leave. */
function routesOf(count) {
  const split = [{ cluster: 'app', weight: 1 }];
  const paths = Array.from({ length: count - 1 }, (_, i) => ({ name: `r${i}`, matches: [{ path: { type: 'prefix', value: `/team-${i % 50}/service-${i}` } }], split }));
  return [...paths, { name: 'all', split }];
}

/** This proxy with these listeners, the first of which is asked, and clusters; `logFile` takes its log. */
export async function startMeshWith(folder, core, document, tls, { bundle = BUNDLE, flags = '', logFile = '' } = {}) {
  const { port } = document.listeners[0];
  const config = join(folder, `proxy-${port}.json`);
  writeFileSync(config, JSON.stringify({
    version: 'v1',
    node: { service: 'bench', namespace: 'bench', version: 'v1' },
    admin: { port: await freePort(), loopbackAddress: HOST },
    shutdown: { drainMs: 100 },
    ...document,
  }));
  const settings = flags.split(' ').filter(Boolean);
  const isVariable = (setting) => /^[A-Z_]+=/.test(setting);
  // As in the image.
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    NODE_OPTIONS: imageSetting('NODE_OPTIONS'),
    MALLOC_MMAP_THRESHOLD_: imageSetting('MALLOC_MMAP_THRESHOLD_'),
    MESH_CONFIG: config,
    POD_NAME: 'bench-0',
    POD_NAMESPACE: 'bench',
    POD_IPS: '127.0.0.2',
    ...Object.fromEntries(settings.filter(isVariable).map((setting) => setting.split('='))),
  };
  const args = [...settings.filter((setting) => !isVariable(setting)), bundle];
  const log = logFile === '' ? 'ignore' : openSync(logFile, 'w');
  const started = await whenAnswers(port, () => startOn(core, process.execPath, args, { env, stdio: ['ignore', log, 'pipe'] }), tls);
  if (typeof log === 'number') closeSync(log);
  return { port, ...started };
}

/** A variable of the image's environment, so that what is measured is what is shipped. */
function imageSetting(name) {
  const dockerfile = readFileSync(new URL('../image/Dockerfile', import.meta.url), 'utf8');
  const value = new RegExp(`^ENV ${name}="?([^"\\n]*)"?$`, 'm').exec(dockerfile)?.[1];
  if (value === undefined) throw new Error(`image/Dockerfile sets no ${name}`);
  return value;
}

export function versionBy(program, args, pattern) {
  const path = programOf(program);
  if (!path) return undefined;
  const { stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
  return pattern.exec(stdout + stderr)?.[1];
}
