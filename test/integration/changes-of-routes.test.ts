/** Routes that change while requests go on: nothing is lost, shares are what was declared, and sessions stay where they are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig, ProxyConfig, RouteConfig } from '../../src/contract';
import { startProxy, TestProxy } from '../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../support/raw-http';

const folder = mkdtempSync(join(tmpdir(), 'mesh-routes-'));
const keyFile = join(folder, 'keys');
writeFileSync(keyFile, 'k'.repeat(44));
afterAll(() => rmSync(folder, { recursive: true }));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A service that answers with its own name. */
async function serviceOf(name: string): Promise<ClusterConfig> {
  const backend = await RawBackend.answering(() => `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
  cleanups.push(() => backend.close());
  return { name, discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } };
}

async function start(clusters: ClusterConfig[], routes: RouteConfig[]): Promise<TestProxy> {
  const test = await startProxy([], { clusters, routes });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function reload({ proxy, config }: TestProxy, routes: RouteConfig[]): Promise<void> {
  const [listener] = config.listeners;
  const next: ProxyConfig = { ...config, listeners: [{ ...listener!, routes }] };
  const applied = await proxy.apply(JSON.stringify(next));
  expect(applied.ok || applied.problems).toBe(true);
}

/** Sends one request after another on one connection. */
class Client {
  private constructor(private readonly connection: RawConnection) {}

  static async of({ port }: TestProxy): Promise<Client> {
    const connection = await rawClient(port);
    cleanups.push(() => connection.socket.destroy());
    return new Client(connection);
  }

  /** The response: its head, and the name of who answered. */
  async ask(path: string, fields = ''): Promise<{ readonly head: string; readonly name: string }> {
    const { connection } = this;
    connection.received = '';
    connection.send(`GET ${path} HTTP/1.1\r\nHost: shop\r\n${fields}\r\n`);
    await until('a response', () => connection.closed || /\r\n\r\n[^]+/.test(connection.received));
    const [head = '', name = ''] = connection.received.split('\r\n\r\n');
    return { head, name };
  }
}

test('routes are added, moved, changed and taken away under load, and no request is lost or goes where no route of the time leads', async () => {
  const clusters = [await serviceOf('v1'), await serviceOf('v2')];
  const to = (name: string, cluster: string, more: Partial<RouteConfig> = {}): RouteConfig => ({ name, split: [{ cluster, weight: 1 }], ...more });
  const api = (cluster: string): RouteConfig => to('api', cluster, { matches: [{ path: { type: 'prefix', value: '/api' } }] });
  const documents: RouteConfig[][] = [
    [to('all', 'v1')],
    [api('v2'), to('all', 'v1')],
    [to('all', 'v1'), api('v1'), to('beta', 'v2', { matches: [{ headers: [{ name: 'x-beta' }] }] })],
    [...Array.from({ length: 200 }, (_, i) => to(`r${i}`, 'v2', { matches: [{ path: { type: 'prefix', value: `/r${i}` } }] })), to('all', 'v1')],
    [api('v2'), to('all', 'v1', { rewrite: { path: { type: 'prefix', value: '/new' } } })],
  ];
  const test = await start(clusters, documents[0]!);
  let going = true;
  let sent = 0;
  const wrong: string[] = [];
  const load = Promise.all(Array.from({ length: 8 }, async (_, index) => {
    const client = await Client.of(test);
    while (going) {
      // `/` leads to v1 by each of the documents, `/api` to either.
      const path = index % 2 === 0 ? '/' : '/api';
      const { head, name } = await client.ask(path);
      sent += 1;
      if (!head.startsWith('HTTP/1.1 200 ') || (path === '/' ? name !== 'v1' : !/^v[12]$/.test(name))) wrong.push(`${path}: ${head} ${name}`);
    }
  }));
  for (let round = 1; round <= 30; round += 1) {
    const before = sent;
    await reload(test, documents[round % documents.length]!);
    await until('requests go on', () => sent >= before + 20);
  }
  going = false;
  await load;
  expect(wrong).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(600);
}, 60_000);

test('a canary grows in ten reloads: shares are within 1 %, and sessions stay with the version that they began with', async () => {
  const clusters = [await serviceOf('v1'), await serviceOf('v2')];
  const at = (percent: number): RouteConfig[] => {
    const split = [{ cluster: 'v1', weight: 100 - percent }, { cluster: 'v2', weight: percent }];
    return [
      { name: 'kept', matches: [{ path: { type: 'prefix', value: '/cart' } }], split, session: { cookie: 'cart', keyFile } },
      { name: 'all', split },
    ];
  };
  const test = await start(clusters, at(0));
  const client = await Client.of(test);
  const first = await client.ask('/cart');
  expect(first.name).toBe('v1');
  const cookie = /^set-cookie: (cart=[^;]*)/m.exec(first.head)![1]!;

  for (let percent = 10; percent <= 100; percent += 10) {
    await reload(test, at(percent));
    let moved = 0;
    for (let i = 0; i < 200; i += 1) if ((await client.ask('/')).name === 'v2') moved += 1;
    expect(Math.abs(moved / 200 - percent / 100)).toBeLessThanOrEqual(0.01);
    expect((await client.ask('/cart', `Cookie: ${cookie}\r\n`)).name).toBe('v1');
  }
}, 60_000);
