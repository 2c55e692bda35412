/** Other proxies that speak HTTP/2 in plain text on both sides; each is started before a port, and returns its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, envoyProgram, HOST, Program } from '../../support/foreign-programs';
import { freePort } from '../../support/ports';
import { envoyConfig } from './envoy';

export type StartProxy = (bench: Bench, to: number) => Promise<number>;

/** Starts a program with a configuration. */
async function start(
  bench: Bench, config: (port: number, base: string) => string, command: (file: string) => readonly [string, ...string[]],
): Promise<number> {
  const port = await freePort();
  const base = join(bench.folder, `proxy-${port}`);
  const file = `${base}.conf`;
  writeFileSync(file, config(port, base));
  const [program, ...args] = command(file);
  await new Program(bench, program, args, { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }).listensOn(port);
  return port;
}

const nginx: StartProxy = (bench, to) => start(bench, (port, base) => `daemon off; master_process off; pid ${base}.pid; error_log stderr crit;
  events {}
  http {
    access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${base}-${kind};`).join(' ')}
    upstream app { server ${HOST}:${to}; keepalive 16; }
    server { listen ${HOST}:${port} http2; client_max_body_size 0; location / { grpc_pass grpc://app; grpc_set_header Host catalog; } }
  }`, (file) => ['nginx', '-c', file]);

const haproxy: StartProxy = (bench, to) => start(bench, (port) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend in
  bind ${HOST}:${port} proto h2
  default_backend out
backend out
  server app ${HOST}:${to} proto h2
`, (file) => ['haproxy', '-f', file, '-db']);

const envoy: StartProxy = (bench, to) => start(bench, (port) => JSON.stringify(envoyConfig(port, to)), (file) => (
  [envoyProgram(), '--config-path', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']));

const nghttpx: StartProxy = (bench, to) => start(bench, (port) => `
frontend=${HOST},${port};no-tls
backend=${HOST},${to};;proto=h2
workers=1
errorlog-file=/dev/null
`, (file) => ['nghttpx', `--conf=${file}`]);

/** By name, and what is to be installed for it. */
export const PROXIES: Readonly<Record<string, StartProxy>> = { Envoy: envoy, HAProxy: haproxy, nginx, nghttpx };
