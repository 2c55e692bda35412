import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/cli/command-line/errors';
import { readManifests } from '../../../src/cli/model/manifests';
import { readModelInThread } from '../../../src/cli/model/model-thread';
import { readModel } from '../../../src/cli/model/read-model';
import { PROGRAMS } from '../up/programs';

const FIXTURE = join(__dirname, '../up/fixtures/shop.yaml');

test('the thread reads what this one would', async () => {
  expect(await readModelInThread(PROGRAMS.cli, [FIXTURE])).toEqual(readModel(readManifests([FIXTURE]), FIXTURE));
});

test('what is wrong with the files is told in the same words', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-thread-'));
  try {
    const file = join(folder, '--broken.yaml');
    writeFileSync(file, 'kind: [Service');
    const [here, there] = await Promise.all([
      Promise.resolve().then(() => readManifests([file])).catch((error: unknown) => error),
      readModelInThread(PROGRAMS.cli, [file]).catch((error: unknown) => error),
    ]);
    expect(there).toBeInstanceOf(UserError);
    expect((there as Error).message).toBe((here as Error).message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a thread that ends without a word is told of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-thread-'));
  try {
    const program = join(folder, 'nothing.js');
    writeFileSync(program, 'process.exit(3)');
    await expect(readModelInThread(program, [FIXTURE])).rejects.toThrow('ended with exit code 3');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
