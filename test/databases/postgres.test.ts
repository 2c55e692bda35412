/** A real PostgreSQL behind sidecars: its benchmark with sums that must agree, a large copy both ways, and a server that is started anew. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanupsAfterEach } from '../support/cleanups';
import { HOST, Program } from '../support/foreign-programs';
import { freePort } from '../support/ports';
import { asUser, installed, postgresProgram, run, sumOf } from './commands';
import { Sidecars, sidecars } from './sidecars';

jest.setTimeout(300_000);
beforeAll(() => installed({ '/usr/lib/postgresql': 'postgresql' }));

const cleanups = cleanupsAfterEach();
const USER = 'postgres';
/** Of `pgbench`: so many clients, and transactions of each. */
const [CLIENTS, TRANSACTIONS] = [8, 250];

interface Postgres {
  readonly port: number;
  /** Ends it as a crash would, and starts it again. */
  restart(): Promise<void>;
}

async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-postgres-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  if (process.getuid!() === 0) {
    execFileSync('chown', [`${USER}:${USER}`, folder]);
    // The folder of this test run is for its own user alone.
    chmodSync(tmpdir(), 0o711);
  }
  chmodSync(folder, 0o700);
  const [initdb, initdbArgs] = asUser(USER, postgresProgram('initdb'), ['-D', folder, '-A', 'trust', '-U', USER, '--no-sync', '-E', 'UTF8']);
  execFileSync(initdb, initdbArgs, { stdio: 'pipe', cwd: folder });
  const port = await freePort();
  const start = async (): Promise<Program> => {
    const server = new Program({ cleanups }, ...asUser(USER, postgresProgram('postgres'), [
      '-D', folder, '-p', String(port), '-c', `listen_addresses=${HOST}`, '-c', 'unix_socket_directories=', '-c', 'fsync=off', '-c', 'max_connections=100',
    ]));
    await server.says(/ready to accept connections/);
    return server;
  };
  let server = await start();
  return {
    port,
    async restart() {
      const [kill, args] = asUser(USER, postgresProgram('pg_ctl'), ['stop', '-D', folder, '-m', 'immediate']);
      execFileSync(kill, args, { stdio: 'pipe', cwd: folder });
      await server.ends();
      server = await start();
    },
  };
}

const at = (port: number): string[] => ['-h', HOST, '-p', String(port), '-U', USER, 'postgres'];
const query = (port: number, sql: string): Promise<string> => run('psql', [...at(port), '-AtX', '-v', 'ON_ERROR_STOP=1', '-c', sql]);

/** The benchmark's own sums: each transaction adds the same to an account, a teller, a branch and the history. */
async function sums(port: number): Promise<string[]> {
  const columns = [['abalance', 'accounts'], ['tbalance', 'tellers'], ['bbalance', 'branches'], ['delta', 'history']];
  const selects = columns.map(([column, table]) => `(select sum(${column}) from pgbench_${table})`);
  return (await query(port, `select ${selects.join(', ')}`)).trim().split('|');
}

async function prepared(): Promise<{ readonly server: Postgres; readonly mesh: Sidecars }> {
  const server = await startPostgres();
  const mesh = await sidecars(cleanups, [server.port]);
  await run('pgbench', ['-i', '-q', '-s', '2', ...at(mesh.port)]);
  return { server, mesh };
}

test('its benchmark runs without a failed transaction, and all sums agree', async () => {
  const { mesh } = await prepared();
  const report = await run('pgbench', ['-c', String(CLIENTS), '-j', '2', '-t', String(TRANSACTIONS), '-n', ...at(mesh.port)]);
  expect(report).toContain(`number of transactions actually processed: ${CLIENTS * TRANSACTIONS}/${CLIENTS * TRANSACTIONS}`);
  expect(report).toContain('number of failed transactions: 0 (0.000%)');
  expect(new Set(await sums(mesh.port)).size).toBe(1);
  expect((await query(mesh.port, 'select count(*) from pgbench_history')).trim()).toBe(String(CLIENTS * TRANSACTIONS));
});

test('a new connection for each transaction works as well', async () => {
  const { mesh } = await prepared();
  const report = await run('pgbench', ['-C', '-c', '4', '-t', '50', '-n', ...at(mesh.port)]);
  expect(report).toContain('number of transactions actually processed: 200/200');
  expect(report).toContain('number of failed transactions: 0 (0.000%)');
});

test('a large copy is the same as straight from the server, both ways', async () => {
  const server = await startPostgres();
  const mesh = await sidecars(cleanups, [server.port]);
  const rows = 'copy (select i, md5(i::text), repeat(md5((i * 7)::text), 8) from generate_series(1, 200000) i) to stdout';
  const copy = (port: number): ReturnType<typeof sumOf> => sumOf('psql', [...at(port), '-X', '-c', rows]);
  const straight = await copy(server.port);
  expect(straight.bytes).toBeGreaterThan(50_000_000);
  expect(await copy(mesh.port)).toEqual(straight);
  await query(mesh.port, 'create table copied (i int, a text, b text)');
  await run('sh', ['-c', `psql ${at(server.port).join(' ')} -X -c "$0" | psql ${at(mesh.port).join(' ')} -qX -c 'copy copied from stdin'`, rows]);
  expect(await sumOf('psql', [...at(server.port), '-X', '-c', 'copy (select * from copied order by i) to stdout'])).toEqual(straight);
});

test('what it acknowledged is there when it has crashed and is back, and new connections work', async () => {
  const { server, mesh } = await prepared();
  await query(mesh.port, 'create table kept (word text)');
  const open = run('psql', [...at(mesh.port), '-X', '-c', 'select pg_sleep(60)']);
  await query(mesh.port, "insert into kept values ('acknowledged')");
  await server.restart();
  await expect(open).rejects.toThrow(/closed|terminat/);
  expect((await query(mesh.port, 'select * from kept')).trim()).toBe('acknowledged');
});
