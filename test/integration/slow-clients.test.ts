/**
 * Clients that are slow on purpose: heads that never end, bodies that trickle, responses that nobody reads. The proxy holds no
 * more of them than its limit, gets rid of them in time, and serves others all the while. The attack is made by slowhttptest
 * (a Debian package) where it is installed, and by clients of our own where it isn't; both stay on the loopback.
 *
 * Proxy, backend and those who are served share one thread, and the attack another process. So nothing here depends on how
 * long a request takes, only on that it is answered, and on what is held meanwhile.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { TlsConfig } from '../../src/contract';
import { cleanupsAfterEach } from '../support/cleanups';
import { makeKeyPair, MountedSecret } from '../support/key-pairs';
import { startProxy, TestProxy } from '../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../support/raw-http';
import { tlsClient } from '../support/raw-tls';

const INSTALLED = spawnSync('slowhttptest', ['-h']).error === undefined;
const ATTACKERS = 200;
/** Fewer than the attackers and those who are served beside them. */
const MAX_CONNECTIONS = 150;
const SECONDS = 6;
/** Long enough for a machine that does other things besides; what is waited for takes milliseconds. */
const PATIENCE_MS = 30_000;
const SMALL = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
/** More than the kernel and the proxy hold for a client that does not read. */
const LARGE_BYTES = 2 * 1024 * 1024;
const LARGE = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`), Buffer.alloc(LARGE_BYTES, 'x')]);

interface Attack {
  readonly name: string;
  /** Arguments of slowhttptest; none when it can't do that. */
  readonly args?: readonly string[];
  /** What a client of our own does: first, and then ever again. */
  readonly first: string;
  readonly then: string;
  readonly reads: boolean;
  /** The proxy expects TLS. */
  readonly tls?: boolean;
}

const ATTACKS: readonly Attack[] = [
  { name: 'heads that never end', args: ['-H', '-x', '8'], first: 'GET / HTTP/1.1\r\nHost: a\r\n', then: 'X: y\r\n', reads: true },
  { name: 'bodies that trickle', args: ['-B', '-t', 'POST', '-s', '8192', '-x', '8'], first: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8192\r\n\r\n', then: 'x', reads: true },
  { name: 'responses that nobody reads', args: ['-X', '-w', '64', '-y', '128', '-n', '1', '-z', '16'], first: 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n', then: '', reads: false },
  { name: 'heads that never end, over TLS', args: ['-H', '-x', '8'], first: 'GET / HTTP/1.1\r\nHost: a\r\n', then: 'X: y\r\n', reads: true, tls: true },
  { name: 'handshakes that never begin', first: '', then: '', reads: true, tls: true },
];

const cleanups = cleanupsAfterEach();

async function setUp({ tls = false }: Attack): Promise<TestProxy> {
  const backend = await RawBackend.start((connection) => connection.socket.on('data', () => {
    const large = connection.received.startsWith('GET /large ');
    if (!connection.received.startsWith('GET ') || !connection.received.endsWith('\r\n\r\n')) return;
    connection.received = '';
    connection.send(large ? LARGE : SMALL);
  }));
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], {
    limits: { maxConnections: MAX_CONNECTIONS, headTimeoutMs: 1_000, bodyTimeoutMs: 1_000, idleTimeoutMs: 3_000, tlsHandshakeTimeoutMs: 1_000 },
    // What ends a body that trickles, which makes progress all the time.
    route: { timeoutMs: 3_000 },
    ...(tls && { tls: await keyPair() }),
    cluster: { maxPendingRequests: 1_024 },
  });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function keyPair(): Promise<TlsConfig> {
  const { certificate, key } = await makeKeyPair();
  const secret = new MountedSecret(certificate, key);
  cleanups.push(() => secret.remove());
  return secret.config;
}

/** One who is served. */
function visitor({ tls = false }: Attack, port: number): Promise<RawConnection> {
  return tls ? tlsClient(port) : rawClient(port);
}

/** Resolves when the attack is over. */
function attack(each: Attack, port: number): Promise<void> {
  const { args, reads, tls = false } = each;
  return INSTALLED && args ? attackByTool(args, `${tls ? 'https' : 'http'}://127.0.0.1:${port}${reads ? '/' : '/large'}`) : attackByOwnClients(each, port);
}

async function attackByTool(args: readonly string[], url: string): Promise<void> {
  const all = [...args, '-c', String(ATTACKERS), '-r', String(ATTACKERS), '-i', '1', '-l', String(SECONDS), '-p', '3', '-u', url];
  const child = spawn('slowhttptest', all, { stdio: 'ignore' });
  cleanups.push(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => { child.on('exit', () => resolve()).on('error', reject); });
}

async function attackByOwnClients({ first, then, reads, tls = false }: Attack, port: number): Promise<void> {
  const shakeHands = tls && first !== '';
  // One that is turned away within its handshake is none.
  const attempts = Array.from({ length: ATTACKERS }, () => (shakeHands ? tlsClient(port) : rawClient(port)).catch(() => undefined));
  const clients = (await Promise.all(attempts)).filter((client) => client !== undefined);
  for (const client of clients) {
    if (!reads) client.socket.pause();
    if (first !== '') client.send(first);
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
  await client.receives(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/, PATIENCE_MS);
}

/** Asks on a connection of its own. False when it is turned away. */
async function servedAnew(each: Attack, port: number): Promise<boolean> {
  const newcomer = await visitor(each, port).catch(() => undefined);
  if (!newcomer) return false;
  newcomer.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await until('a newcomer is answered', () => newcomer.ended || newcomer.closed, PATIENCE_MS);
  newcomer.socket.destroy();
  return newcomer.received.endsWith('\r\n\r\nok');
}

const TITLES = ATTACKS.map((each) => [each.name, INSTALLED && each.args ? 'slowhttptest' : 'clients of our own', each] as const);

test.each(TITLES)('%s, by %s', async (_, __, each) => {
  const test = await setUp(each);
  const steady = await Promise.all(Array.from({ length: 5 }, () => visitor(each, test.port)));
  cleanups.push(() => steady.forEach(({ socket }) => socket.destroy()));
  await Promise.all(steady.map(served));

  let most = 0;
  let rounds = 0;
  let visits = 0;
  let newcomers = 0;
  let done = false;
  cleanups.push(() => { done = true; });
  const again = async (act: () => unknown): Promise<void> => {
    while (!done) {
      most = Math.max(most, test.proxy.context.connections);
      await act();
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  };
  const others = Promise.all([
    ...steady.map((client) => again(async () => {
      await served(client);
      rounds += 1 / steady.length;
    })),
    again(async () => {
      visits += 1;
      newcomers += await servedAnew(each, test.port) ? 1 : 0;
    }),
  ]);
  await Promise.race([attack(each, test.port), others]);
  expect(rounds).toBeGreaterThan(2);
  // Newcomers are turned away while the limit is reached, and served as soon as the slow ones are gone.
  expect(newcomers).toBeGreaterThan(0);
  await until('the attackers are gone', () => test.proxy.context.connections <= steady.length, PATIENCE_MS);
  done = true;
  await others;
  await Promise.all(steady.map(served));
  const [, accepted] = /^mesh_downstream_connections_total\{listener="test"\} (\d+)$/m.exec(test.metrics())!;
  expect(Number(accepted) - visits - steady.length).toBeGreaterThan(ATTACKERS / 4);
  expect(most).toBeLessThanOrEqual(MAX_CONNECTIONS);
  if (most === MAX_CONNECTIONS) expect(test.metrics()).toMatch(/mesh_limit_reached_total\{limit="maxConnections"\} [1-9]/);
}, 4 * PATIENCE_MS);
