/**
 * The hosts file of a pod, kept by real proxy processes one after the other, while somebody else reads it all the time as the look-ups of
 * an app do.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV_HOSTS_FILE, ENV_STATE_DIR, ListenerConfig, ProxyConfig } from '../../src/contract';
import { readHosts } from '../../src/proxy/hosts/hosts-text';
import { freePort } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');

/** Prints how often it read a file, and every time that what it read was not what it had read before, perhaps with whole lines behind. */
const READER = `
  const { readFileSync } = require('node:fs');
  let before = readFileSync(process.argv[1], 'latin1'), reads = 0, stopped = false;
  process.stdin.on('end', () => { stopped = true; }).resume();
  (function read() {
    for (let i = 0; i < 100; i++) {
      const text = readFileSync(process.argv[1], 'latin1');
      reads++;
      if (!text.startsWith(before) || !text.endsWith('\\n')) console.log('bad', text.length, before.length);
      before = text;
    }
    if (stopped) console.log('reads', reads); else setImmediate(read);
  })();`;

let folder: string;
let state: string;
let hosts: string;
let backend: RawBackend;
let base: ProxyConfig;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-hosts-file-'));
  state = join(folder, 'state');
  hosts = join(state, 'hosts');
  mkdirSync(state);
  backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  base = {
    version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, admin: { port: await freePort() }, listeners: [], clusters: [],
    shutdown: { drainMs: 100 },
  };
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await backend.close();
  rmSync(folder, { recursive: true });
});

interface Callee { readonly address: string; readonly port: number; readonly discovery?: ProxyConfig['clusters'][number]['discovery'] }

function calling(callees: Readonly<Record<string, Callee>>, more: Partial<ProxyConfig> = {}): ProxyConfig {
  return {
    ...base,
    listeners: Object.entries(callees).map(([name, { address, port }]): ListenerConfig => ({
      name: `outbound/${name}`, direction: 'outbound', address, port, hostnames: [name, `${name}.shop.svc.cluster.local`],
      routes: [{ name: 'default', split: [{ cluster: name, weight: 1 }] }],
    })),
    clusters: Object.entries(callees).map(([name, { discovery }]) => ({
      name, discovery: discovery ?? { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] },
    })),
    ...more,
  };
}

async function callees(count: number): Promise<Record<string, Callee>> {
  const port = await freePort('127.64.0.1');
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`callee-${i}`, { address: `127.64.1.${i + 1}`, port }]));
}

function mount(document: ProxyConfig): void {
  writeFileSync(join(folder, 'proxy.json'), JSON.stringify(document));
}

interface Running { readonly child: ChildProcess; readonly exited: Promise<number | null>; output(): string }

function run(env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [BUNDLE, '--config', join(folder, 'proxy.json')], {
    env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', [ENV_STATE_DIR]: state, [ENV_HOSTS_FILE]: hosts, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += chunk; });
  const exited = new Promise<number | null>((resolve) => { child.on('exit', resolve); });
  cleanups.push(() => child.kill('SIGKILL') && exited);
  return { child, exited, output: () => output };
}

async function started(): Promise<Running> {
  const proxy = run();
  await until(() => `it has started; so far ${proxy.output()}`, () => proxy.output().includes('"event":"started"'), 20_000);
  return proxy;
}

async function kill({ child, exited }: Running): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}

const leads = (): ReadonlyMap<string, string> => readHosts(readFileSync(hosts, 'utf8')).leads;

async function ask(address: string, port: number): Promise<void> {
  const client = await rawClient(port, address);
  cleanups.push(() => client.socket.destroy());
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('ok');
}

test.each([1, 2])('names stay and come while proxies with %i workers are killed and started, and nobody ever reads less than before', async (workers) => {
  const all = await callees(60);
  const some = (count: number): ProxyConfig => calling(Object.fromEntries(Object.entries(all).slice(0, count)), { workers });
  mount(some(5));
  let proxy = await started();
  expect(leads().size).toBe(10);
  const { ino } = statSync(hosts);

  const reader = spawn(process.execPath, ['-e', READER, hosts], { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanups.push(() => reader.kill('SIGKILL'));
  let report = '';
  reader.stdout.on('data', (chunk) => { report += chunk; });

  // A reload, a restart with what it was, a restart with more, a restart with less.
  mount(some(20));
  await until('the names of a reload are there', () => leads().size === 40, 10_000);
  await kill(proxy);
  proxy = await started();
  await kill(proxy);
  mount(some(60));
  proxy = await started();
  await until('the names that came while no proxy ran are there', () => leads().size === 120, 10_000);
  await kill(proxy);
  mount(some(1));
  await started();
  await ask('127.64.1.1', all['callee-0']!.port);

  reader.stdin.end();
  await until('the reader reports', () => report.includes('reads'));
  expect(report).toMatch(/^reads [1-9]\d+\n$/);
  expect([leads().size, statSync(hosts).ino]).toEqual([120, ino]);
}, 60_000);

test('a name of a new callee leads to a listener that serves already', async () => {
  const [port, other] = [await freePort('127.64.0.1'), await freePort('127.64.0.2')];
  const cart = { address: '127.64.0.1', port };
  mount(calling({ cart }));
  const proxy = await started();
  const unknown = { type: 'dns' as const, record: 'address' as const, hostname: 'till.invalid', port: 80, servers: [`127.0.0.1:${await freePort()}`] };
  mount(calling({ cart, till: { address: '127.64.0.2', port: other, discovery: unknown } }));
  await until('the document is in force', () => proxy.output().includes('"event":"config_applied"'));
  const metrics = await (await fetch(`http://127.0.0.1:${base.admin!.port}/metrics`)).text();
  expect(metrics).toContain('mesh_host_names{state="waiting"} 2');
  expect(leads().has('till')).toBe(false);

  mount(calling({ cart, till: { address: '127.64.0.2', port: other } }));
  await until('the name is there', () => leads().has('till'));
  await ask(leads().get('till')!, other);
});

test('a name stays at its address when the document moves it, and after a restart', async () => {
  const port = await freePort('127.64.0.1');
  mount(calling({ zeta: { address: '127.64.0.1', port } }));
  const proxy = await started();
  mount(calling({ alpha: { address: '127.64.0.1', port }, zeta: { address: '127.64.0.2', port } }));
  await until('the new name is there', () => leads().has('alpha'));
  const expected = [['zeta', '127.64.0.1'], ['alpha', '127.64.0.2']];
  expect([...leads()].filter(([name]) => !name.includes('.'))).toEqual(expected);
  await kill(proxy);
  rmSync(join(state, 'in-force.json'));
  await started();
  expect([...leads()].filter(([name]) => !name.includes('.'))).toEqual(expected);
  for (const [, address] of expected) await ask(address!, port);
});

test('a proxy that can\'t make the file does not start, and says why', async () => {
  mount(calling({ cart: { address: '127.64.0.1', port: await freePort('127.64.0.1') } }));
  const proxy = run({ [ENV_HOSTS_FILE]: '/proc/hosts' });
  expect(await proxy.exited).toBe(1);
  expect(proxy.output()).toContain('the hosts file can\'t be written, without which the app would pass the proxy by: ENOENT');
});
