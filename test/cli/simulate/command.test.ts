/** The command as people run it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliRun } from '../up/programs';

const SHOP = join(__dirname, '../up/fixtures/shop.yaml');

test('compares the policy of a service with the others, and repeats', async () => {
  const run = async (): Promise<string> => {
    const program = new CliRun(['simulate', SHOP, '--service', 'catalog', '--rps', '900', '--scenario', 'slow-pod', '--requests', '5000']);
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe('');
    return program.stdout;
  };
  const first = await run();
  expect(first).toContain('catalog v1: 2 pods, called by 1 proxy of web with weightedRoundRobin');
  expect(first).toContain("675 requests a second of the service's 900, 5,000 in all");
  expect(first).toMatch(/^ {2}weightedRoundRobin \* /m);
  expect(first).toMatch(/^ {2}leastRequest /m);
  // Elsewhere than in a terminal there is no progress line.
  expect(first).not.toContain('\u001b');
  expect(await run()).toBe(first);
});

test('writes a plot of all scenarios', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-simulate-'));
  try {
    const file = join(folder, 'all.svg');
    const program = new CliRun(['simulate', '--endpoints', '5', '--scenario', 'all', '--requests', '2000', '--against', 'random', '--svg', file]);
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stdout).toContain(`plot written to ${file}`);
    expect(readFileSync(file, 'utf8').match(/<g transform/g)).toHaveLength(8);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('says where a plot can not be written, in words', async () => {
  const program = new CliRun(['simulate', '--endpoints', '2', '--requests', '100', '--against', 'random', '--svg', '/no/such/folder/x.svg']);
  expect(await program.exited).toEqual({ code: 1, signal: null });
  expect(program.stderr).toMatch(/^cdk8s-mesh: the plot can't be written to '\/no\/such\/folder\/x\.svg': ENOENT/);
});
