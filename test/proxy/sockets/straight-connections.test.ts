/** An app that connects straight to a service: what the kernel lists, and what its sidecar makes of it. */
import { createServer } from 'node:http';
import { AddressInfo, connect } from 'node:net';
import { establishedIn, inodesOf, readLists } from '../../../src/proxy/sockets/pod-sockets';
import { LOOK_MS, SocketSurroundings, StraightConnections } from '../../../src/proxy/sockets/straight-connections';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { FakeClock } from '../../support/fake-clock';

/** A line of the kernel's list: to 10.96.12.34 and 10.96.0.9, port 80. */
const line = (remote: string, { state = '01', uid = 1000, inode = 7 } = {}): string =>
  `   1: 0A01F40A:C4D2 ${remote} ${state} 00000000:00000000 02:00000A1B 00000000 ${uid}        0 ${inode} 2 0000000000000000 20 4 30 10 -1\n`;
const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const CATALOG = '220C600A:0050';
const OTHER = '0900600A:0050';

describe('the kernel\'s list', () => {
  test('has the connections of this very process, as their addresses are', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1' });
    await new Promise((resolve) => { socket.once('connect', resolve); });
    const found = establishedIn(await readLists(() => {})).filter(({ remotePort }) => remotePort === port);
    expect(found).toEqual([{ remoteAddress: '127.0.0.1', remotePort: port, inode: expect.stringMatching(/^[1-9]\d*$/) }]);
    expect((await inodesOf([process.pid])).has(found[0]!.inode)).toBe(true);
    socket.destroy();
    await new Promise((resolve) => { server.close(resolve); });
  });

  test.each([
    [CATALOG, '10.96.12.34'],
    ['0000000000000000FFFF0000220C600A:0050', '10.96.12.34'],
    ['000000FD00010A000000000001000000:0050', 'fd00:0:a:100::1'],
  ])('has %s for %s', (remote, expected) => {
    expect(establishedIn(HEADER + line(remote))).toEqual([{ remoteAddress: expected, remotePort: 80, inode: '7' }]);
  });

  test('has others than established connections, which don\'t count', () => {
    expect(establishedIn(HEADER + line(CATALOG, { state: '06' }) + line('00000000:0000', { state: '0A' }))).toEqual([]);
  });
});

describe('a sidecar', () => {
  let list: string;
  let own: Set<string>;
  let asked: string[];
  let found: string[];
  let clock: FakeClock;
  let registry: MetricRegistry;
  let surroundings: SocketSurroundings;

  beforeEach(() => {
    list = HEADER;
    own = new Set();
    asked = [];
    found = [];
    clock = new FakeClock();
    registry = new MetricRegistry();
    const answers: Record<string, string> = { 'catalog.shop.svc.cluster.local': '10.96.12.34' };
    surroundings = {
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
      read: () => Promise.resolve(list),
      own: () => Promise.resolve(own),
      onFound: ({ listener, address, connections }) => { found.push(`${listener} ${address} ${connections}`); },
      onUnreadable: (problem) => { found.push(problem); },
    };
  });

  test('finds its app\'s connections straight to a service that it calls, and tells once', async () => {
    const straight = new StraightConnections(surroundings);
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
    const straight = new StraightConnections(surroundings);
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
    const straight = new StraightConnections(surroundings);
    own.add('8');
    list += line(OTHER) + line(CATALOG, { inode: 8 });
    await straight.look();
    expect(found).toEqual([]);
  });

  test('looks once a minute, until the lists can\'t be read', async () => {
    const straight = new StraightConnections(surroundings);
    list += line(CATALOG);
    straight.start();
    clock.advance(LOOK_MS);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(found).toHaveLength(1);
    surroundings = { ...surroundings };
    list = HEADER;
    clock.advance(LOOK_MS);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(straight.found).toEqual([]);
    straight.close();
    const blind = new StraightConnections({ ...surroundings, read: () => Promise.reject(new Error('EACCES')) });
    blind.start();
    clock.advance(LOOK_MS);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(found.at(-1)).toBe('EACCES');
    expect(clock.pending).toBe(0);
  });
});
