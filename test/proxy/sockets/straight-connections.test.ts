/** An app that connects straight to a service: what the kernel lists, and what its sidecar makes of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPeers, inodesOf, MAX_LIST_BYTES, Peers, readLists, SLICE_BYTES, slicesOf } from '../../../src/proxy/sockets/pod-sockets';
import { LOOK_MS, MAX_LOOKUPS, SocketDependencies, StraightConnections } from '../../../src/proxy/sockets/straight-connections';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { FakeClock } from '../../support/fake-clock';

/** A line of the kernel's list: to 10.96.12.34 and 10.96.0.9, port 80. */
const line = (remote: string, { state = '01', uid = 1000, inode = 7 } = {}): string =>
  `   1: 0A01F40A:C4D2 ${remote} ${state} 00000000:00000000 02:00000A1B 00000000 ${uid}        0 ${inode} 2 0000000000000000 20 4 30 10 -1\n`;
const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const CATALOG = '220C600A:0050';
const OTHER = '0900600A:0050';

/** The connections in some lines, to everywhere. */
function peersIn(lines: string, wanted: (address: string, port: number) => boolean = () => true): unknown[] {
  const peers: Peers = new Map();
  addPeers(lines, peers, wanted);
  return [...peers.values()].filter((peer) => peer !== undefined);
}

async function gather(slices: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const slice of slices) all.push(slice);
  return all;
}

describe('the kernel\'s list', () => {
  test('has the connections of this very process, as their addresses are', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1' });
    await new Promise((resolve) => { socket.once('connect', resolve); });
    const found = peersIn((await gather(readLists(() => {}))).join(''), (_, remote) => remote === port);
    expect(found).toEqual([{ address: '127.0.0.1', port, inodes: [expect.stringMatching(/^[1-9]\d*$/)] }]);
    expect((await inodesOf([process.pid])).has((found as { inodes: string[] }[])[0]!.inodes[0]!)).toBe(true);
    socket.destroy();
    await new Promise((resolve) => { server.close(resolve); });
  });

  test.each([
    [CATALOG, '10.96.12.34'],
    ['0000000000000000FFFF0000220C600A:0050', '10.96.12.34'],
    ['000000FD00010A000000000001000000:0050', 'fd00:0:a:100::1'],
  ])('has %s for %s', (remote, expected) => {
    expect(peersIn(HEADER + line(remote))).toEqual([{ address: expected, port: 80, inodes: ['7'] }]);
  });

  test('has others than established connections, which don\'t count', () => {
    expect(peersIn(HEADER + line(CATALOG, { state: '06' }) + line('00000000:0000', { state: '0A' }))).toEqual([]);
  });

  test('has many connections to one place, of which each counts', () => {
    expect(peersIn(HEADER + line(CATALOG) + line(OTHER) + line(CATALOG, { inode: 8 }) + '\n junk: \n', (address) => address === '10.96.12.34'))
      .toEqual([{ address: '10.96.12.34', port: 80, inodes: ['7', '8'] }]);
  });
});

describe('a long list', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-sockets-'));
    path = join(folder, 'tcp');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const ofLength = (bytes: number): string => line(CATALOG).repeat(Math.ceil(bytes / line(CATALOG).length));

  test('is read in slices of whole lines, and others have their turns in between', async () => {
    const text = HEADER + ofLength(20 * SLICE_BYTES);
    writeFileSync(path, text);
    let turns = 0;
    let going = true;
    const count = (): void => {
      turns += 1;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    const slices: string[] = [];
    const turnOf: number[] = [];
    for await (const slice of slicesOf(path, () => { throw new Error('no limit is reached'); })) {
      slices.push(slice);
      turnOf.push(turns);
    }
    going = false;
    expect(slices.join('')).toBe(text);
    for (const slice of slices) expect([slice.length <= SLICE_BYTES, slice.endsWith('\n')]).toEqual([true, true]);
    expect(new Set(turnOf).size).toBe(slices.length);
  });

  test('is read up to a limit, and that is told', async () => {
    writeFileSync(path, ofLength(MAX_LIST_BYTES + SLICE_BYTES));
    let limits = 0;
    const slices = await gather(slicesOf(path, () => { limits += 1; }));
    expect(limits).toBe(1);
    const { length } = slices.join('');
    expect(length).toBeLessThanOrEqual(MAX_LIST_BYTES);
    expect(length).toBeGreaterThan(MAX_LIST_BYTES - 2 * SLICE_BYTES);
  });
});

async function* inSlices(...slices: readonly string[]): AsyncGenerator<string> {
  yield* slices;
}

describe('a sidecar', () => {
  let list: string;
  let own: Set<string>;
  let asked: string[];
  let found: string[];
  let clock: FakeClock;
  let registry: MetricRegistry;
  let dependencies: SocketDependencies;

  beforeEach(() => {
    list = HEADER;
    own = new Set();
    asked = [];
    found = [];
    clock = new FakeClock();
    registry = new MetricRegistry();
    const answers: Record<string, string> = { 'catalog.shop.svc.cluster.local': '10.96.12.34' };
    dependencies = {
      clock, registry, random: () => 0,
      dns: {
        resolve4: (name) => {
          asked.push(name);
          return answers[name] === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve([{ address: answers[name], ttl: 30 }]);
        },
        resolve6: () => Promise.reject(new Error('ENODATA')),
      },
      listeners: () => [
        { name: 'inbound', direction: 'inbound', port: 15_006 },
        { name: 'outbound/shop/cart:80', direction: 'outbound', port: 80, hostnames: ['cart', 'cart.shop.svc.cluster.local'] },
        { name: 'outbound/shop/catalog:80', direction: 'outbound', port: 80, hostnames: ['catalog', 'catalog.shop.svc.cluster.local'] },
      ],
      read: () => inSlices(list),
      own: () => Promise.resolve(own),
      onFound: ({ listener, address, connections }) => { found.push(`${listener} ${address} ${connections}`); },
      onUnreadable: (problem) => { found.push(problem); },
    };
  });

  test('finds its app\'s connections straight to a service that it calls, and tells once', async () => {
    const straight = new StraightConnections(dependencies);
    list += line(CATALOG) + line(CATALOG, { inode: 8 });
    await straight.look();
    await straight.look();
    expect(found).toEqual(['outbound/shop/catalog:80 10.96.12.34 2']);
    expect(straight.found).toEqual([{ listener: 'outbound/shop/catalog:80', address: '10.96.12.34', connections: 2 }]);
    expect(expose(registry)).toContain('mesh_straight_connections{listener="outbound/shop/catalog:80"} 2');
    list = HEADER;
    await straight.look();
    expect(expose(registry)).not.toContain('mesh_straight_connections{');
    list += line(CATALOG);
    await straight.look();
    expect(found).toHaveLength(2);
  });

  test('asks DNS for nothing while there is no such connection, and then once in five minutes', async () => {
    const straight = new StraightConnections(dependencies);
    list += line('0100007F:0050') + line('220C600A:1F90');
    await straight.look();
    expect(asked).toEqual([]);
    list += line(OTHER);
    await straight.look();
    await straight.look();
    expect(asked).toEqual(['cart.shop.svc.cluster.local', 'catalog.shop.svc.cluster.local']);
    clock.advance(300_000);
    await straight.look();
    expect(asked).toHaveLength(4);
  });

  test('leaves alone what its app calls besides, and the sockets of its own', async () => {
    const straight = new StraightConnections(dependencies);
    own.add('8');
    list += line(OTHER) + line(CATALOG, { inode: 8 });
    await straight.look();
    expect(found).toEqual([]);
  });

  test('tells nothing of a list before it has all of it', async () => {
    let goOn = (): void => undefined;
    const more = new Promise<void>((resolve) => { goOn = resolve; });
    const straight = new StraightConnections({
      ...dependencies,
      read: async function* read() {
        yield HEADER + line(CATALOG);
        await more;
        yield line(CATALOG, { inode: 8 }) + line('0000000000000000FFFF0000220C600A:0050', { inode: 9 });
      },
    });
    const looking = straight.look();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect([straight.found, found]).toEqual([[], []]);
    goOn();
    await looking;
    expect(found).toEqual(['outbound/shop/catalog:80 10.96.12.34 3']);
  });

  test('asks for the addresses of a service once, however many connections there are', async () => {
    const straight = new StraightConnections(dependencies);
    for (let i = 0; i < 50; i += 1) list += line(`${i.toString(16).padStart(2, '0').toUpperCase()}00600A:0050`, { inode: 100 + i });
    await straight.look();
    expect(asked).toHaveLength(2);
  });

  test('asks for no more than a few services in one look, counts the others, and asks for them in the next', async () => {
    const names = Array.from({ length: MAX_LOOKUPS + 3 }, (_, i) => `s${i}.shop.svc.cluster.local`);
    const listeners = names.map((name) => ({ name: `outbound/${name}`, direction: 'outbound' as const, port: 80, hostnames: [name] }));
    const straight = new StraightConnections({ ...dependencies, listeners: () => listeners });
    list += line(OTHER);
    await straight.look();
    expect(asked).toEqual(names.slice(0, MAX_LOOKUPS));
    expect(expose(registry)).toContain('mesh_limit_reached_total{limit="serviceLookups"} 3');
    await straight.look();
    expect(asked).toEqual(names);
  });

  test('looks once a minute, until the lists can\'t be read', async () => {
    const straight = new StraightConnections(dependencies);
    list += line(CATALOG);
    straight.start();
    clock.advance(LOOK_MS);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(found).toHaveLength(1);
    dependencies = { ...dependencies };
    list = HEADER;
    clock.advance(LOOK_MS);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(straight.found).toEqual([]);
    straight.close();
    const broken = (async function* fail(): AsyncGenerator<string> {
      yield line(CATALOG);
      throw new Error('EACCES');
    })();
    const blind = new StraightConnections({ ...dependencies, read: () => broken });
    blind.start();
    clock.advance(LOOK_MS);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(found.at(-1)).toBe('EACCES');
    expect(blind.found).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
