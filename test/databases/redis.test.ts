/** A real Redis behind sidecars: its benchmark, large values, messages that it sends by itself, and what becomes of clients when a replica ends. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { cleanupsAfterEach } from '../support/cleanups';
import { HOST, Program } from '../support/foreign-programs';
import { freePort } from '../support/ports';
import { tcpSeries } from '../support/tcp-proxy';
import { installed, run, sumOf } from './commands';
import { bytesOf, CALLER, Sidecars, sidecars } from './sidecars';

jest.setTimeout(300_000);
beforeAll(() => installed({ '/usr/bin/redis-server': 'redis-server', '/usr/bin/redis-benchmark': 'redis-tools' }));

const cleanups = cleanupsAfterEach();
const BIG_BYTES = 64 * 1_048_576;

async function startRedis(port?: number): Promise<{ readonly port: number; readonly server: Program }> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-redis-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const own = port ?? await freePort();
  const server = new Program({ cleanups }, 'redis-server', ['--port', String(own), '--bind', HOST, '--dir', folder, '--save', '', '--appendonly', 'no']);
  await server.listensOn(own);
  return { port: own, server };
}

const cli = ({ port }: Pick<Sidecars, 'port'>, ...args: readonly string[]): Promise<string> => run('redis-cli', ['-h', HOST, '-p', String(port), ...args]);
const benchmark = ({ port }: Sidecars, ...args: readonly string[]): Promise<string> => run('redis-benchmark', ['-h', HOST, '-p', String(port), '-q', '--csv', ...args]);
/** Connections of the caller that the sidecar of a replica has passed on. */
const accepted = ({ inbound }: Sidecars, index: number): number => (
  tcpSeries(inbound[index]!, 'connections_opened_total', { direction: 'inbound', caller: CALLER }));

test('its benchmark runs, pipelined and with many connections', async () => {
  const mesh = await sidecars(cleanups, [(await startRedis()).port]);
  const commands = 'set,get,incr,lpush,lpop,sadd,hset,zadd,lrange_100,mset';
  const lines = (await benchmark(mesh, '-n', '20000', '-c', '50', '-P', '8', '-t', commands)).trim().split('\n').slice(1);
  expect(lines.length).toBeGreaterThanOrEqual(10);
  for (const line of lines) expect(line).toMatch(/^"[^"]+","\d+\.\d+"/);
  expect(bytesOf(mesh).received).toBeGreaterThan(1_000_000);
});

test('a large value is the same on its way in and out', async () => {
  const mesh = await sidecars(cleanups, [(await startRedis()).port]);
  const value = randomBytes(BIG_BYTES);
  await sumOf('redis-cli', ['-h', HOST, '-p', String(mesh.port), '-x', 'set', 'big'], Readable.from([value]));
  // The client adds the end of a line.
  expect(await sumOf('redis-cli', ['-h', HOST, '-p', String(mesh.port), '--raw', 'get', 'big']))
    .toEqual({ sha256: createHash('sha256').update(value).update('\n').digest('hex'), bytes: BIG_BYTES + 1 });
});

test('a subscriber gets messages that the server sends by itself', async () => {
  const mesh = await sidecars(cleanups, [(await startRedis()).port]);
  const subscriber = new Program({ cleanups }, 'redis-cli', ['-h', HOST, '-p', String(mesh.port), 'subscribe', 'news']);
  await subscriber.says(/subscribe/);
  for (const word of ['first', 'second']) {
    expect((await cli(mesh, 'publish', 'news', word)).trim()).toBe('1');
    await subscriber.says(new RegExp(word));
  }
});

test('with a replica that is killed, every new connection goes to the other, and to it again when it is back', async () => {
  const replicas = [await startRedis(), await startRedis()];
  const mesh = await sidecars(cleanups, replicas.map(({ port }) => port));
  const ask = async (times: number): Promise<string[]> => {
    const answers = [];
    for (let i = 0; i < times; i += 1) answers.push((await cli(mesh, 'ping')).trim());
    return answers;
  };
  const pongs = (times: number): string[] => Array.from({ length: times }, () => 'PONG');
  expect(await ask(10)).toEqual(pongs(10));
  expect([0, 1].map((index) => accepted(mesh, index) > 0)).toEqual([true, true]);
  await run('redis-cli', ['-h', HOST, '-p', String(replicas[0]!.port), 'shutdown', 'nosave', 'now', 'force']).catch(() => undefined);
  await replicas[0]!.server.ends();
  expect(await ask(40)).toEqual(pongs(40));
  await startRedis(replicas[0]!.port);
  const before = accepted(mesh, 0);
  const answers = [];
  while (accepted(mesh, 0) === before) answers.push(...await ask(1));
  expect(new Set(answers)).toEqual(new Set(['PONG']));
});

test('while the sidecar of a replica drains, its connections go on, and new ones go to the other', async () => {
  const mesh = await sidecars(cleanups, [(await startRedis()).port, (await startRedis()).port]);
  const at = benchmark(mesh, '-n', '300000', '-c', '20', '-P', '16', '-t', 'set,get');
  let over = false;
  void at.finally(() => { over = true; }).catch(() => undefined);
  while (bytesOf(mesh).received < 1_000_000) await cli(mesh, 'ping');
  const drained = mesh.inbound[0]!.proxy.drain();
  const [first, second] = [accepted(mesh, 0), accepted(mesh, 1)];
  const answers = [];
  while (!over) answers.push((await cli(mesh, 'ping')).trim());
  expect(new Set(answers)).toEqual(new Set(['PONG']));
  expect(accepted(mesh, 0)).toBe(first);
  // The benchmark has new connections for each of its commands.
  expect(accepted(mesh, 1)).toBeGreaterThanOrEqual(second + answers.length);
  for (const line of (await at).trim().split('\n').slice(1)) expect(line).toMatch(/^"[^"]+","\d+\.\d+"/);
  expect(await drained).toEqual({ cut: 0 });
});
