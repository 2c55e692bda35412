/**
 * An app as `cdk8s-mesh init` of the built package writes it: it synthesizes, its YAML has no findings and runs, and its tests pass, and fail
 * when they should. Its packages are those of this repository, by links, so nothing is fetched.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');
const CLI = join(REPOSITORY, 'lib/bin/cdk8s-mesh.js');

const folder = mkdtempSync(join(tmpdir(), 'mesh-new-app-'));
const app = join(folder, 'shop');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  if (!existsSync(CLI)) throw new Error(`${CLI} is not built; run npm run build`);
  execFileSync(process.execPath, [CLI, 'init', 'shop'], { cwd: folder });
  const modules = join(app, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) symlinkSync(join(REPOSITORY, 'node_modules', name), join(modules, name));
  symlinkSync(REPOSITORY, join(modules, 'cdk8s-mesh'));
}, 300_000);

/** A program of the app's own node_modules, or Node. */
function run(program: string, ...args: string[]): Promise<{ code: number; text: string }> {
  const file = program === 'node' ? process.execPath : join(app, 'node_modules/.bin', program);
  // Jest's own variables would tell the app's tests that they are a worker of this run.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('JEST_') && name !== 'NODE_ENV');
  // What programs leave in the temporary directory goes with the folder.
  const env = { ...Object.fromEntries(others), TMPDIR: folder };
  return new Promise((done) => {
    execFile(file, args, { cwd: app, encoding: 'utf8', env }, (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr }));
  });
}

test('a new app is synthesized, its YAML has no findings, and it runs', async () => {
  expect(await run('cdk8s', 'synth', '--check-upgrade=false')).toMatchObject({ code: 0 });
  expect(await run('node', CLI, 'check', 'dist/', '--strict')).toMatchObject({ code: 0, text: expect.stringContaining('nothing found') as string });
  const { code, text } = await run('node', CLI, 'up', 'dist/', '--from', 'web', '--to', 'api', '--rps', '100', '--duration', '1s');
  expect({ code, text }).toMatchObject({ code: 0, text: expect.stringMatching(/none failed/) as string });
}, 120_000);

test('the tests of a new app pass, and fail when the app is another', async () => {
  expect(await run('jest', '--ci')).toMatchObject({ code: 0, text: expect.stringContaining('2 passed') as string });
  const services = join(app, 'services.ts');
  writeFileSync(services, readFileSync(services, 'utf8').replace('weight: 10', 'weight: 20'));
  expect(await run('jest', '--ci')).toMatchObject({ code: 1, text: expect.stringContaining('80 % of such requests go to api v1 and 20 % to api v2') as string });
  writeFileSync(services, readFileSync(services, 'utf8').replace('weight: 20', 'wieght: 20'));
  expect(await run('jest', '--ci')).toMatchObject({ code: 1, text: expect.stringContaining("'wieght' does not exist") as string });
}, 120_000);
