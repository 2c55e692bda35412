/**
 * The image, built for real and started. No registry of images is needed: buildah builds it on a base that is assembled
 * from the version of Node that the image ships, which is an npm package, into a storage of its own in a temporary folder.
 * The result is entered with chroot as the image's user, its root file system read-only, as a pod would run it.
 *
 * Needs root (chroot, mounts) and buildah, so it is no part of `npm test`: `npm run test:image` runs it.
 */
import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ProxyConfig } from '../../src/contract';
import { freePort } from '../support/ports';

const REPOSITORY = resolve(__dirname, '../..');
const BASE = 'localhost/mesh-base';
const IMAGE = 'localhost/mesh-proxy:test';
const DEADLINE_MS = 20_000;

/** Other sidecars on this machine bind 127.0.0.1; these addresses are ours for the time of the test. */
const LOOPBACK = '127.77.0.1';
const POD_IP = '127.77.0.2';

interface ImageConfig { readonly User: string; readonly Env: string[]; readonly Entrypoint: string[] }

let folder: string;
let storage: string[];
let container: string;
let root: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-image-'));
  storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  const node = run(process.execPath, 'scripts/nodes.mjs', '--path', '24');
  run('env', `NODE=${node}`, 'sh', join(REPOSITORY, 'test/image/make-base.sh'), BASE, ...storage);
  run(process.execPath, 'image/build.mjs', '--tool', 'buildah', '--base', BASE, '--tag', IMAGE, '--', ...storage, '--isolation', 'chroot');
  container = buildah('from', IMAGE);
  root = buildah('mount', container);
}, 240_000);

afterAll(() => {
  if (root !== undefined) buildah('umount', container);
  rmSync(folder, { recursive: true, force: true });
});

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: REPOSITORY, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function buildah(...args: string[]): string {
  return run('buildah', ...storage, ...args);
}

function imageConfig(): ImageConfig {
  const { OCIv1 } = JSON.parse(buildah('inspect', '--type', 'image', IMAGE)) as { OCIv1: { config: ImageConfig } };
  return OCIv1.config;
}

function filesBelow(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(path.length)).sort();
}

function fetchText(host: string, port: number, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((done, failed) => {
    get({ host, port, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    }).on('error', failed);
  });
}

async function until<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const result = await attempt().catch(() => undefined);
    if (result !== undefined) return result;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${DEADLINE_MS} ms`);
    await new Promise((done) => { setTimeout(done, 20); });
  }
}

/** Starts what the image says, as its user, in its root made read-only, with /proc and /dev as a runtime mounts them. */
function start(image: ImageConfig, environment: Record<string, string>): { process: ChildProcess; output: () => string } {
  const script = [
    'set -e',
    'mount --bind "$1" "$1"',
    'mount --bind /proc "$1/proc"',
    'mount --rbind /dev "$1/dev"',
    'mount --bind "$2" "$1/etc/cdk8s-mesh"',
    'mount -o remount,bind,ro "$1"',
    'root="$1"; user="$3"; shift 3',
    'exec chroot --userspec="$user" "$root" "$@"',
  ].join('\n');
  const command = ['--mount', 'sh', '-c', script, 'sh', root, join(folder, 'config'), image.User, ...image.Entrypoint];
  const fromImage = Object.fromEntries(image.Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const child = spawn('unshare', command, {
    env: { ...fromImage, PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => { text += String(chunk); });
  child.stderr.on('data', (chunk) => { text += String(chunk); });
  return { process: child, output: () => text };
}

test('adds three read-only files to its base: the proxy, its supervisor, and what redirects ports', () => {
  const base = buildah('from', BASE);
  const before = filesBelow(buildah('mount', base));
  buildah('umount', base);
  expect(filesBelow(root).filter((file) => !before.includes(file))).toEqual(['/proxy.js', '/redirect', '/supervisor']);
  expect(statSync(join(root, 'proxy.js')).mode & 0o777).toBe(0o444);
  for (const program of ['supervisor', 'redirect']) expect(statSync(join(root, program)).mode & 0o777).toBe(0o555);
  expect(readFileSync(join(root, 'proxy.js'), 'utf8')).toBe(readFileSync(join(REPOSITORY, 'lib/bin/proxy.js'), 'utf8'));
});

test('names a user by number that is not root', () => {
  expect(imageConfig().User).toMatch(/^[1-9]\d+:[1-9]\d+$/);
});

test('starts as that user with a read-only root, carries a request, answers /ready and drains on SIGTERM', async () => {
  const app = createServer((_, response) => response.end('from the app'));
  await new Promise<void>((done) => { app.listen(0, LOOPBACK, done); });
  const [port, adminPort] = [await freePort(LOOPBACK), await freePort(LOOPBACK)];
  const config: ProxyConfig = {
    version: 'v1',
    node: { service: 'image', namespace: 'test', version: 'v1' },
    admin: { port: adminPort, loopbackAddress: LOOPBACK },
    listeners: [{
      name: 'outbound', direction: 'outbound', address: LOOPBACK, port, routes: [{ name: 'all', split: [{ cluster: 'app', weight: 1 }] }],
    }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: LOOPBACK, port: (app.address() as AddressInfo).port }] } }],
  };
  mkdirSync(join(folder, 'config'), { recursive: true });
  writeFileSync(join(folder, 'config/proxy.json'), JSON.stringify(config), { mode: 0o444 });

  const image = imageConfig();
  const proxy = start(image, { MESH_CONFIG: '/etc/cdk8s-mesh/proxy.json', POD_NAME: 'image-0', POD_NAMESPACE: 'test', POD_IPS: POD_IP });
  const exited = new Promise<number | string | null>((done) => { proxy.process.on('exit', (code, signal) => done(signal ?? code)); });
  try {
    await until(`/ready\n${proxy.output()}`, async () => ((await fetchText(LOOPBACK, adminPort, '/ready')).status === 200 ? true : undefined));
    expect(await fetchText(LOOPBACK, port, '/')).toEqual({ status: 200, body: 'from the app' });
    expect((await fetchText(POD_IP, adminPort, '/ready')).status).toBe(200);

    const status = readFileSync(`/proc/${proxy.process.pid}/status`, 'utf8');
    const [uid] = image.User.split(':');
    expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    expect(readFileSync(`/proc/${proxy.process.pid}/mounts`, 'utf8').split('\n').filter((line) => line.split(' ')[1] === '/')).toEqual([
      expect.stringMatching(/ \/ \S+ ro[, ]/),
    ]);

    proxy.process.kill('SIGTERM');
    expect(await exited).toBe(0);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nthe proxy said:\n${proxy.output()}`, { cause: error });
  } finally {
    proxy.process.kill('SIGKILL');
    app.close();
  }
}, 60_000);
