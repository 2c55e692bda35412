/** The proxy as the image runs it: the bundled file as a process of its own. */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyConfig } from '../../src/contract';
import { freePort } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output(): string;
  errors(): string;
}

let folder: string;
const cleanups: (() => unknown)[] = [];
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-process-')); });
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true });
});

function run(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [BUNDLE, ...args], { env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', POD_NAME: 'web-0', ...env } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => { output += chunk; });
  child.stderr.on('data', (chunk) => { errors += chunk; });
  const exited = new Promise<number | null>((resolve) => { child.on('exit', resolve); });
  cleanups.push(() => child.kill('SIGKILL'));
  return { child, exited, output: () => output, errors: () => errors };
}

async function document(overrides: Partial<ProxyConfig> = {}): Promise<ProxyConfig> {
  return {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    admin: { port: await freePort() },
    listeners: [{ name: 'inbound', direction: 'inbound', port: await freePort(), routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 9 }] } }],
    shutdown: { drainMs: 5_000 },
    ...overrides,
  };
}

function write(text: string): string {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, text);
  return path;
}

test('serves, reports, takes over a configuration, refuses another, drains and exits with 0', async () => {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  const first = await document();
  const config = { ...first, clusters: [{ name: 'app', discovery: { type: 'static' as const, endpoints: [{ address: '127.0.0.1', port: backend.port }] } }] };
  const proxy = run(['--config', write(JSON.stringify(config))]);
  await until('it has started', () => proxy.output().includes('"event":"started"'));
  const admin = `http://127.0.0.1:${config.admin!.port}`;
  expect(await (await fetch(`${admin}/ready`)).text()).toBe('ready: all clusters are discovered\n');

  const port = config.listeners[0]!.port;
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('ok');

  write(JSON.stringify({ ...config, accessLog: { mode: 'all' } }));
  await until('the second configuration is in force', () => proxy.output().includes('"event":"config_applied"'));
  write('{"version": "v1"}');
  await until('the third configuration is refused', () => proxy.output().includes('"event":"config_rejected"'));
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain('mesh_config_reloads_total{result="applied"} 1');
  expect(metrics).toContain('mesh_config_reloads_total{result="rejected"} 1');
  expect(await (await fetch(`${admin}/ready`)).text()).toMatch(/^ready/);
  expect(await (await fetch(`${admin}/config`)).json()).toMatchObject({ lastRejected: { problems: expect.arrayContaining(['/: field \'node\' is missing']) } });

  client.send('GET /path?secret=1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('the access log has a line', () => proxy.output().includes('"path":"/path"'));
  expect(proxy.output()).not.toContain('secret');

  proxy.child.kill('SIGTERM');
  await until('it drains', () => proxy.output().includes('"event":"draining"'));
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.closes()).toMatch(/connection: close\r\n[^]*ok$/);
  client.end();
  expect(await proxy.exited).toBe(0);
});

test('shows, counts and logs who passes a sidecar by', async () => {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  const config = await document({ clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } }] });
  const proxy = run(['--config', write(JSON.stringify(config))]);
  await until('it has started', () => proxy.output().includes('"event":"started"'));
  for (const field of ['x-mesh-via: out-0c1d2e3f\r\n', '']) {
    const client = await rawClient(config.listeners[0]!.port);
    cleanups.push(() => client.socket.destroy());
    client.send(`GET / HTTP/1.1\r\nHost: a\r\n${field}\r\n`);
    await client.receives('ok');
  }
  const admin = `http://127.0.0.1:${config.admin!.port}`;
  expect(await (await fetch(`${admin}/endpoints`)).json()).toMatchObject({ pastTheirSidecars: [{ address: '127.0.0.1', requests: 1 }] });
  expect(await (await fetch(`${admin}/metrics`)).text()).toContain('mesh_bypassing_requests_total{listener="inbound"} 1\n');
  expect(proxy.output()).toMatch(/"event":"sidecar_passed_by".*"from":"127.0.0.1"/);
});

test('told that its pod is being terminated, it ends connections, and later drains within the kubelet\'s time', async () => {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  const config = await document({
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } }],
    shutdown: { endpointPropagationMs: 1_000, appDrainMs: 1_000, drainMs: 60_000 },
  });
  const proxy = run(['--config', write(JSON.stringify(config))]);
  await until('it has started', () => proxy.output().includes('"event":"started"'));
  const admin = `http://127.0.0.1:${config.admin!.port}`;
  await (await fetch(`${admin}/ready`)).text();
  const kept = await rawClient(config.listeners[0]!.port);
  cleanups.push(() => kept.socket.destroy());
  kept.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await kept.receives('ok');
  expect(await (await fetch(`${admin}/terminating`)).text()).toBe('connections from other pods are not kept any more\n');
  expect(await (await fetch(`${admin}/ready`)).text()).toMatch(/^ready/);
  expect(await (await fetch(`${admin}/metrics`)).text()).toContain('mesh_terminating 1\n');
  expect(proxy.output()).toMatch(/"event":"terminating".*"from":"127.0.0.1","believed":true/);
  kept.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await kept.closes()).toMatch(/ok[^]*connection: close\r\n[^]*ok$/);
  kept.end();
  // The app ignores its SIGTERM: it gets nothing more.
  await until('the app\'s time is over', () => proxy.output().includes('"event":"app_overdue"'));
  const late = await rawClient(config.listeners[0]!.port);
  cleanups.push(() => late.socket.destroy());
  late.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  expect(await late.closes()).toContain('x-mesh-unsent: terminating\r\n');
  late.end();
  proxy.child.kill('SIGTERM');
  expect(await proxy.exited).toBe(0);
});

test.each([
  ['no file', () => ['--config', '/nowhere/proxy.json'], /the configuration can't be read: ENOENT/],
  ['a file that is not JSON', () => ['--config', write('version: v1')], /\/: the document is not JSON/],
  ['a document with mistakes', () => ['--config', write('{"version":"v2"}')], /field 'listeners' is missing\n[^]*\/version: must be "v1", got "v2"/],
  ['an unknown flag', () => ['--confg', 'x'], /Unknown option '--confg'/],
])('exits with 1 and says why, given %s', async (_, args, expected) => {
  const proxy = run(args());
  expect(await proxy.exited).toBe(1);
  expect(proxy.errors()).toMatch(expected);
});

test('exits with 1 and names the port, given one that is taken', async () => {
  const backend = await RawBackend.start();
  cleanups.push(() => backend.close());
  const config = await document();
  const listener = run(['--config', write(JSON.stringify({ ...config, listeners: [{ ...config.listeners[0], port: backend.port }] }))]);
  expect(await listener.exited).toBe(1);
  expect(listener.errors()).toContain(`listener 'inbound' can't bind 127.0.0.1:${backend.port}: the port is taken`);
  const admin = run(['--config', write(JSON.stringify({ ...config, admin: { port: backend.port } }))]);
  expect(await admin.exited).toBe(1);
  expect(admin.errors()).toContain(`the admin port can't be bound on 127.0.0.1:${backend.port}`);
});

test('takes over a document that was refused for a port once the port is free, and told of it once', async () => {
  const blocker = await RawBackend.start();
  cleanups.push(() => blocker.close());
  const config = await document();
  const proxy = run(['--config', write(JSON.stringify(config))]);
  await until('it has started', () => proxy.output().includes('"event":"started"'));
  write(JSON.stringify({ ...config, listeners: [...config.listeners, { ...config.listeners[0]!, name: 'more', port: blocker.port }] }));
  await until('the document is refused', () => proxy.output().includes('"event":"config_rejected"'));
  await blocker.close();
  await until('it is taken over', () => proxy.output().includes('"event":"config_applied"'), 15_000);
  expect(proxy.output().split('config_rejected')).toHaveLength(2);
});

test('runs and says what is missing, given neither token nor API server', async () => {
  const config = await document({
    kubernetes: { server: `https://127.0.0.1:${await freePort()}`, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
    clusters: [
      { name: 'app', discovery: { type: 'static', endpoints: [] } },
      { name: 'catalog', discovery: { type: 'endpointSlice', namespace: 'shop', service: 'catalog' } },
    ],
  });
  const proxy = run(['--config', write(JSON.stringify(config))]);
  await until('it says what is missing', () => /"event":"discovery_failing".*token/.test(proxy.output()));
  await until('its admin pages are there', () => proxy.output().includes('"event":"started"'));
  const ready = await fetch(`http://127.0.0.1:${config.admin!.port}/ready`);
  expect([ready.status, await ready.text()]).toEqual([503, 'not ready: waiting for the endpoints of catalog\n']);
});
