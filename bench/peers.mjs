/**
 * What is compared: each proxy with one worker, keep-alive to both sides, no access log, in front of the same backend.
 * Settings that would only make a peer slower than it need be (few keep-alive requests, buffering to disk) are lifted.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { programOf, startOn } from './processes.mjs';

export const HOST = '127.0.0.1';

export const WORKLOADS = [
  { name: 'small', path: '/small', title: 'small JSON response', bytes: 0 },
  { name: 'large', path: '/large', title: '64 KiB body', bytes: 64 * 1024 },
];

const SMALL_BODY = JSON.stringify({ id: 4711, name: 'Teapot', price: 1999, currency: 'EUR', stock: 42, tags: ['kitchen', 'steel'] });

/** The proxies, in the order of the table. `version` is undefined when the program is not there. */
export const PEERS = [
  {
    name: 'nginx',
    version: () => versionBy('nginx', ['-v'], /nginx\/([\d.]+)/),
    missing: 'apt-get install nginx-light',
    start: startNginx,
  },
  {
    name: 'HAProxy',
    version: () => versionBy('haproxy', ['-v'], /version ([\d.]+)/),
    missing: 'apt-get install haproxy',
    start: startHaproxy,
  },
  {
    name: 'cdk8s-mesh',
    version: () => `Node ${process.versions.node}`,
    start: startMesh,
  },
];

/** The backend: nginx from memory, far lighter than any proxy in front of it. */
export async function startBackend(folder, core) {
  const port = await freePort();
  mkdirSync(join(folder, 'backend'), { recursive: true });
  writeFileSync(join(folder, 'backend/large'), Buffer.alloc(64 * 1024, 'cdk8s-mesh '));
  const config = nginxConfig(folder, 'backend', `
    sendfile on;
    tcp_nopush on;
    open_file_cache max=16;
    server {
      listen ${HOST}:${port} backlog=4096;
      location = /small { default_type application/json; return 200 '${SMALL_BODY}'; }
      location = /large { root ${folder}/backend; default_type application/octet-stream; }
    }`);
  return { port, ...await whenOpen(port, startOn(core, programOf('nginx'), ['-c', config])) };
}

async function startNginx(folder, core, backend) {
  const port = await freePort();
  const config = nginxConfig(folder, 'nginx', `
    upstream backend { server ${HOST}:${backend.port}; keepalive 1024; keepalive_requests 100000000; }
    proxy_buffers 16 8k;
    proxy_max_temp_file_size 0;
    server {
      listen ${HOST}:${port} backlog=4096;
      location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
    }`);
  return { port, ...await whenOpen(port, startOn(core, programOf('nginx'), ['-c', config])) };
}

async function startHaproxy(folder, core, backend) {
  const port = await freePort();
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(config, `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
frontend in
  bind ${HOST}:${port} backlog 4096
  default_backend out
backend out
  server backend ${HOST}:${backend.port}
`);
  return { port, ...await whenOpen(port, startOn(core, programOf('haproxy'), ['-f', config, '-db'])) };
}

async function startMesh(folder, core, backend) {
  const [port, admin] = [await freePort(), await freePort()];
  const config = join(folder, 'proxy.json');
  writeFileSync(config, JSON.stringify({
    version: 'v1',
    node: { service: 'bench', namespace: 'bench', version: 'v1' },
    admin: { port: admin, loopbackAddress: HOST },
    listeners: [{
      name: 'inbound', direction: 'inbound', address: HOST, port, routes: [{ name: 'all', split: [{ cluster: 'app', weight: 1 }] }],
    }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: HOST, port: backend.port }] } }],
  }));
  const bundle = process.env.MESH_BENCH_PROXY ?? new URL('../lib/bin/proxy.js', import.meta.url).pathname;
  const child = startOn(core, process.execPath, [bundle], {
    // As in the image.
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      NODE_OPTIONS: imageNodeOptions(),
      MESH_CONFIG: config,
      POD_NAME: 'bench-0',
      POD_NAMESPACE: 'bench',
      POD_IPS: '127.0.0.2',
    },
  });
  return { port, ...await whenOpen(port, child) };
}

/** The flags that the image gives to node, so that what is measured is what is shipped. */
function imageNodeOptions() {
  const dockerfile = readFileSync(new URL('../image/Dockerfile', import.meta.url), 'utf8');
  const options = /^ENV NODE_OPTIONS="([^"]*)"$/m.exec(dockerfile)?.[1];
  if (options === undefined) throw new Error('image/Dockerfile sets no NODE_OPTIONS="..."');
  return options;
}

function nginxConfig(folder, name, http) {
  const path = join(folder, `${name}.conf`);
  // In the foreground, so that its process is the one that was started; paths of its own, so that it needs no root.
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`).join(' ');
  writeFileSync(path, `
daemon off;
worker_processes 1;
pid ${folder}/${name}.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
    access_log off;
    ${paths}
    keepalive_timeout 300s;
    keepalive_requests 100000000;${http}
}
`);
  return path;
}

function versionBy(program, args, pattern) {
  const path = programOf(program);
  if (!path) return undefined;
  const { stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
  return pattern.exec(stdout + stderr)?.[1];
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, HOST, () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Waits until something listens; adds how long that took. */
async function whenOpen(port, child) {
  const began = performance.now();
  while (!await accepts(port)) {
    if (!child.running()) throw new Error(`it ended before it listened:\n${child.said()}`);
    if (performance.now() - began > 10_000) {
      await child.stop();
      throw new Error(`nothing listened on port ${port} within 10 s:\n${child.said()}`);
    }
    await new Promise((done) => { setTimeout(done, 5); });
  }
  return { ...child, startMs: performance.now() - began };
}

function accepts(port) {
  return new Promise((done) => {
    const socket = connect(port, HOST);
    socket.on('connect', () => { socket.destroy(); done(true); });
    socket.on('error', () => done(false));
  });
}
