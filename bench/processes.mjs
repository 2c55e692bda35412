/**
 * Processes under measurement: started on one core, their CPU time and memory as the kernel accounts for them. A
 * proxy's own figures would leave out what the kernel does for it (sockets, copying), which is most of its work.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { connect as connectTls } from 'node:tls';

export const HOST = '127.0.0.1';

/** Ticks a second in /proc/PID/stat. */
export const TICKS = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

const START_LIMIT_MS = 10_000;

const SEARCH = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** Full path of a program, or undefined. Debian keeps nginx and haproxy in /usr/sbin, which is not in everybody's PATH. */
export function programOf(name) {
  return SEARCH.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** What is missing of these programs, in words; undefined when all are there. @param {Record<string, string>} packages of Debian, by program */
export function missingPrograms(packages) {
  const missing = Object.keys(packages).filter((program) => !programOf(program));
  return missing.length > 0 ? `missing: ${missing.join(', ')}; apt-get install ${missing.map((program) => packages[program]).join(' ')}` : undefined;
}

/** Throws when one of these programs is not there. @param {Record<string, string>} packages */
export function needPrograms(packages) {
  const problem = missingPrograms(packages);
  if (problem) throw new Error(problem);
}

/** Starts a command that may run on one core only, with all its threads and children. */
export function startOn(core, command, args, options = {}) {
  const child = spawn('taskset', ['--cpu-list', String(core), command, ...args], { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  let said = '';
  child.stderr.on('data', (chunk) => { said = (said + chunk).slice(-4000); });
  const exited = new Promise((done) => { child.on('exit', done); });
  return {
    pid: child.pid,
    said: () => said,
    running: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => { for (const pid of treeOf(child.pid)) tryKill(pid); }, 3000);
      await exited;
      clearTimeout(late);
    },
  };
}

/**
 * Starts something and asks it for `/small` until it answers; adds how long that took from the start of the process. A
 * peer that only listens is not ready: it may not know its backend yet. With `tls` it is asked over TLS.
 */
export async function whenAnswers(port, start, tls) {
  const began = performance.now();
  const child = start();
  while (!await answers(port, tls)) {
    if (!child.running()) throw new Error(`it ended before it answered:\n${child.said()}`);
    if (performance.now() - began > START_LIMIT_MS) {
      await child.stop();
      throw new Error(`nothing answered on port ${port} within ${START_LIMIT_MS / 1000} s:\n${child.said()}`);
    }
    await new Promise((done) => { setTimeout(done, 1); });
  }
  return { ...child, readyMs: performance.now() - began };
}

function answers(port, tls) {
  return new Promise((done) => {
    const options = { port, host: HOST, noDelay: true, rejectUnauthorized: false };
    const socket = tls ? connectTls(options) : connect(options);
    socket.on(tls ? 'secureConnect' : 'connect', () => socket.write(`GET /small HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`));
    socket.on('data', (head) => {
      done(head.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
  });
}

/** The port that a server was given. */
export function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, HOST, () => {
      const port = portOf(server);
      server.close(() => done(port));
    });
  });
}

/** Writes a configuration of nginx, which is a peer as well as the backend; returns its path. */
export function nginxConfig(folder, name, { connections, http }) {
  const path = join(folder, `${name}.conf`);
  // In the foreground, so that its process is the one that was started; paths of its own, so that it needs no root.
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`).join(' ');
  writeFileSync(path, `
daemon off;
worker_processes 1;
pid ${folder}/${name}.pid;
error_log stderr crit;
events { worker_connections ${connections}; }
http {
    access_log off;
    ${paths}
    keepalive_timeout 300s;
    keepalive_requests 100000000;${http}
}
`);
  return path;
}

/** CPU seconds that a process and its children, living or gone, have used so far. */
export function cpuSeconds(pid) {
  return treeOf(pid).reduce((sum, each) => {
    const fields = statOf(each);
    // utime, stime of all threads; cutime, cstime of children that ended.
    return fields ? sum + (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) / TICKS : sum;
  }, 0);
}

/** CPU microseconds of the threads of one process, as fine as the scheduler counts: for what takes less than a tick. */
export function threadMicroseconds(pid) {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, thread) => sum + Number(tryRead(`${tasks}/${thread}/schedstat`)?.split(' ', 1)[0] ?? 0), 0) / 1_000;
}

/** Resident memory of a process and its children, in bytes; pages that they share are counted once each. */
export function residentBytes(pid) {
  return treeOf(pid).reduce((sum, each) => {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(tryRead(`/proc/${each}/status`) ?? '')?.[1];
    return sum + Number(kib ?? 0) * 1024;
  }, 0);
}

/** A process and its descendants. */
function treeOf(pid) {
  const childrenOf = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(name)?.[1]);
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const each of tree) tree.push(...(childrenOf.get(each) ?? []));
  return tree;
}

/** Fields of /proc/PID/stat from the state on; the name before it may contain spaces. */
function statOf(pid) {
  const text = tryRead(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function tryRead(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function tryKill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
