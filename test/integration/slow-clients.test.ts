/**
 * Clients that are slow on purpose: heads that never end, bodies that trickle, responses that nobody reads. The proxy holds no
 * more of them than its limit, gets rid of them in time, and serves others all the while. The attack is made by slowhttptest
 * (a Debian package) where it is installed, and by clients of our own where it isn't; both stay on the loopback.
 */
import { spawn, spawnSync } from 'node:child_process';
import { startProxy, TestProxy } from '../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../support/raw-http';

const INSTALLED = spawnSync('slowhttptest', ['-h']).error === undefined;
const ATTACKERS = 200;
/** Fewer than the attackers and those who are served beside them. */
const MAX_CONNECTIONS = 150;
const SECONDS = 5;
const SMALL = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
/** More than the kernel and the proxy hold for a client that does not read. */
const LARGE_BYTES = 2 * 1024 * 1024;
const LARGE = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`), Buffer.alloc(LARGE_BYTES, 'x')]);

interface Attack {
  readonly name: string;
  /** Arguments of slowhttptest. */
  readonly args: readonly string[];
  /** What a client of our own does: first, and then ever again. */
  readonly first: string;
  readonly then: string;
  readonly reads: boolean;
}

const ATTACKS: readonly Attack[] = [
  { name: 'heads that never end', args: ['-H', '-x', '8'], first: 'GET / HTTP/1.1\r\nHost: a\r\n', then: 'X: y\r\n', reads: true },
  { name: 'bodies that trickle', args: ['-B', '-t', 'POST', '-s', '8192', '-x', '8'], first: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8192\r\n\r\n', then: 'x', reads: true },
  { name: 'responses that nobody reads', args: ['-X', '-w', '64', '-y', '128', '-n', '1', '-z', '16'], first: 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n', then: '', reads: false },
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(): Promise<TestProxy> {
  const backend = await RawBackend.start((connection) => connection.socket.on('data', () => {
    const large = connection.received.startsWith('GET /large ');
    if (!connection.received.startsWith('GET ') || !connection.received.endsWith('\r\n\r\n')) return;
    connection.received = '';
    connection.send(large ? LARGE : SMALL);
  }));
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], {
    limits: { maxConnections: MAX_CONNECTIONS, headTimeoutMs: 1_000, bodyTimeoutMs: 1_000, idleTimeoutMs: 1_500 },
    route: { timeoutMs: 2_000 },
    cluster: { maxPendingRequests: 1_024 },
  });
  cleanups.push(() => test.proxy.close());
  return test;
}

/** Resolves when the attack is over. */
function attack({ args, first, then, reads }: Attack, port: number): Promise<void> {
  return INSTALLED ? attackByTool(args, `http://127.0.0.1:${port}${reads ? '/' : '/large'}`) : attackByOwnClients(first, then, reads, port);
}

async function attackByTool(args: readonly string[], url: string): Promise<void> {
  const all = [...args, '-c', String(ATTACKERS), '-r', String(ATTACKERS), '-i', '1', '-l', String(SECONDS), '-p', '3', '-u', url];
  const child = spawn('slowhttptest', all, { stdio: 'ignore' });
  cleanups.push(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => { child.on('exit', () => resolve()).on('error', reject); });
}

async function attackByOwnClients(first: string, then: string, reads: boolean, port: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: ATTACKERS }, () => rawClient(port)));
  for (const client of clients) {
    if (!reads) client.socket.pause();
    client.send(first);
  }
  const end = Date.now() + SECONDS * 1_000;
  while (Date.now() < end) {
    for (const client of clients) if (then !== '' && client.socket.writable) client.send(then);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  for (const client of clients) client.socket.destroy();
}

/** Asks and gets an answer on this connection. */
async function served(client: RawConnection): Promise<void> {
  client.received = '';
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/, 4_000);
}

test.each(ATTACKS.map((each) => [each.name, each] as const))(`%s, by ${INSTALLED ? 'slowhttptest' : 'clients of our own'}`, async (_, each) => {
  const test = await setUp();
  const steady = await Promise.all(Array.from({ length: 5 }, () => rawClient(test.port)));
  cleanups.push(() => steady.forEach(({ socket }) => socket.destroy()));
  await Promise.all(steady.map(served));

  let over = false;
  let most = 0;
  const attacking = attack(each, test.port).then(() => { over = true; });
  await until('the attack has begun', () => test.proxy.context.connections > 50, 5_000);
  let rounds = 0;
  let newcomers = 0;
  while (!over) {
    most = Math.max(most, test.proxy.context.connections);
    await Promise.all(steady.map(served));
    rounds += 1;
    const newcomer = await rawClient(test.port);
    newcomer.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await until('a newcomer is answered', () => newcomer.ended || newcomer.closed, 4_000);
    if (newcomer.received.endsWith('\r\n\r\nok')) newcomers += 1;
    newcomer.socket.destroy();
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  await attacking;
  expect(most).toBeGreaterThan(50);
  expect(most).toBeLessThanOrEqual(MAX_CONNECTIONS);
  expect(rounds).toBeGreaterThan(10);
  // Newcomers are turned away while the limit is reached, and served as soon as the slow ones are gone.
  expect(newcomers).toBeGreaterThan(5);
  await until('the attackers are gone', () => test.proxy.context.connections === steady.length, 5_000);
  await Promise.all(steady.map(served));
  if (most === MAX_CONNECTIONS) expect(test.metrics()).toMatch(/mesh_limit_reached_total\{limit="maxConnections"\} [1-9]/);
}, 60_000);
