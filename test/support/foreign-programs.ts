/**
 * Programs of others that tests run: found, fetched or compiled once into the user's cache, their versions pinned so that two runs find the
 * same, and ended when the test is over.
 */
import { ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { until } from './raw-http';

export const HOST = '127.0.0.1';

/** Packages of Debian that are named otherwise than their programs. */
const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  h2load: 'nghttp2-client', java: 'default-jdk-headless', nghttp: 'nghttp2-client', nghttpd: 'nghttp2-server', nghttpx: 'nghttp2-proxy', nginx: 'nginx-light',
};

/** Where a program is kept that was fetched or compiled once. */
function cached(name: string): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk8s-mesh-peers', name);
}

/** Folder of packages with all that they need, to be put in PYTHONPATH. */
export function pythonPackages(requirements: readonly string[]): string {
  const folder = cached(requirements.join('-').replace(/==|\[\w+\]/g, '-'));
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const { status, stderr } = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', fresh, ...requirements], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip install ${requirements.join(' ')} failed: ${stderr}`);
  return keep(fresh, folder);
}

export const pythonPackage = (requirement: string): string => pythonPackages([requirement]);

/** Gives what was made its name. Files of tests run side by side: the first to be done is taken. */
function keep(fresh: string, folder: string): string {
  if (existsSync(folder)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, folder);
  return folder;
}

let envoy: string | undefined;

/** Envoy, fetched as for the benchmarks. */
export function envoyProgram(): string {
  const script = 'import { findEnvoy } from "./bench/envoy.mjs"; const { path, missing } = findEnvoy(); if (!path) throw new Error(missing); console.log(path);';
  return envoy ??= execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: join(__dirname, '../..'), encoding: 'utf8' }).trim().split('\n').at(-1)!;
}

/** A command of Go. Returns what it prints. */
function go(cwd: string, args: readonly string[], flags: string): string {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin`, GOFLAGS: flags };
  const { status, stdout, stderr, error } = spawnSync('go', args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`go ${args.join(' ')} failed in ${cwd} (is Go 1.26 or newer installed?): ${error?.message ?? stderr}`);
  return stdout;
}

/** What is compiled of a Go module that others publish. */
interface PublishedModule {
  readonly module: string;
  readonly version: string;
  /** Folders of its programs. */
  readonly programs: readonly string[];
  /** Changes the sources before they are compiled: to leave out what takes long and is not needed. */
  prepare(folder: string): void;
}

/** Programs of such a module, compiled once, with exactly what the module itself requires. Returns their folder. */
export function publishedGoPrograms({ module, version, programs, prepare }: PublishedModule): string {
  const folder = cached(`${basename(module)}-${version}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  const sources = `${fresh}.sources`;
  const { Dir: published } = JSON.parse(go('/', ['mod', 'download', '-json', `${module}@${version}`], '')) as { Dir: string };
  try {
    cpSync(published, sources, { recursive: true });
    // A published module is read-only.
    execFileSync('chmod', ['-R', 'u+w', sources]);
    prepare(sources);
    go(sources, ['build', '-o', `${fresh}/`, ...programs.map((program) => `./${program}`)], '-mod=readonly');
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
  return keep(fresh, folder);
}

/** The programs of a Go module, compiled once for what its sources say. Returns their folder. */
export function goPrograms(module: string): string {
  const sum = createHash('sha256');
  for (const name of readdirSync(module).sort()) sum.update(name).update(readFileSync(join(module, name)));
  const folder = cached(`${basename(module)}-${sum.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}/`;
  go(module, ['build', '-o', fresh, '.', 'tool'], '-mod=readonly');
  return keep(fresh, folder);
}

/** Output of a program; an error that says what to install when it is not there. */
export function outputOf(program: string, args: readonly string[], debianPackage: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += String(data); });
    child.on('error', (error) => reject(new Error(`${program} did not run (apt-get install ${debianPackage}): ${error.message}`)));
    child.on('close', () => resolve(output));
  });
}

/** Where a peer's files go, and what ends it. */
export interface Bench {
  readonly folder: string;
  readonly cleanups: (() => unknown)[];
}

/** A program that runs until the test is over; its output so far. */
export class Program {
  output = '';
  exited = false;
  private readonly child: ChildProcess;

  constructor({ cleanups }: Pick<Bench, 'cleanups'>, command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (data) => { this.output += String(data); });
    this.child.stdin!.on('error', () => {});
    this.child.on('error', (error) => { this.output += `${command} did not run (apt-get install ${DEBIAN_PACKAGES[command] ?? command}): ${error.message}`; });
    const over = new Promise<void>((resolve) => {
      this.child.on('close', () => {
        this.exited = true;
        resolve();
      });
    });
    cleanups.push(() => {
      this.child.kill('SIGKILL');
      return over;
    });
  }

  send(text: string): void { this.child.stdin!.write(text); }
  closeInput(): void { this.child.stdin!.end(); }

  async says(text: RegExp): Promise<string> {
    await until(() => `it says ${text}: ${this.output}`, () => text.test(this.output) || this.exited, 20_000);
    if (!text.test(this.output)) throw new Error(`it ended, and did not say ${text}: ${this.output}`);
    return this.output;
  }

  /** Everything that it says until it ends. */
  async ends(): Promise<string> {
    await until(() => `it ends: ${this.output}`, () => this.exited, 20_000);
    return this.output;
  }

  async listensOn(port: number): Promise<void> {
    let listens = false;
    while (!listens) {
      if (this.exited) throw new Error(`it ended before it listened: ${this.output}`);
      listens = await new Promise((resolve) => {
        const socket = connect(port, HOST, () => resolve(true)).on('error', () => resolve(false));
        socket.on('close', () => socket.destroy());
        socket.end();
      });
    }
  }
}
