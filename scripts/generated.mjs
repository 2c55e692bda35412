/**
 * Regenerates every committed file that is made from another one, and fails when that changed anything: what a reader
 * sees in the repository is then what the sources say. The new text is left in place, ready to be committed.
 * Snapshots are checked by `jest --ci`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);

const STEPS = [
  { command: process.execPath, args: ['scripts/build.mjs'], files: ['schema/proxy-config.v1.json'] },
  { command: join('node_modules', '.bin', 'jsii-docgen'), args: ['-o', 'API.md'], files: ['API.md'] },
];

const stale = [];
for (const { command, args, files } of STEPS) {
  const before = files.map(textOf);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`${command} ${args.join(' ')} failed`);
    process.exit(1);
  }
  stale.push(...files.filter((file, index) => textOf(file) !== before[index]));
}

const files = STEPS.flatMap((step) => step.files);
const untracked = spawnSync('git', ['ls-files', '--others', '--', ...files], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
for (const file of stale) console.error(`${file} was out of date; it is regenerated now, commit it`);
for (const file of untracked) console.error(`${file} is not in the repository; commit it`);
if (stale.length > 0 || untracked.length > 0) process.exit(1);
console.log(`${files.join(', ')}: up to date`);

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
