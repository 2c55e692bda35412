/**
 * Bundles a suite that is a program of its own (test/NAME/main.ts) and runs it: `node scripts/suite.mjs NAME [ARGUMENTS]`. Needs a build.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

const [name, ...rest] = process.argv.slice(2);
const source = `test/${name}/main.ts`;
if (name === undefined || !existsSync(source)) {
  console.error(`usage: node scripts/suite.mjs NAME [ARGUMENTS], where test/NAME/main.ts is a program; got '${name ?? ''}'`);
  process.exit(2);
}

// As deep in the tree as the sources, which find files of the repository from where they are.
const bundle = `node_modules/.cdk8s-mesh/${name}.cjs`;
await build({
  entryPoints: [source], outfile: bundle, bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning',
  packages: 'external', alias: { 'cdk8s-mesh': './src/index.ts' },
});
process.exit(spawnSync(process.execPath, [bundle, ...rest], { stdio: 'inherit' }).status ?? 1);
