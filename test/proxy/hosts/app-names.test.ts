import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListenerConfig, ResolvedProxyConfig, withDefaults } from '../../../src/contract';
import { AppNames, ENDPOINTS_WAIT_MS, Serving } from '../../../src/proxy/hosts/app-names';
import { HostsFile, MAX_HOSTS_BYTES } from '../../../src/proxy/hosts/hosts-file';
import { readHosts } from '../../../src/proxy/hosts/hosts-text';
import { FakeClock } from '../../support/fake-clock';

let folder: string;
let path: string;
let clock: FakeClock;
let events: string[];
let full: number;
let synced: Set<string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-names-'));
  path = join(folder, 'hosts');
  clock = new FakeClock();
  events = [];
  full = 0;
  synced = new Set();
});
afterEach(() => rmSync(folder, { recursive: true }));

function calling(...callees: readonly string[]): ResolvedProxyConfig {
  return withDefaults({
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: callees.map((name, index): ListenerConfig => ({
      name, direction: 'outbound', address: `127.64.${Math.floor(index / 250)}.${index % 250}`, port: 80, hostnames: [name, `${name}.shop`],
      routes: [{ name: 'default', split: [{ cluster: name, weight: 1 }] }],
    })),
    clusters: callees.map((name) => ({ name, discovery: { type: 'static', endpoints: [] } })),
  });
}

/** What serves a document, with the endpoints known of those in `synced`. */
function serving(config: ResolvedProxyConfig): Serving {
  return {
    config,
    clusters: () => Promise.resolve(config.clusters.map(({ name }) => ({ name, discovery: { synced: synced.has(name) } } as Awaited<ReturnType<Serving['clusters']>>[number]))),
  };
}

async function open(): Promise<AppNames> {
  const file = await HostsFile.open(path, ['10.0.0.5'], () => Promise.resolve('127.0.0.1 localhost\n10.0.0.5 web-0\n'));
  return new AppNames(file, {
    clock,
    onFull: () => { full += 1; },
    onEvent: (event, fields) => events.push(`${event} ${Object.values(fields).join(' ')}`),
  });
}

/** Lets what was begun come to where it waits for the clock. */
const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
async function pass(ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end;) {
    clock.advance(Math.min(100, end - clock.now()));
    await settle();
  }
}
const written = (): string[] => [...readHosts(readFileSync(path, 'utf8')).leads.keys()];

/** A pod that runs, with the names of these. */
async function running(...callees: readonly string[]): Promise<AppNames> {
  const names = await open();
  names.first(calling(...callees));
  names.publish(serving(calling(...callees)));
  await settle();
  events.length = 0;
  return names;
}

test('a new pod has all names before its app starts, whether their endpoints are known or not', async () => {
  const names = await open();
  names.first(calling('cart', 'till'));
  expect(written()).toEqual(['cart', 'cart.shop', 'till', 'till.shop']);
  expect(events).toEqual(['hosts_names_added cart,cart.shop,till,till.shop']);
  expect(names.count()).toEqual({ written: 4, waiting: 0, taken: 0, stale: 0 });
});

test('in a pod that runs, the names of a new callee come when its endpoints are known', async () => {
  const names = await running('cart');
  names.publish(serving(calling('cart', 'till')));
  await pass(1_000);
  expect(written()).toEqual(['cart', 'cart.shop']);
  expect(names.count()).toEqual({ written: 2, waiting: 2, taken: 0, stale: 0 });
  synced.add('till');
  await pass(100);
  expect(written()).toEqual(['cart', 'cart.shop', 'till', 'till.shop']);
  expect(names.count()).toEqual({ written: 4, waiting: 0, taken: 0, stale: 0 });
  expect(clock.pending).toBe(0);
});

test('endpoints are not waited for for ever', async () => {
  const names = await running('cart');
  names.publish(serving(calling('cart', 'till')));
  await pass(ENDPOINTS_WAIT_MS - 100);
  expect(written()).toHaveLength(2);
  await pass(200);
  expect(written()).toHaveLength(4);
});

test('nothing is written while another document is taken over', async () => {
  const names = await running('cart');
  names.publish(serving(calling('cart', 'till')));
  synced.add('till');
  names.hold();
  await pass(ENDPOINTS_WAIT_MS * 2);
  expect(written()).toHaveLength(2);
  names.publish(serving(calling('cart')));
  await pass(ENDPOINTS_WAIT_MS * 2);
  expect(written()).toHaveLength(2);
});

test('a name that the pod has already stays the pod\'s, and that is told', async () => {
  const names = await open();
  const config = calling('web-0');
  names.first(config);
  names.publish(serving(config));
  names.publish(serving(config));
  await settle();
  expect(written()).toEqual(['web-0.shop']);
  expect(events).toEqual(['hosts_names_added web-0.shop', 'hosts_names_taken web-0 10.0.0.5']);
  expect(names.count()).toEqual({ written: 1, waiting: 0, taken: 1, stale: 0 });
});

test('names of a callee that is gone stay, and are counted', async () => {
  const names = await running('cart', 'till');
  names.publish(serving(calling('cart')));
  await settle();
  expect(written()).toHaveLength(4);
  expect(names.count()).toEqual({ written: 2, waiting: 0, taken: 0, stale: 2 });
});

test('a name that leads somewhere gets no second address', async () => {
  const names = await running('till', 'cart');
  // As no document that was settled can be.
  names.publish(serving(calling('cart', 'till')));
  await pass(ENDPOINTS_WAIT_MS * 2);
  expect(readHosts(readFileSync(path, 'utf8')).has('127.64.0.0', 'cart')).toBe(false);
});

test('a file that can\'t be written is told once, and tried until it can', async () => {
  const names = await running('cart');
  const before = readFileSync(path, 'utf8');
  rmSync(path);
  mkdirSync(path);
  synced.add('till');
  names.publish(serving(calling('cart', 'till')));
  await settle();
  await pass(5_000);
  expect(events).toEqual([expect.stringMatching(/^hosts_file_failed EISDIR/)]);
  expect(names.count().waiting).toBe(2);
  rmdirSync(path);
  writeFileSync(path, before);
  await pass(1_000);
  expect(written()).toHaveLength(4);
});

test('a document with more names than the file may hold is refused', async () => {
  const names = await running('cart');
  expect(names.problemsWith(calling('cart', 'till'))).toEqual([]);
  const many = calling(...Array.from({ length: 6_000 }, (_, i) => `${'callee'.repeat(20)}-${i}`));
  expect(names.problemsWith(many)).toEqual([expect.stringMatching(new RegExp(`would be \\d{7,} bytes long .* and ${MAX_HOSTS_BYTES} is the most: replace the pod`))]);
  expect(full).toBe(1);
});
