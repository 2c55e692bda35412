/**
 * Process 1 of the image, compiled with this machine's C compiler: what it does about the deaths of what it runs. Then the proxy under
 * it, killed under connections.
 */
import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ProxyConfig } from '../../src/contract';
import { freePort } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';

const REPOSITORY = resolve(__dirname, '../..');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let folder: string;
let supervisor: string;
const running: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-supervisor-'));
  supervisor = join(folder, 'supervisor');
  execFileSync(process.execPath, [join(REPOSITORY, 'image/compile.mjs'), supervisor]);
});
afterEach(() => { for (const child of running.splice(0)) child.kill('SIGKILL'); });
afterAll(() => rmSync(folder, { recursive: true }));

interface Supervised {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output(): string;
  events(): { event: string; cause: string; restartInMs?: number; fastDeaths: number; outOfMemory: boolean }[];
}

function supervise(command: readonly string[], env: Record<string, string> = {}): Supervised {
  const child = spawn(supervisor, command, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { text += String(chunk); });
  return {
    child,
    exited: new Promise((done) => { child.on('close', done); }),
    output: () => text,
    events: () => text.split('\n').filter((line) => line.startsWith('{"time"') && line.includes('process_')).map((line) => JSON.parse(line)),
  };
}

const shell = (script: string): readonly string[] => ['sh', '-c', script];

test.each([['0', 0], ['1', 1]])('the end with %s is an end, with the same code', async (code, expected) => {
  const it = supervise(shell(`exit ${code}`));
  expect(await it.exited).toBe(expected);
  expect(it.events()).toEqual([]);
});

test('a command that is not there ends it, and is told of', async () => {
  const it = supervise(['/nowhere/node']);
  expect(await it.exited).toBe(127);
  expect(it.output()).toContain('/nowhere/node can\'t be run: No such file or directory');
});

test('a death is told with its cause, the first leads to a start at once, and the next process knows', async () => {
  const it = supervise(shell('echo "deaths=$MESH_DEATHS last=$MESH_LAST_DEATH"; [ "$MESH_DEATHS" = 1 ] && exit 0; kill -SEGV $$'));
  expect(await it.exited).toBe(0);
  expect(it.output()).toContain('deaths= last=\n');
  expect(it.output()).toContain('deaths=1 last=SIGSEGV\n');
  expect(it.events()).toMatchObject([{ event: 'process_died', cause: 'SIGSEGV', restartInMs: 0, outOfMemory: false }]);
});

test('what dies again and again is given up with the code of the last death, after waits that grow', async () => {
  const it = supervise(shell('exit 70'));
  expect(await it.exited).toBe(70);
  expect(it.events().map(({ event, restartInMs }) => [event, restartInMs])).toEqual([
    ['process_died', 0], ['process_died', 100], ['process_died', 200], ['process_died', 400], ['process_given_up', undefined],
  ]);
  const killed = supervise(shell('kill -KILL $$'));
  expect(await killed.exited).toBe(137);
}, 30_000);

test('signals are passed on, and after SIGTERM nothing is started again', async () => {
  const it = supervise(shell('trap "echo got USR2" USR2; trap "echo got TERM; exit 143" TERM; echo up; while :; do sleep 0.01; done'));
  await until('it is up', () => it.output().includes('up'));
  it.child.kill('SIGUSR2');
  await until('it got the first', () => it.output().includes('got USR2'));
  it.child.kill('SIGTERM');
  expect(await it.exited).toBe(143);
  expect(it.output()).toContain('got TERM');
  expect(it.events()).toEqual([]);
});

test('it has a memory of its own that does not count', async () => {
  const it = supervise(shell('echo up; while :; do sleep 0.01; done'));
  await until('it is up', () => it.output().includes('up'));
  const rollup = readFileSync(`/proc/${it.child.pid}/smaps_rollup`, 'utf8');
  expect(Number(/^Private_Dirty:\s+(\d+) kB/m.exec(rollup)![1])).toBeLessThan(512);
});

describe('the proxy under it', () => {
  let backend: RawBackend;
  let config: ProxyConfig;
  let it: Supervised;
  const pid = (): number => Number(execFileSync('ps', ['-o', 'pid=', '--ppid', String(it.child.pid)], { encoding: 'utf8' }).trim().split('\n')[0]);
  const port = (): number => config.listeners[0]!.port;

  beforeEach(async () => {
    backend = await RawBackend.answering(() => OK);
    config = {
      version: 'v1',
      node: { service: 'web', namespace: 'shop', version: 'v1' },
      admin: { port: await freePort() },
      listeners: [{ name: 'catalog', direction: 'outbound', address: '127.0.0.1', port: await freePort(), routes: [{ name: 'default', split: [{ cluster: 'catalog', weight: 1 }] }] }],
      clusters: [{ name: 'catalog', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } }],
      shutdown: { drainMs: 1_000 },
    };
    mkdirSync(join(folder, 'config'), { recursive: true });
    writeFileSync(join(folder, 'config/proxy.json'), JSON.stringify(config));
    it = supervise([process.execPath, join(REPOSITORY, 'lib/bin/proxy.js')], { MESH_CONFIG: join(folder, 'config/proxy.json'), POD_IPS: '127.0.0.1' });
    await until(() => `it has started; so far ${it.output()}`, () => it.output().includes('"event":"started"'), 20_000);
  });
  afterEach(async () => {
    it.child.kill('SIGKILL');
    await it.exited;
    await backend.close();
  });

  test('is back after a kill, no connection is refused meanwhile, and those that waited are served', async () => {
    const before = pid();
    process.kill(before, 'SIGKILL');
    await until('its death is told', () => it.events().length > 0);
    // From now on the supervisor listens, and then the next process: never nobody.
    const clients = [];
    while (it.output().split('"event":"started"').length < 3) {
      const client = await rawClient(port());
      client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      clients.push(client);
      await new Promise((done) => { setTimeout(done, 10); });
    }
    expect(clients.length).toBeGreaterThan(0);
    for (const client of clients) expect(await client.closes(20_000)).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
    expect(pid()).not.toBe(before);
    expect(it.output()).toMatch(/"event":"started".*"deaths":1,"lastDeath":"SIGKILL"/);
    expect(await (await fetch(`http://127.0.0.1:${config.admin!.port}/metrics`)).text()).toContain('mesh_process_deaths_total 1');
  }, 60_000);

  test('a listener that the document drops while nobody serves is not left open', async () => {
    const other = await freePort();
    const listeners = [{ ...config.listeners[0]!, name: 'inbound', direction: 'inbound' as const, port: other }, config.listeners[0]!];
    writeFileSync(join(folder, 'config/proxy.json'), JSON.stringify({ ...config, listeners }));
    await until('it listens there, too', () => it.output().includes('"event":"config_applied"'));
    process.kill(it.child.pid!, 'SIGSTOP');
    process.kill(pid(), 'SIGKILL');
    writeFileSync(join(folder, 'config/proxy.json'), JSON.stringify(config));
    process.kill(it.child.pid!, 'SIGCONT');
    await until('it is back', () => it.output().split('"event":"started"').length > 2, 20_000);
    await expect(rawClient(other)).rejects.toThrow('ECONNREFUSED');
    await rawClient(port()).then((client) => client.end());
  }, 60_000);

  test('drains on SIGTERM and ends with 0', async () => {
    it.child.kill('SIGTERM');
    expect(await it.exited).toBe(0);
    expect(it.output()).toContain('"event":"stopped"');
  });
});
