/** The proxy with several workers, as processes: one listener, one discovery, one metrics page. */
import { ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndpointApi } from '../../src/cli/up/endpoint-api';
import type { ProxyConfig } from '../../src/contract';
import { freePort } from '../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');
const WORKERS = 2;

let folder: string;
let api: EndpointApi;
let backend: RawBackend;
let config: ProxyConfig;
let proxy: ChildProcess;
let output = '';
let errors = '';

/** Process ids of the workers, from the kernel. */
function workerIds(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((id) => {
    try {
      return readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === String(proxy.pid);
    } catch {
      return false;
    }
  });
}

async function page(path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${config.admin!.port}${path}`)).text();
}

/** Connects, sends a request and gets its answer; the connection stays open. */
async function ask(): Promise<RawConnection> {
  const client = await rawClient(config.listeners[0]!.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('\r\n\r\nok');
  return client;
}

function run(document: ProxyConfig): ChildProcess {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, JSON.stringify(document));
  const child = spawn(process.execPath, [BUNDLE, '--config', path], { env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1' } });
  child.stdout.on('data', (chunk) => { output += chunk; });
  child.stderr.on('data', (chunk) => { errors += chunk; });
  return child;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-workers-'));
  api = new EndpointApi({ credentialsFolder: folder });
  await api.listen();
  backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  api.setPods('shop', 'catalog', [{ name: 'catalog-0', uid: '0', address: '127.0.0.1', port: backend.port, ready: true }]);
  config = {
    version: 'v1',
    node: { service: 'edge', namespace: 'shop', version: 'v1' },
    workers: WORKERS,
    admin: { port: await freePort() },
    listeners: [{ name: 'inbound', direction: 'inbound', port: await freePort(), routes: [{ name: 'default', split: [{ cluster: 'catalog', weight: 1 }] }] }],
    clusters: [{ name: 'catalog', discovery: { type: 'endpointSlice', namespace: 'shop', service: 'catalog' } }],
    kubernetes: { server: api.url, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
    shutdown: { drainMs: 5_000 },
  };
  proxy = run(config);
  await until(() => `it has started; so far ${output}${errors}`, () => output.includes('"event":"started"'));
  for (let tries = 0; !(await page('/ready')).startsWith('ready'); tries += 1) if (tries > 500) throw new Error(await page('/ready'));
});

afterAll(async () => {
  proxy.kill('SIGKILL');
  await api.close();
  await backend.close();
  rmSync(folder, { recursive: true });
});

test('all workers take connections from one socket, and one page counts for all', async () => {
  expect(JSON.parse(await page('/requests'))).toEqual({ requests: [] });
  const clients = await Promise.all(Array.from({ length: 10 }, ask));
  expect(workerIds()).toHaveLength(WORKERS);
  // Each worker has connections of its own to the backend.
  expect(new Set(backend.connections.map(({ socket }) => socket.remotePort)).size).toBeGreaterThanOrEqual(WORKERS);
  expect(await page('/metrics')).toContain('mesh_requests_total{listener="inbound",direction="inbound",cluster="catalog",route="default",caller="unknown",method="GET",code="200",reason="-"} 10');
  const endpoints = JSON.parse(await page('/endpoints')) as { clusters: { endpoints: { requests: number }[] }[] };
  expect(endpoints.clusters[0]!.endpoints[0]!.requests).toBe(10);
  const { requests } = JSON.parse(await page('/requests')) as { requests: { id: string; status: number }[] };
  expect(requests.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(new Set(requests.map(({ id }) => id)).size).toBe(10);
  for (const client of clients) client.end();
});

test('one watch serves all workers', async () => {
  expect(api.openWatches).toBe(1);
  api.setPods('shop', 'catalog', []);
  const shows = async (count: number): Promise<void> => {
    for (let tries = 0; !(await page('/metrics')).includes(`mesh_endpoints{cluster="catalog",state="ready"} ${count}\n`); tries += 1) {
      if (tries > 500) throw new Error(`the workers never had ${count} endpoints`);
    }
  };
  await shows(0);
  api.setPods('shop', 'catalog', [{ name: 'catalog-0', uid: '0', address: '127.0.0.1', port: backend.port, ready: true }]);
  await shows(1);
});

test('a document is taken over by all workers or by none', async () => {
  const taken = { ...config, listeners: [...config.listeners, { ...config.listeners[0]!, name: 'taken', port: backend.port }] };
  writeFileSync(join(folder, 'proxy.json'), JSON.stringify(taken));
  await until('it is refused', () => output.includes('"event":"config_rejected"'));
  expect(output).toContain('the port is taken');
  writeFileSync(join(folder, 'proxy.json'), JSON.stringify({ ...config, accessLog: { mode: 'all' } }));
  await until('it is taken over', () => output.includes('"event":"config_applied"'));
  for (const client of await Promise.all(Array.from({ length: 4 }, ask))) client.end();
  await until('all are logged', () => output.split('"event":"request"').length >= 5);
});

test('a worker that dies is replaced, and the others go on', async () => {
  const before = workerIds();
  process.kill(before[0]!, 'SIGKILL');
  await until('there is another', () => workerIds().some((id) => !before.includes(id)));
  await until('it is told', () => output.includes('"event":"worker_died"'));
  for (const client of await Promise.all(Array.from({ length: 6 }, ask))) client.end();
});

test('on SIGTERM all finish what is under way, and nothing is left', async () => {
  const client = await ask();
  const workers = workerIds();
  const exited = new Promise((resolve) => { proxy.on('exit', resolve); });
  proxy.kill('SIGTERM');
  await until('it drains', () => output.includes('"event":"draining"'));
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.closes()).toMatch(/connection: close\r\n[^]*ok$/);
  client.end();
  expect(await exited).toBe(0);
  await until('no worker is left', () => !workers.some((id) => { try { return process.kill(id, 0); } catch { return false; } }));
});

test('told that the pod is being terminated, all workers end connections, a new one among them', async () => {
  output = '';
  proxy = run(config);
  await until(() => `it has started; so far ${output}${errors}`, () => output.includes('"event":"started"'));
  const before = await Promise.all(Array.from({ length: 6 }, ask));
  await page('/terminating');
  expect(await page('/metrics')).toContain('mesh_terminating 1\n');
  const ends = async (connections: readonly RawConnection[]): Promise<void> => {
    for (const connection of connections) {
      connection.received = '';
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await connection.closes()).toMatch(/connection: close\r\n[^]*ok$/);
      connection.end();
    }
  };
  await ends(before);
  const workers = workerIds();
  process.kill(workers[0]!, 'SIGKILL');
  await until('there is another', () => workerIds().some((id) => !workers.includes(id)));
  for (let tries = 0; tries < 20; tries += 1) {
    const client = await rawClient(config.listeners[0]!.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.closes()).toMatch(/connection: close\r\n[^]*ok$/);
    client.end();
  }
});

test('nothing starts, given a port that is taken', async () => {
  errors = '';
  const child = run({ ...config, listeners: [{ ...config.listeners[0]!, port: backend.port }] });
  expect(await new Promise((resolve) => { child.on('exit', resolve); })).toBe(1);
  expect(errors).toContain(`listener 'inbound' can't bind 127.0.0.1:${backend.port}: the port is taken`);
});
