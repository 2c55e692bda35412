/** A gateway behind HAProxy and nginx, which tell it the client's address in their ways. nginx passes TCP on with Debian's `libnginx-mod-stream`. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayProps } from '../../src';
import { AppServer } from '../support/app-server';
import { cleanupsAfterEach } from '../support/cleanups';
import { GatewayProcess } from '../support/gateway-process';
import { freePort } from '../support/ports';

jest.setTimeout(60_000);

const run = promisify(execFile);
const HOST = 'shop.example.com';
const CLIENT = '127.0.0.9';
const WAIT_MS = 50;

const cleanups = cleanupsAfterEach();

/** Asks from an address of its own. */
async function ask(port: number): Promise<string> {
  return (await run('curl', ['-sS', '--max-time', '5', '--interface', CLIENT, `http://127.0.0.1:${port}/`, '-H', `Host: ${HOST}`, '-H', 'X-Forwarded-For: 6.6.6.6'])).stdout;
}

/** Starts a program and waits until it answers. */
async function start(program: string, args: (file: string) => string[], config: string, port: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'balancer-'));
  const file = join(folder, 'balancer.conf');
  writeFileSync(file, config.replaceAll('$FOLDER', folder));
  const child = spawn(program, args(file), { stdio: 'ignore' });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  cleanups.push(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await ask(port).catch(() => '')) !== '') return;
    await new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
  }
  throw new Error(`${basename(program)} did not answer`);
}

const haproxy = (send: string) => (port: number, to: number): string => `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen edge
  bind 127.0.0.1:${port}
  server gateway 127.0.0.1:${to} ${send}
`;
const nginx = (port: number, to: number): string => `daemon off;
pid $FOLDER/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${to};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
/** It speaks version 1 alone. */
const nginxStream = (port: number, to: number): string => `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
pid $FOLDER/nginx.pid;
error_log stderr;
events {}
stream {
  server {
    listen 127.0.0.1:${port};
    proxy_pass 127.0.0.1:${to};
    proxy_protocol on;
  }
}
`;
const proxyProtocol: GatewayProps = { proxyProtocol: { from: ['127.0.0.0/8'] } };

test.each<[string, string, (port: number, to: number) => string, GatewayProps, string]>([
  ['HAProxy by the PROXY protocol, version 1', '/usr/sbin/haproxy', haproxy('send-proxy'), proxyProtocol, CLIENT],
  ['HAProxy by the PROXY protocol, version 2', '/usr/sbin/haproxy', haproxy('send-proxy-v2'), proxyProtocol, CLIENT],
  ['nginx by the PROXY protocol, version 1', '/usr/sbin/nginx', nginxStream, proxyProtocol, CLIENT],
  ['nginx by X-Forwarded-For', '/usr/sbin/nginx', nginx, { forwarded: { trustedHops: 1 } }, `${CLIENT}, 127.0.0.1`],
])('%s', async (_, program, config, props, forwarded) => {
  const web = await AppServer.start('web');
  cleanups.push(() => web.close());
  const edge = await GatewayProcess.start({
    props, backends: { web: web.port }, build: (gateway, service) => gateway.route(HOST, service('web')),
  });
  cleanups.push(() => edge.close());
  const port = await freePort();
  await start(program, (file) => (program.endsWith('nginx') ? ['-c', file] : ['-f', file, '-db']), config(port, edge.port), port);
  const { headers } = JSON.parse(await ask(port)) as { readonly headers: Record<string, string> };
  // What the client itself says is passed on by nobody who doesn't trust it.
  expect(headers['x-forwarded-for']).toBe(forwarded);
});
