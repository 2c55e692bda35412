/** `cdk8s-mesh up` as people run it: the built command in a process of its own, on a hand-written mesh. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/ports';
import { CliRun, until } from './programs';

jest.setTimeout(60_000);

const FIXTURE = join(__dirname, 'fixtures', 'shop.yaml');

let folder: string;
let runs: CliRun[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'up-test-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) for (const pid of run.processes()) process.kill(pid, 'SIGKILL');
  await Promise.all(runs.map((run) => run.exited));
  rmSync(folder, { recursive: true });
});

/** Its temporary files go to `folder`, so that what is left of them is seen. */
function up(...args: string[]): CliRun {
  const run = new CliRun(['up', ...args], { TMPDIR: folder });
  runs.push(run);
  return run;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The figure in a row of the report. */
function measured(report: string, row: string): number {
  const match = new RegExp(`${row} +[\\d.]+ % +([\\d.]+) %`).exec(report);
  if (!match) throw new Error(`no row '${row}' in:\n${report}`);
  return Number(match[1]);
}

test('traffic is shared as declared, reported, and nothing is left', async () => {
  const run = up(FIXTURE, '--from', 'web', '--to', 'catalog', '--rps', '200', '--duration', '3', '--zones', 'a,b');
  const { code } = await run.exited;
  expect([code, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toMatch(/outbound catalog-80 +127\.64\.10\.20:80 +127\.\d+\.\d+\.10:(80|8080)\n/);
  expect(run.stdout).toMatch(/600 requests in .+, none failed/);
  expect(Math.abs(measured(run.stdout, 'version v1') - 75)).toBeLessThanOrEqual(1);
  expect(Math.abs(measured(run.stdout, 'version v2') - 25)).toBeLessThanOrEqual(1);
  expect(run.processes()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('--report leaves a page about the run', async () => {
  const reports = mkdtempSync(join(tmpdir(), 'up-report-'));
  const file = join(reports, 'run.html');
  const run = up(FIXTURE, '--from', 'web', '--to', 'catalog', '--rps', '100', '--duration', '4', '--report', file);
  const { code } = await run.exited;
  const page = readFileSync(file, 'utf8');
  rmSync(reports, { recursive: true });
  expect([code, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toContain(`the report of this run is ${file}\n`);
  expect(page).toMatch(/<td>shop\/web → shop\/catalog<\/td><td>[1-9]\d*<\/td><td>0 \(0\.0 %\)<\/td>/);
  expect(page).toContain('aria-label="shop/web to shop/catalog over time"');
});

test('a part of a stack runs for a while without traffic, and ends by itself with nothing left', async () => {
  const run = up(FIXTURE, '--only', 'web,catalog@v1', '--replicas', '*=1', '--duration', '300ms');
  const { code } = await run.exited;
  expect([code, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toMatch(/^starting 2 pods of web v1, catalog v1 \.\.\.$/m);
  expect(run.stdout).toMatch(/running for 0\.3 s; Ctrl-C stops it sooner/);
  expect(run.processes()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it with nothing left', async (signal) => {
  const run = up(FIXTURE);
  await run.printed('running; Ctrl-C stops it');
  // Four pods of two processes, the reaper, and the command.
  expect(run.processes()).toHaveLength(10);
  run.signal(signal);
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(run.processes()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('Ctrl-C while it starts ends it with nothing left', async () => {
  const run = up(FIXTURE);
  await run.printed('is starting');
  run.signal('SIGINT');
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(run.processes()).toEqual([]);
});

test('when it is killed, its processes and files go with it', async () => {
  const run = up(FIXTURE, '--run', 'web=sleep 1000', '--replicas', 'catalog=1');
  await until(() => run.processes().length > 5, () => 'it did not start');
  run.signal('SIGKILL');
  await run.exited;
  await until(() => run.processes().length === 0, () => `these are left: ${run.processes().join(', ')}`);
  await until(() => readdirSync(folder).length === 0, () => `these are left: ${readdirSync(folder).join(', ')}`);
});

test("the user's own program takes the place of the stand-in, and finds the services it calls", async () => {
  const program = file('app.js', `
    const { createServer, get } = require('node:http');
    createServer((request, response) => {
      get(process.env.CATALOG_URL + request.url, (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)));
    }).listen(process.env.PORT, () => console.log('greets with', process.env.GREETING, 'as', process.env.MY_POD));
  `);
  const run = up(FIXTURE, '--run', `web=node ${program}`, '--to', 'web', '--rps', '100', '--duration', '1s', '--verbose');
  expect((await run.exited).code).toBe(0);
  expect(run.stdout).toMatch(/web-(\w+) app: greets with hello as web-\1/);
  expect(run.stdout).toMatch(/100 requests in .+, none failed/);
  expect(run.stdout).toContain('100 answers do not say which pod they are from');
  expect(run.processes()).toEqual([]);
});

test('a program that its shell started has its time to end in good order; a second Ctrl-C does not wait', async () => {
  const program = file('slow.js', `
    require('node:http').createServer().listen(process.env.PORT);
    process.on('SIGTERM', () => {
      console.log('ending');
      if (process.argv[2] === 'well') setTimeout(() => { console.log('ended well'); process.exit(); }, 500);
    });
  `);
  const run = up(FIXTURE, '--run', `web=node ${program} well; true`, '--verbose');
  await run.printed('running; Ctrl-C stops it');
  run.signal('SIGINT');
  expect((await run.exited).code).toBe(0);
  expect(run.stdout).toContain('app: ended well');

  // With so long a grace period the test could not end if it were waited for.
  const patient = file('patient.yaml', readFileSync(FIXTURE, 'utf8').replaceAll('terminationGracePeriodSeconds: 20', 'terminationGracePeriodSeconds: 600'));
  const stubborn = up(patient, '--run', `web=node ${program}`, '--verbose');
  await stubborn.printed('running; Ctrl-C stops it');
  stubborn.signal('SIGINT');
  await stubborn.printed('app: ending');
  stubborn.signal('SIGINT');
  expect((await stubborn.exited).code).toBe(0);
  expect(stubborn.processes()).toEqual([]);
});

test('a port of 127.0.0.1 leads to the pods behind a Service', async () => {
  const port = await freePort();
  const run = up(FIXTURE, '--expose', `catalog=${port}`);
  await run.printed(`catalog answers on http://127.0.0.1:${port}`);
  const pods = new Set<unknown>();
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/hello`, { headers: { connection: 'close' } });
    const body = await answer.json() as { service: string; path: string; pod: string };
    expect(body).toMatchObject({ service: 'catalog', path: '/hello' });
    pods.add(body.pod);
    return pods.size === 3;
  }, () => `only ${pods.size} pods answered`);
  run.signal('SIGINT');
  expect((await run.exited).code).toBe(0);
  expect(run.processes()).toEqual([]);
});

describe('a change of the files, with --watch,', () => {
  test('reaches the running proxies; one that is wrong is refused and changes nothing', async () => {
    const text = readFileSync(FIXTURE, 'utf8');
    const yaml = file('mesh.yaml', text);
    const run = up(yaml, '--watch', '--from', 'web', '--to', 'catalog', '--rps', '50', '--verbose');
    await run.printed('driving');
    writeFileSync(yaml, text.replace('"weight": 75', '"weight": "all"'));
    await run.printed('the changed YAML is not applied: ');
    expect(run.stdout).toContain('/listeners/1/routes/0/split/0/weight: must be integer, got "all"');
    writeFileSync(yaml, text.replace('"weight": 75', '"weight": 50'));
    await run.printed('the configuration of web v1 changed; its proxy has it');
    await run.printed('"event":"config_applied"');
    run.signal('SIGINT');
    expect((await run.exited).code).toBe(0);
    expect(run.stdout).toContain('none failed');
  });
});

test('requests leave while a change is read, however long that takes', async () => {
  const text = readFileSync(FIXTURE, 'utf8');
  const yaml = file('mesh.yaml', text);
  const program = file('app.js', `
    require('node:http').createServer((request, response) => {
      console.log('asked');
      response.end();
    }).listen(process.env.PORT, process.env.HOST);
  `);
  const run = up(yaml, '--watch', '--rps', '50', '--to', 'web', '--run', `web=node ${program}`, '--verbose');
  await run.printed('asked');
  // A reader of a pipe waits until the pipe is written and closed.
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  renameSync(pipe, yaml);
  const writer = await open(yaml, 'w');
  const asked = (): number => run.stdout.split('asked').length;
  const before = asked();
  await until(() => asked() > before + 20, () => 'requests wait for the change to be read');
  await writer.writeFile(text.replace('"weight": 75', '"weight": 50'));
  await writer.close();
  await run.printed('the configuration of web v1 changed');
  run.signal('SIGINT');
  expect((await run.exited).code).toBe(0);
  expect(run.processes()).toEqual([]);
});

describe('ends with exit code 1, one message and nothing left:', () => {
  async function refuses(message: RegExp | string, ...args: string[]): Promise<void> {
    const run = up(...args);
    expect((await run.exited).code).toBe(1);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/^cdk8s-mesh: /);
    expect(run.processes()).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith('cdk8s-mesh'))).toEqual([]);
  }

  test('YAML without a mesh', async () => {
    await refuses(/no mesh in .*plain\.yaml: its 1 object is no Deployment/, file('plain.yaml', 'kind: Service\nmetadata: { name: web }\n'));
  });

  test('a folder that is not there', () => refuses(/there is no file or folder 'nowhere'; synthesize first/, 'nowhere'));

  test('broken YAML', () => refuses(/broken\.yaml:1:\d+: this is not YAML/, file('broken.yaml', 'kind: [Service')));

  test('an unknown flag', () => refuses("unknown flag '--lateny'. Did you mean '--latency'?", FIXTURE, '--lateny', 'x=1ms'));

  test('a service that is not there', () => refuses("'catlog', which is not in the mesh. Did you mean 'catalog'?", FIXTURE, '--to', 'catlog', '--rps', '1'));

  test('a service to expose that is not there', () => refuses("--expose names the service 'catlog', which is not in the mesh. Did you mean 'catalog'?", FIXTURE, '--expose', 'catlog=8080'));

  test('a port to expose twice', () => refuses("--expose gives port 8080 to 'web' and to 'catalog'", FIXTURE, '--expose', 'web=8080', '--expose', 'catalog=8080'));

  test('a report in no folder', () => refuses("--report: there is no folder '/nowhere' for '/nowhere/run.html'", FIXTURE, '--report', '/nowhere/run.html'));

  test('a report in place of a folder', () => refuses("--report: '/' is a folder; name a file, such as '/run.html'", FIXTURE, '--report', '/'));

  test('a time that is none', () => refuses('--duration must be a length of time, such as 10s', FIXTURE, '--to', 'web', '--rps', '1', '--duration', '10 parsecs'));

  test('traffic that was not declared', () => refuses("'catalog' does not call 'web'", FIXTURE, '--from', 'catalog', '--to', 'web', '--rps', '1'));

  test('traffic to nobody', () => refuses('--rps needs to know who is called: --to SERVICE', FIXTURE, '--rps', '1'));

  test('a program that ends', () => refuses(/the app of web-\w+ \(web v1\) ended with exit code 3:\n +no such file/, FIXTURE, '--run', 'web=echo no such file; exit 3'));

  test('a program that crashes, with its error', () => refuses(
    /ended with exit code 1:\n(.*\n)*? +TypeError: no database\n/, FIXTURE, '--run', `web=node ${file('crash.js', "throw new TypeError('no database')")}`,
  ));

  test('a port to expose that is in use', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => { holder.listen(0, '127.0.0.1', resolve); });
    const { port } = holder.address() as AddressInfo;
    await refuses(`--expose web=${port}: port ${port} of 127.0.0.1 is in use by another program`, FIXTURE, '--expose', `web=${port}`);
    await new Promise((resolve) => holder.close(resolve));
  });

  test('a port in use', async () => {
    const holder: Server = createServer();
    await new Promise<void>((resolve) => { holder.listen(0, '0.0.0.0', resolve); });
    try {
      const { port } = holder.address() as AddressInfo;
      const yaml = file('mesh.yaml', readFileSync(FIXTURE, 'utf8').replaceAll('15006', String(port)));
      await refuses(new RegExp(`port ${port} of 127\\.\\d+\\.\\d+\\.1 is in use by another program.+--addresses shared`), yaml);
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
  });
});
