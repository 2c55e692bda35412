/**
 * The proxy with the image's flags and a memory limit, under clients that cost it as much memory as they can. Its limits for each
 * connection hold for each; here it is their sum. Resident memory stays below the limit at its peak, which the kernel
 * would enforce by killing the process, and others get an answer or an honest refusal all the while.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV_MEMORY_LIMIT } from '../../src/contract';
import { cleanupsAfterEach } from '../support/cleanups';
import { freePort } from '../support/proxy';
import { rawClient, RawConnection, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');
/** What the image sets for a container of this size. */
const LIMIT_MIB = 128;
const IMAGE = readFileSync(join(__dirname, '../../image/Dockerfile'), 'latin1');
const PATIENCE_MS = 60_000;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET /visit HTTP/1.1\r\nHost: a\r\n\r\n';
const PIECE = Buffer.alloc(65_536, 'x');

interface Shape {
  readonly name: string;
  /** What each client sends. It reads nothing. */
  readonly send: Buffer;
  /** What the backend does with it. */
  serve(socket: Socket): void;
}

const SHAPES: readonly Shape[] = [
  {
    name: 'responses that nobody takes',
    send: Buffer.from('GET /p HTTP/1.1\r\nHost: a\r\n\r\n'),
    serve(socket) {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
      const more = (): void => { while (!socket.destroyed && socket.write(PIECE)); };
      socket.on('drain', more);
      more();
    },
  },
  {
    name: 'requests sent ahead of their turn',
    send: Buffer.from('GET /p HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4_000)),
    serve() {},
  },
  {
    name: 'uploads that the app does not take',
    send: Buffer.concat([Buffer.from('PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n'), Buffer.alloc(2_000_000, 'x')]),
    serve(socket) { socket.pause(); },
  },
];

const cleanups = cleanupsAfterEach();

/** Answers visitors, and does to all others what the shape says. */
async function startBackend({ serve }: Shape): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let harmed = false;
    socket.on('data', (chunk) => {
      if (harmed) return;
      if (chunk.includes('/visit')) {
        socket.write(OK);
        return;
      }
      harmed = true;
      serve(socket);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', 4_096, resolve); });
  cleanups.push(() => new Promise((resolve) => {
    server.close(resolve);
    for (const socket of sockets) socket.destroy();
  }));
  return (server.address() as { port: number }).port;
}

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly admin: number;
}

async function startProxy(backend: number): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-memory-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const [port, admin] = [await freePort(), await freePort()];
  const file = join(folder, 'proxy.json');
  writeFileSync(file, JSON.stringify({
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    admin: { port: admin },
    listeners: [{ name: 'inbound', direction: 'inbound', port, routes: [{ name: 'default', timeoutMs: 0, split: [{ cluster: 'app', weight: 1 }] }] }],
    clusters: [{
      name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend }] },
      maxConnectionsPerEndpoint: 10_000, maxPendingRequests: 10_000,
    }],
    // How long those who take nothing are held.
    limits: { bodyTimeoutMs: 15_000 },
    shutdown: { drainMs: 1_000 },
  }));
  const image = Object.fromEntries(['NODE_OPTIONS', 'MALLOC_MMAP_THRESHOLD_'].map((name) => [name, new RegExp(`^ENV ${name}="?([^"\n]+)`, 'm').exec(IMAGE)![1]]));
  const env = { PATH: process.env.PATH, POD_IPS: '127.0.0.1', [ENV_MEMORY_LIMIT]: String(LIMIT_MIB * 2 ** 20), ...image };
  const child = spawn(process.execPath, [BUNDLE, '--config', file], { stdio: ['ignore', 'pipe', 'inherit'], env });
  cleanups.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout!.on('data', (chunk) => { output += chunk; });
  await until('the proxy has started', () => output.includes('"started"'), PATIENCE_MS);
  return { child, port, admin };
}

/** A page of the admin listener. */
function page(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; }).on('end', () => resolve(text)).on('error', reject);
    }).on('error', reject);
  });
}

/** Most resident memory so far, in MiB: as the kernel knows it where it tells, else as of now. */
async function peakMib({ child, admin }: Running): Promise<number> {
  const status = `/proc/${child.pid}/status`;
  const kib = existsSync(status) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'latin1')) : null;
  if (kib) return Number(kib[1]) / 1_024;
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(await page(admin, '/metrics'))![1]) / 2 ** 20;
}

/** Asks once more, on a connection that is open or a new one. Undefined when it was reset before an answer. */
async function ask(port: number, open?: RawConnection): Promise<{ readonly connection: RawConnection; readonly status: string } | undefined> {
  const connection = open && !open.ended && !open.closed ? open : await rawClient(port).catch(() => undefined);
  if (!connection) return undefined;
  connection.received = '';
  connection.send(GET);
  const answer = /^HTTP\/1\.1 (200) [^]*\r\n\r\nok$|^HTTP\/1\.1 503 [^]*details="(memory_limit)"\r\n[^]*\r\n\r\n(?:[^]*\n)?$/;
  await until('there is an answer', () => answer.test(connection.received) || connection.ended || connection.closed, PATIENCE_MS);
  const [, ok, refused] = answer.exec(connection.received) ?? [];
  if (ok || refused) return { connection, status: ok ?? refused! };
  connection.socket.destroy();
  expect(connection.received).toBe('');
  return undefined;
}

async function attack(port: number, count: number, { send }: Shape): Promise<Socket[]> {
  const clients: Socket[] = [];
  cleanups.push(() => clients.forEach((client) => client.destroy()));
  for (let i = 0; i < count; i += 1) {
    const client = connect({ port, host: '127.0.0.1' });
    client.on('error', () => {}).pause();
    client.write(send);
    clients.push(client);
    // So that the kernel's queue of connections does not turn them away.
    if (i % 50 === 0) await new Promise((resolve) => { client.once('connect', resolve).once('close', resolve); });
  }
  return clients;
}

const CASES = SHAPES.flatMap((shape) => [600, 2_000].map((count) => [shape.name, count, shape] as const));

test.each(CASES)('%s, from %i clients', async (_, count, shape) => {
  const running = await startProxy(await startBackend(shape));
  const { child, port, admin } = running;
  let steady = await ask(port);
  expect(steady!.status).toBe('200');
  let attacking = true;
  const attackers = attack(port, count, shape).finally(() => { attacking = false; });

  const answers: (string | undefined)[] = [];
  let peak = 0;
  // Until it has been as it is for a while.
  for (let same = 0; same < 30;) {
    steady = await ask(port, steady?.connection);
    const newcomer = await ask(port);
    newcomer?.connection.socket.destroy();
    answers.push(steady?.status, newcomer?.status);
    const now = await peakMib(running);
    same = attacking || now > peak ? 0 : same + 1;
    peak = now;
  }
  expect(child.exitCode).toBeNull();
  expect(peak).toBeLessThan(LIMIT_MIB);
  // Whoever was reset is the exception.
  expect(answers.filter((answer) => answer !== undefined).length).toBeGreaterThan(answers.length * 0.9);
  expect(await page(admin, '/live')).toBeDefined();

  for (const client of await attackers) client.resetAndDestroy();
  let after: string | undefined;
  const end = Date.now() + PATIENCE_MS;
  while (after !== '200' && Date.now() < end) {
    const newcomer = await ask(port);
    newcomer?.connection.socket.destroy();
    after = newcomer?.status;
  }
  expect(after).toBe('200');
}, 4 * PATIENCE_MS);

test('a thousand clients that behave are no reason to do anything', async () => {
  const running = await startProxy(await startBackend(SHAPES[0]!));
  for (let i = 0; i < 1_000; i += 1) {
    const client = await ask(running.port);
    cleanups.push(() => client?.connection.socket.destroy());
    expect(client?.status).toBe('200');
  }
  const metrics = await page(running.admin, '/metrics');
  expect(metrics).toMatch(/^mesh_downstream_connections_open\{listener="inbound"\} 1000$/m);
  expect(metrics).toMatch(/^mesh_memory_level 0$/m);
  expect(metrics).not.toMatch(/^mesh_memory_actions_total\{/m);
  // The bar for a thousand open connections.
  expect(await peakMib(running)).toBeLessThan(96);
}, 2 * PATIENCE_MS);
