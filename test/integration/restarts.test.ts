/** What a pod's next proxy process has of the one before: real processes, one after the other, over one folder of state. */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV_STATE_DIR, ProxyConfig } from '../../src/contract';
import { freePort } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');

let folder: string;
let backend: RawBackend;
let base: ProxyConfig;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-restarts-'));
  mkdirSync(join(folder, 'state'));
  backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  base = {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    admin: { port: await freePort() },
    listeners: [],
    clusters: [],
    shutdown: { drainMs: 100 },
  };
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await backend.close();
  rmSync(folder, { recursive: true });
});

/** A document of an app that calls services, each at a port of its own. */
function calling(ports: Readonly<Record<string, number>>, more: Partial<ProxyConfig> = {}): ProxyConfig {
  return {
    ...base,
    listeners: Object.entries(ports).map(([name, port]) => ({
      name: `outbound/${name}`, direction: 'outbound', address: '127.0.0.1', port, routes: [{ name: 'default', split: [{ cluster: name, weight: 1 }] }],
    })),
    clusters: Object.keys(ports).map((name) => ({ name, discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } })),
    ...more,
  };
}

function mount(document: ProxyConfig | string): void {
  writeFileSync(join(folder, 'proxy.json'), typeof document === 'string' ? document : JSON.stringify(document));
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output(): string;
}

function run(): Running {
  const child = spawn(process.execPath, [BUNDLE, '--config', join(folder, 'proxy.json')], {
    env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', [ENV_STATE_DIR]: join(folder, 'state') },
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

async function ask(port: number): Promise<void> {
  const client = await rawClient(port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await client.closes()).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
}

async function page(path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${base.admin!.port}${path}`)).text();
}

test.each([1, 2])('a call that has left the document works after a restart, with %d processes that serve', async (workers) => {
  const [cart, catalog, reviews] = [await freePort(), await freePort(), await freePort()];
  mount(calling({ cart, catalog }, { workers }));
  const first = await started();
  mount(calling({ catalog }, { workers }));
  await until('the second document is in force', () => first.output().includes('"event":"config_applied"'));
  await ask(cart);
  await kill(first);

  const second = await started();
  await ask(cart);
  await ask(catalog);
  expect(JSON.parse(await page('/config'))).not.toHaveProperty('lastRejected');
  // And what leaves the document after that is kept as well.
  mount(calling({ reviews }, { workers }));
  await until('the third document is in force', () => second.output().includes('"event":"config_applied"'));
  await kill(second);
  await started();
  for (const port of [cart, catalog, reviews]) await ask(port);
}, 60_000);

test('a restart with a document that is refused has the one before in force, and says so', async () => {
  const catalog = await freePort();
  mount(calling({ catalog }));
  await kill(await started());
  mount('{"version":"v1"}');
  const second = await started();
  await ask(catalog);
  expect(second.output()).toContain('"event":"config_rejected"');
  expect(await page('/metrics')).toContain('mesh_config_reloads_total{result="rejected"} 1');
  expect(JSON.parse(await page('/config'))).toMatchObject({ lastRejected: { problems: expect.arrayContaining(['/: field \'node\' is missing']) } });

  const cart = await freePort();
  mount(calling({ cart }));
  await until('the next sound document is in force', () => second.output().includes('"event":"config_applied"'));
  await ask(cart);
}, 60_000);

test('a new pod does not start with a document that is refused', async () => {
  mount('{"version":"v1"}');
  const proxy = run();
  expect(await proxy.exited).toBe(1);
  expect(proxy.output()).toContain('field \'node\' is missing');
}, 20_000);

test('a port that is taken by then costs the calls that were kept, not the start', async () => {
  const [cart, catalog] = [await freePort(), await freePort()];
  mount(calling({ cart, catalog }));
  const first = await started();
  mount(calling({ catalog }));
  await until('the second document is in force', () => first.output().includes('"event":"config_applied"'));
  await kill(first);
  const taker = await RawBackend.start(undefined, '127.0.0.1', cart);
  cleanups.push(() => taker.close());
  const second = await started();
  await ask(catalog);
  expect(second.output()).toMatch(/"event":"calls_not_kept".*the port is taken/);
}, 60_000);
