/** `cdk8s-mesh up` ends with what started it: real npx, real npm, real signals. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliRun, PROGRAMS, until } from './programs';

jest.setTimeout(60_000);

const FIXTURE = join(__dirname, 'fixtures', 'shop.yaml');
const RUNNING = 'running; Ctrl-C stops it';

let folder: string;
let runs: CliRun[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'starters-test-'));
  runs = [];
  // A project that has the package installed.
  const project = join(folder, 'project');
  mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(PROGRAMS.cli, join(project, 'node_modules', '.bin', 'cdk8s-mesh'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', scripts: { mesh: `cdk8s-mesh up ${FIXTURE}` } }));
  mkdirSync(join(folder, 'tmp'));
});
afterEach(async () => {
  for (const run of runs) for (const pid of run.processes()) process.kill(pid, 'SIGKILL');
  await Promise.all(runs.map((run) => run.exited));
  rmSync(folder, { recursive: true });
});

function started(...command: readonly string[]): CliRun {
  const run = new CliRun([], { TMPDIR: join(folder, 'tmp'), npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' }, [
    'env', '-C', join(folder, 'project'), ...command,
  ]);
  runs.push(run);
  return run;
}

async function nothingIsLeft(run: CliRun): Promise<void> {
  await until(() => run.processes().length === 0, () => `these are left: ${run.processes().join(', ')}\n${run.stdout}`);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
}

const NPX = ['npx', '--no-install', 'cdk8s-mesh', 'up', FIXTURE];

test.each<[string, NodeJS.Signals, readonly string[]]>([
  ['npx', 'SIGTERM', NPX], ['npx', 'SIGHUP', NPX], ['npx', 'SIGKILL', NPX], ['npm', 'SIGTERM', ['npm', 'run', 'mesh']],
])('%s takes the mesh with it when it gets %s', async (_, signal, command) => {
  const run = started(...command);
  await run.printed(RUNNING);
  run.signal(signal);
  await nothingIsLeft(run);
});

// A SIGINT to npx alone goes to its shell, which waits then until its program has ended: nobody else sees it.
test('npx takes the mesh with it at Ctrl-C', async () => {
  const run = started('setsid', ...NPX);
  await run.printed(RUNNING);
  run.signalGroup('SIGINT');
  await nothingIsLeft(run);
});

test('a program that forked it takes it along when it is killed', async () => {
  const parent = `require('node:child_process').fork(${JSON.stringify(PROGRAMS.cli)}, ['up', ${JSON.stringify(FIXTURE)}], { stdio: 'inherit' })`;
  const run = started(process.execPath, '-e', parent);
  await run.printed(RUNNING);
  run.signal('SIGKILL');
  await nothingIsLeft(run);
});

test('what a shell left in the background goes on until it is told to end', async () => {
  const run = new CliRun([], { TMPDIR: join(folder, 'tmp') }, [
    'env', '-u', 'npm_command', '-u', 'npm_lifecycle_event', 'sh', '-c', `'${process.execPath}' '${PROGRAMS.cli}' up '${FIXTURE}' & echo $!; sleep 1000`,
  ]);
  runs.push(run);
  await run.printed(RUNNING);
  const pid = Number(run.stdout.split('\n')[0]);
  run.signal('SIGKILL');
  await until(() => run.processes().length === 11, () => `there are ${run.processes().length}`);
  // It still does its work: a pod whose app is killed is replaced.
  process.kill(run.processes().find((other) => readFileSync(`/proc/${other}/cmdline`, 'utf8').includes('stand-in'))!, 'SIGKILL');
  await until(() => run.stdout.split(' is ready').length === 6, () => `it was not replaced:\n${run.stdout}`);
  process.kill(pid, 'SIGTERM');
  await until(() => !run.processes().includes(pid), () => 'it did not end');
  expect(run.stdout).toContain('stopping ...');
});
