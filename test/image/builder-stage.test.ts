/**
 * The stage of the Dockerfile that compiles the programs in C where this machine has no compiler for it. Alpine's image is not needed: the
 * stage runs in one that is assembled from this machine's programs, with musl as the C library. Warnings are errors here.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');
const BUILDER = 'localhost/mesh-builder';
const STAGE = 'localhost/mesh-supervisor';
/** They lead into /usr, which the stage gets from this machine. */
const LINKS = ['bin', 'lib', 'lib64', 'sbin'];
const CC = '#!/bin/sh\nexec musl-gcc -Wextra -Werror "$@"\n';

let folder: string;
let storage: string[];

const buildah = (...args: string[]): string => (
  execFileSync('buildah', [...storage, ...args], { cwd: REPOSITORY, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim());

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-builder-'));
  storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  const container = buildah('from', 'scratch');
  const root = buildah('mount', container);
  for (const name of ['usr', 'tmp', 'proc', 'dev', 'builder']) mkdirSync(join(root, name));
  for (const name of LINKS) if (existsSync(`/${name}`) && lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
  writeFileSync(join(root, 'builder/cc'), CC, { mode: 0o755 });
  buildah('umount', container);
  buildah('config', '--env', 'PATH=/builder:/usr/bin', container);
  buildah('commit', '--quiet', '--rm', container, BUILDER);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the stage makes programs that need no library, and the supervisor starts its command', () => {
  buildah(
    'build', '--format', 'docker', '--file', 'image/Dockerfile', '--target', 'supervisor-build', '--build-arg', `BUILDER=${BUILDER}`,
    '--volume', '/usr:/usr:ro', '--isolation', 'chroot', '--tag', STAGE, '.',
  );
  const container = buildah('from', STAGE);
  const root = buildah('mount', container);
  const supervisor = join(root, 'supervisor');
  // A program that is linked with libraries names the loader that brings them.
  for (const program of [supervisor, join(root, 'redirect')]) expect(readFileSync(program, 'latin1')).not.toContain('/ld-');
  expect(execFileSync(supervisor, ['sh', '-c', 'echo it runs'], { encoding: 'utf8' })).toBe('it runs\n');
  buildah('umount', container);
}, 120_000);
