/** The commands as people run them: built, in processes of their own, on a mesh that `up` runs with traffic. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliRun } from '../up/programs';

jest.setTimeout(60_000);

const FIXTURE = join(__dirname, '../up/fixtures/shop.yaml');

let folder: string;
let mesh: CliRun;
beforeAll(async () => {
  // Runs are found in the folder for temporary files, so those of others are not.
  folder = mkdtempSync(join(tmpdir(), 'observe-test-'));
  mesh = new CliRun(['up', FIXTURE, '--from', 'web', '--to', 'catalog', '--rps', '50'], { TMPDIR: folder });
  await mesh.printed('driving 50 requests a second');
});
afterAll(async () => {
  mesh.signal('SIGINT');
  await mesh.exited;
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = new CliRun(args, { TMPDIR: folder });
  const { code } = await command.exited;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

test.each([
  [['stat', 'catalog', '--window', '1s'], /^service +version +ready .*\nshop\/catalog +3 of 3 +[1-9][\d.]* +100\.0 %/],
  [['edges', '--window', '1s', '-o', 'json'], /"from":"shop\/web","to":"shop\/catalog","figures":\{"rate":[1-9]/],
  [['endpoints', '--window', '1s', '-o', 'wide'], /shop\/web +shop\/catalog +v1 +catalog-v1-\w+ +127\.[\d.]+:\d+ +ready/],
  [['routes', '--window', '1s'], /shop\/web +catalog-80 +default +[1-9].* shop\/catalog v1 +75\.0 % +\d/],
  [['tap', 'web', '--max', '3'], /^(\S+Z {2}web-\w+ \(shop\/web\) {2}catalog-80 {2}-> catalog-v\d [\d.:]+ {2}(GET \/|-) {2}200 .*\n){3}$/],
  [['top', '--window', '2s'], /shop\/web +catalog-80 +GET +\/ +[1-9]/],
  [['status'], /^(√ .*\n)+\nall is well \(4 pods\)\n$/],
])('%j', async (args, expected) => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(expected);
});

test('a service that the mesh does not have is answered with the near one', async () => {
  const { code, stderr } = await run('stat', 'catalgo', '--window', '500ms');
  expect([code, stderr]).toEqual([1, "cdk8s-mesh: the mesh has no service 'catalgo'. Did you mean 'catalog'? There are shop/catalog, shop/web\n"]);
});

test.each([['top'], ['stat'], ['tap']])('%s that goes on and on ends when nobody reads it any more', async (name) => {
  const args = name === 'tap' ? [name] : [name, '--watch', '--window', '1s'];
  const command = new CliRun(args, { TMPDIR: folder });
  await command.printed('catalog');
  command.stopReading();
  expect(await command.exited).toEqual({ code: 0, signal: null });
});
