/** A real MariaDB behind sidecars. In its protocol the server speaks first, so its sidecar connects before the client sends. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanupsAfterEach } from '../support/cleanups';
import { HOST, Program } from '../support/foreign-programs';
import { freePort } from '../support/ports';
import { installed, run, sumOf } from './commands';
import { sidecars } from './sidecars';

jest.setTimeout(300_000);
beforeAll(() => installed({ '/usr/sbin/mariadbd': 'mariadb-server', '/usr/bin/mariadb-slap': 'mariadb-client' }));

const cleanups = cleanupsAfterEach();
const USER = 'mesh';

async function startMariaDb(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-mariadb-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const user = process.getuid!() === 0 ? ['--user=root'] : [];
  execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db', ...user], { stdio: 'pipe' });
  const port = await freePort();
  const server = new Program({ cleanups }, '/usr/sbin/mariadbd', [
    '--no-defaults', `--datadir=${folder}/data`, `--port=${port}`, `--bind-address=${HOST}`, `--socket=${folder}/socket`, '--max-allowed-packet=256M', ...user,
  ]);
  await server.says(/ready for connections/);
  await run('mariadb', ['--no-defaults', `--socket=${folder}/socket`, '-u', 'root', '-e', `create user '${USER}'@'%'; grant all on *.* to '${USER}'@'%'`]);
  return port;
}

const at = (port: number): string[] => ['--no-defaults', '-h', HOST, '-P', String(port), '-u', USER, '--max-allowed-packet=256M'];
const query = (port: number, sql: string): Promise<string> => run('mariadb', [...at(port), '-N', '-B', '-e', sql]);

test('its load generator runs without an error', async () => {
  const mesh = await sidecars(cleanups, [await startMariaDb()]);
  const report = await run('mariadb-slap', [
    '--no-defaults', '-h', HOST, '-P', String(mesh.port), '-u', USER, '--concurrency=8', '--iterations=2', '--number-of-queries=2000', '--auto-generate-sql',
    '--auto-generate-sql-load-type=mixed',
  ]);
  expect(report).toContain('Number of clients running queries: 8');
  expect(report.toLowerCase()).not.toContain('error');
});

test('a new connection hears the server first, each time', async () => {
  const mesh = await sidecars(cleanups, [await startMariaDb()]);
  for (let i = 0; i < 20; i += 1) expect((await query(mesh.port, `select ${i} * 2`)).trim()).toBe(String(i * 2));
});

test('large rows are the same as straight from the server, both ways', async () => {
  const port = await startMariaDb();
  const mesh = await sidecars(cleanups, [port]);
  await query(mesh.port, 'create database large; create table large.rows (i int primary key, b longblob)');
  for (let i = 0; i < 4; i += 1) await query(mesh.port, `insert into large.rows select ${i}, repeat(sha2('${i}', 512), 65536)`);
  const all = ['-N', '-B', '--quick', '-e', 'select * from large.rows order by i'];
  const straight = await sumOf('mariadb', [...at(port), ...all]);
  expect(straight.bytes).toBeGreaterThan(4 * 8_000_000);
  expect(await sumOf('mariadb', [...at(mesh.port), ...all])).toEqual(straight);
  await run('sh', ['-c', `mariadb-dump ${at(port).join(' ')} large rows | sed 's/\`rows\`/\`copied\`/g' | mariadb ${at(mesh.port).join(' ')} large`]);
  expect(await sumOf('mariadb', [...at(port), '-N', '-B', '--quick', '-e', 'select * from large.copied order by i'])).toEqual(straight);
});
