/** In a process of its own, for garbage of other tests would come and go between two readings. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const BYTES = 100 * 1_048_576;

/** Prints what objects hold outside of the heap before there is garbage, with it, and after collections. */
const READINGS = `
import { processMemory } from './process-memory';

const memory = processMemory(undefined);
async function collected() {
  for (let i = 0; i < 100 && memory.external() > ${BYTES / 4}; i += 1) {
    memory.collect();
    // V8 frees what buffers held in the background.
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}
function garbage() {
  const held = Array.from({ length: 1_600 }, () => Buffer.alloc(${BYTES} / 1_600, 1));
  return memory.external() + held.length * 0;
}
const before = memory.external();
// Held in a call that is over, so that nobody holds it.
const most = garbage();
void collected().then(() => { console.log(JSON.stringify({ before, most, after: memory.external(), rss: memory.rss() })); });
`;

test('garbage outside of the heap is gone soon after a collection', () => {
  const { outputFiles: [script] } = buildSync({
    stdin: { contents: READINGS, resolveDir: join(__dirname, '../../../src/proxy/runtime'), loader: 'ts' },
    bundle: true, platform: 'node', format: 'cjs', write: false,
  });
  const { before, most, after, rss } = JSON.parse(execFileSync(process.execPath, ['-e', script!.text], { encoding: 'utf8' })) as Record<string, number>;
  expect(before).toBeLessThan(BYTES / 4);
  expect(most).toBeGreaterThan(BYTES);
  expect(after).toBeLessThan(BYTES / 4);
  expect(rss).toBeGreaterThan(after!);
});
