/**
 * Regenerates every committed file that is made from another one, and fails when one of them then differs from what is
 * committed (or staged): what a reader sees in the repository is what the sources say. The new text is left in place,
 * ready to be committed. Snapshots are checked by `jest --ci`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { API_REFERENCE, PAGES } from './pages/index.mjs';
import { SCHEMA_FILE } from './schema.mjs';
import { settingsFiles } from './settings.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

run('scripts/build.mjs');
run('scripts/docs.mjs');

const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
const FILES = [SCHEMA_FILE, API_REFERENCE, ...Object.keys(PAGES), ...settingsFiles(schema).map(({ file }) => file)];

const status = spawnSync('git', ['status', '--porcelain', '--', ...FILES], { encoding: 'utf8' });
if (status.status !== 0) stop(`git status failed: ${status.stderr.trim()}`);
// Two columns: what is staged, what is not.
const stale = status.stdout.split('\n').filter((line) => line !== '' && line[1] !== ' ').map((line) => line.slice(3));
for (const file of stale) console.error(`${file} was out of date; it is regenerated now, commit it`);
if (stale.length > 0) process.exit(1);
console.log(`${FILES.join(', ')}: up to date`);

function run(script) {
  if (spawnSync(process.execPath, [script], { stdio: 'inherit' }).status !== 0) stop(`${script} failed`);
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
