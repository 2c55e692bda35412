/**
 * `npm run docs`: writes every document that is made from sources, so that none says something else than they do: the pages of docs/
 * (scripts/pages), the dashboards (scripts/dashboards) and API.md. With `--check` it writes nothing and fails when one of them is not what its
 * sources say; API.md is checked by `npm run generated`, which builds first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { API_REFERENCE, PAGES, SOURCES } from './pages/index.mjs';
import { SCHEMA_FILE } from './schema.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

const sources = await load(SOURCES);
const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
const stale = Object.entries(PAGES).map(([file, render]) => [file, render(sources, schema)])
  .filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);

if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is not what its sources say: run 'npm run docs' and commit it`);
  if (stale.length > 0) process.exit(1);
} else {
  for (const [file, text] of stale) {
    writeFileSync(file, text);
    console.log(`wrote ${file}`);
  }
  const { status } = spawnSync(join('node_modules/.bin', 'jsii-docgen'), ['-o', API_REFERENCE], { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`${API_REFERENCE} could not be made: jsii-docgen failed`);
    process.exit(status ?? 1);
  }
}

/** The exports of TypeScript modules below src/, compiled in memory. */
async function load(modules) {
  const { outputFiles: [bundle] } = await build({
    stdin: { contents: modules.map((name) => `export * from './src/${name}';`).join('\n'), resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString('base64')}`);
}
