/** Bundles the chaos suite (test/chaos/main.ts) and runs it with the arguments given. Needs a build. */
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

// As deep in the tree as the sources, which find files of the repository from where they are.
const FILE = 'node_modules/.cdk8s-mesh/chaos.cjs';
await build({
  entryPoints: ['test/chaos/main.ts'], outfile: FILE, bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning',
  packages: 'external', alias: { 'cdk8s-mesh': './src/index.ts' },
});
process.exit(spawnSync(process.execPath, [FILE, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
